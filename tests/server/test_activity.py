"""chatapp/server/activity.py, in a whole server without sockets."""

from __future__ import annotations

import logging

import pytest

from chatapp.cli.operational_log import TextFormatter
from chatapp.server import activity
from chatapp.storage.outages import QUIET_S
from tests.server.world import FULL_DISK


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
        "Zed (guest) signed out from 127.0.0.1 after 5 s: the connection ended",
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


def test_a_certificate_without_an_account(make_world, lines):
    """No name came with it, so none was unknown."""
    world = make_world(accounts="alice")
    lines()
    stranger = world.connect("stranger", certificate=b"a card", says="CAP REQ :sasl\nAUTHENTICATE EXTERNAL")
    stranger.say("AUTHENTICATE +")
    assert "a sign-in with a certificate was refused for 127.0.0.1: No account has your certificate." in "\n".join(
        lines()
    )


def test_talk_writes_nothing(make_world, lines):
    """Nothing happens here for a message; how many there were is known for the last minute."""
    world = make_world(accounts="alice bob")
    alice = world.enter("alice")
    world.enter("bob")
    lines()
    for number in range(5):
        alice.say(f"PRIVMSG bob :{number}", "PRIVMSG nobody :x")
    assert lines() == []
    assert world.services.activity.messages_last_minute() == 5
    world.advance(61)
    assert world.services.activity.messages_last_minute() == 0
    alice.say("PRIVMSG bob :again")
    assert world.services.activity.messages_last_minute() == 1


def test_a_repeated_message_counts_once(make_world):
    """As it is stored once."""
    world = make_world(accounts="alice bob")
    alice = world.enter("alice", "message-tags")
    for _ in range(3):
        alice.say("@+chatapp/id=1 PRIVMSG bob :hello")
    assert world.services.activity.messages_last_minute() == 1


def test_what_was_counted_is_told_when_the_server_stops(make_world, lines, monkeypatch):
    """No flood is forgotten."""
    monkeypatch.setattr(activity, "REFUSALS_MAX", 1)
    world = make_world(accounts="alice", rate_limits=False)
    stranger = world.connect("stranger")
    stranger.say("NICK alice", "USER s 0 * :s", *["PASS wrong"] * 4)
    lines()
    world.services.activity.stopped()
    assert lines()[0] == "3 more refused sign-ins in 10 s: 127.0.0.1 (3)"


def test_a_disk_that_comes_and_goes_is_one_outage(make_world, lines):
    """However often it fails and works again, there is a line at the begin and one at the end, with the number of all
    that was not stored.
    """
    world = make_world(accounts="alice")
    alice = world.enter("alice")
    alice.say("JOIN #room")
    lines()
    for _ in range(50):
        world.log.failure = FULL_DISK
        alice.say("PRIVMSG #room :hello", "TOPIC #room :new")
        world.log.failure = None
        alice.say("PRIVMSG #room :hello")
        world.advance(1)
    assert lines() == ["Not stored: the server's disk is full. (told once; the next ones are counted)"]
    world.advance(QUIET_S)
    assert lines() == ["messages and changes that were not stored within 49 s: 100; none has failed since"]
    world.advance(QUIET_S)
    world.log.failure = FULL_DISK
    alice.say("PRIVMSG #room :hello")
    world.log.failure = None
    assert len(lines()) == 1
    world.complaints()


def test_an_outage_at_the_stop(make_world, lines):
    """What was only counted is told at the stop."""
    world = make_world(accounts="alice")
    alice = world.enter("alice")
    alice.say("JOIN #room")
    world.log.failure = FULL_DISK
    alice.say("PRIVMSG #room :hello", "PRIVMSG #room :hello")
    world.log.failure = None
    lines()
    world.services.activity.stopped()
    assert lines()[0] == "messages and changes that were not stored within 0 s: 2; none has failed since"
    world.complaints()


def test_accounts_that_cannot_be_changed_again_and_again(make_world, lines):
    """A disk that comes and goes while the password file changes is told once for each text."""
    world = make_world(accounts="alice")
    lines()
    for number in range(10):
        world.log.failure = FULL_DISK
        world.write_passwords(f"alice bob{number}")
        world.advance(2)
        world.log.failure = None
        world.advance(2)
    told = [line for line in lines() if "Not stored" in line]
    assert told == [
        "Not stored: the server's disk is full. (told once; the next ones are counted)",
        "The accounts are not yet those of the password file. Not stored: the server's disk is full.",
    ]
    world.complaints()
