"""Users: how accounts and guests are created, named and removed."""

from __future__ import annotations

import msgspec

from chatapp.model import events
from chatapp.model.acts import note_act
from chatapp.model.bans import drop_masks_of
from chatapp.model.channels import channels_written, enter, leave, may_show_text, succeed
from chatapp.model.conversations import close_conversation
from chatapp.model.entities import ADMINISTRATOR, SILENCED_MAX, Channel, User
from chatapp.model.outcome import Applied, Membership, Reason, Refusal, Step
from chatapp.model.server_invitations import end_invitations_of, take_up
from chatapp.model.tables import GONE_MARK, Tables
from chatapp.model.tokens import rename_target
from chatapp.protocol import modes
from chatapp.protocol.names import fold


def _may_take_name(tables: Tables, name: str, uid: str) -> Refusal | None:
    holder = tables.user_named(name)
    if holder is None or holder.uid == uid:
        return None
    return Refusal(Reason.NAME_TAKEN if holder.guest else Reason.NAME_IS_ACCOUNT, name)


# Accounts


def may_create_account(tables: Tables, event: events.AccountCreated | events.AccountCreatedBefore) -> Refusal | None:
    """Judge a new account: its name is free, or belongs to the guest who becomes the account."""
    user = tables.users.get(event.uid)
    if user is not None and not user.guest:
        return Refusal(Reason.NAME_IS_ACCOUNT, event.name)
    if user is not None and fold(user.name) != fold(event.name):
        return Refusal(Reason.NOT_HERE, event.name)
    return _may_take_name(tables, event.name, event.uid)


def _create_account(tables: Tables, event: events.AccountCreated | events.AccountCreatedBefore) -> Applied:
    user = tables.users.get(event.uid)
    if user is None:
        tables.exhume(event.uid)  # the password file was restored: this is the same account as before
        user = tables.add_user(User(event.uid, event.name, event.name, named=event.time))
    else:
        user.guest = False
    user.attended, user.attended_time = tables.position, event.time
    former = tables.channel_formerly_named(event.channel)
    lobby = event.channel if former is None else former.name
    membership = enter(tables, user, lobby, event, 0) if lobby else None
    if take_up(tables, user, event):
        user.attended -= 1  # so that the user is told of its invitations to channels, unless it joins them at once
    elif not event.actor:
        note_act(tables, event, "adduser", user)
    if membership is None:
        return Applied(event, user)
    if membership.channel.uid == event.id:  # the lobby is new
        membership.channel.modes = event.modes
    return Applied(event, user, (membership.channel,), joined=(membership,))


def may_remove_account(tables: Tables, event: events.AccountRemoved) -> Refusal | None:
    """Judge the removal of an account: the account exists."""
    user = tables.users.get(event.actor)
    return None if user is not None and not user.guest else Refusal(Reason.NOT_HERE, event.nick)


def _remove(tables: Tables, event: events.AccountRemoved | events.GuestLeft) -> Applied:
    """Remove a user, its memberships, and its part of its conversations. Its messages keep it as their sender."""
    user = tables.users[event.actor]
    says = isinstance(event, events.GuestLeft) and event.reason.startswith(events.QUIT_SAYS)
    if says and may_show_text(tables, user, event.time, moderated=True) is not None:
        event = msgspec.structs.replace(event, reason=events.QUIT)
    left: list[Membership] = []
    with_role = {channel.uid for channel in tables.channels_of(user) if channel.members[user.uid]}
    for channel in tables.channels_of(user):
        channel.time = max(channel.time + 1, event.time)
        left.append(leave(tables, user, channel))
    heirs: list[Membership] = []
    dropped: list[tuple[Channel, tuple[events.Change, ...]]] = []
    if not user.guest:
        note_act(tables, event, "deluser", user, by_server=True)
    for channel in tables.channels.values() if not user.guest else ():
        had_role = bool(channel.roles.pop(user.uid, 0)) or channel.uid in with_role
        channel.invited.pop(user.uid, None)
        if removals := drop_masks_of(channel, user.name):
            tables.verdicts.forget(channel)
            dropped.append((channel, removals))
        heir = succeed(tables, channel, event, had_role)
        if heir is not None:
            heirs.append(heir)
    kept = sum([close_conversation(tables, user, stream) for stream in user.conversations])
    for other in tables.users.values():  # drop read markers and preferences of conversations that never began
        stream = events.conversation(other.uid, user.uid)
        if stream not in other.conversations:
            other.markers.pop(stream, None)
            other.preferences.pop(stream, None)
    silencers = _end_silences(tables, user)
    tables.bans.pop(user.uid, None)
    end_invitations_of(tables, user)
    tables.drop_user(user)
    gone = tables.bury(user, kept, event.time)
    if gone is not None and gone.account:
        rename_target(tables, user.name, f"{user.name}{GONE_MARK}{gone.number}")
    return Applied(
        event,
        user,
        tuple(membership.channel for membership in left),
        left=tuple(left),
        heirs=tuple(heirs),
        dropped=tuple(dropped),
        silencers=silencers,
    )


def _end_silences(tables: Tables, user: User) -> tuple[str, ...]:
    """End the silences by a user that is removed, and those of it. Returns the uids of the users who silenced it."""
    for target in list(user.silenced):
        tables.silence(user, target, False)
    silencers = tuple(tables.silenced_by.get(user.uid, ()))
    for uid in silencers:
        tables.silence(tables.users[uid], user.uid, False)
    return silencers


def may_silence(tables: Tables, event: events.Silenced) -> Refusal | None:
    """Judge that a user silences another one: the other one exists, and the list is not full."""
    user = tables.users.get(event.actor)
    if user is None:
        return Refusal(Reason.NOT_HERE, event.nick)
    if (event.target in user.silenced) == event.on or event.target == user.uid:
        return Refusal(Reason.UNCHANGED)
    if event.target not in tables.users:
        return Refusal(Reason.NO_SUCH_NICK)
    return Refusal(Reason.SILENCE_FULL) if event.on and len(user.silenced) >= SILENCED_MAX else None


def _silence(tables: Tables, event: events.Silenced) -> Applied:
    user = tables.users[event.actor]
    tables.silence(user, event.target, event.on)
    return Applied(event, user)


def may_set_role(tables: Tables, event: events.RoleSet) -> Refusal | None:
    """Judge a change of role: the account exists and does not have the role yet."""
    user = tables.users.get(event.uid)
    if user is None or user.guest:
        return Refusal(Reason.NOT_HERE)
    return Refusal(Reason.UNCHANGED, user.name) if user.role == event.role and not user.resigned else None


def _set_role(tables: Tables, event: events.RoleSet) -> Applied:
    user = tables.users[event.uid]
    user.role, user.resigned = event.role, False
    note_act(tables, event, "role", user, detail=event.role or "none")
    return Applied(event, user)


def may_change_modes(tables: Tables, event: events.UserModesChanged) -> Refusal | None:
    """Judge a change of a user's own modes: it changes each of them, and nobody makes itself an administrator.

    An administrator may give up its role (``-o``), and whoever gave it up may take it back (``+o``, from OPER).

    Spec: RFC 2812, section 3.1.5: "If a user attempts to make themselves an operator using the "+o" or "+O" flag, the
    attempt SHOULD be ignored".
    """
    user = tables.users.get(event.actor)
    if user is None:
        return Refusal(Reason.NOT_HERE, event.nick)
    known, changed = {*modes.OF_USERS, modes.ADMINISTRATOR}, event.added + event.removed
    if not changed or len(set(changed)) < len(changed) or not known.issuperset(changed):
        return Refusal(Reason.UNCHANGED)
    if modes.ADMINISTRATOR in event.added and not user.resigned:
        return Refusal(Reason.NO_ADMINISTRATOR)
    held = {*user.modes, *(modes.ADMINISTRATOR if user.role == ADMINISTRATOR else "")}
    changes = held.isdisjoint(event.added) and held.issuperset(event.removed)
    return None if changes else Refusal(Reason.UNCHANGED)


def _change_modes(tables: Tables, event: events.UserModesChanged) -> Applied:
    user = tables.users[event.actor]
    left = ({*user.modes} | {*event.added}) - {*event.removed}
    user.modes = "".join(sorted(left & {*modes.OF_USERS}))
    if "B" in event.added + event.removed:
        tables.names += 1  # the sender's messages get another tag
    user.restricted = not {"R", "T"}.isdisjoint(user.modes)
    if modes.ADMINISTRATOR in event.added + event.removed:
        user.resigned = modes.ADMINISTRATOR in event.removed
        user.role = "" if user.resigned else ADMINISTRATOR
        note_act(tables, event, "role", user, detail=user.role or "none")
    return Applied(event, user)


# Guests


def may_arrive(tables: Tables, event: events.GuestArrived) -> Refusal | None:
    """Judge a guest's arrival: the name is free."""
    return _may_take_name(tables, event.name, event.id)


def _arrive(tables: Tables, event: events.GuestArrived) -> Applied:
    return Applied(event, tables.add_user(User(event.id, event.name, event.realname, guest=True, named=event.time)))


def may_leave(tables: Tables, event: events.GuestLeft) -> Refusal | None:
    """Judge a guest's leaving. A guest who became an account just before its connection ended does not leave."""
    user = tables.users.get(event.actor)
    return None if user is not None and user.guest else Refusal(Reason.NOT_HERE, event.nick)


def may_rename(tables: Tables, event: events.Renamed) -> Refusal | None:
    """Judge a change of name: only guests may change their name (DESIGN R1), and the new name must be free.

    A guest who is muted or banned in one of its channels keeps its name: masks are about it. So does a guest who may
    not write to a channel with the mode ``m`` or ``M``: a name may say anything.
    """
    return _may_rename(tables, event, moderated=True)


def _may_rename_before(tables: Tables, event: events.RenamedBefore) -> Refusal | None:
    return _may_rename(tables, event, moderated=False)


def _may_rename(tables: Tables, event: events.Renamed, *, moderated: bool) -> Refusal | None:
    user = tables.users.get(event.actor)
    if user is None:
        return Refusal(Reason.NOT_HERE, event.nick)
    if not user.guest:
        return Refusal(Reason.NAME_FIXED, event.name)
    taken = _may_take_name(tables, event.name, user.uid)
    return taken or may_show_text(tables, user, event.time, moderated=moderated)


def _rename(tables: Tables, event: events.Renamed) -> Applied:
    user = tables.users[event.actor]
    if fold(user.name) != fold(event.name):
        user.named = event.time
    tables.rename_user(user, event.name)
    for stream in user.conversations:
        tables.conversations[stream].names[user.uid] = user.name
    return Applied(event, user, tables.channels_of(user))


# Accounts and guests


def is_here(tables: Tables, event: events.Event) -> Refusal | None:
    """Judge an event that every existing user may cause."""
    return None if event.actor in tables.users else Refusal(Reason.NOT_HERE, event.nick)


def may_set_realname(tables: Tables, event: events.RealnameSet) -> Refusal | None:
    """Judge a real name: of a user who may write to its channels, because their members are told."""
    user = tables.users.get(event.actor)
    return Refusal(Reason.NOT_HERE, event.nick) if user is None else may_show_text(tables, user, event.time)


def _set_realname(tables: Tables, event: events.RealnameSet | events.RealnameAdopted) -> Applied:
    user = tables.users[event.actor]
    user.realname = event.realname
    return Applied(event, user, channels_written(tables, user, event.time))


def _attend(tables: Tables, event: events.Attended) -> Applied:
    user = tables.users[event.actor]
    if event.position > user.attended:
        user.attended, user.attended_time = event.position, event.until
        user.removals = tuple(each for each in user.removals if each.position > event.position)
    return Applied(event, user)


STEPS: dict[type, Step] = {
    events.Silenced: Step(may_silence, _silence),
    events.AccountCreated: Step(may_create_account, _create_account),
    events.AccountCreatedBefore: Step(may_create_account, _create_account),
    events.AccountRemoved: Step(may_remove_account, _remove),
    events.RoleSet: Step(may_set_role, _set_role),
    events.UserModesChanged: Step(may_change_modes, _change_modes),
    events.GuestArrived: Step(may_arrive, _arrive),
    events.GuestLeft: Step(may_leave, _remove),
    events.Renamed: Step(may_rename, _rename),
    events.RenamedBefore: Step(_may_rename_before, _rename),
    events.RealnameSet: Step(may_set_realname, _set_realname),
    events.RealnameAdopted: Step(is_here, _set_realname),
    events.Attended: Step(is_here, _attend),
}
