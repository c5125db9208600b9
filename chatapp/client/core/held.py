"""Pure: holds back the live messages of conversations whose history is not told yet."""

from __future__ import annotations

from collections.abc import Iterable

from chatapp.client.core.budget import Budget, texts_bytes
from chatapp.client.core.events import Said

HELD_MAX = 10_000  # live messages held back for one conversation
SAID_BYTES = 200  # the size of a held message without its texts


class Held:
    """The messages that are held back, by the folded name of their conversation; ``budget`` bounds the memory."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._all: dict[str, list[Said]] = {}
        self._bytes = 0

    @property
    def names(self) -> list[str]:
        """The folded names of the conversations."""
        return list(self._all)

    def add(self, key: str, said: Said) -> None:
        """Hold a message back; drop it beyond HELD_MAX, as it is fetched from the history."""
        held = self._all.setdefault(key, [])
        if len(held) < HELD_MAX:
            size_bytes = said_bytes(said)
            self._bytes += size_bytes
            self._budget.take(size_bytes)
            held.append(said)

    def by_msgid(self, names: Iterable[str]) -> dict[str, Said]:
        """Return the held messages of some conversations by their msgids."""
        return {held.msgid: held for name in names for held in self._all.get(name, ()) if held.msgid}

    def pop(self, key: str) -> list[Said]:
        """Return the messages of a conversation, and hold them back no longer."""
        held = self._all.pop(key, [])
        size_bytes = sum(map(said_bytes, held))
        self._bytes -= size_bytes
        self._budget.give(size_bytes)
        return held

    def clear(self) -> None:
        """Forget all messages."""
        self._all = {}
        self._budget.give(self._bytes)
        self._bytes = 0


def said_bytes(said: Said) -> int:
    """Return how many bytes a held message needs at most."""
    return SAID_BYTES + texts_bytes((said.conversation, said.target, said.sender, said.text, said.msgid))
