"""The last events of the log, as applied, in memory: those that the index does not hold yet.

The index is brought up to date for many events at once, because one by one each would touch pages of its own. So every
query takes what is listed from the index, and what came after it from here.
"""

from __future__ import annotations

from collections.abc import Iterable

from chatapp.model.events import AnyEvent, MessageSent


class Tail:
    """The events behind the place ``listed``, without gaps."""

    def __init__(self, listed: int, events: Iterable[AnyEvent]) -> None:
        """``events`` are those behind ``listed``, as proposed, until :meth:`place` tells otherwise."""
        self.listed = listed
        self._events: list[AnyEvent | None] = list(events)  # None: refused

    def __len__(self) -> int:
        return len(self._events)

    @property
    def last(self) -> int:
        """The place of the last event."""
        return self.listed + len(self._events)

    def extend(self, events: Iterable[AnyEvent]) -> None:
        """Take the next events."""
        self._events.extend(events)

    def place(self, seq: int, event: AnyEvent | None) -> bool:
        """Note what applying made of an event; see EventLog.place. Returns whether it is here."""
        if seq <= self.listed:
            return False
        self._events[seq - self.listed - 1] = event
        return True

    def holds(self, seq: int) -> bool:
        """Tell whether the event at this place is here."""
        return self.listed < seq <= self.last

    def at(self, seq: int) -> AnyEvent | None:
        """Give the event at a place that :meth:`holds`; ``None`` when it was refused."""
        return self._events[seq - self.listed - 1]

    def events(self) -> list[AnyEvent | None]:
        """Give all of them as they are now, ``None`` for those that were refused."""
        return self._events.copy()

    def drop(self, upto: int) -> None:
        """Forget the events up to this place: the index holds them."""
        del self._events[: upto - self.listed]
        self.listed = upto

    def messages(self, stream: str, upto_seq: int, tags: bool) -> list[tuple[int, MessageSent]]:
        """Find a stream's messages up to a place, each with its own; with ``tags`` those without text (TAGMSG) too."""
        return [
            (seq, event)
            for seq, event in enumerate(self._events, self.listed + 1)
            if event is not None and event.stream == stream and type(event) is MessageSent
            if (tags or event.verb != "TAGMSG") and seq <= upto_seq
        ]

    def find(self, msgid: str) -> MessageSent | None:
        """Find the message with this id."""
        for event in self._events:
            if event is not None and event.id == msgid and type(event) is MessageSent:
                return event
        return None
