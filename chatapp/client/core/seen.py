"""Pure: remembers the msgids of messages that were told, so that a repeated message is told once."""

from __future__ import annotations

SEEN_MAX = 20_000  # msgids that are remembered
SEEN_CHARACTERS_MAX = 2 * 1024 * 1024  # characters of all remembered msgids together


class Seen:
    """Msgids, oldest first; beyond SEEN_MAX and SEEN_CHARACTERS_MAX the oldest are forgotten."""

    def __init__(self) -> None:
        self._msgids: dict[str, None] = {}
        self._characters = 0

    def is_new(self, msgid: str) -> bool:
        """Remember a msgid; False if it was remembered already. An empty msgid is always new."""
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
