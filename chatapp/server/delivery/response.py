"""Pure: the answer to a labelled command, gathered until it is whole.

Spec: IRCv3 labeled-response: "Servers MUST include the tag in exactly one logical message. If a response consists of
more than one message, a batch MUST be used"; a command without a response is answered with ACK.
"""

from __future__ import annotations

from chatapp.protocol.message import escape_tag
from chatapp.server.delivery.render import with_tag


class Batch:
    """Lines that belong together. ``kind`` is the batch's type with its parameters, such as ``chathistory #room``.

    Spec: IRCv3 batch.
    """

    __slots__ = ("end", "lines", "start", "tag")

    def __init__(self, reference: str, kind: str, host: str) -> None:
        self.start = f":{host} BATCH +{reference} {kind}\r\n".encode()
        self.end = f":{host} BATCH -{reference}\r\n".encode()
        self.tag = f"batch={reference}".encode()  # of each line in it
        self.lines: list[bytes] = []  # each has the tag


class Response:
    """The lines and batches that answer one labelled command of one session.

    ``pending`` counts what the response still waits for: the command itself, and each event that it proposed.
    """

    __slots__ = ("_label", "items", "pending")

    def __init__(self, label: str) -> None:
        self._label = b"label=" + escape_tag(label).encode()
        self.items: list[bytes | Batch] = []
        self.pending = 1

    def whole(self, host: str, reference: str) -> bytes:
        """Write the whole response; ``reference`` is that of its batch, where it takes one."""
        if not self.items:
            return with_tag(f":{host} ACK\r\n".encode(), self._label)
        if len(self.items) == 1:
            return b"".join(_tagged(self.items[0], self._label, outer=b""))
        outer = Batch(reference, "labeled-response", host)
        lines = [line for item in self.items for line in _tagged(item, outer.tag, outer.tag)]
        return b"".join([with_tag(outer.start, self._label), *lines, outer.end])


def _tagged(item: bytes | Batch, first: bytes, outer: bytes) -> list[bytes]:
    """Put the tag ``first`` on a line, or on the start of a batch; the end of the batch gets the tag ``outer``, if any.

    Spec: IRCv3 batch, "Nested batches".
    """
    if isinstance(item, bytes):
        return [with_tag(item, first)]
    return [with_tag(item.start, first), *item.lines, with_tag(item.end, outer) if outer else item.end]
