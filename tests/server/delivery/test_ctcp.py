"""CTCP queries and answers: the other clients of their sender's account get no copy, because they would answer it."""

from __future__ import annotations

import pytest

QUERY, ANSWER, ACTION = "\x01VERSION\x01", "\x01VERSION irssi 1.4\x01", "\x01ACTION waves\x01"


@pytest.fixture
def room(world):
    """alice has two clients; one of them has echo-message. bob and she are operators of #room."""
    for client in ("desk", "phone"):
        world.enter("alice", "echo-message" if client == "desk" else "", as_=client)
    world.enter("bob")
    world.channel("#room", "desk bob")
    world.actors["desk"].ask("MODE #room +o bob")
    world.deaf()
    return world


def said(actor):
    """Return the texts that an actor has heard, each with its target."""
    return [line.partition(" PRIVMSG ")[2] or line.partition(" NOTICE ")[2] for line in actor.hear()]


@pytest.mark.parametrize("target", ["bob", "#room", "@#room"])
@pytest.mark.parametrize("line", [f"PRIVMSG {{}} :{QUERY}", f"NOTICE {{}} :{ANSWER}"])
def test_no_copies_of_ctcp(room, target, line):
    """The recipient gets it, and the client that has sent it its echo."""
    desk, phone, bob = (room.actors[name] for name in ("desk", "phone", "bob"))
    desk.say(line.format(target))
    text = line.format(target).partition(" ")[2]
    assert (said(desk), said(phone), said(bob)) == ([text], [], [text])
    phone.say(line.format(target))
    assert (said(desk), said(phone), said(bob)) == ([], [], [text])


@pytest.mark.parametrize("target", ["bob", "#room", "@#room"])
@pytest.mark.parametrize("text", ["hi", ACTION])
def test_other_messages_have_copies(room, target, text):
    """ "Several connections of one account are one user: each connection sees what the others send"; /me is a text."""
    desk, phone, bob = (room.actors[name] for name in ("desk", "phone", "bob"))
    desk.say(f"PRIVMSG {target} :{text}")
    assert said(desk) == said(phone) == said(bob) == [f"{target} :{text}"]


def test_between_other_messages(room):
    """What is delivered together keeps its order; only the query is left out for the other client."""
    desk, phone, bob = (room.actors[name] for name in ("desk", "phone", "bob"))
    room.log.held = True
    desk.say("PRIVMSG #room :one", f"PRIVMSG #room :{QUERY}")
    bob.say(f"PRIVMSG #room :{QUERY}")
    desk.say("PRIVMSG #room :two")
    room.log.held = False
    room.settle()
    one, query, two = (f"#room :{text}" for text in ("one", QUERY, "two"))
    assert said(desk) == [one, query, query, two]
    assert said(phone) == [one, query, two]
    assert said(bob) == [one, query, two]


def test_a_query_to_oneself(room):
    """All clients of the account are its recipients."""
    desk, phone = room.actors["desk"], room.actors["phone"]
    phone.say(f"PRIVMSG alice :{QUERY}")
    assert said(desk) == [f"alice :{QUERY}"]
    assert phone.hear() == [f":alice!alice@s PRIVMSG alice :{QUERY}"]
