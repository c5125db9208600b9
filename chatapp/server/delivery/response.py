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

    __slots__ = ("_begun", "end", "is_open", "lines", "start", "tag")

    def __init__(self, reference: str, kind: str, source: str, tag: str = "") -> None:
        self.start = f"{f'@{tag} ' if tag else ''}:{source} BATCH +{reference} {kind}\r\n".encode()
        self.end = f":{source} BATCH -{reference}\r\n".encode()
        self.tag = f"batch={reference}".encode()  # the tag of each line in the batch
        self.lines: list[bytes] = []  # with the tag
        self.is_open = False  # whether more lines come; set by the writer of the batch
        self._begun = False  # whether the start was taken

    def whole(self) -> bytes:
        """Return the bytes of the batch."""
        return b"".join([self.start, *self.lines, self.end])

    def taken(self, outer: bytes) -> list[bytes]:
        """Return and forget the lines so far: the start once, and the end if the batch is not open.

        ``outer`` is the tag of the batch around this batch, or empty.
        """
        lines = [] if self._begun else [_with(self.start, outer)]
        lines += self.lines
        self._begun, self.lines = True, []
        return lines if self.is_open else [*lines, _with(self.end, outer)]


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

    A long response is sent in parts, so that it is never in memory as a whole.
    """

    __slots__ = ("_begun", "_label", "_outer", "is_one_batch", "items", "pending")

    def __init__(self, label: str) -> None:
        self._label = b"label=" + escape_tag(label).encode()
        self._begun = False  # whether a part was taken
        self._outer: Batch | None = None  # the batch around the parts, if they need one
        self.items: list[Item] = []
        self.pending = 1
        self.is_one_batch = True  # False: if the first item is a batch, another item may follow it

    def part(self, host: str, reference: str) -> bytes:
        """Return and forget what was collected until now; more follows.

        ``reference`` names the batch of the response, if it needs one. It needs none if it is one batch.

        Spec: labeled-response, "The batch type MUST be one of: An existing type applicable to the entire response;
        labeled-response".
        """
        start = b""
        if not self._begun and self.items:
            self._begun, first = True, self.items[0]
            if self.is_one_batch and len(self.items) == 1 and isinstance(first, Batch) and first.is_open:
                first.start = with_tag(first.start, self._label)
            else:
                self._outer = Batch(reference, "labeled-response", host)
                start = with_tag(self._outer.start, self._label)
        return start + self._taken()

    def _taken(self) -> bytes:
        """Return and forget the items, except a batch that is still open; it is the last item."""
        tag = self._outer.tag if self._outer is not None else b""
        items, self.items = self.items, []
        if items and isinstance(items[-1], Batch) and items[-1].is_open:
            self.items = items[-1:]
        return b"".join(
            line for item in items for line in (item.taken(tag) if isinstance(item, Batch) else [_with(item, tag)])
        )

    def whole(self, host: str, reference: str) -> bytes:
        """Return the bytes of the whole response, or of the rest. ``reference`` names its batch, if it needs one."""
        if self._begun:
            for item in self.items:
                if isinstance(item, Batch):
                    item.is_open = False
            return self._taken() + (self._outer.end if self._outer is not None else b"")
        if not self.items:
            return with_tag(f":{host} ACK\r\n".encode(), self._label)
        if len(self.items) == 1:
            return b"".join(_tagged(self.items[0], self._label, outer=b""))
        outer = Batch(reference, "labeled-response", host)
        lines = [line for item in self.items for line in nested(item, outer.tag)]
        return b"".join([with_tag(outer.start, self._label), *lines, outer.end])


def _with(line: bytes, tag: bytes) -> bytes:
    return with_tag(line, tag) if tag else line


def _tagged(item: Item, first: bytes, outer: bytes) -> list[bytes]:
    """Return the lines of an item with the tag ``first`` on the first line, and ``outer``, if any, on a batch's end.

    Spec: IRCv3 batch, "Nested batches".
    """
    if isinstance(item, bytes):
        return [with_tag(item, first)]
    return [with_tag(item.start, first), *item.lines, with_tag(item.end, outer) if outer else item.end]
