"""What the events of the log add up to.

:meth:`State.apply` is the only writer. It runs on committed events, in log order, and is deterministic: no clock, no
configuration, no random source, no order of sets. Given the same log every process reaches the same state, which
:meth:`State.digest` proves.

Time: within a channel or a conversation times never go back and no two events share one. An event that comes with a
time at or before the last one's is moved one millisecond past it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec

from chatapp.errors import DataError
from chatapp.model import events, policy
from chatapp.model.entities import MARKERS_PER_USER_MAX, OPERATOR, Channel, Conversation, Topic, User
from chatapp.model.policy import Refusal
from chatapp.protocol.names import fold

DEPARTED_MAX = 500  # conversations a user keeps with users that are gone; beyond it the oldest is closed


class Applied(msgspec.Struct, gc=False):
    """An event that took place: as it was applied, and who is concerned.

    ``channels`` are those whose members hear of it; ``created`` tells that the first of them was made by it.
    """

    event: events.AnyEvent
    actor: User | None
    channels: tuple[Channel, ...] = ()
    peer: User | None = None
    created: bool = False


class Refused(msgspec.Struct, gc=False):
    """An event that did not take place, though it was stored: something had come in between."""

    event: events.AnyEvent
    refusal: Refusal


Outcome = Applied | Refused


class _Stored(msgspec.Struct, array_like=True):
    """The form of a snapshot."""

    form: int
    position: int
    users: list[User]
    channels: list[Channel]
    conversations: list[Conversation]


_FORM = 1
_decode_stored = msgspec.msgpack.Decoder(_Stored).decode


class State:
    """Users, channels and conversations as of one position of the log.

    Read its dictionaries freely; only :meth:`apply` changes them. Keys of ``users`` and ``channels`` are uids.
    """

    def __init__(self) -> None:
        self.position = 0  # the last event applied
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.conversations: dict[str, Conversation] = {}
        self.names = 0  # grows when a name begins or ends to mean a user or a channel
        self._user_names: dict[str, User] = {}
        self._channel_names: dict[str, Channel] = {}

    def user_named(self, name: str) -> User | None:
        """Find a user by name, in any case."""
        return self._user_names.get(fold(name))

    def channel_named(self, name: str) -> Channel | None:
        """Find a channel by name, in any case."""
        return self._channel_names.get(fold(name))

    def conversation_named(self, reader: User, name: str) -> str:
        """Name the stream of a conversation with whoever has, or last had, this name; empty if there is none."""
        other = self.user_named(name)
        if other is not None:
            stream = events.conversation(reader.uid, other.uid)
            if stream in reader.conversations:
                return stream
        folded, found, time = fold(name), "", -1
        for stream in reader.conversations:
            conversation = self.conversations[stream]
            if conversation.time > time and fold(conversation.names[events.peer(stream, reader.uid)]) == folded:
                found, time = stream, conversation.time
        return found

    def name_of(self, stream: str, reader: User) -> str:
        """Return the name by which a reader knows a stream: the channel's, or the other user's of a conversation.

        A conversation need not have begun, as long as the other user is there.
        """
        if events.is_conversation(stream):
            conversation, other = self.conversations.get(stream), events.peer(stream, reader.uid)
            return self.users[other].name if conversation is None else conversation.names[other]
        return self.channels[stream].name

    def apply(self, position: int, event: events.AnyEvent) -> Outcome:
        """Let a committed event take place, or find that it cannot any more.

        ``position`` is its place in the log, greater than any applied before. Returns the outcome; raises nothing.
        """
        assert position > self.position, "events are applied in log order, once"
        self.position = position
        rule, take_place = _STEPS[type(event)]
        refusal = rule(self, event)
        return take_place(self, event) if refusal is None else Refused(event, refusal)

    def snapshot(self) -> bytes:
        """Encode the state; :meth:`restore` reads it."""
        return msgspec.msgpack.encode(
            _Stored(
                _FORM,
                self.position,
                list(self.users.values()),
                list(self.channels.values()),
                list(self.conversations.values()),
            )
        )

    @classmethod
    def restore(cls, data: bytes) -> State:
        """Read what :meth:`snapshot` made; raises DataError when it cannot be read."""
        try:
            stored = _decode_stored(data)
        except msgspec.MsgspecError as error:
            raise DataError(f"The snapshot in the log cannot be read ({error}).") from error
        if stored.form != _FORM:
            raise DataError(f"The snapshot in the log has form {stored.form}; this version reads form {_FORM}.")
        state = cls()
        state.position = stored.position
        for user in stored.users:
            state.users[user.uid] = state._user_names[fold(user.name)] = user
        for channel in stored.channels:
            state.channels[channel.uid] = state._channel_names[fold(channel.name)] = channel
        state.conversations = {conversation.stream: conversation for conversation in stored.conversations}
        return state

    def digest(self) -> str:
        """Sum the state up in a line: equal digests, equal states."""
        return hashlib.sha256(self.snapshot()).hexdigest()

    # One method for each kind of event. Each runs only after policy allowed it.

    def _message(self, event: events.MessageSent) -> Applied:
        stream = event.stream
        actor = self.users[event.actor]
        channel = self.channels.get(stream)
        if channel is None:
            return self._direct(event, actor)
        event = _in_channel(channel, event)
        channel.last = self.position
        if event.verb != "TAGMSG":
            channel.spoken = event.time
            if not event.guest:
                _has_read(actor, event)
        return Applied(event, actor, (channel,))

    def _direct(self, event: events.MessageSent, actor: User) -> Applied:
        stream = event.stream
        peer = self.users[events.peer(stream, actor.uid)]
        conversation = self.conversations.get(stream)
        if conversation is None:
            names = {actor.uid: actor.name, peer.uid: peer.name}
            conversation = self.conversations[stream] = Conversation(stream, names, 0)
            actor.conversations[stream] = peer.conversations[stream] = None
        elif stream not in actor.conversations or stream not in peer.conversations:
            # An account that was removed is back with its uid: the password file was restored.
            conversation.names.update({actor.uid: actor.name, peer.uid: peer.name})
            actor.conversations[stream] = peer.conversations[stream] = None
        if event.time <= conversation.time:
            event = msgspec.structs.replace(event, time=conversation.time + 1)
        conversation.time = event.time
        conversation.last = self.position
        if event.verb != "TAGMSG":
            conversation.spoken = event.time
            if not event.guest:
                _has_read(actor, event)
        return Applied(event, actor, (), peer)

    def _account_created(self, event: events.AccountCreated) -> Applied:
        user = self.users.get(event.uid)
        if user is None:
            user = self._add_user(User(event.uid, event.name, event.name))
        else:
            user.guest = False
        user.attended, user.attended_time = self.position, event.time
        channel = self._enter(user, event.channel, event, 0) if event.channel else None
        return Applied(event, user, () if channel is None else (channel,))

    def _account_removed(self, event: events.AccountRemoved) -> Applied:
        user = self.users[event.actor]
        return Applied(event, user, self._remove_user(user, event))

    def _guest_arrived(self, event: events.GuestArrived) -> Applied:
        return Applied(event, self._add_user(User(event.id, event.name, event.realname, guest=True)))

    def _guest_left(self, event: events.GuestLeft) -> Applied:
        user = self.users[event.actor]
        return Applied(event, user, self._remove_user(user, event))

    def _renamed(self, event: events.Renamed) -> Applied:
        user = self.users[event.actor]
        self.names += 1
        del self._user_names[fold(user.name)]
        user.name = event.name
        self._user_names[fold(user.name)] = user
        for stream in user.conversations:
            self.conversations[stream].names[user.uid] = user.name
        return Applied(event, user, self._channels_of(user))

    def _realname_set(self, event: events.RealnameSet | events.RealnameAdopted) -> Applied:
        user = self.users[event.actor]
        user.realname = event.realname
        return Applied(event, user, self._channels_of(user))

    def _joined(self, event: events.Joined) -> Applied:
        user = self.users[event.actor]
        created = self.channel_named(event.channel) is None
        channel = self._enter(user, event.channel, event, OPERATOR)
        assert channel is not None, "policy refuses those who are members"
        if event.stream != channel.uid or event.time != channel.time:
            event = msgspec.structs.replace(event, stream=channel.uid, time=channel.time)
        return Applied(event, user, (channel,), created=created)

    def _parted(self, event: events.Parted) -> Applied:
        user, channel = self.users[event.actor], self.channels[event.stream]
        event = _in_channel(channel, event)
        self._leave(user, channel)
        return Applied(event, user, (channel,))

    def _topic_set(self, event: events.TopicSet) -> Applied:
        channel = self.channels[event.stream]
        event = _in_channel(channel, event)
        channel.topic = Topic(event.text, event.nick, event.time) if event.text else None
        return Applied(event, self.users[event.actor], (channel,))

    def _marker_set(self, event: events.MarkerSet) -> Applied:
        user = self.users[event.actor]
        user.markers[event.stream] = event.until
        return Applied(event, user)

    def _attended(self, event: events.Attended) -> Applied:
        user = self.users[event.actor]
        if event.position > user.attended:
            user.attended, user.attended_time = event.position, event.until
        return Applied(event, user)

    # What they share.

    def _add_user(self, user: User) -> User:
        self.names += 1
        self.users[user.uid] = self._user_names[fold(user.name)] = user
        return user

    def _channels_of(self, user: User) -> tuple[Channel, ...]:
        return tuple(self.channels[uid] for uid in user.channels)

    def _remove_user(self, user: User, event: events.AnyEvent) -> tuple[Channel, ...]:
        channels = self._channels_of(user)
        for channel in channels:
            channel.time = max(channel.time + 1, event.time)
            self._leave(user, channel)
        for stream in user.conversations:
            self._close(user, stream)
        for other in self.users.values():  # markers of conversations that never began
            stream = events.conversation(other.uid, user.uid)
            if stream in other.markers and stream not in other.conversations:
                del other.markers[stream]
        self.names += 1
        del self.users[user.uid]
        del self._user_names[fold(user.name)]
        return channels

    def _close(self, user: User, stream: str) -> None:
        """End a leaving user's part of a conversation; the other one keeps a bounded number of such."""
        other = self.users.get(events.peer(stream, user.uid))
        if other is None or other is user or stream not in other.conversations:
            del self.conversations[stream]
            return
        self.conversations[stream].names[user.uid] = user.name
        departed = [each for each in other.conversations if events.peer(each, other.uid) not in self.users]
        if len(departed) >= DEPARTED_MAX:
            oldest = min(departed, key=lambda each: (self.conversations[each].time, each))
            del other.conversations[oldest]
            del self.conversations[oldest]
            other.markers.pop(oldest, None)

    def _enter(self, user: User, name: str, event: events.AnyEvent, founder: int) -> Channel | None:
        """Make a user a member of the channel of this name (with flags ``founder`` where that makes the channel).

        Returns the channel, or ``None`` where the user is a member already.
        """
        channel = self.channel_named(name)
        if channel is None:
            self.names += 1
            channel = Channel(event.id, name, event.time, event.time)
            self.channels[channel.uid] = self._channel_names[fold(name)] = channel
            channel.members[user.uid] = founder
        elif user.uid in channel.members:
            return None
        else:
            channel.time = max(channel.time + 1, event.time)
            channel.members[user.uid] = 0
        user.channels[channel.uid] = None
        return channel

    def _leave(self, user: User, channel: Channel) -> None:
        del channel.members[user.uid]
        del user.channels[channel.uid]
        user.markers.pop(channel.uid, None)
        if not channel.members:
            self.names += 1
            del self.channels[channel.uid]
            del self._channel_names[fold(channel.name)]


def _has_read(actor: User, event: events.MessageSent) -> None:
    """Move the read marker of an account to what it sends: it has read what came before."""
    markers = actor.markers
    if event.stream in markers or len(markers) < MARKERS_PER_USER_MAX:
        markers[event.stream] = max(event.time, markers.get(event.stream, 0))


def _in_channel(channel: Channel, event: Any) -> Any:
    """Give an event its time in a channel."""
    if event.time <= channel.time:
        event = msgspec.structs.replace(event, time=channel.time + 1)
    channel.time = event.time
    return event


_APPLY: dict[type, Callable[[State, Any], Applied]] = {
    events.MessageSent: State._message,
    events.AccountCreated: State._account_created,
    events.AccountRemoved: State._account_removed,
    events.GuestArrived: State._guest_arrived,
    events.GuestLeft: State._guest_left,
    events.Renamed: State._renamed,
    events.RealnameSet: State._realname_set,
    events.RealnameAdopted: State._realname_set,
    events.Joined: State._joined,
    events.Parted: State._parted,
    events.TopicSet: State._topic_set,
    events.MarkerSet: State._marker_set,
    events.Attended: State._attended,
}

_STEPS = {kind: (policy.RULES[kind], method) for kind, method in _APPLY.items()}
