"""Pure: remembers the msgids of the messages that were told, to drop repeats."""

from __future__ import annotations

SEEN_MAX = 20_000  # msgids that are remembered
SEEN_CHARACTERS_MAX = 2 * 1024 * 1024  # characters of all remembered msgids together


class Seen:
    """The msgids of the messages that were told last."""

    def __init__(self) -> None:
        self._msgids: dict[str, None] = {}  # oldest first
        self._characters = 0

    def add(self, msgid: str) -> bool:
        """Remember a msgid; return False if it is known. An empty msgid is never known.

        Forgets the oldest msgids beyond SEEN_MAX and SEEN_CHARACTERS_MAX.
        """
        if not msgid:
            return True
        if msgid in self._msgids:
            return False
        self._msgids[msgid] = None
        self._characters += len(msgid)
        while len(self._msgids) > SEEN_MAX or self._characters > SEEN_CHARACTERS_MAX:
            oldest = next(iter(self._msgids))
            del self._msgids[oldest]
            self._characters -= len(oldest)
        return True
