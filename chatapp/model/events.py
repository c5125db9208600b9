"""The events of the log, one frozen record type for each kind.

The form of an event never changes. A new form is a new record with a new tag (``message-sent/2``), and the old one
stays readable. An unknown tag is not skipped: it stops the server (:func:`decode` raises DataError).

``event.py`` has the fields that every event has, ``server_events.py`` the events about the whole server, and
``account_events.py`` those about how accounts sign in.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from chatapp.errors import DataError
from chatapp.model.account_events import CertificateAdded as CertificateAdded
from chatapp.model.account_events import CertificateRemoved as CertificateRemoved
from chatapp.model.account_events import TokenAdded as TokenAdded
from chatapp.model.account_events import TokenRemoved as TokenRemoved
from chatapp.model.account_events import TokenUsed as TokenUsed
from chatapp.model.event import Event as Event
from chatapp.model.server_events import ActNoted as ActNoted
from chatapp.model.server_events import Banned as Banned
from chatapp.model.server_events import Killed as Killed
from chatapp.model.server_events import LimitsSet as LimitsSet
from chatapp.model.server_events import RoleSet as RoleSet
from chatapp.model.server_events import ServerInvitationMade as ServerInvitationMade
from chatapp.model.server_events import ServerInvitationReturned as ServerInvitationReturned
from chatapp.model.server_events import ServerInvitationRevoked as ServerInvitationRevoked
from chatapp.model.server_events import ServerInvitationUsed as ServerInvitationUsed
from chatapp.model.server_events import TimesAscend as TimesAscend
from chatapp.model.server_events import Unbanned as Unbanned
from chatapp.model.streams import NODE_DIGITS as NODE_DIGITS
from chatapp.model.streams import NODES_MAX as NODES_MAX
from chatapp.model.streams import channel_uid as channel_uid
from chatapp.model.streams import conversation as conversation
from chatapp.model.streams import is_conversation as is_conversation
from chatapp.model.streams import node_of as node_of
from chatapp.model.streams import peer as peer
from chatapp.model.streams import role_stream as role_stream

CLIENT_ID_TAG = "+chatapp/id"  # the client tag that is a message's idempotency key
SINCE_TAG = "+chatapp/since"  # the client tag with the time since which the target has had its name
BOT_TAG = "bot"  # marks the messages of a user with the mode B; Spec: IRCv3 bot-mode
QUIT, QUIT_SAYS = "Quit", "Quit: "  # the reason of a guest's QUIT without a text, and the beginning of one with a text
MODES_BEFORE = "n"  # what all channels were like before they had modes: only members write
NEW_MODES = "nt"  # of a channel that is created: only members write, and only half-operators and higher set the topic


class AccountCreated(Event, frozen=True, tag="account-created/2", kw_only=True, gc=False):
    """An account ``uid`` named ``name`` was created and joined ``channel`` (name as typed; empty for none).

    If ``uid`` is the uid of a guest, this guest became the account and stays in its channels. The ``actor`` is the
    account itself, or nobody if it was made on the server's machine (``chat adduser``). If there was no such channel,
    it was created: the event's id is its uid, and it has the modes ``modes`` (letters).
    """

    uid: str
    name: str
    channel: str = ""
    modes: str = MODES_BEFORE


class AccountCreatedBefore(Event, frozen=True, tag="account-created/1", kw_only=True, gc=False):
    """The older form of AccountCreated, from before a new lobby had other modes than MODES_BEFORE."""

    modes: ClassVar[str] = MODES_BEFORE

    uid: str
    name: str
    channel: str = ""


class AccountRemoved(Event, frozen=True, tag="account-removed/1", kw_only=True, gc=False):
    """The account ``actor`` was removed; its memberships ended."""


class GuestArrived(Event, frozen=True, tag="guest-arrived/1", kw_only=True, gc=False):
    """A guest connected; its uid is the event's id."""

    name: str
    realname: str


class GuestLeft(Event, frozen=True, tag="guest-left/1", kw_only=True, gc=False):
    """The guest ``actor`` left; its name is free."""

    reason: str = ""


class Renamed(Event, frozen=True, tag="renamed/2", kw_only=True, gc=False):
    """The guest ``actor`` took another name."""

    name: str


class RenamedBefore(Renamed, frozen=True, tag="renamed/1", kw_only=True, gc=False):
    """The older form of Renamed: a guest may take another name also where it may not write (modes ``m`` and ``M``)."""


class RealnameSet(Event, frozen=True, tag="realname-set/1", kw_only=True, gc=False):
    """The user's real name changed."""

    realname: str


class RealnameAdopted(Event, frozen=True, tag="realname-adopted/1", kw_only=True, gc=False):
    """The real name that the account's first client sent became the account's.

    Nobody is told of it, because nobody has seen another real name of this account.
    """

    realname: str


class Joined(Event, frozen=True, tag="joined/2", kw_only=True, gc=False):
    """The user joined ``channel`` (name as typed), giving the key ``with_key`` (empty for none).

    If there was no such channel, it was created: the event's id is its uid, and it has the modes ``modes`` (letters).
    """

    channel: str
    with_key: str = ""
    modes: str = MODES_BEFORE


class JoinedBefore(Event, frozen=True, tag="joined/1", kw_only=True, gc=False):
    """The older form of Joined, from before channels had keys and modes."""

    with_key: ClassVar[str] = ""
    modes: ClassVar[str] = MODES_BEFORE

    channel: str


class Parted(Event, frozen=True, tag="parted/1", kw_only=True, gc=False):
    """The user left the channel ``stream``; a channel without members is dropped."""

    reason: str = ""


class ChannelRenamed(Event, frozen=True, tag="channel-renamed/2", kw_only=True, gc=False):
    """The channel ``stream``, which was called ``old``, got the name ``name``; it keeps the old name as well."""

    old: str
    name: str
    reason: str = ""


class ChannelRenamedBefore(ChannelRenamed, frozen=True, tag="channel-renamed/1", kw_only=True, gc=False):
    """The older form of ChannelRenamed: operators may rename too, and the old name becomes free."""


class Kicked(Event, frozen=True, tag="kicked/1", kw_only=True, gc=False):
    """The user removed the member ``target`` (a uid, called ``target_nick``) from the channel ``stream``."""

    target: str
    target_nick: str
    reason: str = ""


Change = tuple[str, str, str]
"""A change of a mode: a sign (``+`` or ``-``), a letter, and a parameter.

The parameter is for a role the member's uid, for a list the mask in its stored form, for a key, a limit or a forward
its value; else empty.
"""


class ModeChanges(Event, frozen=True, kw_only=True, gc=False):
    """Modes of the channel ``stream`` changed, one after the other; each kind of such events extends this record."""

    reason: ClassVar[str] = ""

    changes: tuple[Change, ...]


class ModesChanged(ModeChanges, frozen=True, tag="modes-changed/4", kw_only=True, gc=False):
    """The user changed modes of the channel. Each change is judged after the changes before it.

    Changes of what is so already are left out. ``reason`` (empty: none) says why, such as why somebody is muted; the
    masks that the event adds keep it.
    """

    reason: str = ""  # type: ignore[misc]


class ModesExplained(ModesChanged, frozen=True, tag="modes-changed/3", kw_only=True, gc=False):
    """The older form of ModesChanged: in a list that it changes, masks that have lapsed end without a word."""


class ModesUnexplained(ModeChanges, frozen=True, tag="modes-changed/2", kw_only=True, gc=False):
    """The older form of ModesExplained, without a reason."""


class ModesChangedBefore(ModeChanges, frozen=True, tag="modes-changed/1", kw_only=True, gc=False):
    """The older form of ModesUnexplained: each change is judged by the modes before the event, and all are made."""


class MasksLapsed(ModeChanges, frozen=True, tag="masks-lapsed/1", kw_only=True, gc=False):
    """The time of masks in the lists of the channel is over; each change removes one. No user caused it."""


class Invited(Event, frozen=True, tag="invited/1", kw_only=True, gc=False):
    """The user invited ``target`` (a uid) to the channel ``stream``."""

    target: str


class Uninvited(Event, frozen=True, tag="uninvited/1", kw_only=True, gc=False):
    """The user took back the invitation of ``target`` (a uid) to the channel ``stream``."""

    target: str


class TopicSet(Event, frozen=True, tag="topic-set/1", kw_only=True, gc=False):
    """The channel's topic changed; empty text means none."""

    text: str


class MessageSent(Event, frozen=True, tag="message-sent/1", kw_only=True, gc=False):
    """A message to a channel or to one user.

    ``verb`` is PRIVMSG, NOTICE, TAGMSG, or EDIT (MessageEdited). ``target`` is the channel's name, or the nick of the
    recipient, whose uid is the other uid in ``stream`` (:func:`peer`). ``tags`` are the client-only tags (with their
    ``+``, unescaped), and BOT_TAG if a bot sent the message. ``client_id`` is the sender's own id for the message
    (``+chatapp/id``), empty for none: the log stores at most one message of a sender with this id.
    """

    verb: str
    target: str
    text: str
    tags: dict[str, str] | None = None
    client_id: str = ""

    @property
    def key(self) -> str | None:
        """The sender's uid with its own id for the message."""
        return f"{self.actor} {self.client_id}" if self.client_id else None


class MultilineSent(MessageSent, frozen=True, tag="message-sent/2", kw_only=True, gc=False):
    """A message of several lines: ``text`` is the whole text, with a line feed between two lines.

    The sender cut a long line into parts at ``splits`` (ascending offsets in ``text``, in characters). They are stored
    for clients that get the parts again.

    Spec: IRCv3 draft/multiline, "Servers SHOULD maintain the line composition sent by the client instead of combining
    to a normalised form before re-splitting".
    """

    splits: tuple[int, ...] = ()

    def parts(self) -> list[tuple[str, bool]]:
        """Return the parts as the sender sent them, each with whether it continues the line of the part before."""
        line_ends = (at for at, character in enumerate(self.text) if character == "\n")
        found: list[tuple[str, bool]] = []
        begin, continues = 0, False
        for end in sorted((*self.splits, *line_ends, len(self.text))):
            found.append((self.text[begin:end], continues))
            continues = end in self.splits
            begin = end if continues else end + 1
        return found


class MessageEdited(MessageSent, frozen=True, tag="message-edited/1", kw_only=True, gc=False):
    """The author gave the message ``msgid`` the new text ``text``; ``verb`` is always EDIT.

    The message is at ``position`` in the log, the uid of its sender is ``author``, it was sent at the time ``sent``
    (ms, as applied) with the verb ``said``, and until now it began with ``was``. Its author may edit it for ``within``
    milliseconds after ``sent``, and ``most`` times. There were ``earlier`` edits.
    """

    msgid: str
    position: int
    author: str
    sent: int
    said: str
    was: str
    within: int
    earlier: int
    most: int


class Redacted(Event, frozen=True, tag="redacted/1", kw_only=True, gc=False):
    """The user had the text of the message ``msgid`` of the stream ``stream`` erased.

    The message is at ``position`` in the log, its sender has the uid ``author``, and it was sent at the time ``sent``
    (ms, as applied). Its author may do this for ``within`` milliseconds after ``sent``.
    """

    msgid: str
    position: int
    author: str
    sent: int
    within: int
    reason: str = ""


class MarkerSet(Event, frozen=True, tag="marker-set/1", kw_only=True, gc=False):
    """The account has read the channel or conversation ``stream`` up to ``until`` (milliseconds since 1970)."""

    until: int


class Attended(Event, frozen=True, tag="attended/1", kw_only=True, gc=False):
    """Everything sent to the account up to ``position`` in the log has reached one of its connections.

    ``until`` is the time of that position (milliseconds since 1970).
    """

    until: int
    position: int


class Silenced(Event, frozen=True, tag="silenced/1", kw_only=True, gc=False):
    """The user does not want messages of the user ``target`` (a uid) any more, or wants them again (``on`` False)."""

    target: str
    on: bool


class MetadataSet(Event, frozen=True, tag="metadata-set/1", kw_only=True, gc=False):
    """The user set keys of the metadata of the user ``target`` (uid), or of the channel ``stream`` (empty ``target``).

    Each change is a key and its value; an empty value removes the key. The target may have ``most`` keys.
    """

    changes: tuple[tuple[str, str], ...]
    most: int
    target: str = ""


class PreferenceSet(Event, frozen=True, tag="preference-set/1", kw_only=True, gc=False):
    """The user set the preference ``name`` about the channel or conversation ``stream``. Only the user sees it."""

    name: str
    value: str


class UserModesChanged(Event, frozen=True, tag="user-modes-changed/1", kw_only=True, gc=False):
    """The user set and removed modes of its own; ``added`` and ``removed`` are letters of ``modes.OF_USERS``."""

    added: str = ""
    removed: str = ""


AnyEvent = (
    AccountCreated | AccountCreatedBefore | AccountRemoved | GuestArrived | GuestLeft | Renamed | RenamedBefore
    | RealnameSet | RealnameAdopted | Joined | JoinedBefore | ChannelRenamed | ChannelRenamedBefore | Kicked
    | ModesChanged | ModesExplained | ModesUnexplained | ModesChangedBefore | MasksLapsed | Invited | Uninvited | Parted
    | TopicSet | MessageSent | MultilineSent | MessageEdited | Redacted | MarkerSet | Attended | Silenced
    | CertificateAdded | CertificateRemoved | TokenAdded | TokenRemoved | TokenUsed | MetadataSet | PreferenceSet
    | RoleSet | UserModesChanged | Banned | Unbanned | Killed | ActNoted | ServerInvitationMade
    | ServerInvitationRevoked | ServerInvitationUsed | ServerInvitationReturned | LimitsSet | TimesAscend
)  # fmt: skip

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


AnyMessage = MessageSent | MultilineSent | MessageEdited
ChannelEvent = (
    Joined | JoinedBefore | Parted | Kicked | ModesChanged | ModesExplained | ModesUnexplained | ModesChangedBefore
    | MasksLapsed | TopicSet
)  # fmt: skip
CHANNEL_EVENTS = (  # the history of a channel has these events beside its messages
    Joined, JoinedBefore, Parted, Kicked, ModesChanged, ModesExplained, ModesUnexplained, ModesChangedBefore,
    MasksLapsed, TopicSet,
)  # fmt: skip
PastEvent = MessageSent | ChannelEvent
