"""Pure: the read markers that are to be sent to the server. Spec: IRCv3 draft/read-marker."""

from __future__ import annotations

from collections.abc import Callable

Due = tuple[str, int]  # a conversation, and up to which time (ms) its messages were told


class DueMarkers:
    """The due markers by the folded name of the conversation.

    A marker may be sent when a person has read what was told. The person may go on to another conversation before the
    marker is sent: ``read`` notes what was read until then.
    """

    def __init__(self) -> None:
        self._told: dict[str, Due] = {}
        self._read: dict[str, Due] = {}

    def told(self, key: str, name: str, time: int) -> None:
        """Note that a conversation was told up to a time (ms); ``name``: its name, or the folded name."""
        before, until = self._told.get(key, (name, 0))
        self._told[key] = (before if name == key else name), max(time, until)

    def read(self, key: str) -> None:
        """Note that a person has read what was told of a conversation until now."""
        due = self._told.pop(key, None)
        if due is not None:
            self._read[key] = due

    def drop(self, key: str) -> None:
        """Forget a conversation: the server would refuse its marker."""
        self._told.pop(key, None)
        self._read.pop(key, None)

    def rename(self, key: str, new: str, name: str) -> None:
        """Keep the markers of a conversation under its new name."""
        for table in (self._told, self._read):
            due = table.pop(key, None)
            if due is not None:
                table[new] = (name, due[1])

    def clear(self) -> None:
        """Forget all."""
        self._told.clear()
        self._read.clear()

    def take(self, most: int | None, is_read: Callable[[str], bool]) -> list[Due]:
        """Remove and return the markers of what was read, and of what ``is_read`` now; ``most`` at most (None: all)."""
        for key in [key for key, (name, _) in self._told.items() if is_read(name)]:
            self.read(key)
        return [self._read.pop(key) for key in list(self._read)[:most]]
