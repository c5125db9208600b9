"""Split a byte stream into lines.

Spec: modern-irc, "Message Format": lines end with CR LF; "If you encounter an empty message, silently ignore it."
An LF alone also ends a line, for people who type with netcat. A CR alone ends no line; the parser refuses it.
"""

from __future__ import annotations

_CRLF_BYTES = 2


class LineBuffer:
    """Collects the bytes of one peer and returns its lines; holds fewer than ``limit_bytes`` bytes between two calls.

    ``limit_bytes`` is the length of the longest allowed line, CR LF included. The lines do not depend on how the bytes
    are split over calls.
    """

    __slots__ = ("_content_max", "_discarding", "_pending")

    def __init__(self, limit_bytes: int) -> None:
        assert limit_bytes > _CRLF_BYTES
        self._content_max = limit_bytes - _CRLF_BYTES
        self._pending = b""
        self._discarding = False

    def feed(self, data: bytes) -> list[bytes | None]:
        """Add ``data``, and return the lines that ``data`` completes, without line ends and without empty lines.

        ``None`` stands for a line over the limit. It is returned once per line, as soon as the line is too long; the
        rest of the line is dropped.
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
        if lines is None or data.count(b"\n") >= len(lines):  # the first line is empty, or a line ends with LF alone
            # lstrip() makes a flood of empty lines cheap: 4 KB of line ends take 18 us instead of 45.
            lines = data.replace(b"\r\n", b"\n").lstrip(b"\n").split(b"\n")
        self._pending = lines.pop()
        if b"" in lines:
            lines = [line for line in lines if line]
        content_max = self._content_max
        if len(data) > content_max and max(map(len, [*lines, self._pending])) > content_max:
            return self._without_long(lines)
        return lines  # type: ignore[return-value]  # list is invariant; only the caller has this list

    def _without_long(self, lines: list[bytes]) -> list[bytes | None]:
        """Return ``lines`` with None for each line over the limit, including the incomplete line in ``_pending``."""
        content_max = self._content_max
        kept = [line if len(line) <= content_max else None for line in lines]
        # A CR at the end may be the first byte of CR LF.
        if len(self._pending) - self._pending.endswith(b"\r") > content_max:
            self._pending = b""
            self._discarding = True
            kept.append(None)
        return kept
