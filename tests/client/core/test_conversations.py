"""What is so in a conversation: members, topic, what is unread, who is typing."""

from __future__ import annotations

import pytest

from chatapp.client.core import conversations
from chatapp.client.core.announced import Announced
from chatapp.client.core.budget import Budget
from chatapp.client.core.conversations import Conversations, is_mention
from chatapp.client.core.events import Said
from chatapp.errors import CannotConnectError
from chatapp.protocol.message import parse
from tests.client.fake_server import FakeServer, signed_in


def said(text: str = "hi", conversation: str = "#a", sender: str = "bob", time: int = 10, own: bool = False) -> Said:
    """Make a message."""
    return Said(time, conversation, conversation, sender, text, "id", own=own)


def fed(*lines: str, now: int = 0, budget: Budget | None = None) -> Conversations:
    """Feed the lines of a server to the conversations of alice."""
    made = Conversations(lambda: "Alice", budget or Budget())
    made.begin()
    for line in lines:
        made.take(parse(line.encode()), now)
    return made


IN_A = (
    ":alice!a@s JOIN #a",
    ":s 332 alice #a :the topic",
    ":s 353 alice = #a :@alice +bob",
    ":s 353 alice = #a :@+carol!c@host",
    ":s 366 alice #a :End",
)


def test_members_and_topic():
    """NAMES is taken whole, also in several lines, with all prefixes and with hosts; then who comes and goes."""
    made = fed(*IN_A)
    assert made["#A"].members == {"alice": "@alice", "bob": "+bob", "carol": "@+carol"}
    assert (made["#a"].topic, made.nicks("#a")) == ("the topic", ["alice", "bob", "carol"])
    for line in (
        ":dave!d@s JOIN #a",
        ":bob!b@s NICK :Robert",
        ":carol!c@s PART #a :bye",
        ":dave!d@s TOPIC #a :new",
        ":s NOTICE alice :x",
    ):
        made.take(parse(line.encode()), 0)
    assert made["#a"].members == {"alice": "@alice", "robert": "+Robert", "dave": "dave"}
    assert made["#a"].topic == "new"
    for line in (":dave!d@s QUIT :x", ":alice!a@s KICK #a Robert :out", ":s 331 alice #a :No topic"):
        made.take(parse(line.encode()), 0)
    assert (made["#a"].members, made["#a"].topic) == ({"alice": "@alice"}, "")


def test_roles():
    """MODE gives a prefix and takes it away; multi-prefix: "in order of 'rank', from highest to lowest"."""
    made = fed(*IN_A)
    for line, bob in (
        (":alice!a@s MODE #a +o BOB", "@+bob"),
        (":alice!a@s MODE #a +o-v bob bob", "@bob"),
        (":alice!a@s MODE #A +v+q bob bob", "~@+bob"),
        (":alice!a@s MODE #a +lkb-o 9 bob bob bob", "~+bob"),
        (":s MODE #a -qv+n bob", "+bob"),
        (":s MODE #a -v", "+bob"),
        (":s MODE #a +o dave", "+bob"),
        (":s MODE #other -v bob", "+bob"),
        (":s MODE bob -v bob", "+bob"),
        (":s MODE #a", "+bob"),
        (":s MODE", "+bob"),
    ):
        made.take(parse(line.encode()), 0)
        assert made["#a"].members["bob"] == bob, line
    assert set(made["#a"].members) == {"alice", "bob", "carol"}
    assert made.nicks("#a") == ["alice", "bob", "carol"]


def test_roles_of_another_server():
    """Spec: modern-irc, "PREFIX Parameter": a server may have other roles, with other prefixes."""
    announced = Announced()
    announced.take(["alice", "PREFIX=(Yo)!@", "CHANMODES=b,k,lx,m", "are supported"])
    made = Conversations(lambda: "alice", Budget(), lambda: announced)
    for line in (":alice!a@s JOIN #a", ":s 353 alice = #a :!@alice bob", ":s 366 alice #a :End"):
        made.take(parse(line.encode()), 0)
    assert made.nicks("#a") == ["alice", "bob"]
    made.take(parse(b":s MODE #a -Y+xYv-x alice bob bob bob"), 0)
    assert made["#a"].members == {"alice": "@alice", "bob": "!bob"}


def test_changes_of_roles_cost_no_memory():
    """R9: what is counted for a member is given back."""
    budget = Budget()
    made = fed(*IN_A, budget=budget)
    used = budget.used_bytes
    for _ in range(100):
        made.take(parse(b":s MODE #a +oqa bob bob bob"), 0)
        made.take(parse(b":s MODE #a -oqa bob bob bob"), 0)
    assert budget.used_bytes == used


@pytest.mark.parametrize("line", [":alice!a@s PART #a", ":op!o@s KICK #a Alice :out"])
def test_a_channel_that_we_left(line):
    """It is no conversation any more, and nothing that is said there is unread."""
    made = fed(*IN_A, line)
    made.said(said())
    assert list(made) == []


def test_a_new_connection():
    """The server tells the channels that we are in; one that it does not tell is gone; what is unread stays."""
    made = fed(*IN_A, ":alice!a@s JOIN #b")
    for channel in ("#a", "#b"):
        made.said(said(conversation=channel))
    made.begin()
    assert made["#a"].members == {}
    made.take(parse(b":alice!a@s JOIN #a"), 0)
    made.settle()
    assert (list(made), made["#a"].unread) == (["#a"], 1)


def test_unread_and_mentions():
    """Messages of others count until they are read, here or on another device; those that name us count twice."""
    made = fed(*IN_A)
    made.said(said("hi"))
    made.said(said("well, ALICE: look", time=20))
    made.said(said("mine", sender="alice", own=True, time=30))
    made.said(said("read elsewhere", time=5), read_until=7)
    made.said(said("hello", conversation="bob", time=40))
    assert [(made[name].unread, made[name].mentions) for name in ("#a", "bob")] == [(2, 1), (1, 0)]
    made.marked("#a", 25)  # the last message came after that
    assert made["#a"].unread == 2
    made.marked("#a", 30)
    made.read("bob")
    assert [(made[name].unread, made[name].mentions) for name in ("#a", "bob")] == [(0, 0), (0, 0)]


@pytest.mark.parametrize(
    ("text", "found"),
    [("alice", True), ("@Alice!", True), ("(alice)", True), ("malice", False), ("alice-b", False), ("alices", False)],
)
def test_mentions(text, found):
    """A name is meant where it is a word of its own."""
    assert is_mention(text, "Alice") is found


def test_typing():
    """Spec: IRCv3 typing: active for 6 seconds, paused for 30; done, or a message, ends it."""
    made = fed(*IN_A, now=1_000)
    for nick, state in (("bob", "active"), ("carol", "paused"), ("alice", "active")):
        made.take(parse(f"@+typing={state} :{nick}!x@s TAGMSG #a".encode()), 1_000)
    assert made.typing("#a", 6_999) == ["bob", "carol"]
    assert made.typing("#a", 7_000) == ["carol"]
    made.take(parse(b"@+typing=done :carol!x@s TAGMSG #a"), 1_100)
    made.said(said(sender="bob"))
    assert made.typing("#a", 1_200) == []


def test_everything_is_bounded(monkeypatch):
    """No server fills the memory: people are forgotten, and the rest, lists without an end too, costs the budget."""
    monkeypatch.setattr(conversations, "CONVERSATIONS_MAX", 5)
    budget = Budget(200_000)
    made = fed(*IN_A, budget=budget)
    for number in range(1_000):
        made.said(said(conversation=f"nick{number}"))
    assert len(made) == 5
    assert "#a" in made
    with pytest.raises(CannotConnectError):
        fed(*IN_A, *(f":n{number}!x@s JOIN #a" for number in range(10_000)), budget=Budget(200_000))
    for channel in ("#a", "#c{}"):
        lines = [f":s 353 alice = {channel.format(number // 10)} :n{number}" for number in range(10_000)]
        with pytest.raises(CannotConnectError):
            fed(*IN_A, *lines, budget=Budget(200_000))
    budget = Budget(200_000)
    made = fed(*IN_A, budget=budget)
    before = budget.used_bytes
    for number in range(10_000):
        made.take(parse(f":s 353 alice = #d :n{number}".encode()), 0)
        made.take(parse(b":s 366 alice #d :end"), 0)
    assert budget.used_bytes == before
    for _ in range(1_000):  # each connection lists the members again, and may break off within a list
        made.begin()
        for line in (*IN_A, ":s 353 alice = #e :n"):
            made.take(parse(line.encode()), 0)
    made.begin()
    assert budget.used_bytes <= before


def test_a_session_keeps_them():
    """What is told counts, what was only said earlier does not; marking as read ends it."""
    server = FakeServer(dict.fromkeys(("alice", "bob"), "secret"))
    wire = signed_in(server, "alice")
    wire.pump()
    server.say("bob", "#lobby", "for Alice")
    server.say("bob", "alice", "and here")
    wire.pump()
    kept = wire.session.conversations
    assert [(kept[name].unread, kept[name].mentions) for name in ("#lobby", "bob")] == [(1, 1), (1, 0)]
    assert set(kept.nicks("#lobby")) >= {"alice"}
    wire.session.mark_read()
    wire.pump()
    assert [kept[name].unread for name in ("#lobby", "bob")] == [0, 0]


def test_a_channel_gets_another_name():
    """IRCv3 draft/channel-rename: "the channel's state": members, topic and what is unread go on under the new name."""
    budget = Budget()
    made = fed(*IN_A, budget=budget)
    made.said(said("alice: hi"))
    used = budget.used_bytes
    made.take(parse(b":bob!b@s RENAME #A #long-name :why"), 0)
    assert "#a" not in made
    assert made.nicks("#Long-Name") == ["alice", "bob", "carol"]
    found = made["#long-name"]
    assert (found.name, found.topic, found.unread, found.mentions) == ("#long-name", "the topic", 1, 1)
    made.take(parse(b":bob!b@s RENAME #long-name #A :back"), 0)
    assert (made["#a"].name, budget.used_bytes) == ("#A", used)
    for words in ("#none #x", "#a bob", "#a", "", "bob #a", "#a :#b c"):
        made.take(parse(f":bob!b@s RENAME {words}".encode()), 0)
    assert (made["#a"].name, list(made.channels), budget.used_bytes) == ("#A", ["#a"], used)
    made.take(parse(b":bob!b@s RENAME #a #a :case"), 0)
    assert (made["#a"].name, budget.used_bytes) == ("#a", used)
