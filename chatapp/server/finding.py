"""Finds the message that a command is about: the message that a msgid names, or that an edit with this msgid changed.

Commands answer alike for a msgid that no message has, that is elsewhere, that the user may not read, and that is
redacted, so that nobody learns of a message that they may not read.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from chatapp.storage.history import Found, HistoryStore


class FoundMessage(NamedTuple):
    """A message, by its own msgid, and where it is."""

    msgid: str
    place: Found

    def is_in(self, streams: Collection[str], after: int) -> bool:
        """Return whether the message is in one of the streams, after the time ``after`` (ms), and was not erased."""
        return not self.place.erased and self.place.stream in streams and self.place.time > after


async def find_message(history: HistoryStore, msgid: str) -> FoundMessage | None:
    """Return the message with this msgid; for the msgid of an edit, the message that was edited.

    Raises LogUnavailableError.
    """
    found = await history.find(msgid)
    if found is not None and found.of:
        msgid = found.of
        found = await history.find(msgid)
    return FoundMessage(msgid, found) if found is not None and found.is_message else None
