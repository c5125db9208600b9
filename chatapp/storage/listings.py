"""Collecting events and notes for the index until they are worth a transaction.

A listing is one update of the index. ``README.md`` says how tail, listings, notes and snapshots work together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from chatapp.model.events import AnyEvent
from chatapp.storage.tail import Tail

# The size of the tail at which a listing is due. No event can be stored during a listing, so while no event waits, a
# listing is small (half a millisecond). While events wait, a listing is large: that takes half the time per event.
LIST_EVENTS = 250
LIST_EVENTS_BUSY = 4_000

Notes = dict[int, AnyEvent | None]  # position -> the event as applied, if applying changed it; None: it was refused
Snapshot = tuple[int, bytes]  # position, encoded state


class Listing(NamedTuple):
    """One update of the index, and the snapshot that is saved after it."""

    upto: int  # the position up to which the index goes after this listing
    events: Sequence[AnyEvent | None]  # the events after the end of the index, up to `upto`, as applied; None: refused
    notes: Notes
    snapshot: Snapshot | None


class Listings:
    """Decides when the next listing of a tail is due, and collects what it must contain.

    At most one listing is under way. Only the event loop's thread calls these methods.
    """

    def __init__(self, tail: Tail) -> None:
        self._tail = tail
        self._notes: Notes = {}
        self._amends = False  # whether a note is for an event that is in the index or in the current listing
        self._snapshot: Snapshot | None = None
        self._current: Listing | None = None
        self._retry_at = 0  # after a failure, the next listing is due when the log has reached this position

    @property
    def under_way(self) -> bool:
        """Whether a listing was taken that is neither done nor failed."""
        return self._current is not None

    def note(self, seq: int, event: AnyEvent | None) -> None:
        """Remember the result of applying an event; see HistoryStore.place."""
        in_tail = self._tail.place(seq, event)
        self._amends |= not in_tail or (self._current is not None and seq <= self._current.upto)
        self._notes[seq] = event

    def add_snapshot(self, snapshot: Snapshot) -> None:
        """Add a snapshot to the next listing, which is then due at once."""
        self._snapshot = snapshot

    def is_due(self, *, busy: bool, closing: bool) -> bool:
        """Return whether to take the next listing now. ``busy``: events wait to be stored.

        While the log is closing, only a snapshot makes a listing due: the next start reads events that are not listed.
        """
        if self._current is not None:
            return False
        if self._snapshot is not None or closing:
            return self._snapshot is not None
        wanted = self._amends or len(self._tail) >= (LIST_EVENTS_BUSY if busy else LIST_EVENTS)
        return wanted and self._tail.last >= self._retry_at

    def press(self) -> None:
        """Make a listing that failed due again now: the log accepts no events until a listing succeeds."""
        self._retry_at = 0

    def take(self) -> Listing:
        """Begin the next listing, and return it. All events of the tail must be applied, so that notes are complete."""
        assert self._current is None
        listing = self._current = Listing(self._tail.last, self._tail.events(), self._notes, self._snapshot)
        self._notes, self._amends, self._snapshot = {}, False, None
        return listing

    def done(self) -> None:
        """End the current listing: drop its events from the tail, because the index holds them now."""
        assert self._current is not None
        self._tail.drop(self._current.upto)
        self._current = None

    def failed(self, *, closing: bool) -> None:
        """End the current listing as failed; the next listing contains its notes, and unless ``closing`` its snapshot.

        The next listing is due when ``LIST_EVENTS`` more events are stored.
        """
        listing, self._current = self._current, None
        assert listing is not None
        self._retry_at = self._tail.last + LIST_EVENTS
        self._notes = {**listing.notes, **self._notes}
        self._amends = any(not self._tail.holds(seq) for seq in self._notes)
        if not closing:  # without this snapshot, the next start replays more events and gets the same state
            self._snapshot = self._snapshot or listing.snapshot
