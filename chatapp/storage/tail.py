"""The last events of the log, as applied, in memory: the events that are not in the index yet.

Many events are added to the index at once, because adding each by itself would touch many pages per event. So every
query takes listed events from the index, and later events from the tail.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from chatapp.model.events import CHANNEL_EVENTS, AnyEvent, ChannelEvent, MessageEdited, MessageSent
from chatapp.model.messages import is_in_pages
from chatapp.model.remarks import TEXTLESS, erased, is_erased, target_of
from chatapp.storage.history import Found


class Tail:
    """The events after the position ``listed``, without gaps."""

    def __init__(self, listed: int, events: Iterable[AnyEvent]) -> None:
        """``events`` are the events after ``listed``, as proposed; :meth:`place` updates them to events as applied."""
        self.listed = listed
        self._events: list[AnyEvent | None] = list(events)  # None: refused

    def __len__(self) -> int:
        return len(self._events)

    @property
    def last(self) -> int:
        """The position of the last event."""
        return self.listed + len(self._events)

    def extend(self, events: Iterable[AnyEvent]) -> None:
        """Append the next events of the log."""
        self._events.extend(events)

    def place(self, seq: int, event: AnyEvent | None) -> bool:
        """Replace the event at ``seq`` by the event as applied; see HistoryStore.place.

        Returns False when the tail does not hold the event any more.
        """
        if seq <= self.listed:
            return False
        self._events[seq - self.listed - 1] = event
        return True

    def holds(self, seq: int) -> bool:
        """Return whether the tail has the event at this position."""
        return self.listed < seq <= self.last

    def at(self, seq: int) -> AnyEvent | None:
        """Return the event at a position that the tail :meth:`holds`; ``None`` if it was refused."""
        return self._events[seq - self.listed - 1]

    def events(self) -> list[AnyEvent | None]:
        """Return a copy of all events as they are now; ``None`` stands for a refused event."""
        return self._events.copy()

    def drop(self, upto: int) -> None:
        """Drop the events up to this position: the index holds them."""
        del self._events[: upto - self.listed]
        self.listed = upto

    def messages(self, stream: str, upto_seq: int, tags: bool) -> list[tuple[int, MessageSent]]:
        """Return a stream's messages up to position ``upto_seq``, each as (position, message).

        With ``tags``, messages without text (TAGMSG) and edits are included. Erased messages and CTCP are left out.
        """
        return [
            (seq, event)
            for seq, event in enumerate(self._events, self.listed + 1)
            if event is not None and event.stream == stream and isinstance(event, MessageSent)
            if (tags or event.verb not in TEXTLESS) and seq <= upto_seq and is_in_pages(event)
        ]

    def channel_events(self, stream: str, upto_seq: int) -> list[tuple[int, ChannelEvent]]:
        """Return a channel's events other than messages up to position ``upto_seq``, each as (position, event)."""
        return [
            (seq, event)
            for seq, event in enumerate(self._events, self.listed + 1)
            if isinstance(event, CHANNEL_EVENTS) and event.stream == stream and seq <= upto_seq
        ]

    def remarks(self, messages: Mapping[str, str], upto_seq: int, edits: bool) -> list[tuple[int, MessageSent]]:
        """Return the remarks about messages (msgid -> stream) up to position ``upto_seq``, each as (position, remark).

        Without ``edits``, only the reactions.
        """
        return [
            (seq, event)
            for seq, event in enumerate(self._events, self.listed + 1)
            if isinstance(event, MessageSent) and event.verb in TEXTLESS and seq <= upto_seq
            if messages.get(target_of(event)) == event.stream and not is_erased(event)
            if edits or not isinstance(event, MessageEdited)
        ]

    def erase(self, seq: int, msgid: str) -> None:
        """Erase the message at a position, if the tail has it, and all remarks about the message ``msgid``."""
        for place, event in enumerate(self._events, self.listed + 1):
            if isinstance(event, MessageSent) and (place == seq or target_of(event) == msgid):
                self._events[place - self.listed - 1] = erased(event)

    def find(self, msgid: str) -> Found | None:
        """Return where the event with this id is, and who caused it; see HistoryStore.find."""
        for seq, event in enumerate(self._events, self.listed + 1):
            if event is not None and event.id == msgid and isinstance(event, (MessageSent, *CHANNEL_EVENTS)):
                is_message = isinstance(event, MessageSent)
                is_gone = isinstance(event, MessageSent) and is_erased(event)
                of = event.msgid if isinstance(event, MessageEdited) else ""
                return Found(event.stream, event.time, seq, event.actor, is_gone, is_message, of)
        return None
