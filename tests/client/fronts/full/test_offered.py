"""What the server cannot do is not offered, and not tried."""

from __future__ import annotations

import pytest

from tests.client.fronts.full.conftest import ALL
from tests.client.fronts.full.desk import Desk
from tests.client.fronts.full.stream.desk import StreamDesk

CANNOT = "Not done: this server cannot do that."
TIMED = "This server cannot end a ban after a time: leave the time out, and end the ban with /unban."


@pytest.mark.parametrize(("missing", "key"), [("draft/message-edit", "E"), ("draft/message-redaction", "d")])
@pytest.mark.parametrize("desk", [Desk, StreamDesk])
def test_a_key_of_a_picked_message(server, desk, missing, key):
    """The line of keys is without it, and the key says why nothing happens; the message stays picked."""
    server.offers = ALL.replace(missing, "")
    alice = desk(server).sign_in()
    alice.say("hello")
    alice.press("f6")
    word = {"E": "E edit", "d": "d delete"}[key]
    assert "r reply" in alice.screen()
    assert word not in alice.screen()
    alice.press(key)
    assert "This server cannot do that." in alice.screen()
    assert alice.state.buffer.picked is not None
    assert not alice.state.buffer.draft
    assert alice.state.question is None


@pytest.mark.parametrize(
    ("missing", "typed"), [("draft/message-edit", "/edit hello all"), ("draft/message-redaction", "/delete")]
)
def test_a_command_about_a_message(server, missing, typed):
    """It is said before anybody is sent to look for an earlier message, which would not help."""
    server.offers = ALL.replace(missing, "")
    alice = Desk(server).sign_in()
    alice.say(typed)
    assert alice.texts[-1] == CANNOT
    assert alice.state.question is None


@pytest.mark.parametrize(
    ("tokens", "typed", "words"),
    [
        ("", "/mute bob", "This server cannot mute people."),
        ("", "/ban bob 5m", TIMED),
        ("EXTBAN=$,ajr", "/mute bob", "This server cannot mute people."),
        ("EXTBAN=~,qt", "/mute bob", "This server cannot mute people."),
    ],
)
def test_a_mute_where_there_are_none(server, tokens, typed, words):
    """Another server would take the mask of the mute as a ban of nobody, and the client would say that bob is muted."""
    alice = Desk(server).sign_in()
    alice.hears("005", "alice", "-EXTBAN", *([tokens] if tokens else []), "are supported by this server")
    before = len(alice.wire.sent())
    alice.say(typed)
    assert alice.texts[-1] == words
    assert all(line.verb != "MODE" for line in alice.wire.sent()[before:])
