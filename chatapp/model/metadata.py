"""Metadata: named values of users and channels, and each user's own preferences about a conversation.

    the user itself            sets its own keys, unless it is muted or banned in one of its channels, and removes them;
                               everybody may read them
    operator and higher        set the keys of the channel; whoever may read the channel's metadata reads them
    administrator              the keys of every channel; of another user, an administrator only removes keys
    every user                 preferences about a channel that it is a member of, and about its conversations; nobody
                               else reads them, administrators included

A removed account and a dropped channel lose their metadata; a renamed channel and a guest who becomes an account keep
it. Preferences end with the membership, or with the conversation.

Spec: IRCv3 draft/metadata-3, "Concepts": "Clients can set or delete metadata on themselves and on channels they
administer. Privileged users (e.g. network admins) may be able to set certain metadata on other users".
"""

from __future__ import annotations

from collections.abc import Mapping

from chatapp.model import events
from chatapp.model.acts import note_act
from chatapp.model.channels import may_see, may_show_text, moved, rank_in, too_low
from chatapp.model.entities import ADMINISTRATOR, PREFERENCE_KEYS_MAX, PREFERENCES_MAX, Channel, User
from chatapp.model.messages import may_keep
from chatapp.model.outcome import Applied, Reason, Refusal, Step
from chatapp.model.tables import Tables
from chatapp.protocol import modes

PREFERENCES = frozenset({"soju.im/muted", "soju.im/pinned"})
"""The keys of preferences. Spec: soju.im "Metadata keys": the value is ``0`` or ``1``."""
DISPLAY_NAME = "display-name"
UNSET = ("", "0")  # values that remove a preference

_NOTHING: Mapping[str, str] = {}


def may_read_metadata(tables: Tables, viewer: User | None, channel: Channel) -> bool:
    """Return whether a user may read the metadata of a channel.

    Members and administrators may; others too, unless the channel is secret (mode ``s``) or invite-only (mode ``i``).
    """
    if viewer is not None and (viewer.uid in channel.members or viewer.role == ADMINISTRATOR):
        return True
    return "i" not in channel.modes and may_see(tables, viewer, channel)


def preferences(viewer: User, stream: str) -> Mapping[str, str]:
    """Return a user's preferences about a stream."""
    return viewer.preferences.get(stream, _NOTHING)


def may_set(tables: Tables, event: events.MetadataSet) -> Refusal | None:
    """Judge a change of metadata; the module's docstring has the rule. Reason.UNCHANGED: all values are so already."""
    actor = tables.users.get(event.actor)
    if actor is None:
        return Refusal(Reason.NOT_HERE, event.nick)
    if not event.target:
        channel = tables.channels.get(event.stream)
        if channel is None or not may_see(tables, actor, channel):
            return Refusal(Reason.NO_SUCH_CHANNEL)
        if rank_in(tables, actor.uid, channel) < modes.OPERATOR.rank:
            return too_low(channel, modes.OPERATOR)
        return _judge_changes(channel.metadata, event)
    user = tables.users.get(event.target)
    if user is None:
        return Refusal(Reason.NO_SUCH_NICK)
    if user is not actor and (actor.role != ADMINISTRATOR or any(value for _, value in event.changes)):
        return Refusal(Reason.NO_ADMINISTRATOR, user.name)
    refusal = _judge_changes(user.metadata, event)
    if refusal is not None or not any(value for _, value in event.changes):
        return refusal
    like = account_like(tables, user, dict(event.changes).get(DISPLAY_NAME, ""))
    return Refusal(Reason.LOOKS_LIKE_ACCOUNT, like) if like else may_show_text(tables, user, event.time)


def account_like(tables: Tables, user: User, text: str) -> str:
    """Return the name of another account for which a display name of a user could be mistaken; empty if there is none.

    Clients show a display name in place of the nick. A user's own name is no mistake.
    """
    others = [each.name for each in tables.users_like(text) if not each.guest] if text else []
    return "" if user.name in others or not others else others[0]


def _judge_changes(values: Mapping[str, str], event: events.MetadataSet) -> Refusal | None:
    if all(values.get(key, "") == value for key, value in event.changes):
        return Refusal(Reason.UNCHANGED)
    added = {key for key, value in event.changes if value} - values.keys()
    return Refusal(Reason.METADATA_FULL) if added and len(values) + len(added) > event.most else None


def _set(tables: Tables, event: events.MetadataSet) -> Applied:
    actor = tables.users[event.actor]
    if event.target:
        user = tables.users[event.target]
        user.metadata = _changed(user.metadata, event)
        if user is not actor:
            note_act(tables, event, "metadata", user, detail=" ".join(key for key, _ in event.changes))
        return Applied(event, actor, peer=user)
    channel = tables.channels[event.stream]
    event = moved(channel, event)
    channel.metadata = _changed(channel.metadata, event)
    return Applied(event, actor, (channel,))


def _changed(values: Mapping[str, str], event: events.MetadataSet) -> dict[str, str]:
    changed = {**values, **dict(event.changes)}
    return {key: value for key, value in changed.items() if value}


def may_prefer(tables: Tables, event: events.PreferenceSet) -> Refusal | None:
    """Judge a preference: the user may read the stream, or could begin the conversation."""
    refusal = may_keep(tables, event)
    if refusal is not None:
        return refusal
    user = tables.users[event.actor]
    values = preferences(user, event.stream)
    wanted = "" if event.value in UNSET else event.value
    if values.get(event.name, "") == wanted:
        return Refusal(Reason.UNCHANGED)
    if wanted and event.name not in values:
        full = len(values) >= PREFERENCE_KEYS_MAX or (not values and len(user.preferences) >= PREFERENCES_MAX)
        return Refusal(Reason.TOO_MANY_PREFERENCES) if full else None
    return None


def _prefer(tables: Tables, event: events.PreferenceSet) -> Applied:
    user = tables.users[event.actor]
    values = {**user.preferences.get(event.stream, {}), event.name: event.value}
    if event.value in UNSET:
        del values[event.name]
    user.preferences = {**user.preferences, event.stream: values}
    if not values:
        del user.preferences[event.stream]
    return Applied(event, user)


STEPS: dict[type, Step] = {
    events.MetadataSet: Step(may_set, _set),
    events.PreferenceSet: Step(may_prefer, _prefer),
}
