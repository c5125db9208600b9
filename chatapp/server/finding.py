"""Finds the message that a command is about: the message that a msgid names, or that an edit with this msgid changed.

Commands answer alike for a msgid that no message has, that is elsewhere, that the user may not read, and that is
redacted, so that nobody learns of a message that they may not read.
"""

from __future__ import annotations

from typing import NamedTuple

from chatapp.model.streams import channel_uid
from chatapp.storage.history import Found, HistoryStore


class FoundMessage(NamedTuple):
    """A message, by its own msgid, and where it is."""

    msgid: str
    place: Found

    @property
    def sent(self) -> tuple[str, int, str]:
        """The stream, the time (ms) and the author (uid) of the message, as the rules in the model ask for them."""
        return self.place.stream, self.place.time, self.place.author

    def is_in(self, stream: str) -> bool:
        """Return whether the message is in a channel or conversation, or was said to a role in that channel.

        An erased message is nowhere. This does not tell whether a user may read the message.
        """
        return not self.place.erased and channel_uid(self.place.stream) == stream


async def find_message(history: HistoryStore, msgid: str, stream: str) -> FoundMessage | None:
    """Return the message with this msgid in a channel or conversation; for the msgid of an edit, what was edited.

    Raises LogUnavailableError.
    """
    found = await history.find(msgid, stream)
    if found is not None and found.of:
        msgid = found.of
        found = await history.find(msgid, stream)
    return FoundMessage(msgid, found) if found is not None and found.is_message else None
