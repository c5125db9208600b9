"""What happened while the person was in another conversation is told with its time, as a message is."""

from __future__ import annotations

import pytest

from chatapp.protocol.message import Message
from tests.client.fake_server import HOST
from tests.client.fronts.full.desk import clock, day
from tests.client.fronts.full.stream.desk import StreamDesk

BOB = f"bob!b@{HOST}"
REACTION = {"+draft/react": "👍", "+reply": "hello"}


@pytest.mark.parametrize(
    ("place", "line", "words"),
    [
        ("#lobby", Message("TOPIC", ["#lobby", "news"], BOB), "bob set the topic of #lobby: news"),
        ("#lobby", Message("KICK", ["#lobby", "eve", "spam"], BOB), "eve was removed from #lobby by bob: spam"),
        ("#lobby", Message("TAGMSG", ["#lobby"], BOB, REACTION), 'bob reacted with 👍 to "hello" in #lobby.'),
        ("bob", Message("QUIT", ["sleeping"], BOB), "bob is no longer on this server (sleeping)."),
        ("robert", Message("NICK", ["robert"], BOB), "bob is now called robert."),
    ],
)
def test_what_happened_elsewhere(alice, place, line, words):
    """A line without a time would say that it happens now: that bob leaves just when the person comes back."""
    server = alice.server
    hello = server.say("carol", "#lobby", "hello")
    server.say("bob", "alice", "and to you")
    alice.see()
    alice.say("/dm bob")
    alice.say("/dm carol")
    tags = {**line.tags, "+reply": hello.msgid} if line.tags else {}
    alice.wire.peer.send(Message(line.verb, line.params, line.source, tags))
    alice.see()
    then = clock(server.time)
    server.time += 3_600_000
    alice.pass_s(0)
    alice.say(f"/dm {place}")
    assert f"-- {then} {words}" in alice.transcript
    assert f"-- {words}" not in alice.transcript


def test_what_is_done_here_has_no_time(alice):
    """A line of what happens here and now is a sentence and nothing else."""
    alice.hears("TOPIC", "#lobby", "news", source=BOB)
    assert alice.transcript[-1] == "-- bob set the topic of #lobby: news"


def test_what_the_history_tells(server):
    """An act of the channel's history stands between messages, and has its time as they have, and its day."""
    server.offers += " draft/event-playback"
    server.do("bob", "KICK", "#lobby", "eve", "spam")
    happened = server.time
    server.time += 86_400_000
    server.say("bob", "#lobby", "hello")
    alice = StreamDesk(server).sign_in()
    at = alice.transcript.index(f"-- {clock(happened)} eve was removed from #lobby by bob: spam")
    assert alice.transcript[at - 1] == f"-- {day(happened)}"
