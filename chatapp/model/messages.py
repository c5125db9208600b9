"""Messages: who may send them, who may read them, and how far a user has read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import msgspec

from chatapp.model import events
from chatapp.model.channels import knows, may_see, may_write_now, moved, rank_in
from chatapp.model.conversations import begin_conversation
from chatapp.model.entities import MARKERS_PER_USER_MAX, Channel, Conversation, User
from chatapp.model.outcome import Applied, Reason, Refusal, Step
from chatapp.model.remarks import is_erased
from chatapp.model.tables import Tables
from chatapp.protocol import modes

_Message = TypeVar("_Message", bound=events.MessageSent)
_Past = TypeVar("_Past", bound=events.PastEvent)


class Readable(NamedTuple):
    """What a user may read of a channel or conversation: all events later than the time ``after`` (ms)."""

    after: int


CTCP = "\x01"  # the first character of a CTCP message
ALL = Readable(-1)
NOTHING = Readable(1 << 62)  # later than every event


def may_read(tables: Tables, reader: User, stream: str) -> Readable | None:
    """Return what a user may read of the channel or conversation ``stream``; ``None`` if it may read nothing.

    A user may read the channels of which it is a member, and its own conversations. In a channel with the mode ``W``,
    members without a role may read only what was said after they joined. What was said to a role (``@#channel``) is for
    the members who have this role or a higher one now. History, replay, read markers and redaction call this function
    (DESIGN R6: "One function decides what a user may read").
    """
    if events.is_conversation(stream):
        return ALL if stream in reader.conversations else None
    channel = tables.channel_of(stream)
    if channel is None or reader.uid not in channel.members:
        return None
    if stream != channel.uid:
        return ALL if rank_in(tables, reader.uid, channel) >= modes.BY_LETTER[stream[0]].rank else None
    if "W" not in channel.modes or rank_in(tables, reader.uid, channel):
        return ALL
    return Readable(channel.since.get(reader.uid, -1))


def only_readable(tables: Tables, reader: User | None, page: Sequence[_Past]) -> list[_Past]:
    """Return the events of a page that ``reader`` may read now; ``None`` stands for a user who has gone.

    Some time passes between the reading of a page and the sending: each part of it is judged when it is sent. An edit
    is for those who may read its message.
    """
    if reader is None:
        return []
    # The time (ms) after which each stream may be read.
    starts = {
        stream: (may_read(tables, reader, stream) or NOTHING).after for stream in {event.stream for event in page}
    }
    return [
        event
        for event in page
        if (event.sent if isinstance(event, events.MessageEdited) else event.time) > starts[event.stream]
    ]


def streams_in(tables: Tables, reader: User, stream: str) -> list[str]:
    """Return a stream that a user may read; if it is a channel, also the streams of the roles that the user may read.

    Only roles to which something was said are returned: usually there is none.
    """
    channel = tables.channels.get(stream)
    roles = [events.role_stream(letter, stream) for letter in channel.told] if channel is not None else []
    return [stream, *(each for each in roles if may_read(tables, reader, each) is not None)]


def last_in(tables: Tables, reader: User, channel: Channel) -> tuple[int, int]:
    """Return the position of the last message of a channel that a member may read, and the time of the last text (ms).

    The time is 0 if there is no text. In a channel with the mode ``W``, both may be from before the member joined.
    """
    places = [(channel.last, channel.spoken)]
    if channel.told:
        places += [channel.told[each[0]] for each in streams_in(tables, reader, channel.uid)[1:]]
    return max(position for position, _ in places), max(time for _, time in places)


def as_shown(tables: Tables, event: _Message) -> _Message:
    """Return a message of the past as it is shown now: with names that do not belong to other users now."""
    nick, target, stream = tables.name_shown(event.actor, event.nick), event.target, event.stream
    if (channel := tables.channels.get(stream)) is not None:
        target = channel.name  # it may have been renamed
    elif events.is_conversation(stream):
        nick = tables.name_in_conversation(event.actor, event.nick)
        target = tables.name_in_conversation(events.peer(stream, event.actor), target)
    elif (channel := tables.channel_of(stream)) is not None:
        target = modes.BY_LETTER[stream[0]].prefix + channel.name
    if nick == event.nick and target == event.target:
        return event
    # With `guest`, the message gets no account tag: a changed nick is not the name of an account.
    return msgspec.structs.replace(event, nick=nick, target=target, guest=event.guest or nick != event.nick)


def may_send(tables: Tables, event: events.MessageSent) -> Refusal | None:
    """Judge a message: the members of a channel may write to it, and every user may write to every user.

    This runs for every message, so it looks at a channel's modes only if one of them is about writing.
    """
    actor = event.actor
    if actor not in tables.users:
        return Refusal(Reason.NOT_HERE, event.nick)
    stream = event.stream
    channel = tables.channels.get(stream)
    if channel is not None:
        if channel.restricted or actor not in channel.members:
            return _may_write(tables, channel, event)
        return None
    peer = tables.users.get(events.peer(stream, actor))
    if peer is None:
        if not events.is_conversation(stream):
            return _may_tell_role(tables, event)
        return Refusal(Reason.NO_SUCH_NICK, event.target)
    return _may_address(tables, peer, event) if peer.restricted else None


def _may_tell_role(tables: Tables, event: events.MessageSent) -> Refusal | None:
    """Judge a message to a role in a channel: every member who may write to the channel may also write to its roles.

    Spec: modern-irc, "STATUSMSG parameter"; as in Ergo and InspIRCd, the sender needs no role.
    """
    channel = tables.channel_of(event.stream)
    if channel is None:
        return Refusal(Reason.NO_SUCH_CHANNEL, event.target)
    if event.actor not in channel.members and may_see(tables, tables.users[event.actor], channel):
        return Refusal(Reason.CANNOT_SEND, event.target)
    return _may_write(tables, channel, event)


def _may_address(tables: Tables, peer: User, event: events.MessageSent) -> Refusal | None:
    """Judge a message to a user with the mode R (only people it knows write to it) or T (no CTCP but actions).

    ``knows`` says whom a user knows.
    """
    user = tables.users[event.actor]
    if user is peer:
        return None
    if "R" in peer.modes and not knows(peer, user):
        return Refusal(Reason.STRANGER, peer.name)
    if "T" in peer.modes and is_ctcp(event.text):
        return Refusal(Reason.TAKES_NO_CTCP, peer.name)
    return None


def is_ctcp(text: str) -> bool:
    """Return whether a text is a CTCP query or answer that is no action (``/me``)."""
    return text.startswith(CTCP) and not text.startswith(f"{CTCP}ACTION")


def is_in_pages(event: events.MessageSent) -> bool:
    """Return whether pages of history have a message: an erased message has no text, and CTCP is of its moment.

    A client would answer an old CTCP query again. Ergo does not store CTCP either.
    """
    return not is_erased(event) and not is_ctcp(event.text)


def _may_write(tables: Tables, channel: Channel, event: events.MessageSent) -> Refusal | None:
    """Judge a message to a channel that has bans, or modes that are about writing.

    For somebody outside, a secret channel does not exist, whatever its other modes are.

    Spec: modern-irc, "No External Messages Mode".
    """
    user, name = tables.users[event.actor], event.target
    if user.uid not in channel.members and not may_see(tables, user, channel):
        return Refusal(Reason.NO_SUCH_CHANNEL, name)
    if user.uid not in channel.members and "n" in channel.modes:
        return Refusal(Reason.CANNOT_SEND, name)
    if "C" in channel.modes and is_ctcp(event.text):
        return Refusal(Reason.NO_CTCP, name)
    return may_write_now(tables, user, channel, name, event.time)


def _send(tables: Tables, event: events.MessageSent) -> Applied:
    actor, stream = tables.users[event.actor], event.stream
    channel = tables.channels.get(stream)
    if channel is None:
        begun = tables.conversations.get(stream)
        if begun is not None or events.is_conversation(stream):
            return _send_directly(tables, event, actor, begun)
        return _tell_role(tables, event, actor)
    event = moved(channel, event)
    channel.last = tables.position
    if event.verb != "TAGMSG":
        channel.spoken = event.time
        if not event.guest:
            _has_read(actor, event)
    return Applied(event, actor, (channel,))


def _tell_role(tables: Tables, event: events.MessageSent, actor: User) -> Applied:
    channel = tables.channel_of(event.stream)
    assert channel is not None, "the rule refuses it"
    event = moved(channel, event)
    letter, has_text = event.stream[0], event.verb != "TAGMSG"
    _, spoken = channel.told.get(letter, (0, 0))
    channel.told[letter] = (tables.position, event.time if has_text else spoken)
    if has_text and not event.guest:
        _has_read(actor, event)
    return Applied(event, actor, (channel,))


def _send_directly(
    tables: Tables, event: events.MessageSent, actor: User, conversation: Conversation | None
) -> Applied:
    stream = event.stream
    peer = tables.users[events.peer(stream, actor.uid)]
    if conversation is None or stream not in actor.conversations or stream not in peer.conversations:
        conversation = begin_conversation(tables, stream, actor, peer)
    if event.time <= conversation.time:
        event = msgspec.structs.replace(event, time=conversation.time + 1)
    conversation.time = event.time
    conversation.last = tables.position
    if event.verb != "TAGMSG":
        conversation.spoken = event.time
        if not event.guest:
            _has_read(actor, event)
    return Applied(event, actor, (), peer)


def _has_read(actor: User, event: events.MessageSent) -> None:
    """Move an account's read marker to the message that it sends: the account has read everything before."""
    markers, stream = actor.markers, events.channel_uid(event.stream)
    if stream in markers or len(markers) < MARKERS_PER_USER_MAX:
        markers[stream] = max(event.time, markers.get(stream, 0))


def is_possible(tables: Tables, user: User, stream: str) -> bool:
    """Return whether ``stream`` is a conversation of this user and an existing user, whether it has begun or not."""
    uids = stream.split("+")
    return len(uids) == 2 and user.uid in uids and all(uid in tables.users for uid in uids)


def may_read_or_begin(tables: Tables, user: User, stream: str) -> bool:
    """Return whether a user may read a stream, or could begin the conversation."""
    return may_read(tables, user, stream) is not None or is_possible(tables, user, stream)


def read_until(tables: Tables, user: User, stream: str) -> int | None:
    """Return up to which time (ms) a user has read a stream; ``None``: nothing says it.

    Without a read marker, a member has read a channel up to the time when it joined, so that all its devices count what
    was said since then. As long as nothing was said since then, there is nothing to say.
    """
    marker = user.markers.get(stream)
    channel = tables.channels.get(stream)
    if marker is not None or channel is None:
        return marker
    since = channel.since.get(user.uid)
    return since if since is not None and channel.spoken > since else None


def may_keep(tables: Tables, event: events.MarkerSet | events.PreferenceSet) -> Refusal | None:
    """Judge that a user keeps something of its own about a stream: it may read the stream, or could begin it."""
    user = tables.users.get(event.actor)
    if user is None:
        return Refusal(Reason.NOT_HERE, event.nick)
    return None if may_read_or_begin(tables, user, event.stream) else Refusal(Reason.NOT_A_MEMBER)


def may_mark(tables: Tables, event: events.MarkerSet) -> Refusal | None:
    """Judge a read marker: the user may read the stream or could begin it, and the marker moves forward."""
    refusal = may_keep(tables, event)
    if refusal is not None:
        return refusal
    user, stream = tables.users[event.actor], event.stream
    if stream not in user.markers and len(user.markers) >= MARKERS_PER_USER_MAX:
        return Refusal(Reason.TOO_MANY_MARKERS)
    return Refusal(Reason.MARKER_NOT_NEWER) if user.markers.get(stream, -1) >= event.until else None


def _mark(tables: Tables, event: events.MarkerSet) -> Applied:
    user = tables.users[event.actor]
    user.markers[event.stream] = event.until
    return Applied(event, user)


STEPS: dict[type, Step] = {
    events.MessageSent: Step(may_send, _send),
    events.MultilineSent: Step(may_send, _send),
    events.MarkerSet: Step(may_mark, _mark),
}
