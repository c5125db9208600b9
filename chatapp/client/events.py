"""What a session tells its front: one small record for each thing that happened.

Texts in them are as they came from the network; whoever shows them makes them harmless first (``printable.py``).
Times are milliseconds since 1970 (UTC).
"""

from __future__ import annotations

import dataclasses
from typing import Literal

Lookup = Literal["known", "unknown", "closed", "unasked"]
"""What the server says of an account's name before sign-in; ``closed``: nobody can sign up, and it tells nothing;
``unasked``: this server does not answer such a question."""


@dataclasses.dataclass(frozen=True, slots=True)
class SignInNeeded:
    """The session waits for ``sign_in`` or ``sign_up``; ``refused`` is what was wrong with the last try, if any."""

    lookup: Lookup
    refused: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class SignedIn:
    """The server knows who we are; ``again`` after a reconnect. ``lobby`` is empty where the server has none."""

    nick: str
    network: str
    lobby: str
    channels: tuple[str, ...]
    again: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Unusable:
    """The server will not have us, or we cannot rely on it; trying again would end the same."""

    text: str


@dataclasses.dataclass(frozen=True, slots=True)
class AccountGone:
    """The account that we were signed in to is not there any more; there is nobody to be."""

    text: str


@dataclasses.dataclass(frozen=True, slots=True)
class Closing:
    """The server is about to end the connection, and says why."""

    text: str


@dataclasses.dataclass(frozen=True, slots=True)
class Offline:
    """The connection is gone; the next attempt is in ``retry_s``. What was asked is not answered any more."""

    reason: str
    retry_s: float


@dataclasses.dataclass(frozen=True, slots=True)
class Said:
    """A message, ours included.

    ``conversation`` is the channel, or the other person; ``target`` is whom it was addressed to. ``own``: our account
    sent it, here or elsewhere; ``ours``: this very session did. ``missed``: fetched later, not heard as it was said.
    """

    time: int
    conversation: str
    target: str
    sender: str
    text: str
    msgid: str
    notice: bool = False
    own: bool = False
    ours: bool = False
    missed: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Sent:
    """Every line of a text is stored. ``away``: the person addressed is not here and will get it later."""

    target: str
    text: str
    lines: int
    away: bool


@dataclasses.dataclass(frozen=True, slots=True)
class NotSent:
    """The server refused a text, ``code`` being its numeric or FAIL code; ``stored`` of its ``lines`` did arrive."""

    target: str
    text: str
    code: str
    reason: str
    lines: int
    stored: int


@dataclasses.dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a name here."""

    nick: str
    here: bool
    me: bool


@dataclasses.dataclass(frozen=True, slots=True)
class People:
    """The answer to ``ask_people``: everyone (``where`` is ``*``), the members of a channel, or one person."""

    where: str
    people: tuple[Person, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class History:
    """The answer to ``ask_history``, oldest first; these may have been shown before."""

    conversation: str
    messages: tuple[Said, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class NotDone:
    """What was asked for was refused; ``people``: it was the question of ``ask_people``."""

    what: str
    text: str
    people: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class MoreUnread:
    """Only the newest unread messages of a conversation are fetched at the first sign-in; there are older ones."""

    conversation: str


@dataclasses.dataclass(frozen=True, slots=True)
class CaughtUp:
    """All that was missed has been told; ``messages`` of others were among it."""

    messages: int


@dataclasses.dataclass(frozen=True, slots=True)
class Joined:
    """Somebody, or we, became a member of a channel."""

    channel: str
    nick: str
    me: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Left:
    """Somebody, or we, is no longer a member of a channel."""

    channel: str
    nick: str
    me: bool
    reason: str


@dataclasses.dataclass(frozen=True, slots=True)
class TopicSet:
    """A channel's topic changed; empty text means none."""

    channel: str
    nick: str
    text: str


@dataclasses.dataclass(frozen=True, slots=True)
class Presence:
    """Somebody came or went."""

    nick: str
    here: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Notice:
    """The server says something to a person."""

    text: str


Event = (
    SignInNeeded
    | SignedIn
    | Unusable
    | AccountGone
    | Closing
    | Offline
    | Said
    | Sent
    | NotSent
    | People
    | History
    | NotDone
    | MoreUnread
    | CaughtUp
    | Joined
    | Left
    | TopicSet
    | Presence
    | Notice
)
