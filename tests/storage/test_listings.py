"""When the index of the history is brought up to date, and what goes with it."""

from __future__ import annotations

import pytest

from chatapp.storage.listings import Listing, Listings
from chatapp.storage.tail import Tail
from tests.storage.support import listed_every, message


def tail_of(events: int, listed: int = 0) -> Tail:
    """Make a tail with so many events."""
    return Tail(listed, [message(listed + number) for number in range(1, events + 1)])


def due(listings: Listings, *, busy: bool = False, closing: bool = False) -> bool:
    """Tell whether a listing is due; where nothing else is said, of a log that goes on, and has nothing to store."""
    return listings.is_due(busy=busy, closing=closing)


@pytest.mark.parametrize(
    ("events", "when_idle", "when_busy"),
    [(249, False, False), (250, True, False), (3_999, True, False), (4_000, True, True)],
)
def test_a_listing_is_for_many_events(events: int, when_idle: bool, when_busy: bool) -> None:
    """Some hundred events are listed at once while nobody waits for it, thousands while others do."""
    listings = Listings(tail_of(events))
    assert (due(listings), due(listings, busy=True)) == (when_idle, when_busy)


def test_notes_go_with_the_listing_of_their_events() -> None:
    """A listing goes to the end of the tail with all notes so far; when it is done, the tail begins behind it."""
    listings = Listings(tail := tail_of(3, listed=4))
    listings.note(6, None)
    listings.note(7, message(7, time=70))
    assert tail.at(6) is None
    moved = message(7, time=70)
    assert listings.take() == Listing(7, [message(5), None, moved], {6: None, 7: moved}, None)
    tail.extend([message(8)])
    listings.note(8, None)
    listings.done()
    assert (tail.listed, len(tail)) == (7, 1)
    assert listings.take() == Listing(8, [None], {8: None}, None)


def test_one_listing_is_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until a listing is done or has failed, no other is due, whatever comes in."""
    listed_every(monkeypatch, 1)
    listings = Listings(tail := tail_of(1))
    for end in (listings.done, lambda: listings.failed(closing=False)):
        tail.extend([message(2)])
        listings.take()
        tail.extend([message(3)])
        listings.add_snapshot((3, b""))
        assert (listings.under_way, due(listings)) == (True, False)
        end()
        assert (listings.under_way, due(listings)) == (False, True)


def test_a_note_of_a_listed_event_is_due() -> None:
    """What is noted of an event that is in the index, or on its way there, does not wait for many others."""
    listings = Listings(tail := tail_of(2, listed=2))
    listings.note(3, None)
    assert not due(listings)
    listings.note(2, None)
    assert due(listings)
    assert listings.take() == Listing(4, [None, message(4)], {3: None, 2: None}, None)
    tail.extend([message(5)])
    listings.note(4, None)  # on its way
    listings.done()
    assert due(listings)
    assert listings.take() == Listing(5, [message(5)], {4: None}, None)
    listings.done()
    assert not due(listings)


def test_a_snapshot_is_due() -> None:
    """A snapshot makes a listing due and goes with it, the last one if there are several."""
    listings = Listings(tail_of(1))
    listings.add_snapshot((1, b"first"))
    listings.add_snapshot((1, b"second"))
    assert due(listings)
    assert listings.take() == Listing(1, [message(1)], {}, (1, b"second"))
    listings.done()
    assert not due(listings)


def test_what_failed_is_tried_again() -> None:
    """After a failure the next listing takes the same along; what is newer counts."""
    listings = Listings(tail := tail_of(3, listed=1))
    for seq in (1, 2, 3):
        listings.note(seq, None)
    listings.add_snapshot((4, b"old"))
    listings.take()
    tail.extend([message(5)])
    listings.note(3, message(3, time=30))
    listings.failed(closing=False)
    notes = {1: None, 2: None, 3: message(3, time=30)}
    events = [None, message(3, time=30), message(4), message(5)]
    assert listings.take() == Listing(5, events, notes, (4, b"old"))
    listings.add_snapshot((5, b"new"))
    listings.failed(closing=False)
    assert listings.take() == Listing(5, events, notes, (5, b"new"))
    listings.done()
    assert not due(listings)


def test_a_failure_leaves_what_is_due() -> None:
    """Whether notes amend the index is seen anew after a failure: those of events in the tail have time."""
    listings = Listings(tail_of(2, listed=1))
    listings.note(2, None)
    listings.take()
    listings.note(2, None)
    listings.failed(closing=False)
    listings.press()
    assert not due(listings)
    listings.note(1, None)
    listings.take()
    listings.failed(closing=False)
    listings.press()
    assert due(listings)


def test_a_failure_is_not_repeated_with_every_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed is tried again when there is as much more of it, or when nothing more can be stored before that."""
    listed_every(monkeypatch, 3)
    listings = Listings(tail := tail_of(3))
    listings.take()
    listings.failed(closing=False)
    for number in (4, 5, 6):
        assert not due(listings)
        tail.extend([message(number)])
    assert due(listings)
    listings.take()
    listings.failed(closing=False)
    assert not due(listings)
    listings.press()
    assert due(listings)
    listings.take()
    listings.done()


def test_a_closing_log_lists_for_a_snapshot_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next start finds what is not listed, and replays the notes; and what fails is not tried for ever.

    The notes stay all the same: no snapshot goes without those before it.
    """
    listed_every(monkeypatch, 1)
    listings = Listings(tail := tail_of(5, listed=1))
    listings.note(1, None)
    assert (due(listings), due(listings, closing=True)) == (True, False)
    listings.add_snapshot((6, b"state"))
    assert due(listings, closing=True)
    listings.take()
    listings.failed(closing=True)
    assert not due(listings, closing=True)
    listings.add_snapshot((6, b"state"))
    assert listings.take() == Listing(6, tail.events(), {1: None}, (6, b"state"))
