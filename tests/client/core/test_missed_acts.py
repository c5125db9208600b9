"""What was done in a channel while we were not there: in the history, and in one event after a connection."""

from __future__ import annotations

import pytest

from chatapp.client.core.events import Act, CaughtUp, History, Kicked, Missed, TopicSet, WhileAway
from chatapp.client.core.missed import ACTS_MAX
from tests.client.core.test_catchup import texts
from tests.client.fake_server import OFFERS, FakeServer, Wire, signed_in


@pytest.fixture
def server() -> FakeServer:
    """A server whose pages of history have what was done."""
    return FakeServer(dict.fromkeys(("alice", "bob", "carol"), "secret"), offers=f"{OFFERS} draft/event-playback")


def while_away(events: list[object]) -> list[list[object]]:
    """Return what was done while we were away, of each event that tells it."""
    return [[act.what for act in event.acts] for event in events if isinstance(event, WhileAway)]


def again(wire: Wire) -> list[object]:
    """Lose the connection, and connect again."""
    wire.drop()
    wire.open()
    return wire.pump()


def topic(text: str) -> TopicSet:
    """Return the event of a topic that bob sets."""
    return TopicSet("#lobby", "bob", text)


def test_what_was_done_while_the_connection_was_lost(server):
    """It is told once, also where nothing was said meanwhile; what was told live is not told again."""
    server.say("bob", "#lobby", "hello")
    wire = signed_in(server, "alice")
    wire.pump()
    server.do("bob", "TOPIC", "#lobby", "live")
    assert topic("live") in wire.pump()
    wire.drop()
    server.do("bob", "KICK", "#lobby", "carol", "too loud")
    server.do("bob", "TOPIC", "#lobby", "missed")
    wire.open()
    events = wire.pump()
    assert while_away(events) == [[Kicked("#lobby", "carol", False, "bob", "too loud"), topic("missed")]]
    assert events[-1] == CaughtUp()
    assert while_away(again(wire)) == []


def test_what_was_done_between_two_visits(server):
    """The read marker of the account says until when it was told. What we do ourselves, elsewhere, is not told."""
    server.say("bob", "#lobby", "hello")
    wire = signed_in(server, "alice")
    wire.pump()
    server.do("bob", "TOPIC", "#lobby", "live")
    wire.pump()
    wire.session.quit()
    wire.pump()
    server.do("bob", "TOPIC", "#lobby", "missed")
    server.do("alice", "MODE", "#lobby", "+m")
    server.say("bob", "#lobby", "and said")
    second = signed_in(server, "alice", run="second")
    events = second.pump()
    assert while_away(events) == [[topic("missed")]]
    assert texts(events) == ["and said"]
    assert events[-1] == CaughtUp((Missed("#lobby", 1, 1),))
    second.session.quit()
    second.pump()
    assert while_away(signed_in(server, "alice", run="third").pump()) == []


def test_what_happened_before_the_first_visit_is_not_missed(server):
    """The earlier messages of a channel are shown, however many joins came after them."""
    server.say("bob", "#lobby", "hello")
    server.do("bob", "TOPIC", "#lobby", "old")
    for number in range(50):
        server.do(f"new{number}", "JOIN", "#lobby")
    events = signed_in(server, "alice").pump()
    assert (texts(events), while_away(events)) == (["hello"], [])


def test_what_is_done_while_we_catch_up(server):
    """An act that is heard live before the history of its channel has come is told once."""
    server.say("bob", "#lobby", "hello")
    wire = signed_in(server, "alice")
    wire.pump()
    wire.drop()
    server.do("bob", "TOPIC", "#lobby", "missed")
    wire.open()
    while not wire.session.signed_in:
        assert wire.step_up() or wire.step_down()
    server.do("bob", "TOPIC", "#lobby", "meanwhile")
    events = wire.pump()
    assert while_away(events) == [[topic("missed")]]
    assert events.count(topic("meanwhile")) == 1


def test_no_message_is_lost_among_many_acts(server):
    """A page with nothing but joins and reactions is not the end of the history."""
    server.page_max = 7
    wire = signed_in(server, "alice")
    server.say("bob", "#lobby", "hello")
    wire.pump()
    wire.drop()
    for number in range(30):
        server.do(f"new{number}", "JOIN", "#lobby")
    server.say("bob", "#lobby", "after the joins")
    wire.open()
    assert texts(wire.pump()) == ["after the joins"]


def test_how_many_acts_are_told(server):
    """R9: everything is bounded. The newest are told, and how many came before them."""
    server.say("bob", "#lobby", "hello")
    wire = signed_in(server, "alice")
    wire.pump()
    wire.drop()
    for number in range(ACTS_MAX + 300):
        server.do("bob", "TOPIC", "#lobby", str(number))
    wire.open()
    (event,) = [event for event in wire.pump() if isinstance(event, WhileAway)]
    assert event.acts[-1].what == topic(str(ACTS_MAX + 299))
    assert (len(event.acts), event.more) == (ACTS_MAX, 300)


def asked(wire: Wire, messages: int, *, acts: bool = True) -> History:
    """Ask for the history of the lobby."""
    wire.session.ask_history("#lobby", messages, acts=acts)
    (history,) = [event for event in wire.pump() if isinstance(event, History)]
    return history


def test_the_history_has_what_was_done(server):
    """Acts are in it in their order; joins are left out, and make no page shorter."""
    wire = signed_in(server, "alice")
    for number in range(10):
        server.say("bob", "#lobby", str(number))
    server.do("bob", "TOPIC", "#lobby", "fractions")
    first_time = server.time
    for number in range(3000):
        server.do(f"new{number}", "JOIN", "#lobby")
    server.say("bob", "#lobby", "last")
    wire.pump()
    history = asked(wire, 4)
    assert history.acts == (Act(first_time, topic("fractions")),)
    assert [getattr(each, "text", "act") for each in history.in_order()] == ["8", "9", "act", "last"]
    without = asked(wire, 4, acts=False)
    assert ([said.text for said in without.messages], without.acts) == (["7", "8", "9", "last"], ())
    assert [said.text for said in asked(wire, 100).messages] == [*map(str, range(10)), "last"]
