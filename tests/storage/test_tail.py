"""The last events of the log, in memory, as applied."""

from __future__ import annotations

import msgspec
import pytest

from chatapp.model.events import AnyEvent, Joined, MessageSent
from chatapp.storage.history import Found
from chatapp.storage.tail import Tail
from tests.storage.support import id_of, message

ALL = 1_000_000


def tagmsg(number: int) -> MessageSent:
    """Make a message without text."""
    return msgspec.structs.replace(message(number, ""), verb="TAGMSG", tags={"+x": ""})


def test_a_tail_begins_behind_what_is_listed() -> None:
    """The first event of a tail has the place after the last one listed; an empty tail ends where it begins."""
    tail = Tail(7, [message(8), message(9)])
    assert (len(tail), tail.listed, tail.last) == (2, 7, 9)
    assert [tail.holds(seq) for seq in (0, 7, 8, 9, 10)] == [False, False, True, True, False]
    assert [tail.at(seq) for seq in (8, 9)] == tail.events() == [message(8), message(9)]
    assert (len(empty := Tail(7, [])), empty.last) == (0, 7)


def test_events_are_added_at_the_end() -> None:
    """New events follow the last one, in their order."""
    tail = Tail(0, [])
    tail.extend([message(1), message(2)])
    tail.extend([])
    tail.extend(iter([message(3)]))
    assert [tail.at(seq) for seq in range(1, tail.last + 1)] == [message(1), message(2), message(3)]


def test_what_was_dropped_is_gone_and_the_rest_keeps_its_place() -> None:
    """The index holds what is dropped; each of the others stays at its place, and new ones follow."""
    tail = Tail(2, [message(3), message(4), message(5)])
    tail.drop(4)
    assert (len(tail), tail.listed, tail.last, tail.holds(4)) == (1, 4, 5, False)
    assert tail.at(5) == message(5)
    tail.drop(4)
    assert len(tail) == 1
    tail.drop(5)
    assert (len(tail), tail.last) == (0, 5)
    tail.extend([message(6)])
    assert tail.at(6) == message(6)


def test_a_note_replaces_what_was_proposed() -> None:
    """An event is here as applied; whether it is here at all is answered, and what is listed is left alone."""
    tail = Tail(2, [message(3), message(4)])
    moved = message(3, time=30, stream="elsewhere")
    assert tail.place(3, moved)
    assert tail.place(4, None)
    assert not tail.place(2, None)
    assert (tail.at(3), tail.at(4), len(tail)) == (moved, None, 2)
    assert tail.find(message(3).id) == Found(moved.stream, moved.time, 3, "alice")
    assert tail.find(message(4).id) is None
    assert tail.messages("elsewhere", ALL, tags=False) == [(3, moved)]
    assert tail.messages("room", ALL, tags=False) == []


def test_messages_and_channel_events() -> None:
    """A message without text, and what is no message, are in a page only where that is asked for."""
    joined: AnyEvent = Joined(id=id_of(2), time=2, actor="alice", stream="room", channel="#room")
    tail = Tail(0, [message(1), joined, tagmsg(3), message(4, stream="other")])
    assert tail.messages("room", ALL, tags=False) == [(1, message(1))]
    assert tail.messages("room", ALL, tags=True) == [(1, message(1)), (3, tagmsg(3))]
    assert tail.channel_events("room", ALL) == [(2, joined)]
    assert tail.channel_events("room", 1) == tail.channel_events("other", ALL) == []
    assert tail.find(joined.id) == Found("room", 2, 2, "alice", is_message=False)
    assert tail.find(tagmsg(3).id) == Found("room", 3, 3, "alice")
    assert tail.find(message(9).id) is None


@pytest.mark.parametrize(("upto", "places"), [(4, []), (5, [5]), (6, [5, 6]), (ALL, [5, 6, 7])])
def test_nothing_beyond_a_place_is_told(upto: int, places: list[int]) -> None:
    """Messages are told up to a place, that one included, in log order."""
    tail = Tail(4, [message(5, time=3), message(6, time=2), message(7, time=1)])
    assert [seq for seq, _ in tail.messages("room", upto, tags=False)] == places
