"""Modes of users: who may set which, and what they keep others from."""

from __future__ import annotations

import pytest

from chatapp.model import events
from chatapp.model.entities import ADMINISTRATOR
from chatapp.model.outcome import Reason
from chatapp.model.state import State
from tests.model.support import Life, applied, refused, replayed


@pytest.fixture
def life():
    """Make a life with alice, bob and carol."""
    made = Life()
    for name in ("alice", "bob", "carol"):
        made.account(name, uid=f"{name:0>16}")
    return made


def users(life):
    """Return the three users."""
    return [life.state.user_named(name) for name in ("alice", "bob", "carol")]


def change(life, user, added="", removed=""):
    """Let a user change its modes."""
    return life.do(events.UserModesChanged, user, added=added, removed=removed)


@pytest.mark.parametrize(
    ("added", "removed"),
    [("", ""), ("x", ""), ("ii", ""), ("i", "i"), ("s", ""), ("Z", ""), ("", "B"), ("i", ""), ("", "o")],
)
def test_what_changes_nothing_is_refused(life, added, removed):
    """An event of a mode that nobody can store, or that is set already, has no effect."""
    alice = users(life)[0]
    applied(change(life, alice, "iw"))
    before = life.state.digest()
    assert refused(change(life, alice, added, removed))[0] is Reason.UNCHANGED
    assert alice.modes == "iw"
    assert before != life.state.digest()  # the position


def test_nobody_makes_itself_an_administrator(life):
    """RFC 2812: "If a user attempts to make themselves an operator using the "+o" or "+O" flag" it is ignored."""
    alice = users(life)[0]
    assert refused(change(life, alice, "o"))[0] is Reason.NO_ADMINISTRATOR
    assert alice.role == ""


def test_an_administrator_gives_up_the_role_and_takes_it_back(life):
    """-o ends the rights, +o (from OPER) gives them back, and a new role from outside begins anew."""
    alice = users(life)[0]
    applied(life.do(events.RoleSet, uid=alice.uid, role=ADMINISTRATOR))
    applied(change(life, alice, removed="o"))
    assert (alice.role, alice.resigned) == ("", True)
    assert refused(change(life, alice, removed="o"))[0] is Reason.UNCHANGED
    applied(change(life, alice, "oi"))
    assert (alice.role, alice.resigned, alice.modes) == (ADMINISTRATOR, False, "i")
    applied(change(life, alice, removed="o"))
    applied(life.do(events.RoleSet, uid=alice.uid, role=""))
    assert (alice.role, alice.resigned) == ("", False)
    assert refused(change(life, alice, "o"))[0] is Reason.NO_ADMINISTRATOR
    assert [act.detail for act in life.state.acts] == [ADMINISTRATOR, "none", ADMINISTRATOR, "none", "none"]


def test_strangers(life):
    """R: only who shares a channel, has a conversation already, or is an administrator may write."""
    alice, bob, carol = users(life)
    applied(change(life, alice, "R"))
    for verb in ("PRIVMSG", "NOTICE", "TAGMSG"):
        assert refused(life.say(bob, alice, verb=verb))[0] is Reason.STRANGER
    assert bob.conversations == {}
    applied(life.say(alice, alice))
    life.join(alice, "#room")
    room = life.join(bob, "#room")
    applied(life.say(bob, alice))
    life.part(bob, room)
    applied(life.say(bob, alice))  # there is a conversation now
    applied(life.say(alice, carol))
    applied(life.say(carol, alice))
    dave = life.account("dave")
    assert refused(life.say(dave, alice))[0] is Reason.STRANGER
    applied(life.do(events.RoleSet, uid=dave.uid, role=ADMINISTRATOR))
    applied(life.say(dave, alice))
    eve = life.account("eve")
    applied(change(life, alice, removed="R"))
    applied(life.say(eve, alice))


@pytest.mark.parametrize("text", ["\x01VERSION\x01", "\x01", "\x01PING 1"])
def test_no_ctcp(life, text):
    """T: no CTCP in direct messages, except actions."""
    alice, bob, _ = users(life)
    applied(life.say(bob, alice, text))
    applied(change(life, alice, "T"))
    assert refused(life.say(bob, alice, text))[0] is Reason.TAKES_NO_CTCP
    applied(life.say(bob, alice, "\x01ACTION waves\x01"))
    applied(life.say(bob, alice, "plainly \x01"))
    applied(life.say(alice, alice, text))


def test_they_survive(life):
    """A snapshot and a replay keep the modes, and what follows from them."""
    alice, bob, _ = users(life)
    applied(change(life, alice, "RBi"))
    applied(change(life, alice, "w", "B"))
    for state in (State.restore(life.state.snapshot()), replayed(life.log)):
        assert state.digest() == life.state.digest()
        again = state.user_named("alice")
        assert (again.modes, again.restricted) == ("Riw", True)
    applied(change(life, alice, removed="R"))
    assert alice.restricted is False
    applied(life.say(bob, alice))
