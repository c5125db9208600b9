"""Keeping order in a channel: modes, roles, its name, and removing members. Each event's rule is beside its effect.

``invitations.py`` has the invitations.

Nobody removes, or takes a role from, a member with a higher role, or takes a role from a user who left with a higher
role. ``protocol/modes.py`` has the roles and their ranks. What each role allows:

    voice          writes in spite of m (moderated) and of bans
    half-operator  sets modes, bans, removes members, gives a voice; sets the topic and invites in spite of t and i
    operator       also makes half-operators and operators
    protected      like an operator; operators cannot remove a protected member or take its roles
    founder        also makes protected members and founders, and renames the channel
    administrator  of the server: has these rights in every channel; reads messages only as a member

Spec: modern-irc, "Channel Operators", "Channel Modes".
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from chatapp.model import events
from chatapp.model.acts import note_act
from chatapp.model.bans import lapsed_in, note_restricted
from chatapp.model.channels import is_founder, judge_target, leave, may_act, moved, rank_in, too_low, visible_channel
from chatapp.model.entities import LIST_MAX, REMOVALS_MAX, ROLES_KEPT_MAX, Channel, Listed, Removal, User
from chatapp.model.invitations import end_invitations
from chatapp.model.outcome import Applied, Reason, Refusal, Step
from chatapp.model.tables import Tables
from chatapp.protocol import masks, modes

_GIVES = {
    modes.VOICE: modes.HALFOP,
    modes.HALFOP: modes.OPERATOR,
    modes.OPERATOR: modes.OPERATOR,
    modes.PROTECTED: modes.FOUNDER,
    modes.FOUNDER: modes.FOUNDER,
}
"""For each role: the lowest role that may give it, or take it from another user."""

_AnyChanges = events.ModesChanged | events.ModesUnexplained | events.ModesChangedBefore
_PURGING = (events.ModesExplained, events.ModesUnexplained)  # older forms that purge, beside ModesChangedBefore


# MODE


class Draft:
    """A copy of a channel that gets the changes of one MODE in order: a later change overrides an earlier one.

    The actor keeps the rank it had before the MODE: an operator that sends ``-o+v`` for itself ends with a voice. No
    specification says so; Solanum does the same.
    """

    def __init__(
        self, tables: Tables, channel: Channel, actor: str, nick: str, time: int, *, purges: bool = False
    ) -> None:
        """``actor`` (uid, called ``nick``) changes modes of ``channel`` at ``time`` (ms).

        ``purges``: masks that have lapsed leave the lists that are changed, as in the older forms of the event.
        """
        lists = {letter: dict(entries) for letter, entries in channel.lists.items()}
        members, roles = dict(channel.members), dict(channel.roles)
        self.channel = msgspec.structs.replace(channel, members=members, roles=roles, lists=lists)
        self._tables = tables
        self._actor, self._as_listed = actor, Listed(nick, time, by=actor)
        self._rank = rank_in(tables, actor, channel)
        self._purges = purges

    def make(self, change: events.Change) -> Refusal | None:
        """Make the next change in the draft, or return why it is refused.

        Reason.UNCHANGED: the mode has this value already.
        """
        refusal = judge_change(self._tables, self.channel, self._actor, self._rank, change)
        if refusal is None:
            _change(self.channel, self._as_listed, change, purges=self._purges)
        return refusal


def may_change_modes(tables: Tables, event: _AnyChanges) -> Refusal | None:
    """Judge changes of modes in order: all must be allowed, and at least one must change something."""
    channel = may_act(tables, event)
    if isinstance(channel, Refusal):
        return channel
    draft = Draft(tables, channel, event.actor, event.nick, event.time, purges=type(event) in _PURGING)
    changes_something = False
    for change in event.changes:
        refusal = draft.make(change)
        if refusal is None:
            changes_something = True
        elif refusal.reason is not Reason.UNCHANGED:
            return refusal
    return None if changes_something else Refusal(Reason.UNCHANGED)


def _may_change_modes_before(tables: Tables, event: events.ModesChangedBefore) -> Refusal | None:
    channel = may_act(tables, event)
    if isinstance(channel, Refusal):
        return channel
    rank = rank_in(tables, event.actor, channel)
    refusals = (judge_change(tables, channel, event.actor, rank, change) for change in event.changes)
    return next((refusal for refusal in refusals if refusal is not None), None)


def judge_change(tables: Tables, channel: Channel, actor: str, rank: int, change: events.Change) -> Refusal | None:
    """Judge one change of a mode by a user with this rank. Reason.UNCHANGED: the mode has this value already."""
    sign, letter, parameter = change
    role = modes.BY_LETTER.get(letter)
    if role is not None:
        return _judge_role(tables, channel, actor, rank, change)
    if rank < modes.HALFOP.rank:
        return too_low(channel, modes.HALFOP)
    if letter in modes.LISTS:
        entries = channel.lists.get(letter, {})
        is_listed = parameter in entries
        # Adding a listed mask again renews it, if the mask has an end.
        if is_listed == (sign == "+") and not (is_listed and masks.parse(parameter).minutes):
            return Refusal(Reason.UNCHANGED)
        is_full = sign == "+" and not is_listed and len(entries) >= LIST_MAX
        return Refusal(Reason.LIST_FULL, "", channel.name, letter=letter) if is_full else None
    if letter == "f" and sign == "+":
        target = visible_channel(tables, tables.users.get(actor), parameter)
        if target is None:
            return Refusal(Reason.NO_FORWARD, parameter, channel.name, letter=letter)
        if rank_in(tables, actor, target) < modes.OPERATOR.rank:
            return Refusal(Reason.FORWARD_RANK_TOO_LOW, parameter, channel.name, letter=letter)
    if letter in modes.FLAGS:
        unchanged = (letter in channel.modes) == (sign == "+")
    else:
        unchanged = _value(channel, letter) == (parameter if sign == "+" else "")
    return Refusal(Reason.UNCHANGED) if unchanged else None


def _judge_role(tables: Tables, channel: Channel, actor: str, rank: int, change: events.Change) -> Refusal | None:
    """Judge giving or taking a role. Every member may give up its own role.

    A role that the channel keeps for a user who has left can be taken too; otherwise the user returns with it. On the
    server's machine (``actor`` empty), an account that is no member can get a role, which the channel keeps for it: so
    a founder who was locked out comes back.
    """
    sign, letter, uid = change
    role = modes.BY_LETTER[letter]
    kept = channel.roles.get(uid, 0)
    if uid not in channel.members and not (
        kept & role.bit if sign == "-" else _keeps_role(tables, channel, actor, uid)
    ):
        user = tables.users.get(uid)
        return Refusal(Reason.NOT_IN_CHANNEL, user.name if user is not None else "*", channel.name)
    if bool(channel.members.get(uid, kept) & role.bit) == (sign == "+"):
        return Refusal(Reason.UNCHANGED)
    if sign == "-" and uid == actor:
        return None
    if rank < _GIVES[role].rank:
        return too_low(channel, _GIVES[role])
    return judge_target(tables, channel, uid, rank, kept) if sign == "-" else None


def _keeps_role(tables: Tables, channel: Channel, actor: str, uid: str) -> bool:
    """Return whether ``actor`` may give a user who is no member a role, which the channel then keeps for the user."""
    user = tables.users.get(uid)
    has_room = uid in channel.roles or len(channel.roles) < ROLES_KEPT_MAX
    return not actor and user is not None and not user.guest and has_room


def _value(channel: Channel, letter: str) -> str:
    """Return the parameter of the mode k, l or f; empty if the mode is not set."""
    if letter == "l":
        return str(channel.limit) if channel.limit else ""
    return channel.key if letter == "k" else channel.forward


def _change_modes(tables: Tables, event: _AnyChanges) -> Applied:
    """Make the changes that have an effect; the announcement has only these."""
    channel = tables.channels[event.stream]
    event = moved(channel, event)
    made: list[events.Change] = []
    rank, was_closed = rank_in(tables, event.actor, channel), "W" in channel.modes
    listed = Listed(event.nick, event.time, reason=event.reason, by=event.actor)
    purges = type(event) in _PURGING
    for change in event.changes:
        if judge_change(tables, channel, event.actor, rank, change) is None:
            _change(channel, listed, change, purges=purges)
            made.append(change)
    return _changed(tables, channel, msgspec.structs.replace(event, changes=tuple(made)), was_closed)


def _change_modes_before(tables: Tables, event: events.ModesChangedBefore) -> Applied:
    channel = tables.channels[event.stream]
    event = moved(channel, event)
    was_closed = "W" in channel.modes
    for change in event.changes:
        _change(channel, Listed(event.nick, event.time, by=event.actor), change, purges=True)
    return _changed(tables, channel, event, was_closed)


def _changed(tables: Tables, channel: Channel, event: _AnyChanges, was_closed: bool) -> Applied:
    """Record the acts of a mode change, and update what depends on the modes.

    The removal of a mask that the same MODE adds again later is no act (in older forms of the event it is). A ban ends
    the invitations of the users whom it keeps out.

    ``was_closed``: the channel had the mode W before the event.
    """
    replaced = _replaced(event.changes) if type(event) is events.ModesChanged else ()
    for change in event.changes:
        if change in replaced:
            continue
        sign, letter, parameter = change
        target: User | str = tables.users[parameter] if letter in modes.BY_LETTER else parameter
        note_act(tables, event, f"mode {sign}{letter}", "" if letter == "k" else target, channel, event.reason)
        if (sign, letter) == ("+", "b"):
            end_invitations(tables, channel, parameter, event.time)
    if any(letter == "s" for _, letter, _ in event.changes):
        tables.names += 1  # users who are not members see the name only while the channel is not secret
    if any(letter in modes.LISTS for _, letter, _ in event.changes):
        tables.verdicts.forget(channel)
    if any(letter in "iW" for _, letter, _ in event.changes):
        channel.closed_with_i = not was_closed and {("+", "i", ""), ("+", "W", "")} <= set(event.changes)
    if any(letter == "f" for _, letter, _ in event.changes):
        other = tables.channel_named(channel.forward) if type(event) is events.ModesChanged else None
        channel.forward_to = "" if other is None else other.uid
    note_restricted(channel)
    return Applied(event, tables.users.get(event.actor), (channel,))


def _replaced(changes: Sequence[events.Change]) -> set[events.Change]:
    """Return the removals of masks that a later change adds again, in the same or another form."""
    found: set[events.Change] = set()
    added: set[tuple[str, masks.Mask]] = set()
    for change in reversed(changes):
        sign, letter, mask = change
        if letter in modes.LISTS and sign == "+":
            added.add((letter, masks.meaning(mask)))
        elif letter in modes.LISTS and (letter, masks.meaning(mask)) in added:
            found.add(change)
    return found


def _change(channel: Channel, listed: Listed, change: events.Change, *, purges: bool) -> None:
    """Make one change; ``listed`` says by whom, when and why, for a mask that is added to a list.

    ``purges``: delete lapsed masks from the changed list. Only the older forms of the event do so, because nobody is
    told; now the event ``MasksLapsed`` (``lapses.py``) tells it.
    """
    (sign, letter, parameter), time = change, listed.time
    role = modes.BY_LETTER.get(letter)
    if role is not None and parameter in channel.members:
        flags = channel.members[parameter]
        channel.members[parameter] = flags | role.bit if sign == "+" else flags & ~role.bit
    elif role is not None:  # the user is no member, and the role is taken from it or kept for it
        flags = channel.roles.get(parameter, 0)
        channel.roles[parameter] = flags | role.bit if sign == "+" else flags & ~role.bit
        if not channel.roles[parameter]:
            del channel.roles[parameter]
    elif letter in modes.LISTS:
        entries = channel.lists.setdefault(letter, {})
        if sign == "+":
            minutes = masks.parse(parameter).minutes
            until = time + minutes * 60_000 if minutes else 0
            entries[parameter] = msgspec.structs.replace(listed, until=until)
        else:
            entries.pop(parameter, None)  # in older forms, an earlier change of the event may have removed it
        for mask in lapsed_in(entries, time) if purges else ():
            del entries[mask]
    elif letter == "k":
        channel.key = parameter if sign == "+" else ""
    elif letter == "l":
        channel.limit = int(parameter) if sign == "+" else 0
    elif letter == "f":
        channel.forward = parameter if sign == "+" else ""
    elif sign == "+":
        channel.modes = "".join(sorted({*channel.modes, letter}))
    else:
        channel.modes = channel.modes.replace(letter, "")


# RENAME


def may_rename_channel(tables: Tables, event: events.ChannelRenamed) -> Refusal | None:
    """Judge a channel's new name: only founders and administrators rename, and no other channel has the name.

    A former name of another channel is for the founders of that channel. Operators do not rename: they could rename a
    channel until it no longer keeps its old name, and an accomplice could create a new channel with that name.

    Spec: IRCv3 draft/channel-rename: "Servers MAY restrict renaming"; in Ergo, too, only founders rename a channel.
    """
    refusal = _judge_name(tables, event, modes.FOUNDER)
    former = tables.channel_formerly_named(event.name)
    if refusal is None and former is not None and former.uid != event.stream:
        is_own = is_founder(tables, event.actor, former)
        return None if is_own else Refusal(Reason.CHANNEL_NAME_TAKEN, event.name)
    return refusal


def _may_rename_channel_before(tables: Tables, event: events.ChannelRenamedBefore) -> Refusal | None:
    return _judge_name(tables, event, modes.OPERATOR)


def _judge_name(tables: Tables, event: events.ChannelRenamed, lowest: modes.Role) -> Refusal | None:
    channel = may_act(tables, event)
    if isinstance(channel, Refusal):
        return channel
    if rank_in(tables, event.actor, channel) < lowest.rank:
        return too_low(channel, lowest)
    other = tables.channel_named(event.name)
    if other is not None and other is not channel:
        return Refusal(Reason.CHANNEL_NAME_TAKEN, event.name)
    return Refusal(Reason.UNCHANGED) if channel.name == event.name else None


def _rename_channel(tables: Tables, event: events.ChannelRenamed) -> Applied:
    channel = tables.channels[event.stream]
    event = msgspec.structs.replace(moved(channel, event), old=channel.name)
    tables.rename_channel(channel, event.name, keep=not isinstance(event, events.ChannelRenamedBefore))
    note_act(tables, event, "rename", event.old, channel, event.reason)
    return Applied(event, tables.users.get(event.actor), (channel,))


# KICK


def may_kick(tables: Tables, event: events.Kicked) -> Refusal | None:
    """Judge the removal of a member. The actor must be a half-operator or higher, and the target's role not higher.

    Spec: modern-irc, "KICK message".
    """
    channel = may_act(tables, event)
    if isinstance(channel, Refusal):
        return channel
    rank = rank_in(tables, event.actor, channel)
    if rank < modes.HALFOP.rank:
        return too_low(channel, modes.HALFOP)
    if event.target not in channel.members:
        return Refusal(Reason.NOT_IN_CHANNEL, event.target_nick, channel.name)
    return judge_target(tables, channel, event.target, rank)


def _kick(tables: Tables, event: events.Kicked) -> Applied:
    channel, target = tables.channels[event.stream], tables.users[event.target]
    event = moved(channel, event)
    if modes.rank_of(channel.members[target.uid]) == modes.FOUNDER.rank:
        note_act(tables, event, "kick founder", target, channel, event.reason)
    else:
        note_act(tables, event, "kick", target, channel, event.reason)
    if not target.guest:
        removal = Removal(tables.position, event.time, event.nick, event.actor, channel.name, event.reason)
        target.removals = (*target.removals, removal)[-REMOVALS_MAX:]
    left = leave(tables, target, channel)  # a removed member does not get its role back when it joins again
    return Applied(event, tables.users.get(event.actor), (channel,), target, left=(left,))


def removals_since(user: User, position: int) -> list[Removal]:
    """Return the removals of a user from channels after a position of the log, to tell its next session of them.

    Without a connection there is no KICK, and a user who is no member cannot read the channel's history.
    """
    return [removal for removal in user.removals if removal.position > position]


STEPS: dict[type, Step] = {
    events.ModesChanged: Step(may_change_modes, _change_modes),
    events.ModesExplained: Step(may_change_modes, _change_modes),
    events.ModesUnexplained: Step(may_change_modes, _change_modes),
    events.ModesChangedBefore: Step(_may_change_modes_before, _change_modes_before),
    events.ChannelRenamed: Step(may_rename_channel, _rename_channel),
    events.ChannelRenamedBefore: Step(_may_rename_channel_before, _rename_channel),
    events.Kicked: Step(may_kick, _kick),
}
