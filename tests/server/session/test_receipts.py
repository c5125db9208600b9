"""What has reached a user: asked for by PING, so that nothing is replayed twice and nothing is left out."""

from __future__ import annotations

import pytest

from chatapp.server.session.receipts import CONFIRM_S
from chatapp.server.session.session import Session
from tests.server.session.test_registration import come_back, missed, pings, pong


@pytest.fixture
def talk(make_world):
    """alice and bob are in #a, and nothing was said for a while."""
    world = make_world(accounts="alice bob carol")
    for name in ("alice", "bob", "carol"):
        world.enter(name)
    world.channel("#a", "alice bob")
    settle(world)
    return world


def settle(world, seconds=20):
    """Let everybody answer what the server asks, until it asks no more."""
    for _ in range(seconds):
        world.advance(1)
        for actor in list(world.actors.values()):
            if not actor.closed:
                pong(actor)
    world.deaf()


def test_a_delivery_is_confirmed_within_seconds(talk):
    """A PING follows what was said, once; nobody else is asked, and when all is confirmed nobody is."""
    talk.actors["alice"].ask("PRIVMSG bob :one", "PRIVMSG bob :two")
    bob, carol = talk.actors["bob"], talk.actors["carol"]
    talk.advance(CONFIRM_S + 1)
    assert len(pings(bob)) == 1
    assert pings(carol) == []
    talk.advance(20)
    assert pings(bob) == [], "one at a time"
    talk.actors["alice"].hear()
    settle(talk)
    talk.advance(10)
    assert [pings(actor) for actor in talk.actors.values()] == [[], [], []]


def test_what_was_confirmed_is_not_replayed_after_a_crash(talk):
    """Minutes before the next keep-alive PING it is known already what has arrived."""
    talk.actors["alice"].ask("PRIVMSG bob :one")
    settle(talk)
    talk.actors["bob"].vanish()
    assert come_back(talk) == []


def test_more_that_was_said_since_is_confirmed_too(talk):
    """While one answer is awaited no other is asked for; afterwards the rest is."""
    bob = talk.actors["bob"]
    talk.actors["alice"].ask("PRIVMSG bob :one")
    talk.advance(CONFIRM_S + 1)
    (token,) = pings(bob)
    talk.actors["alice"].ask("PRIVMSG bob :two")
    bob.say(f"PONG :{token}")
    talk.advance(CONFIRM_S + 1)
    assert len(pings(bob)) == 1


def test_a_guest_is_not_asked(make_world):
    """Nothing is replayed to a guest, so nothing has to be confirmed."""
    world = make_world(accounts="alice", guests=True)
    world.enter("alice")
    guest = world.guest("zoe")
    world.actors["alice"].ask("PRIVMSG zoe :hi")
    world.advance(30)
    assert pings(guest) == []


def test_a_stop_asks_first(talk):
    """Before a stop every session that was sent something is asked, and what it answers counts."""
    bob = talk.actors["bob"]
    talk.actors["alice"].ask("PRIVMSG bob :one")
    bob.transport.get_write_buffer_size = lambda: 1  # as behind a proxy: nobody knows whether it was taken
    stopping = talk.loop.create_task(talk.watch.stop("The server is stopping."))
    talk.settle()
    pong(bob)
    assert bob.heard
    pong(talk.actors["alice"])
    talk.advance(1)
    assert stopping.done()
    talk.stop()
    talk.start_again()
    assert come_back(talk) == []


def test_what_another_device_has_received_is_not_missed(talk):
    """A second device is not replayed what the first, still connected, has taken."""
    talk.actors["alice"].ask("PRIVMSG bob :one")
    assert missed(talk.actors["bob"]) == ["alice bob one"]
    assert come_back(talk, as_="phone") == []
    talk.actors["bob"].transport.reads = False
    talk.actors["alice"].ask("PRIVMSG bob :two")
    talk.actors["phone"].vanish()
    assert come_back(talk, as_="tablet") == ["alice bob two"]


def test_no_device_is_asked_for_what_another_has(talk, monkeypatch):
    """To ask the system what a peer has received costs a system call, and an account may have many devices."""
    asked: list[Session] = []
    note_arrived = Session.note_arrived
    monkeypatch.setattr(Session, "note_arrived", lambda session: (asked.append(session), note_arrived(session)))
    for number in range(4):
        talk.enter("bob", as_=f"device{number}")
    asked.clear()
    talk.actors["alice"].ask("PRIVMSG bob :one")
    assert come_back(talk, as_="last") == []
    assert len(asked) == 1


def test_a_device_that_answers_no_ping_has_received_nothing(talk):
    """The system of a phone accepts what the program, which it has stopped, will never read."""
    talk.actors["alice"].ask("PRIVMSG bob :one")
    talk.advance(CONFIRM_S + 3)
    assert pings(talk.actors["bob"])
    assert come_back(talk, as_="second") == ["alice bob one"]
