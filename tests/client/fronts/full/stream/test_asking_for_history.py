"""``/history NAME HOW MANY`` in the stream tells the latest messages, whatever was told before."""

from __future__ import annotations

import pytest


def _texts(lines: list[str]) -> list[str]:
    return [line.rpartition(": ")[2] for line in lines if not line.startswith("--")]


def _asked(alice, typed: str) -> list[str]:
    """Type a command; return the lines that it brings, after that of the command."""
    before = len(alice.transcript)
    alice.say(typed)
    return [line for line in alice.transcript[before:] if not line.endswith(typed)]


def test_history_of_a_conversation_where_the_person_has_been(alice):
    """The rule: "/history NAME HOW MANY" tells as many of the latest messages, also if all of them were told before."""
    for number in range(5):
        alice.server.say("bob", "#lobby", f"text {number}")
    alice.see()
    alice.say("/dm bob")
    lines = _asked(alice, "/history #lobby 3")
    assert lines[0] == "-- Now in #lobby."
    assert lines[1] == "-- Earlier messages:"
    assert lines[-1] == "-- End of them."
    assert _texts(lines) == ["text 2", "text 3", "text 4"]


@pytest.mark.parametrize(("typed", "told"), [("/history bob", "one two three"), ("/history bob 2", "two three")])
def test_history_of_a_person_whose_messages_were_told_elsewhere(alice, typed, told):
    """Messages for us are told at once, wherever we are; ``/history`` tells them again, as many as are asked for."""
    for text in ("one", "two", "three"):
        alice.server.say("bob", "alice", text)
    alice.see()
    assert _texts(_asked(alice, typed)) == told.split()


def test_going_to_a_person_tells_nothing_twice(alice):
    """Without ``/history``, what was told elsewhere is not told again."""
    alice.server.say("bob", "alice", "one")
    alice.see()
    assert _texts(_asked(alice, "/dm bob")) == []


def test_history_of_a_conversation_without_messages(alice):
    """Where nothing was said, ``/history`` says so."""
    assert _asked(alice, "/history bob")[-1] == "-- No messages are here."
