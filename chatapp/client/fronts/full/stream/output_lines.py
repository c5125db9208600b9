"""Pure: the lines that wait for the terminal."""

from __future__ import annotations

from collections import deque

LINES_MAX, CHARACTERS_MAX = 2_000, 1_000_000  # beyond these, the oldest lines are dropped, and counted
BATCH_BYTES = 6_000  # of the lines that are written at once; after them, the terminal has to answer


class OutputLines:
    """Lines, the oldest first. ``is_urgent``: they answer what the person did, and do not wait for a pause."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque()
        self._dropped = 0
        self._characters = 0
        self.is_urgent = False

    def __len__(self) -> int:
        return len(self._lines)

    def add(self, text: str, *, urgent: bool = False) -> None:
        """Add a line; a text with line feeds is several lines that stay together."""
        self._lines.append(text)
        self._characters += len(text)
        self.is_urgent = self.is_urgent or urgent
        while len(self._lines) > LINES_MAX or (self._characters > CHARACTERS_MAX and len(self._lines) > 1):
            self._pop()
            self._dropped += 1

    def _pop(self) -> str:
        text = self._lines.popleft()
        self._characters -= len(text)
        return text

    def dropped(self, count: int) -> None:
        """Note that lines are missing before those that wait."""
        self._dropped += count

    def take(self) -> list[str]:
        """Return the lines that are written now: as many as a slow link takes in half a second."""
        found: list[str] = []
        if self._dropped:
            found.append(f"-- {self._dropped} messages came too fast for the terminal. /history HOW MANY shows them.")
            self._dropped = 0
        size_bytes = 0
        while self._lines and size_bytes < BATCH_BYTES:
            found.append(self._pop())
            size_bytes += len(found[-1].encode(errors="replace"))
        self.is_urgent = self.is_urgent and bool(self._lines)
        return found
