"""Every line that a command does not understand gets an answer, in every client, before the welcome and after it."""

from __future__ import annotations

import pytest

from chatapp.server.commands import COMMANDS

BAD = ["", ":", "?", "? ?", "? ? ?", ", ,", "+", "-", "+?", "-?", "#room ?", "#room -", "alice", "alice ?", "+alice"]
"""What follows the verb. #room is a channel, and alice the user who sends the line; nobody is called ?."""

CAPS = "message-tags batch draft/multiline echo-message setname"

# Modern-irc: servers "must not send any error back to the client on receipt of a NOTICE command". A PONG is an answer.
# A TAGMSG without tags says nothing to anybody; Ergo is silent too.
SILENT = frozenset({"NOTICE", "PONG", "TAGMSG"})

UNDERSTOOD = frozenset({"JOIN #room ?", "JOIN #room -", "NICK alice", "NICK alice ?"})
"""Lines that ask for what is so already: alice is in #room, and has this nick."""

TAKEN = frozenset({"AWAY", "NICK", "PASS", "USER"})  # before the welcome; AWAY, PASS and USER take any text


@pytest.mark.parametrize("old", [False, True])
def test_after_the_welcome(make_world, old):
    """A client with the capabilities that commands have, and a client without any."""
    world = make_world(accounts="alice bob", rate_limits=False)
    silent = SILENT - {"TAGMSG"} if old else SILENT
    said = {"PRIVMSG", "SETNAME"} if old else set()  # without a capability, what succeeds has no answer
    for command in COMMANDS:
        if command.verb in silent | said:
            continue
        for words in BAD:
            alice = world.actors.get("alice")
            if alice is None or alice.closed:
                alice = world.enter("alice", "" if old else CAPS, old=old)
            alice.ask("JOIN #room")
            line = f"{command.verb} {words}".rstrip()
            assert alice.ask(line) or line in UNDERSTOOD, line


def test_before_the_welcome(make_world):
    """A client that has not signed in: 451 answers what it may not send yet."""
    world = make_world(accounts="alice", rate_limits=False)
    for command in COMMANDS:
        if command.verb in TAKEN | {"PONG"}:
            continue
        for words in BAD:
            line = f"{command.verb} {words}".rstrip()
            assert world.connect("x").ask(line), line


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("MONITOR ?", ":s 400 alice MONITOR :The next word is one of + - C L S, and a space follows it."),
        ("PERSISTENCE ?", ":s NOTICE alice :PERSISTENCE: Usage: PERSISTENCE <GET or SET> [<ON, OFF or DEFAULT>]"),
        ("SILENCE +alice", ":s 400 alice SILENCE :You cannot block yourself."),
        ("SILENCE -alice", ":s 400 alice SILENCE :You cannot block yourself."),
        ("SILENCE -bob", ":s NOTICE alice :bob is not silenced."),
        ("SILENCE +bob", ":s NOTICE alice :bob is silenced: you get no messages of theirs, on any device."),
        ("MODE #room -", ":s 324 alice #room +nt"),
    ],
)
def test_answers(world, line, answer):
    """What the answer says."""
    world.enter("bob")
    alice = world.enter("alice", old=True)
    world.channel("#room", "alice")
    assert alice.ask(line)[0] == answer


def test_who_is_silenced_already(world):
    """Only the client that asks is told; our own client gets the line that it knows."""
    world.enter("bob")
    alice = world.enter("alice", old=True)
    ours = world.enter("alice", as_="ours")
    alice.ask("SILENCE +bob")
    ours.hear()
    assert alice.ask("SILENCE +bob") == [":s NOTICE alice :bob is silenced already."]
    assert ours.hear() == []
    assert ours.ask("SILENCE +bob") == [":alice!alice@s SILENCE +bob!*@*"]
    assert alice.hear() == []
