"""A channel's stored events as lines of a page of history."""

from __future__ import annotations

import pytest

from chatapp.model.entities import Channel
from chatapp.model.events import Parted
from chatapp.model.state import State
from chatapp.server import capabilities as cap
from chatapp.server.delivery import past

ID = "0000000000001x"
CAP = cap.SETNAME  # a capability that changes no other part of the line


def items(caps: int, channel: str = "room") -> list[past.Item]:
    """Write a PART of a user of #room as a page shows it."""
    state = State()
    state.channels["room"] = Channel(uid="room", name="#room", created=1, time=1)
    event = Parted(id=ID, time=1, actor="a", nick="bob", stream=channel, reason="bye")
    return past.past_items(state, event, caps, "s")


def test_a_line():
    """Of a channel event, with the names that are shown now; a channel that has died has none."""
    assert items(0) == [b":bob!bob@s PART #room :bye\r\n"]
    assert items(0, channel="gone") == []


@pytest.mark.parametrize(("caps", "count"), [(CAP, 1), (0, 0)])
def test_a_row_can_leave_its_line_out(monkeypatch, caps, count):
    """ "A row whose body is empty leaves the line out": a client that gets no line live gets none here."""
    monkeypatch.setitem(past._BODIES, Parted, lambda tables, event, channel, caps: "PART #room" if caps & CAP else "")
    assert len(items(caps)) == count
