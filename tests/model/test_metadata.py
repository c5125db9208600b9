"""Metadata and preferences: who sets and reads them, how many there can be, and when they end."""

from __future__ import annotations

import pytest

from chatapp.model import events, metadata
from chatapp.model.conversations import DEPARTED_MAX
from chatapp.model.entities import ADMINISTRATOR, PREFERENCE_KEYS_MAX
from chatapp.model.metadata import may_read_metadata
from chatapp.model.outcome import Reason
from tests.model.support import Life, applied, refused, replayed
from tests.model.test_moderation import NAMES, Room


@pytest.fixture
def life():
    """Give a new state."""
    return Life()


def set_key(life, who, key="url", value="x", **fields):
    """Set a key of a user's own metadata, or as ``fields`` say."""
    return life.do(events.MetadataSet, who, **{"target": who.uid, "changes": ((key, value),), "most": 9, **fields})


def prefer(life, who, stream, value="1", name="p"):
    """Set a preference."""
    return life.do(events.PreferenceSet, who, stream=stream, name=name, value=value)


def test_roles():
    """ "Operator and higher: set the keys of the channel"."""
    room = Room()
    members = [*NAMES.values(), "paul"]
    for who in members:
        event = set_key(room.life, room.users[who], value=who, target="", stream=room.channel.uid)
        if who in members[:3]:
            applied(event)
            assert room.channel.metadata == {"url": who}
        else:
            assert refused(event) == (Reason.RANK_TOO_LOW, "#room")
    room.life.do(events.ChannelRenamed, room.users[members[0]], stream=room.channel.uid, old="#room", name="#new")
    assert room.channel.metadata == {"url": members[2]}, "a renamed channel keeps it"
    assert replayed(room.life.log).digest() == room.life.state.digest()


def test_an_administrator(life):
    """ "The keys of every channel; of another user, an administrator only removes keys"; that is in the record."""
    alice, bob = life.account("alice"), life.account("bob")
    room = life.join(bob, "#room", modes="s")
    set_key(life, bob)
    assert refused(set_key(life, alice, value="", target=bob.uid)) == (Reason.NO_ADMINISTRATOR, "bob")
    assert refused(set_key(life, alice, target="", stream=room.uid)) == (Reason.NO_SUCH_CHANNEL, "")
    life.do(events.RoleSet, uid=alice.uid, role=ADMINISTRATOR)
    assert refused(set_key(life, alice, target=bob.uid)) == (Reason.NO_ADMINISTRATOR, "bob")
    applied(set_key(life, alice, value="", target=bob.uid))
    applied(set_key(life, alice, target="", stream=room.uid))
    assert (bob.metadata, room.metadata) == ({}, {"url": "x"})
    assert [(act.nick, act.verb, act.target, act.detail) for act in life.state.acts[1:]] == [
        ("alice", "metadata", "bob", "url")
    ]


def test_who_reads_a_channel(life):
    """ "Members and administrators may; others too, unless the channel is secret or invite-only"."""
    alice, bob, carol = (life.account(name) for name in ("alice", "bob", "carol"))
    life.do(events.RoleSet, uid=carol.uid, role=ADMINISTRATOR)
    for modes, open_to_all in (("n", True), ("s", False), ("i", False), ("is", False)):
        room = life.join(alice, f"#{modes}", modes=modes)
        told = [may_read_metadata(life.state, who, room) for who in (alice, carol, bob, None)]
        assert told == [True, True, open_to_all, open_to_all]


def test_the_number_of_keys(life):
    """ "The target may have ``most`` keys": further keys are refused, changes and removals are not."""
    alice = life.account("alice")
    applied(set_key(life, alice, changes=(("a", "1"), ("b", "2")), most=2))
    assert refused(set_key(life, alice, "c", most=2)) == (Reason.METADATA_FULL, "")
    applied(set_key(life, alice, "a", "3", most=2))
    applied(set_key(life, alice, "a", "", most=1))
    assert refused(set_key(life, alice, "c", most=1)) == (Reason.METADATA_FULL, "")
    assert alice.metadata == {"b": "2"}


def test_the_number_of_preferences(life, monkeypatch):
    """Both are bounded: the streams of a user, and the preferences about one stream."""
    monkeypatch.setattr(metadata, "PREFERENCES_MAX", 2)
    alice = life.account("alice")
    rooms = [life.join(alice, f"#{number}") for number in range(3)]
    for room in rooms[:2]:
        applied(prefer(life, alice, room.uid))
    assert refused(prefer(life, alice, rooms[2].uid)) == (Reason.TOO_MANY_PREFERENCES, "")
    for number in range(1, PREFERENCE_KEYS_MAX):
        applied(prefer(life, alice, rooms[0].uid, name=f"p{number}"))
    assert refused(prefer(life, alice, rooms[0].uid, name="more")) == (Reason.TOO_MANY_PREFERENCES, "")
    applied(prefer(life, alice, rooms[1].uid, value="0"))
    applied(prefer(life, alice, rooms[2].uid))
    assert rooms[1].uid not in alice.preferences


def test_how_they_end(life):
    """ "A removed account loses its metadata; a guest who becomes an account keeps it. Preferences end with the
    membership, or with the conversation."
    """
    alice, bob, zoe = life.account("alice"), life.account("bob"), life.guest("zoe")
    room = life.join(alice, "#room")
    life.say(alice, zoe)
    set_key(life, bob)
    set_key(life, zoe)
    for stream in (room.uid, *(events.conversation(alice.uid, other.uid) for other in (alice, bob, zoe))):
        applied(prefer(life, alice, stream))
    applied(life.do(events.AccountCreated, zoe, uid=zoe.uid, name="zoe", channel=""))
    assert zoe.metadata == {"url": "x"}
    life.part(alice, room)
    life.do(events.AccountRemoved, bob)
    assert life.account("bob", uid=bob.uid).metadata == {}
    talk = events.conversation(alice.uid, zoe.uid)
    assert alice.preferences.keys() == {events.conversation(alice.uid, alice.uid), talk}
    life.do(events.AccountRemoved, zoe)
    assert talk in alice.preferences, "alice keeps the conversation"
    for number in range(DEPARTED_MAX):
        other = life.account(f"g{number}")
        life.say(other, alice)
        life.do(events.AccountRemoved, other)
    assert talk not in alice.preferences
    assert replayed(life.log).digest() == life.state.digest()


def display(life, who, name):
    """Set a display name."""
    return set_key(life, who, "display-name", name)


@pytest.mark.parametrize("name", ["alice", "ALICE", "AIice", "A1ice", " Alice ", "al\u200dice"])
def test_a_display_name_is_not_that_of_another_account(life, name):
    """Clients show it in place of the nick. The own name is none of another account, and a guest's name is free."""
    alice, bob, zoe = life.account("Alice"), life.account("bob"), life.guest("zoe")
    for who in (bob, zoe):
        assert refused(display(life, who, name)) == (Reason.LOOKS_LIKE_ACCOUNT, "Alice")
    applied(display(life, alice, name))
    applied(display(life, bob, "Alice B."))
    applied(display(life, bob, "Zoe"))
    applied(set_key(life, bob, "status", name))
    life.do(events.AccountRemoved, alice)
    applied(display(life, bob, name))
    assert replayed(life.log).digest() == life.state.digest()


def test_names_that_change(life):
    """A guest who takes another name, becomes an account, and an account that was made later."""
    bob, zoe = life.account("bob"), life.guest("zoe")
    applied(display(life, bob, "z0e"))
    life.do(events.AccountCreated, zoe, uid=zoe.uid, name="zoe")
    applied(display(life, bob, "other"))
    assert refused(display(life, bob, "z0e")) == (Reason.LOOKS_LIKE_ACCOUNT, "zoe")
    gast = life.guest("gast")
    life.do(events.Renamed, gast, name="g0st")
    life.do(events.AccountCreated, gast, uid=gast.uid, name="g0st")
    applied(display(life, bob, "gast"))
    assert refused(display(life, bob, "gost")) == (Reason.LOOKS_LIKE_ACCOUNT, "g0st")
    assert replayed(life.log).digest() == life.state.digest()
