"""Invitations: who may invite somebody to a channel, what an invitation opens, who takes it back, and what ends it.

``server_invitations.py`` has the invitations to the server, with which people make accounts. The use of such an
invitation may make invitations to channels, which the new account then takes by joining.
"""

from __future__ import annotations

from chatapp.model import events
from chatapp.model.bans import keeps_out
from chatapp.model.channels import knows, may_act, moved, rank_in, too_low
from chatapp.model.entities import INVITATIONS_MAX, Channel, Invitation, User
from chatapp.model.outcome import Applied, Reason, Refusal, Step
from chatapp.model.tables import Tables
from chatapp.protocol import modes


def may_let_in(tables: Tables, actor: str, channel: Channel) -> Refusal | None:
    """Judge whether ``actor`` (a uid; empty: who uses the server's machine) may invite anybody to a channel.

    Members and administrators may; to an invite-only channel, only half-operators and higher may.

    Spec: modern-irc, "INVITE message": servers "SHOULD reject it when the channel has invite-only mode set, and the
    user is not a channel operator".
    """
    rank = rank_in(tables, actor, channel)
    if actor not in channel.members and rank < modes.ADMINISTRATOR_RANK:
        return Refusal(Reason.NOT_A_MEMBER, channel.name)
    return too_low(channel, modes.HALFOP) if "i" in channel.modes and rank < modes.HALFOP.rank else None


def may_invite(tables: Tables, event: events.Invited) -> Refusal | None:
    """Judge an invitation: see :func:`may_let_in`. With the mode R, a user takes invitations only from users it knows.

    Spec: modern-irc, "INVITE message".
    """
    channel = may_act(tables, event)
    if isinstance(channel, Refusal):
        return channel
    refusal = may_let_in(tables, event.actor, channel)
    if refusal is not None:
        return refusal
    target = tables.users.get(event.target)
    if target is None:
        return Refusal(Reason.NO_SUCH_NICK)
    if event.target in channel.members:
        return Refusal(Reason.IN_CHANNEL, target.name, channel.name)
    actor = tables.users.get(event.actor)
    if "R" in target.modes and actor is not None and not knows(target, actor):
        return Refusal(Reason.STRANGER, target.name)
    return None


def _is_repeated(tables: Tables, channel: Channel, target: User, actor: str) -> bool:
    """Return whether an invitation by ``actor`` (uid) would say and open no more than the invitation that stands.

    A repeated invitation is not refused: neither the answer nor its timing tells that the first one stands. If the
    target blocks the user who made the first one, it did not see it: then another invitation is not a repeated one.
    """
    standing = target.invited.get(channel.uid)
    if standing is None or target.uid not in channel.invited:
        return False
    if standing.uid != actor and standing.uid in target.silenced:
        return False
    return standing.opens_all or not _opens_all(tables, channel, actor)


def _opens_all(tables: Tables, channel: Channel, actor: str) -> bool:
    """Return whether an invitation by ``actor`` (uid) opens bans, the key and the limit too, not only the mode i.

    A user who may not lift a ban may not invite somebody past it. No specification says so.
    """
    return rank_in(tables, actor, channel) >= modes.HALFOP.rank


def _invite(tables: Tables, event: events.Invited) -> Applied:
    channel, target = tables.channels[event.stream], tables.users[event.target]
    event = moved(channel, event)
    if _is_repeated(tables, channel, target, event.actor):
        return Applied(event, tables.users[event.actor], (channel,), target, is_repeated=True)
    let_in(tables, channel, target, event.actor, event.nick, event.time)
    return Applied(event, tables.users[event.actor], (channel,), target)


def let_in(tables: Tables, channel: Channel, target: User, actor: str, nick: str, time: int) -> None:
    """Invite a user to a channel (called by the effect of an event). ``actor`` (a uid) is called ``nick``."""
    opens_all = _opens_all(tables, channel, actor) or _stands_with_all(channel, target)
    channel.invited.pop(target.uid, None)
    channel.invited[target.uid] = time
    if len(channel.invited) > INVITATIONS_MAX:
        del channel.invited[next(iter(channel.invited))]
    target.invited.pop(channel.uid, None)
    invitation = Invitation(tables.position, time, nick, actor, opens_all)
    target.invited = {**target.invited, channel.uid: invitation}
    if len(target.invited) > INVITATIONS_MAX:
        oldest = next(iter(target.invited))
        del target.invited[oldest]
        if oldest in tables.channels:
            tables.channels[oldest].invited.pop(target.uid, None)


def _stands_with_all(channel: Channel, target: User) -> bool:
    standing = target.invited.get(channel.uid) if target.uid in channel.invited else None
    return standing is not None and standing.opens_all


def may_uninvite(tables: Tables, event: events.Uninvited) -> Refusal | None:
    """Judge the end of an invitation: by a half-operator or higher, or by who has made it.

    A member who may not do it learns nothing about whether the invitation stands. No specification has the command;
    InspIRCd has it.
    """
    channel = may_act(tables, event)
    if isinstance(channel, Refusal):
        return channel
    target = tables.users.get(event.target)
    if target is None:
        return Refusal(Reason.NO_SUCH_NICK)
    standing = target.invited.get(channel.uid) if event.target in channel.invited else None
    is_own = standing is not None and standing.uid == event.actor
    if not is_own and rank_in(tables, event.actor, channel) < modes.HALFOP.rank:
        return too_low(channel, modes.HALFOP)
    return Refusal(Reason.NOT_INVITED, target.name, channel.name) if standing is None else None


def _uninvite(tables: Tables, event: events.Uninvited) -> Applied:
    """End an invitation. Its target is told unless it silences who made the invitation, or who takes it back."""
    channel, target = tables.channels[event.stream], tables.users[event.target]
    event = moved(channel, event)
    del channel.invited[target.uid]
    standing = target.invited.pop(channel.uid)
    unseen = not target.silenced.keys().isdisjoint((standing.uid, event.actor))
    return Applied(event, tables.users.get(event.actor), (channel,), target, is_repeated=unseen)


def end_invitations(tables: Tables, channel: Channel, mask: str, time: int) -> None:
    """End the invitations of the users whom a new ban keeps out at a time (ms).

    A KICK has no invitation to end: the target used it up when it joined.
    """
    for uid in list(channel.invited):
        user = tables.users.get(uid)
        if user is not None and keeps_out(channel, mask, user, time):
            del channel.invited[uid]
            user.invited.pop(channel.uid, None)


def invitations_since(tables: Tables, user: User, position: int) -> list[tuple[Channel, Invitation]]:
    """Return the invitations after a position of the log that a user has not used, without those of users it blocks."""
    found = ((tables.channels.get(uid), invitation) for uid, invitation in user.invited.items())
    return [
        (channel, invitation)
        for channel, invitation in found
        if channel is not None
        and user.uid in channel.invited
        and invitation.position > position
        and invitation.uid not in user.silenced
    ]


STEPS: dict[type, Step] = {
    events.Invited: Step(may_invite, _invite),
    events.Uninvited: Step(may_uninvite, _uninvite),
}
