"""Pure: the labelled response, which collects the answer to a labelled command until it is complete.

Spec: IRCv3 labeled-response: "Servers MUST include the tag in exactly one logical message. If a response consists of
more than one message, a batch MUST be used"; a command without a response is answered with ACK.
"""

from __future__ import annotations

from chatapp.protocol.message import escape_tag
from chatapp.server.delivery.render import with_tag


class Batch:
    """The lines of one batch. ``kind`` is the batch's type with its parameters, such as ``chathistory #room``.

    ``source`` is the source of its first and last line: the server's name, or ``nick!user@host``. ``tag`` has the tags
    of the first line, without the ``@``, or is empty.

    Spec: IRCv3 batch.
    """

    __slots__ = ("end", "lines", "start", "tag")

    def __init__(self, reference: str, kind: str, source: str, tag: str = "") -> None:
        self.start = f"{f'@{tag} ' if tag else ''}:{source} BATCH +{reference} {kind}\r\n".encode()
        self.end = f":{source} BATCH -{reference}\r\n".encode()
        self.tag = f"batch={reference}".encode()  # the tag of each line in the batch
        self.lines: list[bytes] = []  # with the tag

    def whole(self) -> bytes:
        """Return the bytes of the batch."""
        return b"".join([self.start, *self.lines, self.end])


Item = bytes | Batch  # what one event, or one part of an answer, is for a recipient: a line with CR LF, or a batch


def nested(item: Item, tag: bytes) -> list[bytes]:
    """Return the lines of an item inside an outer batch; ``tag`` is the outer batch's.

    Spec: IRCv3 batch, "Start and end messages of one batch MAY refer to another batch. If they do, they both MUST have
    batch tag".
    """
    return _tagged(item, tag, tag)


class Response:
    """The lines and batches that answer one labelled command of one session.

    ``pending`` is the number of parts that the response waits for: the command itself, and each event it proposed.
    """

    __slots__ = ("_label", "items", "pending")

    def __init__(self, label: str) -> None:
        self._label = b"label=" + escape_tag(label).encode()
        self.items: list[Item] = []
        self.pending = 1

    def whole(self, host: str, reference: str) -> bytes:
        """Return the bytes of the whole response. ``reference`` names its batch, if it needs one."""
        if not self.items:
            return with_tag(f":{host} ACK\r\n".encode(), self._label)
        if len(self.items) == 1:
            return b"".join(_tagged(self.items[0], self._label, outer=b""))
        outer = Batch(reference, "labeled-response", host)
        lines = [line for item in self.items for line in nested(item, outer.tag)]
        return b"".join([with_tag(outer.start, self._label), *lines, outer.end])


def _tagged(item: Item, first: bytes, outer: bytes) -> list[bytes]:
    """Return the lines of an item with the tag ``first`` on the first line, and ``outer``, if any, on a batch's end.

    Spec: IRCv3 batch, "Nested batches".
    """
    if isinstance(item, bytes):
        return [with_tag(item, first)]
    return [with_tag(item.start, first), *item.lines, with_tag(item.end, outer) if outer else item.end]
