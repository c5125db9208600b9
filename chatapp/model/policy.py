"""Every "may X do Y", each as one function of the state and the event proposed.

Asked twice: when an event is proposed, to answer quickly, and when it is applied, because something may have come in
between. So nothing here may depend on anything but the state and the event.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from chatapp.model import events
from chatapp.model.entities import MARKERS_PER_USER_MAX
from chatapp.protocol.names import fold

if TYPE_CHECKING:
    from chatapp.model.entities import Channel, Conversation, User
    from chatapp.model.state import State


class Reason(enum.Enum):
    """Why something is refused; the server's dispatch has the words and the numeric for each."""

    NOT_HERE = "the user is gone"
    NO_SUCH_CHANNEL = "no channel has this name"
    NO_SUCH_NICK = "no user has this name"
    NOT_A_MEMBER = "the user is not in the channel"
    CANNOT_SEND = "only members may write to the channel"
    ALREADY_A_MEMBER = "the user is in the channel already"
    NAME_TAKEN = "another user has this name"
    NAME_IS_ACCOUNT = "the name belongs to an account"
    NAME_FIXED = "the name of an account is its nick"
    TOO_MANY_MARKERS = "the user has as many read markers as it may have"
    MARKER_NOT_NEWER = "the marker stands at this time or later already"


class Refusal(NamedTuple):
    """A refusal: why, and the name (nick or channel, as shown) that it is about."""

    reason: Reason
    subject: str = ""


def may_read(state: State, reader: User, stream: str) -> Channel | Conversation | None:
    """Decide what a user may read: the channels it is a member of, and its own conversations.

    Used by history, replay, markers and everything after them (DESIGN R6).
    ``stream`` is a channel's uid or a conversation; what it names is returned, or ``None`` for "may not".
    """
    if events.is_conversation(stream):
        return state.conversations.get(stream) if stream in reader.conversations else None
    channel = state.channels.get(stream)
    return channel if channel is not None and reader.uid in channel.members else None


def is_possible(state: State, user: User, stream: str) -> bool:
    """Tell whether a stream is a conversation that the user and another one who is there could have."""
    uids = stream.split("+")
    return len(uids) == 2 and user.uid in uids and all(uid in state.users for uid in uids)


def check(state: State, event: events.Event) -> Refusal | None:
    """Judge an event against the state: ``None`` when it may happen."""
    return RULES[type(event)](state, event)


def may_send(state: State, event: events.MessageSent) -> Refusal | None:
    """Judge a message: members may write to a channel, everyone to any user."""
    actor = event.actor
    if actor not in state.users:
        return Refusal(Reason.NOT_HERE, event.nick)
    stream = event.stream
    channel = state.channels.get(stream)
    if channel is not None:
        return None if actor in channel.members else Refusal(Reason.CANNOT_SEND, event.target)
    if not events.is_conversation(stream):
        return Refusal(Reason.NO_SUCH_CHANNEL, event.target)
    return None if events.peer(stream, actor) in state.users else Refusal(Reason.NO_SUCH_NICK, event.target)


def _present(state: State, event: events.Event) -> Refusal | None:
    return None if event.actor in state.users else Refusal(Reason.NOT_HERE, event.nick)


def _member(state: State, event: events.Event) -> Refusal | None:
    channel = state.channels.get(event.stream)
    if channel is None:
        return Refusal(Reason.NO_SUCH_CHANNEL)
    return None if event.actor in channel.members else Refusal(Reason.NOT_A_MEMBER, channel.name)


def _join(state: State, event: events.Joined) -> Refusal | None:
    if event.actor not in state.users:
        return Refusal(Reason.NOT_HERE, event.nick)
    channel = state.channel_named(event.channel)
    if channel is not None and event.actor in channel.members:
        return Refusal(Reason.ALREADY_A_MEMBER, channel.name)
    return None


def _name_free(state: State, name: str, uid: str) -> Refusal | None:
    holder = state.user_named(name)
    if holder is None or holder.uid == uid:
        return None
    return Refusal(Reason.NAME_TAKEN if holder.guest else Reason.NAME_IS_ACCOUNT, name)


def _account_created(state: State, event: events.AccountCreated) -> Refusal | None:
    user = state.users.get(event.uid)
    if user is not None and not user.guest:  # a guest may become the account of its own name
        return Refusal(Reason.NAME_IS_ACCOUNT, event.name)
    if user is not None and fold(user.name) != fold(event.name):
        return Refusal(Reason.NOT_HERE, event.name)
    return _name_free(state, event.name, event.uid)


def _account_removed(state: State, event: events.AccountRemoved) -> Refusal | None:
    user = state.users.get(event.actor)
    return None if user is not None and not user.guest else Refusal(Reason.NOT_HERE, event.nick)


def _guest_left(state: State, event: events.GuestLeft) -> Refusal | None:
    user = state.users.get(event.actor)
    # A guest may have become an account just before its connection ended; that one stays.
    return None if user is not None and user.guest else Refusal(Reason.NOT_HERE, event.nick)


def _guest_arrived(state: State, event: events.GuestArrived) -> Refusal | None:
    return _name_free(state, event.name, event.id)


def _renamed(state: State, event: events.Renamed) -> Refusal | None:
    user = state.users.get(event.actor)
    if user is None:
        return Refusal(Reason.NOT_HERE, event.nick)
    if not user.guest:
        return Refusal(Reason.NAME_FIXED, event.name)
    return _name_free(state, event.name, user.uid)


def _marker(state: State, event: events.MarkerSet) -> Refusal | None:
    user = state.users.get(event.actor)
    if user is None:
        return Refusal(Reason.NOT_HERE, event.nick)
    stream = event.stream
    if may_read(state, user, stream) is None and not is_possible(state, user, stream):
        return Refusal(Reason.NOT_A_MEMBER)
    if stream not in user.markers and len(user.markers) >= MARKERS_PER_USER_MAX:
        return Refusal(Reason.TOO_MANY_MARKERS)
    return Refusal(Reason.MARKER_NOT_NEWER) if user.markers.get(event.stream, -1) >= event.until else None


RULES: dict[type, Callable[[State, Any], Refusal | None]] = {
    events.MessageSent: may_send,
    events.Joined: _join,
    events.Parted: _member,
    events.TopicSet: _member,
    events.RealnameSet: _present,
    events.RealnameAdopted: _present,
    events.AccountCreated: _account_created,
    events.AccountRemoved: _account_removed,
    events.GuestArrived: _guest_arrived,
    events.GuestLeft: _guest_left,
    events.Renamed: _renamed,
    events.MarkerSet: _marker,
    events.Attended: _present,
}
