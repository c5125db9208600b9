"""Metadata as sessions are told of it: the lines, who is told of a change, and what a session gets by itself.

The two drafts differ in the form: draft/metadata-2 has the verb METADATA for what a session is told without asking,
draft/metadata-3 the numerics 761 and 766, which also answer questions.

A session gets values by itself when its user joins a channel, and when a user that it monitors connects. For a channel
of more than SYNC_MEMBERS_MAX members it gets 774 instead, and may ask with METADATA SYNC.

Who silences a user is not told what the user has set about itself. Answers to questions have it.

Spec: IRCv3 draft/metadata-2; draft/metadata-3, "Notifications", "Automatic synchronization".
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from chatapp.model import events
from chatapp.model.entities import Channel, User
from chatapp.model.metadata import preferences
from chatapp.model.outcome import Applied
from chatapp.model.state import State
from chatapp.protocol import numerics as num
from chatapp.server import capabilities as cap
from chatapp.server import refusals
from chatapp.server.delivery.origin import Origin
from chatapp.server.delivery.presence import Presence
from chatapp.server.delivery.recipient import Recipient
from chatapp.server.delivery.render import fits
from chatapp.server.delivery.response import Batch, Response, nested

SYNC_MEMBERS_MAX = 100
ALL_TARGETS = "*ALL"


class Told(NamedTuple):
    """One value: the name of its channel or user, its key, and whether it is a preference that only its user sees.

    An empty value means that the key is not set.
    """

    name: str
    key: str
    value: str
    private: bool = False

    @property
    def visibility(self) -> str:
        """The parameter that says who sees the value: ``*`` for a value that is not only its user's."""
        return "private" if self.private else "*"


def told(
    name: str, values: Mapping[str, str], keys: Collection[str] | None = None, *, private: bool = False
) -> Iterator[Told]:
    """Return values as they are told, only of the ``keys`` if these are given."""
    return (Told(name, key, value, private) for key, value in values.items() if keys is None or key in keys)


def of_channel(channel: Channel, viewer: User, keys: Collection[str] | None = None) -> list[Told]:
    """Return the metadata of a channel, and the viewer's preferences about it."""
    own = preferences(viewer, channel.uid)
    return [*told(channel.name, channel.metadata, keys), *told(channel.name, own, keys, private=True)]


def of_user(user: User, viewer: User, keys: Collection[str] | None = None) -> list[Told]:
    """Return the metadata of a user, and the viewer's preferences about the conversation with it."""
    own = preferences(viewer, events.conversation(user.uid, viewer.uid))
    return [*told(user.name, user.metadata, keys), *told(user.name, own, keys, private=True)]


def of_conversations(state: State, viewer: User, keys: Collection[str]) -> list[Told]:
    """Return a user's preferences about its conversations."""
    streams = [stream for stream in viewer.preferences if events.is_conversation(stream)]
    return [
        each
        for stream in streams
        for each in told(state.name_of(stream, viewer), viewer.preferences[stream], keys, private=True)
    ]


def answer_line(each: Told, nick: str, host: str, *, cleared: bool = False) -> bytes:
    """Write a value as the answer to a question: RPL_KEYVALUE (761), or RPL_KEYNOTSET (766).

    ``cleared``: in draft/metadata-2, METADATA CLEAR is answered with 761 without a value. The result is empty if a
    channel has meanwhile got a name with which the line is too long.
    """
    if each.value:
        line = num.data_line(num.RPL_KEYVALUE, host, nick, each.name, each.key, each.visibility, last=each.value)
    elif cleared:
        line = num.numeric_line(num.RPL_KEYVALUE, host, nick, each.name, each.key, each.visibility)
    else:
        line = num.numeric_line(num.RPL_KEYNOTSET, host, nick, each.name, each.key)
    return f"{line}\r\n".encode() if fits(line) else b""


def news_line(each: Told, recipient: Recipient, host: str) -> bytes:
    """Write a value for a session that did not ask for it."""
    if not recipient.caps & cap.METADATA_2:
        return answer_line(each, recipient.nick, host)
    value = f" :{each.value}" if each.value else ""
    line = f":{host} METADATA {each.name} {each.key} {each.visibility}{value}"
    return f"{line}\r\n".encode() if fits(line) else b""


def batch_of(recipient: Recipient, target: str, values: Iterable[Told], host: str) -> Batch:
    """Make a batch with values for a session that did not ask for them."""
    batch = Batch(recipient.batch_reference(), f"metadata {target}", host)
    for each in values:
        line = news_line(each, recipient, host)
        batch.lines += nested(line, batch.tag) if line else ()
    return batch


def later_line(recipient: Recipient, target: str, host: str) -> bytes:
    """Write ERR_METADATASYNCLATER (774): the session may ask for the values at once."""
    return f"{num.numeric_line(refusals.SYNC_LATER, host, recipient.nick, target, '0')}\r\n".encode()


class MetadataNews:
    """Tells the sessions of this process of metadata."""

    def __init__(self, state: State, presence: Presence, host: str) -> None:
        self._state = state
        self._presence = presence
        self._host = host

    def changed(self, applied: Applied, event: events.MetadataSet, origin: Origin | None) -> None:
        """Tell the subscribers of the keys of a change, except the session that made it.

        Spec: draft/metadata-3, "Notifications": changes "to that subscriber", "to channels that subscriber is joined
        to, to other clients in the channels that subscriber is joined to, and to users that subscriber is currently
        monitoring".
        """
        target = applied.peer or applied.channels[0]
        watchers = self._presence.monitors.watchers(target.name)
        silencers = self._state.silenced_by.get(target.uid, ())
        for key, value in event.changes:
            each = Told(target.name, key, value)
            for recipient in self._presence.subscriptions.subscribers(key):
                if recipient.uid in silencers or (origin is not None and recipient is origin.proposer):
                    continue
                if recipient in watchers or self._shares(target, recipient):
                    self._tell(recipient, each)

    def _shares(self, target: User | Channel, recipient: Recipient) -> bool:
        """Return whether the user of a session is a member of a channel, or the same as a user, or shares a channel."""
        viewer = self._state.users.get(recipient.uid)
        if viewer is None:
            return False
        if isinstance(target, Channel):
            return target.uid in viewer.channels
        return viewer is target or not viewer.channels.keys().isdisjoint(target.channels)

    def preferred(self, applied: Applied, event: events.PreferenceSet, origin: Origin | None) -> None:
        """Tell the other sessions of the same user, if they have subscribed to the key."""
        user, subscribers = applied.actor, self._presence.subscriptions.subscribers(event.name)
        assert user is not None
        each = Told(self._state.name_of(event.stream, user), event.name, event.value, private=True)
        for recipient in self._presence.sessions(user.uid):
            if recipient in subscribers and (origin is None or recipient is not origin.proposer):
                self._tell(recipient, each)

    def _tell(self, recipient: Recipient, each: Told) -> None:
        line = news_line(each, recipient, self._host)
        if line:
            recipient.deliver(line)

    def joined(self, recipient: Recipient, user: User, channel: Channel, origin: Origin | None = None) -> None:
        """Send a session the metadata of a channel that its user has joined, and of the members of the channel.

        Spec: draft/metadata-3: "the server MUST send either a metadata batch ... or a 774".
        """
        if not cap.knows_metadata(recipient.caps):
            return
        keys = self._presence.subscriptions.keys(recipient)
        if not keys and recipient.caps & cap.METADATA_2:
            return
        response = origin.response if origin is not None and recipient is origin.proposer else None
        if keys and len(channel.members) > SYNC_MEMBERS_MAX:
            line = later_line(recipient, channel.name, self._host)
            if response is not None:
                response.items.append(line)
            else:
                recipient.deliver(line)
            return
        values = of_channel(channel, user, keys) if keys else []
        for uid in channel.members if keys else ():
            if uid not in user.silenced:
                member = self._state.users[uid]
                values += told(member.name, member.metadata, keys)
        self._send(recipient, channel.name, values, response)

    def appeared(self, recipient: Recipient, user: User, response: Response | None = None) -> None:
        """Send a session the metadata of a user of whom it has just learned that it is connected (RPL_MONONLINE, 730).

        Spec: draft/metadata-3: "the server MUST additionally send either a metadata batch ... or a 774".
        """
        viewer = self._state.users.get(recipient.uid)
        if viewer is not None and cap.knows_metadata(recipient.caps):
            keys = self._presence.subscriptions.keys(recipient) if user.uid not in viewer.silenced else ()
            self._send(recipient, user.name, of_user(user, viewer, keys), response)

    def _send(self, recipient: Recipient, target: str, values: list[Told], response: Response | None) -> None:
        """Send a batch; without values, draft/metadata-2 does not need it."""
        if not values and recipient.caps & cap.METADATA_2:
            return
        batch = batch_of(recipient, target, values, self._host)
        if response is not None:
            response.items.append(batch)
        else:
            recipient.deliver(batch.whole())
