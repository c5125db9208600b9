"""The facts the log holds, one frozen record each.

An event's form is for good: a change of form is a new record with a new tag (``message/2``), and the old one
stays readable. A tag that is not known here stops the server (:func:`decode` raises), rather than being skipped.

Fields that every event has:

``id``      16 hexadecimal digits, unique, made once when the event is proposed; the msgid of a message. The last two
            are the node that made it (:func:`node_of`); of one node, ids grow in the order of the log.
``time``    milliseconds since 1970 (UTC), as proposed; applying may move it forward (see ``state.py``).
``actor``   uid of the user who did it; empty when the server did.
``nick``    the name the user went by then, so that the past can be shown when names have changed hands.
``guest``   whether the user was a guest, not an account.
``stream``  what it belongs to, which is its ordering key: a channel's uid, a conversation of two users
            (:func:`conversation`), or empty.

A uid is 16 hexadecimal digits: of an account, from the password file or the event that made it; of a guest and of a
channel, the id of the event that made it. Names come back in other hands, uids never do.
"""

from __future__ import annotations

import msgspec

from chatapp.errors import DataError

NODE_DIGITS = 2  # hexadecimal, at the end of an id
NODES_MAX = 256


class Event(msgspec.Struct, frozen=True, array_like=True, kw_only=True, gc=False):
    """What every event has; see the module's text."""

    id: str
    time: int
    actor: str = ""
    nick: str = ""
    guest: bool = False
    stream: str = ""

    @property
    def key(self) -> str | None:
        """What makes this event happen at most once, across restarts; ``None`` for most."""
        return None


class AccountCreated(Event, frozen=True, tag="account-created/1", kw_only=True, gc=False):
    """An account ``uid`` named ``name`` exists and joins ``channel`` (name as typed; empty for none).

    Where ``uid`` is that of a guest, the guest has become the account and stays where it was.
    """

    uid: str
    name: str
    channel: str = ""


class AccountRemoved(Event, frozen=True, tag="account-removed/1", kw_only=True, gc=False):
    """The account ``actor`` is no more; its memberships ended with it."""


class GuestArrived(Event, frozen=True, tag="guest-arrived/1", kw_only=True, gc=False):
    """A guest is here; its uid is the event's id."""

    name: str
    realname: str


class GuestLeft(Event, frozen=True, tag="guest-left/1", kw_only=True, gc=False):
    """The guest ``actor`` is gone, and its name with it."""

    reason: str = ""


class Renamed(Event, frozen=True, tag="renamed/1", kw_only=True, gc=False):
    """The guest ``actor`` took another name."""

    name: str


class RealnameSet(Event, frozen=True, tag="realname-set/1", kw_only=True, gc=False):
    """The user's display name changed."""

    realname: str


class RealnameAdopted(Event, frozen=True, tag="realname-adopted/1", kw_only=True, gc=False):
    """The account's first client brought this display name; it is taken quietly, as nobody knew another."""

    realname: str


class Joined(Event, frozen=True, tag="joined/1", kw_only=True, gc=False):
    """The user joined ``channel`` (name as typed); where none has this name, it is made, with the event's id as uid."""

    channel: str


class Parted(Event, frozen=True, tag="parted/1", kw_only=True, gc=False):
    """The user left the channel ``stream``; a channel without members is gone."""

    reason: str = ""


class TopicSet(Event, frozen=True, tag="topic-set/1", kw_only=True, gc=False):
    """The channel's topic changed; empty text means none."""

    text: str


class MessageSent(Event, frozen=True, tag="message-sent/1", kw_only=True, gc=False):
    """A message to a channel or to one user.

    ``verb`` is PRIVMSG, NOTICE or TAGMSG. ``target`` is the channel's name or the nick of the user addressed, whose uid
    is the other one in ``stream`` (:func:`peer`).
    ``tags`` are the client-only tags (with their ``+``, unescaped). ``client_id`` is the sender's own id of it
    (``+chatapp/id``): with it the message is stored at most once.
    """

    verb: str
    target: str
    text: str
    tags: dict[str, str] | None = None
    client_id: str = ""

    @property
    def key(self) -> str | None:
        """The sender with its own id of the message."""
        return f"{self.actor} {self.client_id}" if self.client_id else None


class MarkerSet(Event, frozen=True, tag="marker-set/1", kw_only=True, gc=False):
    """The account has read the conversation or channel ``stream`` up to ``until`` (milliseconds since 1970)."""

    until: int


class Attended(Event, frozen=True, tag="attended/1", kw_only=True, gc=False):
    """What was sent to the account up to the place ``position`` of the log, at ``until`` (milliseconds since 1970), has
    reached one of its connections.
    """

    until: int
    position: int


class RoleSet(Event, frozen=True, tag="role-set/1", kw_only=True, gc=False):
    """The account ``uid`` has the role ``role`` from now on: ``administrator``, or empty for none."""

    uid: str
    role: str


class LimitsSet(Event, frozen=True, tag="limits-set/1", kw_only=True, gc=False):
    """How much the state may hold from now on; 0 means that there is no limit. What is there already stays."""

    channels: int
    channels_per_user: int
    members_per_channel: int


class TimesAscend(Event, frozen=True, tag="times-ascend/1", kw_only=True, gc=False):
    """From here on no event has an earlier time than an event before it, in whatever stream.

    Older logs have no such event and keep their times, which ascend within each stream only.
    """


AnyEvent = (
    AccountCreated
    | AccountRemoved
    | GuestArrived
    | GuestLeft
    | Renamed
    | RealnameSet
    | RealnameAdopted
    | Joined
    | Parted
    | TopicSet
    | MessageSent
    | MarkerSet
    | Attended
    | RoleSet
    | LimitsSet
    | TimesAscend
)

encode = msgspec.json.Encoder().encode
_decoder = msgspec.json.Decoder(AnyEvent)


def decode(data: bytes | str) -> AnyEvent:
    """Read an event from its stored form (a JSON array).

    Raises DataError when its tag is unknown or its form is not that of the tag.
    """
    try:
        event: AnyEvent = _decoder.decode(data)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise DataError(
            f"The log holds an event that this version of chatapp cannot read ({error})."
            " It was written by a newer version, or the file is damaged. Install the newer version,"
            " or restore the data folder from a backup."
        ) from error
    return event


def erased(message: MessageSent) -> MessageSent:
    """Return a message without what it said, its text and tags; the state is not made of them, so it stays the same."""
    return msgspec.structs.replace(message, text="", tags=None)


def conversation(one: str, other: str) -> str:
    """Name the conversation of two users (uids, in any order; the same twice for one with oneself)."""
    return f"{one}+{other}" if one < other else f"{other}+{one}"


def peer(stream: str, uid: str) -> str:
    """Tell the other uid of a conversation (the same one for a conversation with oneself)."""
    length = len(uid)  # of every uid
    return stream[length + 1 :] if stream[:length] == uid else stream[:length]


def is_conversation(stream: str) -> bool:
    """Tell a conversation of two users from a channel's uid."""
    return "+" in stream


def node_of(id: str) -> str:
    """Tell which node (server) made an event's id, or a guest's or channel's uid: its last two digits.

    Ids from before there were nodes end in any digits.
    """
    return id[-NODE_DIGITS:]
