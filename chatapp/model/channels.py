"""Channels: who may see and join them, leaving, and the topic. Each event's rule is beside its effect.

What operators do (modes, removing and inviting members) is in ``moderation.py``.
"""

from __future__ import annotations

from typing import Any

import msgspec

from chatapp.model import events
from chatapp.model.acts import note_act
from chatapp.model.bans import Muting, ban_of, is_always_invited
from chatapp.model.entities import ADMINISTRATOR, ROLES_KEPT_MAX, Channel, Conversation, Topic, User
from chatapp.model.outcome import Applied, Membership, Reason, Refusal, Step
from chatapp.model.tables import Tables
from chatapp.protocol import modes


def may_see(tables: Tables, viewer: User | None, channel: Channel) -> bool:
    """Return whether a user may know that a channel exists: a secret channel (mode ``s``) is for its members only.

    Administrators see every channel. ``None`` stands for a user who has gone.

    Spec: modern-irc, "Secret Channel Mode".
    """
    if "s" not in channel.modes:
        return True
    return viewer is not None and (viewer.uid in channel.members or viewer.role == ADMINISTRATOR)


def visible_channel(tables: Tables, viewer: User | None, name: str) -> Channel | None:
    """Return the channel with this name (as typed) if it exists and the viewer may know of it, otherwise ``None``."""
    channel = tables.channel_named(name)
    return channel if channel is not None and may_see(tables, viewer, channel) else None


def forward_of(tables: Tables, channel: Channel) -> Channel | None:
    """Return the channel to which the mode ``f`` sends people on, also if it has got another name; None for none.

    A channel that died and was created again under the name is another one, and no operator of it chose to get people.
    """
    if channel.forward_to or not channel.forward:
        return tables.channels.get(channel.forward_to)
    # An older form of the event has the name only.
    return tables.channel_named(channel.forward) or tables.channel_formerly_named(channel.forward)


def rank_in(tables: Tables, uid: str, channel: Channel) -> int:
    """Return the rank of a user in a channel: 0 without a role; an administrator is above every founder.

    An empty ``uid`` stands for who uses ``chat kick`` and the like on the server's machine.
    """
    if not uid:
        return modes.ADMINISTRATOR_RANK
    user = tables.users.get(uid)
    if user is not None and user.role == ADMINISTRATOR:
        return modes.ADMINISTRATOR_RANK
    return modes.rank_of(channel.members.get(uid, 0))


def may_act(tables: Tables, event: events.Event) -> Refusal | Channel:
    """Return the channel of a MODE, KICK or INVITE. Refuse an actor who is neither a member nor an administrator."""
    channel = tables.channels.get(event.stream)
    if channel is None:
        return Refusal(Reason.NO_SUCH_CHANNEL)
    is_member = event.actor in channel.members
    if not is_member and rank_in(tables, event.actor, channel) < modes.ADMINISTRATOR_RANK:
        return Refusal(Reason.NOT_A_MEMBER, channel.name)
    return channel


def is_founder(tables: Tables, uid: str, channel: Channel) -> bool:
    """Return whether a user has the role of a founder in a channel, or a higher one; also if it has left."""
    return max(rank_in(tables, uid, channel), modes.rank_of(channel.roles.get(uid, 0))) >= modes.FOUNDER.rank


def too_low(channel: Channel, role: modes.Role) -> Refusal:
    """Return the refusal of what only members with this role or a higher one may do in a channel."""
    return Refusal(Reason.RANK_TOO_LOW, channel.name, needs=role.letter)


def judge_target(tables: Tables, channel: Channel, target: str, rank: int, kept: int = 0) -> Refusal | None:
    """Judge what a user of this ``rank`` does to a user ``target`` (uid), whose role in the channel may be higher.

    ``kept``: the membership flags that the channel keeps for a target that has left, if they count too.
    """
    is_above = max(rank_in(tables, target, channel), modes.rank_of(kept)) > rank
    return Refusal(Reason.TARGET_ABOVE, channel.name) if is_above else None


def meet(one: User, other: User) -> bool:
    """Return whether two users are members of the same channel."""
    return not one.channels.keys().isdisjoint(other.channels)


def knows(user: User, other: User) -> bool:
    """Return whether a user with the mode R takes messages and invitations from another user.

    It knows the members of its channels and everybody with whom it has a conversation already. So whoever it writes to
    may answer. Administrators are known to all.
    """
    stream = events.conversation(user.uid, other.uid)
    return stream in user.conversations or other.role == ADMINISTRATOR or meet(user, other)


def may_list(viewer: User | None, user: User) -> bool:
    """Return whether a user is shown to ``viewer`` in lists of users that did not ask for it by its name.

    Spec: modern-irc, "Invisible User Mode": "they will not show up in commands such as WHO unless they share a channel
    with the user that submitted the command".
    """
    if "i" not in user.modes or viewer is user:
        return True
    return viewer is not None and (viewer.role == ADMINISTRATOR or meet(viewer, user))


def may_write_now(tables: Tables, user: User, channel: Channel, name: str, time: int) -> Refusal | None:
    """Judge by a channel's modes ``m`` and ``M``, bans and mutes whether a user may write at a time (ms).

    Members with a role may write in spite of them, as may administrators. The rule is for every text that the members
    see: messages, topics, and the reasons of PART and REDACT. ``name`` is the channel's name in the refusal.

    Spec: modern-irc, "Moderated Channel Mode", "Ban Channel Mode".
    """
    if not channel.restricted or rank_in(tables, user.uid, channel):
        return None
    if "m" in channel.modes:
        return Refusal(Reason.MODERATED, name)
    if "M" in channel.modes and user.guest:
        return Refusal(Reason.ACCOUNTS_SPEAK, name)
    muting = tables.verdicts.of(channel, user, time)
    if muting is None:
        return None
    reason = Reason.MUTED if muting.mute else Reason.BANNED_INSIDE
    return Refusal(reason, name, until=muting.until, why=muting.reason)


def muting_in(tables: Tables, user: User, channel: Channel, time: int) -> Muting | None:
    """Return the ban or the mute that keeps a user from writing to a channel at a time (ms); a role exempts from it."""
    if not channel.restricted or rank_in(tables, user.uid, channel):
        return None
    return tables.verdicts.of(channel, user, time)


def may_show_text(tables: Tables, user: User, time: int, *, moderated: bool = False) -> Refusal | None:
    """Judge a text that the members of all channels of a user are shown: a real name, metadata, the nick of a guest.

    Who is muted or banned in one of its channels must not write to its members that way. No specification says so;
    Solanum and InspIRCd refuse another nick likewise.

    ``moderated``: the modes ``m`` and ``M`` count too. They do not for a real name and metadata: a channel for
    announcements is no reason to keep a name, and it is not told there.
    """
    for uid in user.channels:
        channel = tables.channels[uid]
        if moderated:
            refusal = may_write_now(tables, user, channel, channel.name, time)
            until = None if refusal is None else refusal.until
        else:
            muting = muting_in(tables, user, channel, time)
            until = None if muting is None else muting.until
        if until is not None:
            return Refusal(Reason.MUTED_ELSEWHERE, "", channel.name, until=until)
    return None


def channels_written(tables: Tables, user: User, time: int) -> tuple[Channel, ...]:
    """Return the channels of a user to which it may write at a time (ms)."""
    found = tables.channels_of(user)
    return tuple(each for each in found if may_write_now(tables, user, each, each.name, time) is None)


def realname_in(tables: Tables, user: User, channel: Channel, time: int) -> str:
    """Return a user's real name as the members of a channel are told it at a time (ms): empty if it may not write."""
    return user.realname if may_write_now(tables, user, channel, channel.name, time) is None else ""


def reason_told(tables: Tables, user: User, channel: Channel, reason: str, time: int) -> str:
    """Return the reason of a PART or REDACT as the members are told it: empty from who may not write at a time (ms)."""
    return reason if may_write_now(tables, user, channel, channel.name, time) is None else ""


# JOIN


def may_join(tables: Tables, event: events.Joined | events.JoinedBefore) -> Refusal | None:
    """Judge a join: every user may join a channel once, within the limits and the channel's modes."""
    user, limits = tables.users.get(event.actor), tables.limits
    if user is None:
        return Refusal(Reason.NOT_HERE, event.nick)
    channel = tables.channel_named(event.channel)
    if channel is not None and user.uid in channel.members:
        return Refusal(Reason.ALREADY_A_MEMBER, channel.name)
    if 0 < limits.channels_per_user <= len(user.channels):
        return Refusal(Reason.CHANNELS_OF_USER, event.channel)
    if channel is None:
        former = tables.channel_formerly_named(event.channel)
        if former is not None:  # a client joins the old name by itself; that must not create a second channel
            return Refusal(Reason.CHANNEL_RENAMED, event.channel, former.name)
        full = 0 < limits.channels <= len(tables.channels)
        return Refusal(Reason.CHANNELS_OF_SERVER, event.channel) if full else None
    if 0 < limits.members_per_channel <= len(channel.members):
        return Refusal(Reason.CHANNEL_FULL, channel.name)
    ban = ban_of(channel, user, event.time)
    reason = _barrier(channel, user, event, ban is not None)
    if reason is Reason.BANNED and ban is not None:
        return Refusal(reason, channel.name, until=ban.until, why=ban.reason)
    return Refusal(reason, channel.name) if reason is not None else None


def _barrier(
    channel: Channel, user: User, event: events.Joined | events.JoinedBefore, is_banned: bool
) -> Reason | None:
    """Return which mode of a channel keeps a user out.

    Every invitation opens ``i``; an invitation by a half-operator or higher opens every barrier, as it does in Ergo. So
    does the role of a founder who has left. Another role that the user had when it left, except a voice, opens every
    barrier but a ban. Administrators may join every channel.

    Spec: modern-irc, "Invite-Only Channel Mode", "Key Channel Mode", "Client Limit Channel Mode": with
    ``i``, "a user must have received an INVITE for this channel before being allowed to join it". Nothing is said of
    the other modes.
    """
    kept = modes.rank_of(channel.roles.get(user.uid, 0))
    if user.role == ADMINISTRATOR or kept >= modes.FOUNDER.rank:
        return None
    is_invited = user.uid in channel.invited
    invitation = user.invited.get(channel.uid) if is_invited else None
    if invitation is not None and invitation.opens_all:
        return None
    if is_banned:
        return Reason.BANNED
    if kept > modes.VOICE.rank:
        return None
    if "i" in channel.modes and not is_invited and not is_always_invited(channel, user, event.time):
        return Reason.INVITE_ONLY
    if "R" in channel.modes and user.guest:
        return Reason.ACCOUNTS_ONLY
    if channel.key and event.with_key != channel.key:
        return Reason.BAD_KEY
    return Reason.LIMIT_REACHED if 0 < channel.limit <= len(channel.members) else None


def _join(tables: Tables, event: events.Joined | events.JoinedBefore) -> Applied:
    user = tables.users[event.actor]
    membership = enter(tables, user, event.channel, event, modes.FOUNDER.bit)
    assert membership is not None, "the rule refuses members"
    channel = membership.channel
    if channel.uid == event.id:
        channel.modes = event.modes
    if event.stream != channel.uid or event.time != channel.time:
        event = msgspec.structs.replace(event, stream=channel.uid, time=channel.time)
    return Applied(event, user, (channel,), joined=(membership,))


def enter(tables: Tables, user: User, name: str, event: events.AnyEvent, founder: int) -> Membership | None:
    """Make a user a member of the channel named ``name``, and create the channel if it does not exist.

    ``founder`` is the user's membership flags if this creates the channel. Returns the membership, or ``None`` when the
    user is a member already.
    """
    channel = tables.channel_named(name)
    if channel is None:
        channel = tables.add_channel(Channel(event.id, name, event.time, event.time, modes=events.MODES_BEFORE))
        channel.members[user.uid] = founder
    elif user.uid in channel.members:
        return None
    else:
        channel.time = max(channel.time + 1, event.time)
        channel.members[user.uid] = channel.roles.pop(user.uid, 0)
        channel.invited.pop(user.uid, None)
        user.invited.pop(channel.uid, None)
    channel.since[user.uid] = channel.time
    user.channels[channel.uid] = None
    return Membership(user, channel)


# PART


def _may_act_inside(tables: Tables, event: events.Event) -> Refusal | None:
    """Judge an event that only a member of its channel may cause."""
    channel = tables.channels.get(event.stream)
    if channel is None:
        return Refusal(Reason.NO_SUCH_CHANNEL)
    return None if event.actor in channel.members else Refusal(Reason.NOT_A_MEMBER, channel.name)


def _part(tables: Tables, event: events.Parted) -> Applied:
    user, channel = tables.users[event.actor], tables.channels[event.stream]
    event = moved(channel, event)
    if event.reason:
        event = msgspec.structs.replace(event, reason=reason_told(tables, user, channel, event.reason, event.time))
    flags = channel.members[user.uid]
    if flags and not user.guest and len(channel.roles) < ROLES_KEPT_MAX:
        channel.roles[user.uid] = flags
    return Applied(event, user, (channel,), left=(leave(tables, user, channel),))


def leave(tables: Tables, user: User, channel: Channel) -> Membership:
    """End a membership, and return it. A channel without members is dropped."""
    del channel.members[user.uid]
    channel.since.pop(user.uid, None)
    del user.channels[channel.uid]
    user.markers.pop(channel.uid, None)
    user.preferences.pop(channel.uid, None)
    if "s" in channel.modes:
        tables.names += 1  # the user no longer sees the name
    if not channel.members:
        tables.drop_channel(channel)
    return Membership(user, channel)


def succeed(tables: Tables, channel: Channel, event: events.Event, had_role: bool) -> Membership | None:
    """Make the member with the highest role a founder if no founder is left, because its account was removed.

    A voice is a role too. Of several members with the same role, it is the member who joined first. A channel whose
    members have no role stays without a founder; administrators can choose one, and the record says so if the account
    had a role there (``had_role``). Returns the founder's membership.
    """
    held = (*channel.members.values(), *channel.roles.values())
    if any(flags & modes.FOUNDER.bit for flags in held):
        return None
    rank, heir = 0, ""
    for uid, each in channel.members.items():
        if modes.rank_of(each) > rank:
            rank, heir = modes.rank_of(each), uid
    if not heir:
        if had_role:
            note_act(tables, event, "no-heir", channel=channel, by_server=True)
        return None
    channel.members[heir] |= modes.FOUNDER.bit
    note_act(tables, event, "heir", tables.users[heir], channel, by_server=True)
    return Membership(tables.users[heir], channel)


# TOPIC


def _may_set_topic(tables: Tables, event: events.TopicSet) -> Refusal | None:
    """Judge a new topic: a member who may write sets it; with the mode ``t``, a member from half-operator on.

    Spec: modern-irc, "Protected Topic Mode".
    """
    channel, user = tables.channels.get(event.stream), tables.users.get(event.actor)
    if channel is None or user is None:
        return Refusal(Reason.NO_SUCH_CHANNEL)
    rank = rank_in(tables, event.actor, channel)
    if event.actor not in channel.members and rank < modes.ADMINISTRATOR_RANK:
        return Refusal(Reason.NOT_A_MEMBER, channel.name)
    if "t" in channel.modes and rank < modes.HALFOP.rank:
        return too_low(channel, modes.HALFOP)
    return may_write_now(tables, user, channel, channel.name, event.time)


def _set_topic(tables: Tables, event: events.TopicSet) -> Applied:
    channel = tables.channels[event.stream]
    event = moved(channel, event)
    if rank_in(tables, event.actor, channel) >= modes.HALFOP.rank:
        note_act(tables, event, "topic", "", channel, event.text)
    channel.topic = Topic(event.text, event.nick, event.time, event.actor) if event.text else None
    return Applied(event, tables.users[event.actor], (channel,))


def moved(stream: Channel | Conversation, event: Any) -> Any:
    """Return the event with a time later than the last event of its stream, and set the stream's time to it."""
    if event.time <= stream.time:
        event = msgspec.structs.replace(event, time=stream.time + 1)
    stream.time = event.time
    return event


STEPS: dict[type, Step] = {
    events.Joined: Step(may_join, _join),
    events.JoinedBefore: Step(may_join, _join),
    events.Parted: Step(_may_act_inside, _part),
    events.TopicSet: Step(_may_set_topic, _set_topic),
}
