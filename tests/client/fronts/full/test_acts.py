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
