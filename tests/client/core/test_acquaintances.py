"""What a person goes on to write in a conversation reaches nobody who has the name of the partner later."""

from __future__ import annotations

import pytest

from chatapp.client.core import requests
from chatapp.client.core.events import Gone, NickChanged
from chatapp.errors import RefusedError
from tests.client.fake_server import HOST, FakeServer, Wire, signed_in

TO_A_PERSON = (
    requests.typing("pat", "active"),
    requests.react("PAT", "m1", "+"),
    requests.edit("pat", "m1", "x"),
    requests.delete("pat", "m1"),
    requests.quote("PRIVMSG pat :x"),
)


@pytest.fixture
def alice() -> Wire:
    """Be alice, to whom pat has written."""
    wire = signed_in(FakeServer({"alice": "secret", "pat": "secret", "patx": "secret"}), "alice")
    wire.pump()
    wire.server.say("pat", "alice", "hi")
    wire.pump()
    return wire


def hear(wire: Wire, line: str) -> list[object]:
    """Let the server tell of pat."""
    return wire.session.received(f":pat!p@{HOST} {line}".encode(), wire.server.time + 1)


@pytest.mark.parametrize("line", ["QUIT :Bye", "NICK :patx"])
def test_nothing_leaves_for_a_name_whose_owner_has_gone(alice, line):
    """Neither a text, an action and a reply, nor a reaction and a typing notice, until the person begins anew."""
    hear(alice, line)
    for request in TO_A_PERSON:
        with pytest.raises(RefusedError, match="Somebody else may get the name"):
            alice.session.ask(request)
    for options in ({}, {"action": True}, {"reply_to": "m1"}):
        with pytest.raises(RefusedError, match="Somebody else may get the name"):
            alice.session.say("Pat", "x", **options)
    alice.pump()
    assert [each.text for each in alice.server.log] == ["hi"]
    assert "TAGMSG" not in [each.verb for each in alice.sent()]
    alice.session.outbox.acquaintances.meet("pat")
    alice.session.say("pat", "who are you?")
    alice.session.ask(requests.typing("pat", "active"))
    alice.pump()
    assert [each.text for each in alice.server.log] == ["hi", "who are you?"]


def test_a_stranger_is_no_partner(alice):
    """Who has gone without a word between us can be written to as before."""
    alice.session.received(f":carl!c@{HOST} QUIT :Bye".encode(), alice.server.time)
    alice.session.ask(requests.typing("carl", "active"))
    assert not alice.session.outbox.acquaintances.is_gone("carl")


def test_a_text_follows_the_person_to_the_new_name(alice):
    """What waits goes there, and so does what is written to the new name, without its own beginning anew."""
    alice.session.say("pat", "one")
    hear(alice, "NICK :patx")
    alice.session.say("patx", "two")
    alice.pump()
    assert [(each.target, each.text) for each in alice.server.log[1:]] == [("patx", "one"), ("patx", "two")]
    assert alice.session.conversations.get("pat") is None
    assert alice.session.conversations["patx"].unread == 1
    alice.session.received(f":patx!p@{HOST} NICK :Patx".encode(), alice.server.time)
    assert not alice.session.outbox.acquaintances.is_gone("patx")


def test_where_somebody_was_who_goes_or_has_another_name(alice):
    """The event names the channels of ours, also of many who go at once (a netsplit)."""
    for line in (f":pat!p@{HOST} JOIN #lobby", f":carl!c@{HOST} JOIN #lobby", ":alice!alice@h JOIN #dev"):
        alice.session.received(line.encode(), alice.server.time)
    alice.session.received(f":pat!p@{HOST} JOIN #dev".encode(), alice.server.time)
    assert hear(alice, "NICK :patx") == [NickChanged("pat", "patx", False, ("#lobby", "#dev"))]
    split = (":s BATCH +n netsplit a b", "@batch=n :patx!p@h QUIT :a b", "@batch=n :carl!c@h QUIT :a b", ":s BATCH -n")
    told = [event for line in split for event in alice.session.received(line.encode(), alice.server.time)]
    assert told == [Gone("patx", "a b", ("#lobby", "#dev")), Gone("carl", "a b", ("#lobby",))]
