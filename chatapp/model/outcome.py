"""The outcome of an event: it was applied, or it was refused for a reason."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from chatapp.model.entities import Channel, User
from chatapp.model.events import AnyEvent, Change
from chatapp.model.tables import Tables


class Reason(enum.Enum):
    """Why an event is refused. ``server/commands/refuse.py`` chooses the answer, ``server/refusals`` has its words."""

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
    CHANNELS_OF_USER = "the user is in as many channels as it may be"
    CHANNELS_OF_SERVER = "the server has as many channels as it may have"
    CHANNEL_FULL = "the channel has as many members as it may have"
    LIMIT_REACHED = "the channel has as many members as its operators allow"
    INVITE_ONLY = "the channel is for those who were invited"
    BANNED = "the user is banned from the channel"
    BAD_KEY = "the channel has a key, and it was not given"
    ACCOUNTS_ONLY = "only accounts may join the channel"
    MODERATED = "only members with a role may write to the channel"
    ACCOUNTS_SPEAK = "only accounts may write to the channel"
    MUTED = "the user is muted in the channel"
    BANNED_INSIDE = "the user is banned from the channel, so it may not write to it"
    MUTED_ELSEWHERE = "the user may not write to a channel whose members would see it"
    NO_CTCP = "the channel takes no CTCP"
    RANK_TOO_LOW = "the user's role in the channel does not allow that"
    TARGET_ABOVE = "the other member's role is higher"
    NOT_IN_CHANNEL = "the other user is not in the channel"
    NOT_INVITED = "no invitation to the channel stands for this user"
    IN_CHANNEL = "the other user is in the channel already"
    NO_ADMINISTRATOR = "only an administrator may do that"
    IS_ADMINISTRATOR = "the account is an administrator"
    NO_SUCH_BAN = "there is no such ban"
    BANS_FULL = "the server has as many bans as it may have"
    STRANGER = "the user takes no messages from people it does not know"
    TAKES_NO_CTCP = "the user takes no CTCP"
    SILENCE_FULL = "the user silences as many users as it may"
    CERTIFICATE_TAKEN = "another account has this certificate"
    CERTIFICATE_KNOWN = "the account has this certificate already"
    CERTIFICATES_FULL = "the account has as many certificates as it may have"
    NO_SUCH_CERTIFICATE = "the account has no such certificate"
    TOKENS_FULL = "the account has as many device tokens as it may have"
    NO_SUCH_TOKEN = "the account has no such device token"
    NO_SUCH_INVITATION = "there is no such invitation"
    INVITATION_EXPIRED = "the invitation has expired"
    INVITATION_USED_UP = "the invitation has been used as often as it may be"
    INVITATION_REVOKED = "the invitation was taken back"
    INVITATION_TOO_LARGE = "the invitation is for too many people, too many channels, or too long a time"
    INVITATIONS_FULL = "there are as many invitations as there may be"
    CHANNEL_NAME_TAKEN = "another channel has this name"
    CHANNEL_RENAMED = "the channel of this name has another name now"
    LOOKS_LIKE_ACCOUNT = "the display name looks like the name of another account"
    METADATA_FULL = "the metadata has as many keys as it may have"
    TOO_MANY_PREFERENCES = "the user has as many preferences as it may have"
    LIST_FULL = "the channel's list is full"
    NO_FORWARD = "there is no such channel to send others to"
    FORWARD_RANK_TOO_LOW = "the user is no operator of the channel to send others to"
    NO_SUCH_MESSAGE = "the user may read no such message"
    NOT_THE_AUTHOR = "the message is by another user"
    TOO_LATE = "the time in which the author may redact or edit the message is over"
    TOO_MANY_EDITS = "the message was edited as often as it may be"
    UNCHANGED = "it is so already"
    MARKER_NOT_NEWER = "the marker stands at this time or later already"


class Refusal(NamedTuple):
    """Why an event is refused, and the name (nick or channel, as shown) that the refusal is about.

    ``channel`` is the channel's name if ``subject`` is something else. ``needs`` is the letter of the lowest role that
    may do it (Reason.RANK_TOO_LOW). ``until`` is when the ban or the mute ends (ms; 0: it does not end by itself).
    ``letter`` is the mode whose change is refused. ``why`` is the reason that was given for the ban or the mute.
    """

    reason: Reason
    subject: str = ""
    channel: str = ""
    needs: str = ""
    until: int = 0
    letter: str = ""
    why: str = ""


class Membership(NamedTuple):
    """A user in a channel."""

    user: User
    channel: Channel


class Applied(msgspec.Struct, gc=False):
    """An event as it was applied, and the users and channels that it concerns.

    The members of ``channels`` are told of the event. ``peer`` is the recipient of a direct message. ``joined`` and
    ``left`` are the memberships that the event began and ended. ``heirs`` are members who have become founders, because
    the event removed the last founder. ``dropped`` are the masks in lists that were about a removed account alone.
    ``silencers`` are uids of the users who silenced the actor, if the event removed the actor, and so their silences.
    ``is_repeated``: ``peer`` is not told, because it was told the same before, or was never told what ends.
    """

    event: AnyEvent
    actor: User | None
    channels: tuple[Channel, ...] = ()
    peer: User | None = None
    joined: tuple[Membership, ...] = ()
    left: tuple[Membership, ...] = ()
    heirs: tuple[Membership, ...] = ()
    dropped: tuple[tuple[Channel, tuple[Change, ...]], ...] = ()
    silencers: tuple[str, ...] = ()
    is_repeated: bool = False


class Refused(msgspec.Struct, gc=False):
    """An event that is in the log but has no effect, because an earlier event made it impossible."""

    event: AnyEvent
    refusal: Refusal


Outcome = Applied | Refused


class Step(NamedTuple):
    """The rule that judges one kind of event, and the effect of this kind of event on the state.

    The rule returns ``None`` if the event may happen. The effect runs only if the rule returned ``None``.
    """

    rule: Callable[[Tables, Any], Refusal | None]
    effect: Callable[[Tables, Any], Applied]
