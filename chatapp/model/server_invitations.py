"""Invitations to the server: a code with which somebody who has no account makes one, and joins some channels.

``invitations.py`` has the invitations of users to a channel (INVITE).

The life of an invitation, each arrow an event::

    made --used--> an account is about to be made --AccountCreated--> the new account is invited to the channels
                              |
                              +--returned--> the account was not made, so the use is given back

A use is judged when it is applied, and only then is the account written to the password file. So an invitation is used
exactly as often as it may be, also when two people use it at the same moment on two servers.

The state knows no code: an invitation has the SHA-256 of its code. A code has 128 random bits, so that nobody can find
it from the hash. An invitation that has expired, is used up or was revoked is dropped; the hashes of the last
``SERVER_INVITATIONS_ENDED_MAX`` of them are kept, so that who has such a code can be told why it does not count.

An invitation counts only while its maker may make invitations: a maker who is banned or removed, or an administrator
who has lost the role, lets nobody in.
"""

from __future__ import annotations

import msgspec

from chatapp.model import events
from chatapp.model.acts import note_act
from chatapp.model.administration import ban_of_account, lives
from chatapp.model.entities import (
    ADMINISTRATOR,
    SERVER_INVITATION_CHANNELS_MAX,
    SERVER_INVITATION_MS_MAX,
    SERVER_INVITATION_USES_MAX,
    SERVER_INVITATIONS_ENDED_MAX,
    SERVER_INVITATIONS_FOR_MEMBERS_MAX,
    SERVER_INVITATIONS_MAX,
    SERVER_INVITATIONS_OF_MEMBER_MAX,
    Channel,
    ServerInvitation,
    ServerInvitationUse,
    User,
)
from chatapp.model.invitations import let_in, may_let_in
from chatapp.model.outcome import Applied, Reason, Refusal, Step
from chatapp.model.tables import Tables

_ENDED = {each.name: each for each in (Reason.INVITATION_EXPIRED, Reason.INVITATION_USED_UP, Reason.INVITATION_REVOKED)}
"""Why an invitation has ended, by the name that the state keeps."""


def may_make_invitations(tables: Tables, actor: str, time: int, members_may: bool) -> Refusal | None:
    """Judge whether ``actor`` (a uid; empty: who uses the server's machine) may make invitations at a time (ms).

    ``members_may``: every account may, not only administrators.
    """
    if not actor:
        return None
    user = tables.users.get(actor)
    if user is None or user.guest or ban_of_account(tables, user, time) is not None:
        return Refusal(Reason.NOT_HERE)
    return None if members_may or user.role == ADMINISTRATOR else Refusal(Reason.NO_ADMINISTRATOR)


def find(tables: Tables, code: str, time: int) -> ServerInvitation | Refusal:
    """Return the invitation whose code has the SHA-256 ``code``, if it lets somebody in at a time (ms)."""
    found = tables.server_invitations.open.get(code)
    if found is None:
        ended = tables.server_invitations.ended.get(code)
        return Refusal(Reason.NO_SUCH_INVITATION if ended is None else _ENDED[ended])
    if not lives(found.until, time):
        return Refusal(Reason.INVITATION_EXPIRED)
    if may_make_invitations(tables, found.uid, time, found.members_may) is not None:
        return Refusal(Reason.INVITATION_REVOKED)
    return found if found.left else Refusal(Reason.INVITATION_USED_UP)


def channels_opened(tables: Tables, maker: str, uids: tuple[str, ...]) -> list[Channel]:
    """Return those of the channels of an invitation to which its maker (a uid, or empty) may invite people now."""
    found = (tables.channels.get(uid) for uid in uids)
    return [channel for channel in found if channel is not None and may_let_in(tables, maker, channel) is None]


def open_invitations(tables: Tables, viewer: User | None, time: int) -> list[ServerInvitation]:
    """Return the open invitations that a user may see at a time (ms), the oldest first: its own; administrators: all.

    ``None`` stands for who uses the server's machine.
    """
    sees_all = viewer is None or viewer.role == ADMINISTRATOR
    return [
        each
        for each in tables.server_invitations.open.values()
        if lives(each.until, time) and (sees_all or (viewer is not None and each.uid == viewer.uid))
    ]


# Making


def may_make(tables: Tables, event: events.ServerInvitationMade) -> Refusal | None:
    """Judge a new invitation: its maker may make invitations, and may invite to each of its channels."""
    refusal = may_make_invitations(tables, event.actor, event.time, event.members_may)
    if refusal is not None:
        return refusal
    span_ms = event.until - event.time
    if not (1 <= event.uses <= SERVER_INVITATION_USES_MAX and 0 < span_ms <= SERVER_INVITATION_MS_MAX):
        return Refusal(Reason.INVITATION_TOO_LARGE)
    if len(event.channels) > SERVER_INVITATION_CHANNELS_MAX:
        return Refusal(Reason.INVITATION_TOO_LARGE)
    for uid in event.channels:
        channel = tables.channels.get(uid)
        refusal = Refusal(Reason.NO_SUCH_CHANNEL) if channel is None else may_let_in(tables, event.actor, channel)
        if refusal is not None:
            return refusal
    known = tables.server_invitations
    if event.code in known.open or event.code in known.ended:
        return Refusal(Reason.UNCHANGED)
    return _room(tables, event)


def _room(tables: Tables, event: events.ServerInvitationMade) -> Refusal | None:
    """Judge whether one more invitation can be open. Some room is left to administrators, whatever members do."""
    user = tables.users.get(event.actor)
    others = [each for each in tables.server_invitations.open.values() if lives(each.until, event.time)]
    if len(others) >= SERVER_INVITATIONS_MAX:
        return Refusal(Reason.INVITATIONS_FULL)
    if user is None or user.role == ADMINISTRATOR:
        return None
    own = sum(each.uid == user.uid for each in others)
    full = own >= SERVER_INVITATIONS_OF_MEMBER_MAX or len(others) >= SERVER_INVITATIONS_FOR_MEMBERS_MAX
    return Refusal(Reason.INVITATIONS_FULL) if full else None


def _make(tables: Tables, event: events.ServerInvitationMade) -> Applied:
    known = tables.server_invitations
    for each in [each for each in known.open.values() if not lives(each.until, event.time)]:
        _end(tables, each, Reason.INVITATION_EXPIRED)
    known.made += 1
    known.open[event.code] = ServerInvitation(
        known.made,
        event.code,
        event.actor,
        event.nick,
        event.time,
        event.until,
        event.uses,
        event.uses,
        event.channels,
        event.members_may,
    )
    note_act(tables, event, "invitation-made", str(known.made), detail=str(event.uses), until=event.until)
    return Applied(event, tables.users.get(event.actor))


def _end(tables: Tables, invitation: ServerInvitation, why: Reason) -> None:
    """Drop an invitation, and remember why it has ended."""
    known = tables.server_invitations
    del known.open[invitation.code]
    known.ended[invitation.code] = why.name
    if len(known.ended) > SERVER_INVITATIONS_ENDED_MAX:
        del known.ended[next(iter(known.ended))]


# Revoking


def numbered(tables: Tables, number: int) -> ServerInvitation | None:
    """Return the open invitation with a number."""
    return next((each for each in tables.server_invitations.open.values() if each.number == number), None)


def may_revoke(tables: Tables, event: events.ServerInvitationRevoked) -> Refusal | None:
    """Judge the end of an invitation: by its maker, or by an administrator. An expired one has ended already."""
    viewer = tables.users.get(event.actor)
    if event.actor and viewer is None:
        return Refusal(Reason.NOT_HERE, event.nick)
    seen = open_invitations(tables, viewer, event.time)
    return None if any(each.number == event.number for each in seen) else Refusal(Reason.NO_SUCH_INVITATION)


def _revoke(tables: Tables, event: events.ServerInvitationRevoked) -> Applied:
    found = numbered(tables, event.number)
    assert found is not None
    _end(tables, found, Reason.INVITATION_REVOKED)
    note_act(tables, event, "invitation-revoked", found.nick, detail=str(found.number))
    return Applied(event, tables.users.get(event.actor))


def end_invitations_of(tables: Tables, user: User) -> None:
    """End the invitations of an account that is removed (called by the effect of an event)."""
    for each in [each for each in tables.server_invitations.open.values() if each.uid == user.uid]:
        _end(tables, each, Reason.INVITATION_REVOKED)


# Using


def may_use(tables: Tables, event: events.ServerInvitationUsed) -> Refusal | None:
    """Judge the use of an invitation for an account that is about to be made."""
    user = tables.users.get(event.uid)
    if event.uid in tables.server_invitations.uses or (user is not None and not user.guest):
        return Refusal(Reason.NAME_IS_ACCOUNT, event.name)
    found = find(tables, event.code, event.time)
    return found if isinstance(found, Refusal) else None


def _use(tables: Tables, event: events.ServerInvitationUsed) -> Applied:
    known = tables.server_invitations
    found = known.open[event.code]
    known.open[event.code] = msgspec.structs.replace(found, left=found.left - 1)
    known.uses[event.uid] = ServerInvitationUse(
        event.id, event.code, found.number, found.uid, found.nick, found.channels
    )
    return Applied(event, None)


def may_return(tables: Tables, event: events.ServerInvitationReturned) -> Refusal | None:
    """Judge the return of a use: there is such a use, and the account was not made."""
    return None if event.uid in tables.server_invitations.uses else Refusal(Reason.UNCHANGED)


def _return(tables: Tables, event: events.ServerInvitationReturned) -> Applied:
    known = tables.server_invitations
    use = known.uses.pop(event.uid)
    found = known.open.get(use.code)
    if found is not None:
        known.open[use.code] = msgspec.structs.replace(found, left=found.left + 1)
    return Applied(event, None)


def take_up(tables: Tables, user: User, event: events.AccountCreated | events.AccountCreatedBefore) -> bool:
    """Let a new account have what its invitation gives it (called by the effect of its creation).

    The account is invited to the channels to which the maker may invite people now, also to invite-only channels. Who
    made the account lets it join them. Returns False if it was made without an invitation.
    """
    known = tables.server_invitations
    use = known.uses.pop(user.uid, None)
    if use is None:
        return False
    found = known.open.get(use.code)
    if found is not None and not found.left and all(each.code != use.code for each in known.uses.values()):
        _end(tables, found, Reason.INVITATION_USED_UP)
    by = msgspec.structs.replace(event, actor=use.uid, nick=use.nick)
    note_act(tables, by, "invitation-used", user, detail=str(use.number))
    for channel in channels_opened(tables, use.uid, use.channels):
        if user.uid not in channel.members:
            let_in(tables, channel, user, use.uid, use.nick, event.time)
    return True


STEPS: dict[type, Step] = {
    events.ServerInvitationMade: Step(may_make, _make),
    events.ServerInvitationRevoked: Step(may_revoke, _revoke),
    events.ServerInvitationUsed: Step(may_use, _use),
    events.ServerInvitationReturned: Step(may_return, _return),
}
