"""Pure: what was told of each conversation, and what waits until the person goes there."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple
from weakref import WeakKeyDictionary

from chatapp.client.fronts.full.buffers import Buffer
from chatapp.client.fronts.full.entries import Entry
from chatapp.client.fronts.full.journal import Remark

WAITING_MAX = 200  # messages and remarks of one conversation that wait; of more, the newest
ANNOUNCED_MAX = 50  # messages that were told while the person was elsewhere, and are not told again


def is_unread(what: Entry | Remark) -> bool:
    """Tell whether something that waits is a message of somebody else."""
    return isinstance(what, Entry) and not what.note and not what.own


class Kept(NamedTuple):
    """Something that waits; ``time`` (ms) is when it happened, if the person was elsewhere then and it is known."""

    what: Entry | Remark
    time: int | None = None


class Place:
    """What was told of a conversation.

    ``is_open``: the person has been there, so that its new messages follow. ``oldest``: the oldest message that was
    told there; PgUp goes on before it.
    """

    def __init__(self) -> None:
        self.is_open = False
        self.oldest: Entry | None = None
        self.is_unread_told = False
        self._waiting: deque[Kept] = deque(maxlen=WAITING_MAX)
        self._dropped = 0
        self._announced: deque[Entry] = deque(maxlen=ANNOUNCED_MAX)

    def keep(self, kept: Kept) -> None:
        """Let something wait until the person comes."""
        if len(self._waiting) == WAITING_MAX:
            self._dropped += is_unread(self._waiting[0].what)
            self.oldest = None  # what is dropped is before the next that is told
        self._waiting.append(kept)

    def take(self) -> tuple[list[Kept], int]:
        """Return what has waited, and how many messages of others were dropped before it."""
        found, dropped = list(self._waiting), self._dropped
        self._waiting.clear()
        self._dropped, self.is_unread_told = 0, False
        return found, dropped

    def announced(self, entry: Entry) -> None:
        """Note that a message was told although the person was elsewhere."""
        self._announced.append(entry)

    def was_announced(self, entry: Entry) -> bool:
        """Tell whether a message was told while the person was elsewhere."""
        return any(each is entry for each in self._announced)


class Places:
    """The places of all conversations."""

    def __init__(self) -> None:
        self._all: WeakKeyDictionary[Buffer, Place] = WeakKeyDictionary()

    def of(self, buffer: Buffer) -> Place:
        """Return the place of a conversation."""
        found = self._all.get(buffer)
        if found is None:
            found = self._all[buffer] = Place()
        return found
