"""What a labelled command is answered with, gathered until it is whole.

Spec: IRCv3 labeled-response: "Servers MUST include the tag in exactly one logical message. If a response consists of
more than one message, a batch MUST be used"; a command without a response is answered with ACK.
"""

from __future__ import annotations

from chatapp.protocol.message import escape_tag
from chatapp.server.render import with_tag


class Response:
    """The lines that answer one labelled command of one session.

    ``pending`` counts what it still waits for: the command itself, and each event that it proposed.
    """

    __slots__ = ("_label", "lines", "pending")

    def __init__(self, label: str) -> None:
        self._label = b"label=" + escape_tag(label).encode()
        self.lines: list[bytes] = []
        self.pending = 1

    def whole(self, host: str, batch: str) -> bytes:
        """Write the whole response; ``batch`` is a reference to use where it takes one."""
        lines = self.lines
        if not lines:
            return with_tag(f":{host} ACK\r\n".encode(), self._label)
        if len(lines) == 1 or self._is_one_batch():
            return b"".join([with_tag(lines[0], self._label), *lines[1:]])
        tag = f"batch={batch}".encode()
        return b"".join(
            [
                with_tag(f":{host} BATCH +{batch} labeled-response\r\n".encode(), self._label),
                *(line if line.startswith(b"@batch=") else with_tag(line, tag) for line in lines),
                f":{host} BATCH -{batch}\r\n".encode(),
            ]
        )

    def _is_one_batch(self) -> bool:
        """Tell whether the lines are a batch of their own, whose start may carry the label."""
        first, last = self.lines[0].split(b" ", 3), self.lines[-1].split(b" ", 3)
        if first[1:2] != [b"BATCH"] or last[1:2] != [b"BATCH"]:
            return False
        return first[2][1:] == last[2].strip()[1:] and first[2][:1] == b"+" and last[2][:1] == b"-"
