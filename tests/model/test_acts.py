"""The record of who kept order: which acts are about a name, a channel or an address, and which acts are kept."""

from __future__ import annotations

import msgspec
import pytest

from chatapp.cli.acts import words
from chatapp.model import events
from chatapp.model.acts import is_about
from chatapp.model.entities import Act
from chatapp.model.record import Record
from tests.model.support import Life, applied


def act(verb, target, channel="", nick="anna", detail=""):
    """Return an act."""
    return Act(1, nick, verb, target, channel, detail)


@pytest.mark.parametrize(
    ("found", "about", "others"),
    [
        (act("kick", "Bob", "#class"), ["bob", "BOB", "anna", "#class", "class"], ["bo", "b*", "#clas", ""]),
        (act("mode +b", "~t:5:~m:p10!*@*", "#class"), ["p10", "P10", "#CLASS"], ["p1", "p100", "t", "5"]),
        (act("mode +b", "p01!*@*", "#class"), ["p01", "p01!*@*"], ["p010"]),
        (act("mode -b", "~a:p20", "#class"), ["p20", "~a:p20"], ["p2"]),
        (act("mode +e", "p?0!*@*", "#class"), ["p10", "p20"], ["p11"]),
        (act("mode +I", "*!eve@*", "#class"), ["eve"], ["ev"]),
        (act("ban", "203.0.113.45/32"), ["203.0.113.45", "203.0.113.45/32", "203.0.113.0/24"], ["203.0.113.46"]),
        (act("unban", "203.0.113.0/24"), ["203.0.113.45", "::ffff:203.0.113.45"], ["203.0.114.1", "2001:db8::1"]),
        (act("ban", "203.0.113.0/24"), ["::ffff:203.0.113.45/121", "::ffff:203.0.113.45"], ["::ffff:203.0.114.1"]),
        (act("ban", "2001:db8::/32"), ["2001:db8::1", "2001:DB8::/32"], ["2001:db9::1", "eve"]),
        (act("rename", "#class", "#p24rules", detail="x"), ["#class", "class", "#p24rules", "p24rules"], ["#p24"]),
        (act("kick", "bob", "#class", detail="eve"), ["bob"], ["eve"]),
        (act("kill", "b[]b"), ["b[]b"], ["bxb"]),
    ],
)  # fmt: skip
def test_what_an_act_is_about(found, about, others):
    """Who did it, to whom, and where. A mask is about the names that match it, a network about its addresses."""
    assert [is_about(found, each) for each in about] == [True] * len(about)
    assert [is_about(found, each) for each in others] == [False] * len(others)


def told(life, after=0):
    """Return who did what to whom where, of the acts after the first ``after``."""
    return [(each.nick, each.verb, each.target, each.channel, each.detail) for each in life.state.acts[after:]]


@pytest.fixture
def life():
    """Let anna be the founder of #class, hans a half-operator, and bob a member."""
    life = Life()
    anna, hans, bob = (life.account(name) for name in ("anna", "hans", "bob"))
    channel = life.join(anna, "#class")
    life.join(hans, "#class")
    life.join(bob, "#class")
    life.do(events.ModesChanged, anna, stream=channel.uid, changes=(("+", "h", hans.uid),))
    life.state.record = Record()
    return life


def test_all_modes_are_acts(life):
    """Also those without a list or a role. A key is a secret: the record has only that there is one."""
    anna, channel = life.state.user_named("anna"), life.state.channel_named("#class")
    for changes in ((("+", "k", "secret"), ("+", "l", "30"), ("+", "s", "")), (("-", "k", ""), ("-", "l", ""))):
        applied(life.do(events.ModesChanged, anna, stream=channel.uid, changes=changes))
    assert told(life) == [
        ("anna", "mode +k", "", "#class", ""),
        ("anna", "mode +l", "30", "#class", ""),
        ("anna", "mode +s", "", "#class", ""),
        ("anna", "mode -k", "", "#class", ""),
        ("anna", "mode -l", "", "#class", ""),
    ]


def test_the_topic_is_an_act_of_who_keeps_order(life):
    """A half-operator and higher; a member who sets the topic because everybody may keeps no order."""
    channel = life.state.channel_named("#class")
    for name in ("anna", "hans", "bob"):
        applied(life.do(events.TopicSet, life.state.user_named(name), stream=channel.uid, text=f"by {name}"))
    applied(life.do(events.TopicSet, life.state.user_named("anna"), stream=channel.uid, text=""))
    assert told(life) == [
        ("anna", "topic", "", "#class", "by anna"),
        ("hans", "topic", "", "#class", "by hans"),
        ("anna", "topic", "", "#class", ""),
    ]


def test_accounts_are_acts(life):
    """Of who makes and removes them on the server's machine; somebody who signs up keeps no order."""
    life.account("zoe")
    applied(life.do(events.AccountCreated, uid="b" * 16, name="yan"))
    applied(life.do(events.AccountRemoved, life.state.user_named("zoe")))
    assert told(life) == [("", "adduser", "yan", "", ""), ("", "deluser", "zoe", "", "")]


def test_a_ban_has_its_end(life):
    """For the words "for 7 days"."""
    applied(life.do(events.Banned, None, target="203.0.113.0/24", until=99_000))
    assert life.state.acts[-1].until == 99_000


def test_a_new_name_is_an_act(life):
    """Of the channel under its old name, with the new name, and why."""
    anna, channel = life.state.user_named("anna"), life.state.channel_named("#class")
    fields = {"stream": channel.uid, "old": "#class", "name": "#p24", "reason": "shorter"}
    applied(life.do(events.ChannelRenamed, anna, **fields))
    assert told(life) == [("anna", "rename", "#class", "#p24", "shorter")]
    assert words(msgspec.to_builtins(life.state.acts[-1])) == "anna renamed #class to #p24: shorter"
