"""Channels: joining, leaving, and the topic. Each event's rule is beside its effect."""

from __future__ import annotations

from typing import Any

import msgspec

from chatapp.model import events
from chatapp.model.entities import OPERATOR, Channel, Topic, User
from chatapp.model.outcome import Applied, Membership, Reason, Refusal, Step
from chatapp.model.tables import Tables

# Who may know of a channel


def may_see(tables: Tables, viewer: User | None, channel: Channel) -> bool:
    """Return whether a user may know that the channel exists. ``None`` stands for somebody who is no user."""
    return True


# JOIN


def may_join(tables: Tables, event: events.Joined) -> Refusal | None:
    """Judge a join: every user may join a channel once, within the limits."""
    user, limits = tables.users.get(event.actor), tables.limits
    if user is None:
        return Refusal(Reason.NOT_HERE, event.nick)
    channel = tables.channel_named(event.channel)
    if channel is not None and user.uid in channel.members:
        return Refusal(Reason.ALREADY_A_MEMBER, channel.name)
    if 0 < limits.channels_per_user <= len(user.channels):
        return Refusal(Reason.CHANNELS_OF_USER, event.channel)
    if channel is None:
        full = 0 < limits.channels <= len(tables.channels)
        return Refusal(Reason.CHANNELS_OF_SERVER, event.channel) if full else None
    return (
        Refusal(Reason.CHANNEL_FULL, channel.name) if 0 < limits.members_per_channel <= len(channel.members) else None
    )


def _join(tables: Tables, event: events.Joined) -> Applied:
    user = tables.users[event.actor]
    membership = enter(tables, user, event.channel, event, OPERATOR)
    assert membership is not None, "the rule refuses members"
    channel = membership.channel
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
        channel = tables.add_channel(Channel(event.id, name, event.time, event.time))
        channel.members[user.uid] = founder
    elif user.uid in channel.members:
        return None
    else:
        channel.time = max(channel.time + 1, event.time)
        channel.members[user.uid] = 0
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
    return Applied(event, user, (channel,), left=(leave(tables, user, channel),))


def leave(tables: Tables, user: User, channel: Channel) -> Membership:
    """End a membership, and return it. A channel without members is dropped."""
    del channel.members[user.uid]
    del user.channels[channel.uid]
    user.markers.pop(channel.uid, None)
    if not channel.members:
        tables.drop_channel(channel)
    return Membership(user, channel)


# TOPIC


def _set_topic(tables: Tables, event: events.TopicSet) -> Applied:
    channel = tables.channels[event.stream]
    event = moved(channel, event)
    channel.topic = Topic(event.text, event.nick, event.time, event.actor) if event.text else None
    return Applied(event, tables.users[event.actor], (channel,))


def moved(channel: Channel, event: Any) -> Any:
    """Return the event with a time later than the last event of its channel, and set the channel's time to it."""
    if event.time <= channel.time:
        event = msgspec.structs.replace(event, time=channel.time + 1)
    channel.time = event.time
    return event


STEPS: dict[type, Step] = {
    events.Joined: Step(may_join, _join),
    events.Parted: Step(_may_act_inside, _part),
    events.TopicSet: Step(_may_act_inside, _set_topic),
}
