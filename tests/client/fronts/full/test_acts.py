"""What somebody does in a channel is told in that channel, wherever the person is."""

from __future__ import annotations

import pytest

from tests.client.fake_server import HOST

BOB = f"bob!b@{HOST}"
ACTS = [
    (("MODE", "#lobby", "+b", "eve!*@*"), "bob banned eve from #lobby for good."),
    (("MODE", "#lobby", "+b", "~m:eve"), "bob muted eve in #lobby for good."),
    (("MODE", "#lobby", "+o", "eve"), "eve is now an operator of #lobby (by bob)."),
    (("MODE", "#lobby", "+i"), "bob changed #lobby: people have to be invited to join now."),
    (("TOPIC", "#lobby", "news"), "bob set the topic of #lobby: news"),
    (("KICK", "#lobby", "eve", "spam"), "eve was removed from #lobby by bob: spam"),
]


@pytest.mark.parametrize(("line", "words"), ACTS)
def test_an_act_is_told_in_its_channel(alice, line, words):
    """The rule: kicks, modes, bans and topics stand in the channel where they were done, and in no other place."""
    alice.hears("353", "alice", "=", "#lobby", "alice bob eve")
    alice.say("/dm carol")
    verb, *parameters = line
    alice.hears(verb, *parameters, source=BOB)
    told = {buffer.name: [entry.text for entry in buffer.entries] for buffer in alice.state.buffers}
    assert alice.state.buffer.name == "carol"
    assert words in told["#lobby"]
    assert words not in told["carol"]


ALICE = f"alice!a@{HOST}"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (("TOPIC", "#lobby", "news"), "alice set the topic of #lobby: news"),
        (("MODE", "#lobby", "+m"), "alice changed #lobby: only members with a role can write now."),
        (("KICK", "#lobby", "eve", "spam"), "eve was removed from #lobby by alice: spam"),
    ],
)
def test_our_act_in_another_channel(alice, line, words):
    """What we do ourselves in another channel is told where we are too, as its answer."""
    alice.hears("353", "alice", "=", "#lobby", "alice bob eve")
    alice.say("/dm carol")
    verb, *parameters = line
    alice.hears(verb, *parameters, source=ALICE)
    told = {buffer.name: [entry.text for entry in buffer.entries] for buffer in alice.state.buffers}
    assert told["#lobby"].count(words) == told["carol"].count(words) == 1


def test_the_topic_of_another_channel(alice):
    """The answer to ``/topic #channel`` is told where the person asked."""
    alice.say("/dm carol")
    alice.say("/topic #lobby")
    alice.hears("332", "alice", "#lobby", "news", label=alice.wire.sent()[-1].tags["label"])
    assert alice.texts[-1] == "The topic of #lobby: news"


def test_our_act_where_we_are(alice):
    """What we do in the channel that is shown is told once."""
    alice.hears("MODE", "#lobby", "+m", source=ALICE)
    words = "alice changed #lobby: only members with a role can write now."
    assert [entry.text for entry in alice.state.buffer.entries].count(words) == 1
