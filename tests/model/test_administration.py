"""What administrators do on the whole server, and the record of it."""

from __future__ import annotations

import pytest

from chatapp.model import administration, events
from chatapp.model.administration import ban_of_account, ban_of_address
from chatapp.model.entities import ADMINISTRATOR
from chatapp.model.outcome import Reason
from chatapp.model.state import State
from tests.model.support import Life, applied, refused, replayed


@pytest.fixture
def life():
    """Begin with an administrator and two accounts."""
    life = Life()
    for name in ("anna", "bob", "eve"):
        life.account(name)
    life.do(events.RoleSet, None, uid=life.state.user_named("anna").uid, role=ADMINISTRATOR)
    return life


def named(life, name):
    """Return a user."""
    return life.state.user_named(name)


def ban(life, target, by="anna", **fields):
    """Ban an account or a network."""
    user = life.state.user_named(target)
    uid = user.uid if user is not None else ""
    return life.do(events.Banned, named(life, by) if by else None, target=target, uid=uid, **fields)


@pytest.mark.parametrize(
    ("network", "inside", "outside"),
    [
        ("203.0.113.7/32", ["203.0.113.7", "::ffff:203.0.113.7"], ["203.0.113.8", "2001:db8::1", "", "nonsense"]),
        ("203.0.113.0/24", ["203.0.113.0", "203.0.113.255"], ["203.0.114.0"]),
        ("::ffff:203.0.113.7", ["203.0.113.7", "::ffff:203.0.113.7"], ["203.0.113.8"]),
        ("::ffff:203.0.113.0/120", ["203.0.113.7", "::ffff:203.0.113.7"], ["203.0.114.1", "2001:db8::1"]),
        ("2001:db8::/32", ["2001:db8::1", "2001:db8:ffff::%eth0"], ["2001:db9::1", "203.0.113.7"]),
    ],
)
def test_which_addresses_a_ban_is_about(life, network, inside, outside):
    """Of both kinds; an IPv4-mapped address counts as its IPv4 address."""
    assert ban_of_address(life.state, inside[0], 0) is None
    applied(ban(life, network))
    assert [ban_of_address(life.state, each, 0) is not None for each in inside] == [True] * len(inside)
    assert [ban_of_address(life.state, each, 0) is not None for each in outside] == [False] * len(outside)


def test_a_ban_ends(life):
    """By its time, or taken back."""
    applied(ban(life, "eve", until=5_000))
    eve = named(life, "eve")
    assert ban_of_account(life.state, eve, 4_999).nick == "anna"
    assert ban_of_account(life.state, eve, 5_000) is None
    applied(ban(life, "eve", by=""))
    assert ban_of_account(life.state, eve, 1 << 50).nick == ""
    applied(life.do(events.Unbanned, named(life, "anna"), banned=eve.uid, target="eve"))
    assert ban_of_account(life.state, eve, 0) is None


def test_administrators_are_not_banned(life):
    """Two administrators must not lock each other out by accident: the role goes first."""
    assert refused(ban(life, "anna", by="")) == (Reason.IS_ADMINISTRATOR, "anna")


def test_bans_are_bounded(life, monkeypatch):
    """ "Everything is bounded"; bans that have ended do not count."""
    monkeypatch.setattr(administration, "BANS_MAX", 2)
    applied(ban(life, "203.0.113.1/32", until=5_000))
    applied(ban(life, "203.0.113.2/32"))
    assert refused(ban(life, "203.0.113.3/32")) == (Reason.BANS_FULL, "203.0.113.3/32")
    applied(ban(life, "203.0.113.2/32", until=9_000_000, time=5_000))  # another end for the same
    assert list(life.state.bans) == ["203.0.113.2/32"]
    applied(ban(life, "203.0.113.3/32", time=5_001))


def test_a_removed_account_takes_its_ban_along(life):
    """ "A different account that inherits nothing"."""
    applied(ban(life, "eve"))
    uid = named(life, "eve").uid
    life.do(events.AccountRemoved, named(life, "eve"))
    assert uid not in life.state.bans


def test_every_act_is_in_the_record(life):
    """ "Who did what to whom, when and why; every such act is an event"."""
    bob, eve = named(life, "bob"), named(life, "eve")
    room = life.join(bob, "#room")
    life.join(eve, "#room")
    before = len(life.state.acts)
    life.do(
        events.ModesChanged, bob, stream=room.uid, changes=(("+", "v", eve.uid), ("+", "m", ""), ("+", "b", "x!*@*"))
    )
    life.do(events.Kicked, bob, stream=room.uid, target=eve.uid, target_nick="eve", reason="noise")
    ban(life, "eve", reason="spam")
    life.do(events.Killed, None, target=eve.uid, target_nick="eve", reason="bye")
    found = [(act.nick, act.verb, act.target, act.channel, act.detail) for act in life.state.acts[before:]]
    assert found == [
        ("bob", "mode +v", "eve", "#room", ""),
        ("bob", "mode +m", "", "#room", ""),
        ("bob", "mode +b", "x!*@*", "#room", ""),
        ("bob", "kick", "eve", "#room", "noise"),
        ("anna", "ban", "eve", "", "spam"),
        ("", "kill", "eve", "", "bye"),
    ]
    digest = life.state.digest()
    assert replayed(life.log).digest() == digest
    assert State.restore(life.state.snapshot()).digest() == digest
