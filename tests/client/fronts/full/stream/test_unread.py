"""The stream sums up in one line, after the messages, how many more are unread than are told."""

from __future__ import annotations

import pytest

from tests.client.fronts.full.stream.desk import StreamDesk


def test_many_new_messages_elsewhere(alice):
    """The last 50 are told on the way; PgUp leads to the others."""
    alice.say("/join #dev")
    for number in range(70):
        alice.server.say("bob", "#lobby", f"text {number}")
    alice.see()
    alice.press("escape 1")
    assert alice.transcript[-1] == "-- 70 unread, the newest 50 shown. PgUp tells what is before them."
    assert sum("bob: text" in line for line in alice.transcript) == 50
    alice.press("pageup")
    assert sum("bob: text" in line for line in alice.transcript) == 70
    assert alice.transcript[-1] == "-- End of them."


@pytest.mark.parametrize(("missed", "sentence"), [
    (250, "-- 250 unread, the newest 50 shown. PgUp tells what is before them."),
    (60, "-- 60 unread, the newest 50 shown. PgUp tells what is before them."),
    (2_000, "-- More than 1000 unread, the newest 50 shown. PgUp tells what is before them."),
    (50, ""),
])  # fmt: skip
def test_many_missed_messages(server, missed, sentence):
    """One line after them says how many are unread, also of those that were not fetched; nothing calls them earlier."""
    first = StreamDesk(server).sign_in()
    server.say("bob", "#lobby", "read")
    first.see()
    server.markers["alice", "#lobby"] = server.time
    for number in range(missed):
        server.say("bob", "#lobby", f"text {number}")
    server.say("bob", "alice", "only for you")
    again = StreamDesk(server, rows=300)
    again.sign_in()
    told = [line for line in again.transcript if "bob: text" in line]
    assert [line[6:] for line in told] == [f"bob: text {number}" for number in range(missed - 50, missed)]
    assert ("-- Earlier messages:" in again.transcript) is (not sentence)
    if sentence:
        assert again.transcript[again.transcript.index(told[-1]) + 1] == sentence
    assert sum("unread" in line for line in again.transcript) == bool(sentence)
    assert again.transcript.index("-- Unread: bob 1. F4 leads there.") > again.transcript.index(told[-1])
