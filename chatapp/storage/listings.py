"""What is to be brought into the index next, gathered until it is worth a transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from chatapp.model.events import AnyEvent
from chatapp.storage.tail import Tail

# So many events are brought into the index at once, during which nothing is stored: while nothing waits to be stored,
# few (half a millisecond), and otherwise many, which takes half as long for each.
LIST_EVENTS = 250
LIST_EVENTS_BUSY = 4_000

Notes = dict[int, AnyEvent | None]  # place -> what applying made of the event, where it made something of it
Snapshot = tuple[int, bytes]


class Listing(NamedTuple):
    """How far to bring the index, what to note in it, and the snapshot that may not be on disk before that is."""

    upto: int
    events: Sequence[AnyEvent | None]  # up to there, from where the index ends, as applied; None for a refused one
    notes: Notes
    snapshot: Snapshot | None


class Listings:
    """The listings of one tail, of which one at most is under way. All is for the event loop's thread."""

    def __init__(self, tail: Tail) -> None:
        self._tail = tail
        self._notes: Notes = {}
        self._amends = False  # one of the notes is of an event that is in the index, or on its way there
        self._snapshot: Snapshot | None = None
        self._current: Listing | None = None
        self._retry_at = 0  # after a failure: the place that the log must have come to before the next try

    @property
    def under_way(self) -> bool:
        """Whether one was taken that is neither done nor failed."""
        return self._current is not None

    def note(self, seq: int, event: AnyEvent | None) -> None:
        """Note what applying made of an event; see EventLog.place."""
        in_tail = self._tail.place(seq, event)
        self._amends |= not in_tail or (self._current is not None and seq <= self._current.upto)
        self._notes[seq] = event

    def add_snapshot(self, snapshot: Snapshot) -> None:
        """Let the next listing take this snapshot along, and make it due."""
        self._snapshot = snapshot

    def is_due(self, *, busy: bool, closing: bool) -> bool:
        """Tell whether the next one is to be taken; ``busy``: others wait to be stored."""
        if self._current is not None:
            return False
        if self._snapshot is not None or closing:  # the next start finds what is not listed
            return self._snapshot is not None
        wanted = self._amends or len(self._tail) >= (LIST_EVENTS_BUSY if busy else LIST_EVENTS)
        return wanted and self._tail.last >= self._retry_at

    def press(self) -> None:
        """Let one that failed be tried again now, for nothing more is stored before that."""
        self._retry_at = 0

    def take(self) -> Listing:
        """Begin the next one. All of the tail must have been applied, so that the notes are complete."""
        assert self._current is None
        listing = self._current = Listing(self._tail.last, self._tail.events(), self._notes, self._snapshot)
        self._notes, self._amends, self._snapshot = {}, False, None
        return listing

    def done(self) -> None:
        """Forget what the index holds now."""
        assert self._current is not None
        self._tail.drop(self._current.upto)
        self._current = None

    def failed(self, *, closing: bool) -> None:
        """Let the next one do what this one could not; where the log is closing, without the snapshot."""
        listing, self._current = self._current, None
        assert listing is not None
        self._retry_at = self._tail.last + LIST_EVENTS
        self._notes = {**listing.notes, **self._notes}
        self._amends = any(not self._tail.holds(seq) for seq in self._notes)
        if not closing:  # else a replay comes to the same
            self._snapshot = self._snapshot or listing.snapshot
