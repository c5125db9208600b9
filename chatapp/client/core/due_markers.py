"""Pure: the read markers that are to be sent to the server. Spec: IRCv3 draft/read-marker."""

from __future__ import annotations

from collections.abc import Callable

Due = tuple[str, int]  # a conversation, and the time (ms) up to which it was told to the front


class DueMarkers:
    """The due markers by the folded name of the conversation.

    A marker may be sent when the person has read what the front was told of the conversation. The person may go on to
    another conversation before the marker is sent, so :meth:`read` notes what the person has read.
    """

    def __init__(self) -> None:
        self._told: dict[str, Due] = {}
        self._read: dict[str, Due] = {}

    def told(self, key: str, name: str, time: int) -> None:
        """Note that a conversation was told to the front up to a time (ms).

        ``name`` is the name of the conversation, or the folded name if the caller knows no other.
        """
        before, until = self._told.get(key, (name, 0))
        self._told[key] = (before if name == key else name), max(time, until)

    def read(self, key: str) -> None:
        """Note that the person has read all that the front was told of a conversation until now."""
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
        """Forget all markers."""
        self._told.clear()
        self._read.clear()

    def take(self, most: int | None, is_read: Callable[[str], bool]) -> list[Due]:
        """Remove and return the markers that may be sent, at most ``most`` of them (None: all).

        ``is_read`` tells whether the person has read a conversation (by its name) up to now.
        """
        for key in [key for key, (name, _) in self._told.items() if is_read(name)]:
            self.read(key)
        return [self._read.pop(key) for key in list(self._read)[:most]]
