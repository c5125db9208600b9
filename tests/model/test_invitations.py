"""What an invitation opens, and what ends it."""

from __future__ import annotations

import msgspec
import pytest

from chatapp.model import events
from chatapp.model.entities import INVITATIONS_MAX, Invitation
from chatapp.model.invitations import invitations_since
from chatapp.model.outcome import Reason
from chatapp.model.state import State
from tests.model.support import applied, refused, replayed
from tests.model.test_moderation import Room

BARRIERS = [("+b", "eve!*@*", Reason.BANNED), ("+k", "secret", Reason.BAD_KEY), ("+l", "6", Reason.LIMIT_REACHED)]


@pytest.fixture
def room() -> Room:
    """A channel with a member of each rank, one without, and ``eve`` outside."""
    return Room()


def invite(room: Room, who: str, whom: str = "eve"):
    """Ask for an invitation."""
    return room.life.do(events.Invited, room.users[who], stream=room.channel.uid, target=room.users[whom].uid)


@pytest.mark.parametrize(("change", "parameter", "reason"), BARRIERS)
@pytest.mark.parametrize("who", ["paul", "vera"])
def test_who_may_not_lift_a_barrier_lets_nobody_in_against_it(room, who, change, parameter, reason):
    """Neither a member without a role, nor a voice."""
    applied(room.mode("olga", change, parameter))
    applied(invite(room, who))
    assert refused(room.join("eve")) == (reason, "#room")


@pytest.mark.parametrize(("change", "parameter", "reason"), BARRIERS)
def test_a_half_operator_lets_in_against_every_barrier(room, change, parameter, reason):
    """Also after the half-operator lost the role, and after a weaker invitation; an administrator does too."""
    applied(room.mode("olga", change, parameter))
    applied(invite(room, "paul"))
    applied(invite(room, "hans"))
    applied(room.mode("olga", "-h", "hans"))
    applied(room.join("eve"))
    room.life.part(room.users["eve"], room.channel)
    assert refused(room.join("eve")) == (reason, "#room")
    room.administrator("paul")
    applied(invite(room, "paul"))
    applied(room.join("eve"))


def test_every_invitation_opens_i(room):
    """Somebody without a role invited before the channel was closed."""
    applied(invite(room, "paul"))
    applied(room.mode("olga", "+i"))
    applied(room.join("eve"))


@pytest.mark.parametrize("mask", ["eve!*@*", "~a:e*", "~t:5:eve!*@*"])
def test_a_later_ban_ends_an_invitation(room, mask):
    """It stays ended when the ban is lifted."""
    applied(invite(room, "qara"))
    applied(room.mode("olga", "+i"))
    applied(room.mode("olga", "+b", mask))
    assert refused(room.join("eve")) == (Reason.BANNED, "#room")
    applied(room.mode("olga", "-b", mask))
    assert refused(room.join("eve")) == (Reason.INVITE_ONLY, "#room")
    assert room.channel.invited == room.users["eve"].invited == {}


@pytest.mark.parametrize("mask", ["mallory!*@*", "~m:eve!*@*"])
def test_a_ban_of_others_and_a_mute_end_no_invitation(room, mask):
    """Also if the invited user was banned before."""
    applied(room.mode("olga", "+b", "eve"))
    applied(invite(room, "hans"))
    applied(room.mode("olga", "+b", mask))
    applied(room.join("eve"))


def test_who_is_exempt_from_bans_stays_invited(room):
    """A ban of all with an exception keeps the exception's invitation."""
    applied(room.mode("olga", "+i"))
    applied(invite(room, "hans"))
    applied(room.mode("olga", "+e", "eve!*@*"))
    applied(room.mode("olga", "+b", "*!*@*"))
    applied(room.join("eve"))


def test_a_removed_member_is_not_invited(room):
    """The invitation was used up."""
    applied(room.mode("olga", "+i"))
    applied(invite(room, "hans"))
    applied(room.join("eve"))
    applied(room.kick("olga", "eve"))
    assert refused(room.join("eve")) == (Reason.INVITE_ONLY, "#room")


def test_an_invitation_that_stands(room):
    """Another changes nothing, unless it opens more, or the user silences who made the first."""
    eve, vera = room.users["eve"], room.users["vera"]
    assert not applied(invite(room, "paul")).is_repeated
    assert applied(invite(room, "vera")).is_repeated
    assert not applied(invite(room, "hans")).is_repeated
    assert applied(invite(room, "olga")).is_repeated
    room.life.do(events.Silenced, eve, target=room.users["hans"].uid, on=True)
    assert applied(invite(room, "hans")).is_repeated
    assert not applied(invite(room, "vera")).is_repeated
    assert eve.invited[room.channel.uid].uid == vera.uid
    applied(room.mode("olga", "+k", "secret"))
    applied(room.join("eve"))


def test_the_mode_r_of_a_user(room):
    """ "Only people it knows": members of its channels, whom it talked with, and administrators."""
    eve = room.users["eve"]
    room.life.do(events.UserModesChanged, eve, added="R", removed="")
    assert refused(invite(room, "paul")) == (Reason.STRANGER, "eve")
    room.life.say(eve, room.users["paul"])
    applied(invite(room, "paul"))
    assert refused(invite(room, "hans")) == (Reason.STRANGER, "eve")
    room.administrator("hans")
    applied(invite(room, "hans"))
    room.life.join(room.users["olga"], "#other")
    assert refused(invite(room, "qara")) == (Reason.STRANGER, "eve")
    room.life.join(eve, "#other")
    applied(room.join("eve"))


def test_the_oldest_invitation_of_a_user_ends(room):
    """ "Everything is bounded": the channel does not keep it either."""
    applied(invite(room, "hans"))
    for number in range(INVITATIONS_MAX):
        channel = room.life.join(room.users["hans"], f"#n{number}")
        room.life.do(events.Invited, room.users["hans"], stream=channel.uid, target=room.users["eve"].uid)
    assert len(room.users["eve"].invited) == INVITATIONS_MAX
    assert room.channel.invited == {}


def test_snapshots(room):
    """What an invitation opens is in a snapshot; an invitation in an older snapshot opens only i."""
    applied(room.mode("olga", "+k", "secret"))
    applied(invite(room, "hans"))
    restored = State.restore(room.life.state.snapshot())
    assert restored.users[room.users["eve"].uid].invited[room.channel.uid].opens_all
    old = msgspec.msgpack.encode({"position": 1, "time": 2, "nick": "hans", "uid": "h"})
    assert not msgspec.msgpack.decode(old, type=Invitation).opens_all


def uninvite(room: Room, who: str, whom: str = "eve"):
    """Ask for the end of an invitation."""
    return room.life.do(events.Uninvited, room.users[who], stream=room.channel.uid, target=room.users[whom].uid)


@pytest.mark.parametrize("who", ["hans", "olga", "vera"])
def test_an_invitation_is_taken_back(room, who):
    """ "By a half-operator or higher, or by who has made it": it opens nothing any more, and is in no list."""
    applied(invite(room, "vera"))
    assert refused(uninvite(room, "paul")) == (Reason.RANK_TOO_LOW, "#room")
    applied(room.mode("olga", "+i"))
    outcome = applied(uninvite(room, who))
    assert (outcome.peer, outcome.is_repeated) == (room.users["eve"], False)
    assert refused(room.join("eve")) == (Reason.INVITE_ONLY, "#room")
    assert invitations_since(room.life.state, room.users["eve"], 0) == []
    assert refused(uninvite(room, "olga")) == (Reason.NOT_INVITED, "eve")
    assert refused(uninvite(room, "vera")) == (Reason.RANK_TOO_LOW, "#room"), "who may not, learns nothing"
    applied(invite(room, "olga"))
    applied(room.join("eve"))
    assert refused(uninvite(room, "olga")) == (Reason.NOT_INVITED, "eve"), "it was used"
    assert replayed(room.life.log).digest() == room.life.state.digest()


@pytest.mark.parametrize("silenced", ["vera", "olga"])
def test_who_did_not_see_the_invitation_is_not_told_of_its_end(room, silenced):
    """Its target silences who made it, or who takes it back."""
    room.life.do(events.Silenced, room.users["eve"], target=room.users[silenced].uid, on=True)
    applied(invite(room, "vera"))
    assert applied(uninvite(room, "olga")).is_repeated
