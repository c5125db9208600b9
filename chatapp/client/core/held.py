"""Pure: the live messages that are held back while the history before them is fetched."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from chatapp.client.core.budget import Budget, texts_bytes
from chatapp.client.core.events import Said

HELD_MAX = 10_000  # messages held back for one conversation
SAID_BYTES = 200  # the size of a message without its texts


class Held:
    """The held messages of each conversation (a folded name), oldest first. ``budget`` bounds the memory."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._messages: dict[str, list[Said]] = {}

    def add(self, key: str, said: Said) -> None:
        """Hold a message back; beyond HELD_MAX drop it, as the history has it."""
        held = self._messages.setdefault(key, [])
        if len(held) < HELD_MAX:
            self._budget.take(said_bytes(said))
            held.append(said)

    def of(self, key: str) -> Sequence[Said]:
        """Return the messages of a conversation."""
        return self._messages.get(key, ())

    @property
    def conversations(self) -> Collection[str]:
        """The conversations that have messages."""
        return list(self._messages)

    def pop(self, key: str) -> Sequence[Said]:
        """Return the messages of a conversation, and hold them no longer."""
        held = self._messages.pop(key, [])
        self._budget.give(sum(map(said_bytes, held)))
        return held

    def clear(self) -> None:
        """Drop all messages."""
        for key in self.conversations:
            self.pop(key)


def said_bytes(said: Said) -> int:
    """Return how many bytes a held message needs at most."""
    return SAID_BYTES + texts_bytes((said.conversation, said.target, said.sender, said.text, said.msgid))
