"""chatapp/server/activity.py, in a whole server without sockets."""

from __future__ import annotations

import logging

import pytest

from chatapp.cli.operational_log import TextFormatter


@pytest.fixture
def lines(caplog):
    """Return the texts of the lines since the last look."""
    caplog.set_level(logging.INFO, "chatapp")

    def taken():
        texts = [TextFormatter().format(each).split(": ", 1)[1] for each in caplog.records]
        caplog.clear()
        return texts

    return taken


def test_people_come_and_go(make_world, lines):
    """Each connection of an account or a guest is told with its address, and why it ended."""
    world = make_world(accounts="alice", guests=True)
    lines()
    alice = world.enter("alice", address="192.0.2.7")
    guest = world.guest("Zed")
    assert lines() == [
        "alice signed in from 192.0.2.7 (plain text)",
        "Zed (guest) signed in from 127.0.0.1 (plain text)",
    ]
    world.advance(5)
    alice.say("QUIT :my secret plans")
    guest.vanish()
    assert lines() == [
        "alice signed out from 192.0.2.7 after 5 s: quit",
        "Zed (guest) signed out from 127.0.0.1 after 5 s",
    ]


def test_an_account_removed_while_it_is_here(make_world, lines):
    """Both ends are told; the name is in the line of the account."""
    world = make_world(accounts="alice bob")
    world.enter("alice")
    lines()
    world.write_passwords("bob")
    world.advance(2)
    told = lines()
    assert "the account alice was removed" in told
    assert any(line.startswith("a removed account signed out from 127.0.0.1 after ") for line in told)


def test_a_name_that_no_account_has_is_not_told(make_world, lines):
    """People type their password where the name belongs."""
    world = make_world(accounts="alice")
    lines()
    stranger = world.connect("stranger")
    stranger.say("NICK s", "USER s 0 * :s", "PASS hunter2:sesame")
    world.advance(60)
    told = "\n".join(lines())
    assert "a sign-in to an unknown name was refused for 127.0.0.1: The name or the password is wrong." in told
    assert "hunter2" not in told


def test_talk_writes_nothing(make_world, lines):
    """Nothing happens here for a message; how many there were is known for the last minute."""
    world = make_world(accounts="alice bob")
    alice = world.enter("alice")
    world.enter("bob")
    lines()
    for number in range(5):
        alice.say(f"PRIVMSG bob :{number}", "PRIVMSG nobody :x")
    assert lines() == []
    assert world.hub.activity.messages_last_minute() == 5
    world.advance(61)
    assert world.hub.activity.messages_last_minute() == 0
    alice.say("PRIVMSG bob :again")
    assert world.hub.activity.messages_last_minute() == 1


def test_a_repeated_message_counts_once(make_world):
    """As it is stored once."""
    world = make_world(accounts="alice bob")
    alice = world.enter("alice", "message-tags")
    for _ in range(3):
        alice.say("@+chatapp/id=1 PRIVMSG bob :hello")
    assert world.hub.activity.messages_last_minute() == 1


def test_what_was_counted_is_told_when_the_server_stops(make_world, lines):
    """No flood is forgotten."""
    world = make_world(accounts="alice", log_refusals_max=1, rate_limits=False)
    stranger = world.connect("stranger")
    stranger.say("NICK alice", "USER s 0 * :s", *["PASS wrong"] * 4)
    lines()
    world.hub.activity.stopped()
    assert lines()[0] == "3 more refused sign-ins in 10 s: 127.0.0.1 (3)"
