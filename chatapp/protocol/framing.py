"""Whole lines out of bytes as they arrive.

Spec: modern-irc, "Message Format": lines end with CR LF; "If you encounter an empty message, silently ignore it."
A LF alone ends a line too, as people type with netcat; a CR alone does not, and is for the parser to refuse.
"""

from __future__ import annotations

_CRLF_BYTES = 2


class LineBuffer:
    """Collects bytes of one peer; holds fewer than ``limit_bytes`` of them between two calls.

    ``limit_bytes`` is the longest line with its CR LF. However the bytes are split, the same lines come out.
    """

    __slots__ = ("_content_max", "_discarding", "_pending")

    def __init__(self, limit_bytes: int) -> None:
        assert limit_bytes > _CRLF_BYTES
        self._content_max = limit_bytes - _CRLF_BYTES
        self._pending = b""
        self._discarding = False

    def feed(self, data: bytes) -> list[bytes | None]:
        """Take bytes, return the lines they complete, without line ends and without empty ones.

        ``None`` stands for a line over the limit: once for each, as soon as that is known. The rest of it is dropped.
        """
        if self._discarding:
            end = data.find(b"\n")
            if end < 0:
                return []
            data = data[end + 1 :]
            self._discarding = False
        if self._pending:
            data = self._pending + data
        lines = None if data.startswith((b"\r", b"\n")) else data.split(b"\r\n")
        if lines is None or data.count(b"\n") >= len(lines):  # the first one is empty, or one ends with a LF alone
            lines = data.replace(b"\r\n", b"\n").lstrip(b"\n").split(b"\n")  # of empty ones alone, nothing is cut
        self._pending = lines.pop()
        if b"" in lines:
            lines = [line for line in lines if line]
        content_max = self._content_max
        if len(data) > content_max and max(map(len, [*lines, self._pending])) > content_max:
            return self._without_long(lines)
        return lines  # type: ignore[return-value]  # nobody else has this list

    def _without_long(self, lines: list[bytes]) -> list[bytes | None]:
        """Put None where a line is over the limit, the one that is not complete yet included."""
        content_max = self._content_max
        kept = [line if len(line) <= content_max else None for line in lines]
        # A CR at the end may be half of the line end.
        if len(self._pending) - self._pending.endswith(b"\r") > content_max:
            self._pending = b""
            self._discarding = True
            kept.append(None)
        return kept
