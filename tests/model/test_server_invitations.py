"""Invitations to the server: who makes and revokes them, how often one counts, and what the new account gets."""

from __future__ import annotations

import msgspec
import pytest

from chatapp.model import events
from chatapp.model.entities import (
    ADMINISTRATOR,
    SERVER_INVITATION_CHANNELS_MAX,
    SERVER_INVITATION_MS_MAX,
    SERVER_INVITATION_USES_MAX,
    SERVER_INVITATIONS_ENDED_MAX,
    SERVER_INVITATIONS_FOR_MEMBERS_MAX,
    SERVER_INVITATIONS_MAX,
    SERVER_INVITATIONS_OF_MEMBER_MAX,
)
from chatapp.model.invitations import invitations_since
from chatapp.model.outcome import Reason, Refusal
from chatapp.model.server_invitations import find, open_invitations
from chatapp.model.state import State
from tests.model.support import Life, applied, refused, replayed

LATER = 10_000_000
DAVE, ERIN = "00000000000da5e1", "000000000000e1e1"


@pytest.fixture
def life():
    """Begin with an administrator, a founder of #room and another account."""
    life = Life()
    admin = life.account("admin")
    life.do(events.RoleSet, None, uid=admin.uid, role=ADMINISTRATOR)
    life.account("alice")
    life.account("bob")
    return life


def who(life, name):
    """Return a user; None for the server's machine."""
    return life.state.user_named(name) if name else None


def make(life, name="", code="c1", uses=1, until=LATER, **fields):
    """Let somebody make an invitation; an empty name stands for the server's machine."""
    return life.do(events.ServerInvitationMade, who(life, name), code=code, uses=uses, until=until, **fields)


def use(life, uid=DAVE, code="c1", **fields):
    """Let somebody begin to make an account with an invitation."""
    return life.do(events.ServerInvitationUsed, None, **{"code": code, "uid": uid, "name": "dave", **fields})


def sign_up(life, uid=DAVE, name="dave", code="c1"):
    """Let somebody make an account with an invitation."""
    applied(use(life, uid, code))
    return life.account(name, uid)


def revoke(life, name="", number=1):
    """Let somebody take an invitation back."""
    return life.do(events.ServerInvitationRevoked, who(life, name), number=number)


def found(life, code="c1", time=0):
    """Return the uses that an invitation has left, or why it does not count."""
    answer = find(life.state, code, time)
    return answer.reason if isinstance(answer, Refusal) else answer.left


def acts(life):
    """Return the acts about invitations."""
    return [
        (act.nick, act.verb, act.target, act.detail) for act in life.state.acts if act.verb.startswith("invitation-")
    ]


# Who makes invitations


def test_who_makes_invitations(life):
    """Administrators and the server's machine do; members only if the server lets them; guests never."""
    applied(make(life, "", "c1"))
    applied(make(life, "admin", "c2"))
    assert refused(make(life, "alice", "c3"))[0] == Reason.NO_ADMINISTRATOR
    applied(make(life, "alice", "c3", members_may=True))
    life.guest("zoe")
    assert refused(make(life, "zoe", "c4", members_may=True))[0] == Reason.NOT_HERE
    numbers = [each.number for each in open_invitations(life.state, None, 0)]
    assert numbers == [1, 2, 3]
    assert replayed(life.log).digest() == life.state.digest()


@pytest.mark.parametrize(
    "fields",
    [
        {"uses": 0},
        {"uses": -1},
        {"uses": SERVER_INVITATION_USES_MAX + 1},
        {"until": 0},
        {"until": 1_000},  # the time of the first event: it is over
        {"until": LATER + SERVER_INVITATION_MS_MAX},
        {"channels": tuple(str(number) for number in range(SERVER_INVITATION_CHANNELS_MAX + 1))},
    ],
)
def test_what_is_too_much(life, fields):
    """An invitation is bounded: in uses, in time, in channels."""
    assert refused(make(life, **fields)) == (Reason.INVITATION_TOO_LARGE, "")


def test_the_most_that_one_invitation_may_be(life):
    """The bounds themselves are allowed."""
    applied(make(life, uses=SERVER_INVITATION_USES_MAX, until=1_000 + SERVER_INVITATION_MS_MAX, time=1_000))
    assert found(life) == SERVER_INVITATION_USES_MAX


def test_a_code_that_is_known(life):
    """No two invitations have the same code, whether one has ended or not."""
    applied(make(life))
    assert refused(make(life))[0] == Reason.UNCHANGED
    applied(revoke(life))
    assert refused(make(life))[0] == Reason.UNCHANGED


def test_how_many_are_open(life):
    """A member has a few; what members do leaves room to administrators; expired ones make room."""
    for number in range(SERVER_INVITATIONS_OF_MEMBER_MAX):
        applied(make(life, "alice", f"a{number}", members_may=True))
    assert refused(make(life, "alice", "more", members_may=True))[0] == Reason.INVITATIONS_FULL
    applied(revoke(life, "alice", 3))
    applied(make(life, "alice", "more", members_may=True))
    for number in range(SERVER_INVITATIONS_FOR_MEMBERS_MAX - SERVER_INVITATIONS_OF_MEMBER_MAX):
        applied(make(life, "", f"m{number}", until=2_000_000))
    assert refused(make(life, "bob", "b1", members_may=True))[0] == Reason.INVITATIONS_FULL
    for number in range(SERVER_INVITATIONS_MAX - SERVER_INVITATIONS_FOR_MEMBERS_MAX):
        applied(make(life, "admin", f"n{number}"))
    assert refused(make(life, "admin", "full"))[0] == refused(make(life, "", "full"))[0] == Reason.INVITATIONS_FULL
    applied(make(life, "bob", "b1", members_may=True, time=2_000_001))
    assert len(life.state.server_invitations.open) == SERVER_INVITATIONS_OF_MEMBER_MAX + 100 + 1
    assert len(life.state.server_invitations.ended) <= SERVER_INVITATIONS_ENDED_MAX


def test_how_many_ended_ones_are_remembered(life):
    """The oldest is forgotten, and is then as unknown as any other code."""
    for number in range(SERVER_INVITATIONS_ENDED_MAX + 1):
        applied(make(life, code=f"c{number}"))
        applied(revoke(life, number=number + 1))
    assert found(life, "c0") == Reason.NO_SUCH_INVITATION
    assert found(life, "c1") == Reason.INVITATION_REVOKED


# Revoking


def test_who_revokes(life):
    """The maker, administrators, the server's machine. For others there is no such invitation."""
    for code in ("c1", "c2", "c3"):
        applied(make(life, "alice", code, members_may=True))
    assert refused(revoke(life, "bob"))[0] == Reason.NO_SUCH_INVITATION
    applied(revoke(life, "alice", 1))
    applied(revoke(life, "admin", 2))
    applied(revoke(life, "", 3))
    assert refused(revoke(life, "alice", 1))[0] == Reason.NO_SUCH_INVITATION
    assert [found(life, code) for code in ("c1", "c2", "c3")] == [Reason.INVITATION_REVOKED] * 3
    assert acts(life)[3:] == [
        ("alice", "invitation-revoked", "alice", "1"),
        ("admin", "invitation-revoked", "alice", "2"),
        ("", "invitation-revoked", "alice", "3"),
    ]


def test_who_sees_which(life):
    """Everybody sees its own, administrators see all; nobody sees expired ones."""
    applied(make(life, "alice", "c1", members_may=True))
    applied(make(life, "admin", "c2", until=5_000))
    numbers = {
        name: [each.number for each in open_invitations(life.state, who(life, name), 0)]
        for name in ("", "admin", "alice", "bob")
    }
    assert numbers == {"": [1, 2], "admin": [1, 2], "alice": [1], "bob": []}
    assert [each.number for each in open_invitations(life.state, None, 5_000)] == [1]


@pytest.mark.parametrize("how", ["removed", "banned", "demoted"])
def test_a_maker_who_may_not_invite_any_more(life, how):
    """Whoever is thrown out lets nobody in."""
    admin = who(life, "admin")
    applied(make(life, "admin"))
    assert found(life) == 1
    if how == "removed":
        applied(life.do(events.AccountRemoved, admin))
    elif how == "banned":
        applied(life.do(events.RoleSet, None, uid=admin.uid, role=""))
        applied(make(life, "admin", "c2", members_may=True))
        applied(life.do(events.Banned, None, target="admin", uid=admin.uid, until=5_000))
        assert found(life, "c2") == Reason.INVITATION_REVOKED
        assert found(life, "c2", 5_000) == 1, "the ban has ended"
    else:
        applied(life.do(events.RoleSet, None, uid=admin.uid, role=""))
    assert found(life) == Reason.INVITATION_REVOKED
    assert refused(use(life))[0] == Reason.INVITATION_REVOKED
    assert replayed(life.log).digest() == life.state.digest()


# Using


def test_it_counts_exactly_as_often_as_it_may(life):
    """Two people at the same moment: the log decides, and one of them is refused."""
    applied(make(life, uses=2))
    applied(use(life, DAVE))
    applied(use(life, ERIN))
    assert refused(use(life, "00000000000000f0"))[0] == Reason.INVITATION_USED_UP
    life.account("dave", DAVE)
    assert refused(use(life, "00000000000000f0"))[0] == Reason.INVITATION_USED_UP
    life.account("erin", ERIN)
    assert found(life) == Reason.INVITATION_USED_UP
    assert life.state.server_invitations.open == life.state.server_invitations.uses == {}
    assert acts(life) == [
        ("", "invitation-made", "1", "2"),
        ("", "invitation-used", "dave", "1"),
        ("", "invitation-used", "erin", "1"),
    ]


def test_a_use_that_is_given_back(life):
    """The account was not made: somebody else may use the invitation."""
    applied(make(life))
    applied(use(life))
    applied(life.do(events.ServerInvitationReturned, None, uid=DAVE))
    assert refused(life.do(events.ServerInvitationReturned, None, uid=DAVE))[0] == Reason.UNCHANGED
    assert found(life) == 1
    sign_up(life, ERIN, "erin")
    assert refused(life.do(events.ServerInvitationReturned, None, uid=ERIN))[0] == Reason.UNCHANGED
    assert found(life) == Reason.INVITATION_USED_UP


def test_it_expires(life):
    """At its end it does not count any more; the state forgets it with the next invitation."""
    applied(make(life, until=5_000))
    assert found(life, time=4_999) == 1
    assert found(life, time=5_000) == Reason.INVITATION_EXPIRED
    assert refused(use(life, time=5_000))[0] == Reason.INVITATION_EXPIRED
    applied(make(life, code="c2", time=5_000))
    assert list(life.state.server_invitations.open) == ["c2"]
    assert found(life) == Reason.INVITATION_EXPIRED


def test_a_use_that_has_begun_is_not_taken_back(life):
    """It was allowed when it was applied: the account is made, although the invitation is revoked meanwhile."""
    alice = who(life, "alice")
    room = life.join(alice, "#room")
    applied(make(life, "alice", channels=(room.uid,), members_may=True))
    applied(use(life))
    applied(revoke(life, "alice"))
    dave = life.account("dave", DAVE)
    assert [channel.name for channel, _ in invitations_since(life.state, dave, 0)] == ["#room"]
    assert life.state.server_invitations.uses == {}


@pytest.mark.parametrize("how", ["account", "twice"])
def test_who_uses_nothing(life, how):
    """An account is made once."""
    applied(make(life, uses=2))
    applied(use(life))
    uid = DAVE if how == "twice" else who(life, "alice").uid
    assert refused(use(life, uid))[0] == Reason.NAME_IS_ACCOUNT


def test_a_guest_becomes_an_account(life):
    """Its uid becomes that of the account."""
    zoe = life.guest("zoe")
    applied(make(life))
    applied(use(life, zoe.uid, name="zoe"))
    life.account("zoe", zoe.uid)
    assert found(life) == Reason.INVITATION_USED_UP


def test_an_account_without_an_invitation(life):
    """Nothing is counted, and chat adduser is told as before."""
    applied(make(life))
    life.account("dave", DAVE)
    applied(life.do(events.AccountCreated, None, uid=ERIN, name="erin"))
    assert found(life) == 1
    assert [act.verb for act in life.state.acts][-1] == "adduser"


def test_chat_log_tells_of_an_invitation_once(life):
    """Also if the server died before the account was in the log, and the next start finds it in the password file."""
    applied(make(life))
    applied(use(life))
    applied(life.do(events.AccountCreated, None, uid=DAVE, name="dave"))
    assert [act.verb for act in life.state.acts][-2:] == ["invitation-made", "invitation-used"]


# The channels


def opened(life, uid=DAVE):
    """Return the channels to which a new account is invited, and whether that opens everything."""
    user = life.state.users[uid]
    return [(channel.name, invitation.opens_all) for channel, invitation in invitations_since(life.state, user, 0)]


def test_channels_must_be_open_to_the_maker(life):
    """The maker may invite to each of them: it is a member, and of an invite-only channel at least a half-operator."""
    alice, bob = who(life, "alice"), who(life, "bob")
    room = life.join(alice, "#room")
    life.join(bob, "#room")
    applied(make(life, "bob", "c1", channels=(room.uid,), members_may=True))
    applied(life.do(events.ModesChanged, alice, stream=room.uid, changes=(("+", "i", ""),)))
    assert refused(make(life, "bob", "c2", channels=(room.uid,), members_may=True)) == (Reason.RANK_TOO_LOW, "#room")
    applied(make(life, "alice", "c2", channels=(room.uid,), members_may=True))
    life.part(bob, room)
    assert refused(make(life, "bob", "c3", channels=(room.uid,), members_may=True)) == (Reason.NOT_A_MEMBER, "#room")
    assert refused(make(life, "admin", "c3", channels=("gone",)))[0] == Reason.NO_SUCH_CHANNEL
    applied(make(life, "", "c3", channels=(room.uid,)))


def test_channels_are_judged_again_when_the_account_is_made(life):
    """What the maker may do now counts, not what it could do when it made the invitation."""
    alice, bob = who(life, "alice"), who(life, "bob")
    room, closed, left = life.join(alice, "#room"), life.join(alice, "#closed"), life.join(bob, "#left")
    for channel in (room, closed):
        life.join(bob, channel.name)
    all_three = (room.uid, closed.uid, left.uid)
    applied(make(life, "bob", uses=2, channels=all_three, members_may=True))
    applied(life.do(events.ModesChanged, alice, stream=closed.uid, changes=(("+", "i", ""),)))
    life.part(bob, left)  # and so it is gone
    sign_up(life)
    assert opened(life) == [("#room", False)]
    applied(life.do(events.ModesChanged, alice, stream=closed.uid, changes=(("+", "h", bob.uid),)))
    sign_up(life, ERIN, "erin")
    assert opened(life, ERIN) == [("#room", False), ("#closed", True)]


def test_an_invite_only_channel_opens(life):
    """The new account joins it, whether it has a key or not, as the maker keeps order there."""
    alice = who(life, "alice")
    room = life.join(alice, "#room")
    applied(life.do(events.ModesChanged, alice, stream=room.uid, changes=(("+", "i", ""), ("+", "k", "key"))))
    applied(make(life, "alice", channels=(room.uid,), members_may=True))
    dave = sign_up(life)
    assert opened(life) == [("#room", True)]
    assert dave.attended < life.state.position, "it is told of the invitation, unless it has joined the channel by then"
    assert dave.uid in life.join(dave, "#room").members
    assert opened(life) == []


def test_another_channel_of_the_same_name(life):
    """ "A channel that died and was created again is a different channel"."""
    alice, bob = who(life, "alice"), who(life, "bob")
    room = life.join(alice, "#room")
    applied(make(life, "admin", channels=(room.uid,)))
    life.part(alice, room)
    life.join(bob, "#room")
    sign_up(life)
    assert opened(life) == []


def test_the_lobby_is_no_further_invitation(life):
    """The new account is in the lobby already."""
    alice = who(life, "alice")
    lobby = life.join(alice, "#lobby")
    applied(make(life, "", channels=(lobby.uid,)))
    applied(use(life))
    dave = life.account("dave", DAVE, channel="#lobby")
    assert dave.uid in lobby.members
    assert opened(life) == []


def test_a_snapshot_has_them(life):
    """Open, ended and begun uses survive a restart."""
    applied(make(life, "admin", uses=2))
    applied(make(life, "admin", "c2"))
    applied(revoke(life, "admin", 2))
    applied(use(life))
    state = State.restore(life.state.snapshot())
    assert state.digest() == life.state.digest() == replayed(life.log).digest()
    assert state.server_invitations == life.state.server_invitations


def test_a_new_state_shares_nothing():
    """Snapshots of older versions have no invitations, and two states that are restored from them are separate."""
    old = msgspec.msgpack.encode(msgspec.msgpack.decode(State().snapshot())[:11])
    first, second = State.restore(old), State.restore(old)
    assert first.server_invitations == State().server_invitations
    assert first.server_invitations is not second.server_invitations
    assert State().server_invitations is not State().server_invitations
