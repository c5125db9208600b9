"""What a session tells its front: one small record for each thing that happened.

Texts in them are as they came from the network; whoever shows them makes them harmless first (``printable.py``).
Times are milliseconds since 1970 (UTC).
"""

from __future__ import annotations

from typing import Literal

import msgspec

Lookup = Literal["known", "unknown", "closed", "unasked"]
"""What the server says of an account's name before sign-in; ``closed``: unknown, and nobody can sign up;
``unasked``: this server does not answer such a question."""


class SignInNeeded(msgspec.Struct, frozen=True):
    """The session waits for ``sign_in`` or ``sign_up``; ``refused`` is what was wrong with the last try, if any.

    ``can_sign_up``: the lookup was not asked, so the name may be a new one, and the server makes accounts.
    """

    lookup: Lookup
    refused: str = ""
    can_sign_up: bool = False


class SignedIn(msgspec.Struct, frozen=True):
    """The server knows who we are; ``again`` after a reconnect. ``lobby`` is empty where the server has none."""

    nick: str
    network: str
    lobby: str
    channels: tuple[str, ...]
    again: bool


class Unusable(msgspec.Struct, frozen=True):
    """The server will not have us, or we cannot rely on it; trying again would end the same.

    ``no_account``: because there is no account of this name, and none can be made.
    """

    text: str
    no_account: bool = False


class AccountGone(msgspec.Struct, frozen=True):
    """The account that we were signed in to is not there any more; there is nobody to be."""

    text: str


class Closing(msgspec.Struct, frozen=True):
    """The server is about to end the connection, and says why."""

    text: str


class Offline(msgspec.Struct, frozen=True):
    """The connection is gone; the next attempt is in ``retry_s``. What was asked is not answered any more."""

    reason: str
    retry_s: float


class Said(msgspec.Struct, frozen=True):
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


class Sent(msgspec.Struct, frozen=True):
    """Every line of a text is stored. ``away``: the person addressed is not here and will get it later."""

    target: str
    text: str
    lines: int
    away: bool


class NotSent(msgspec.Struct, frozen=True):
    """The server refused a text, ``code`` being its numeric or FAIL code; ``stored`` of its ``lines`` did arrive.

    ``member``: the target is a channel that we are in.
    """

    target: str
    text: str
    code: str
    reason: str
    lines: int
    stored: int
    member: bool = False


class Person(msgspec.Struct, frozen=True):
    """Somebody with a name here."""

    nick: str
    here: bool
    me: bool


class People(msgspec.Struct, frozen=True):
    """The answer to ``ask_people``: everyone (``where`` is ``*``), the members of a channel, or one person."""

    where: str
    people: tuple[Person, ...]


class History(msgspec.Struct, frozen=True):
    """The answer to ``ask_history``, oldest first; these may have been shown before."""

    conversation: str
    messages: tuple[Said, ...]


class NotDone(msgspec.Struct, frozen=True):
    """What was asked for was refused; ``people``: it was the question of ``ask_people``."""

    what: str
    text: str
    people: bool = False


class Earlier(msgspec.Struct, frozen=True):
    """The messages that follow were said before, in a conversation where nothing counts as unread.

    That is so for a channel that the account has never read, and where the server keeps no read markers.
    """

    conversation: str


class Missed(msgspec.Struct, frozen=True):
    """What others had said in a conversation that was unread: ``messages`` of them, of which ``shown`` were told.

    ``more``: there are even more than ``messages``.
    """

    conversation: str
    messages: int
    shown: int
    more: bool = False


class CaughtUp(msgspec.Struct, frozen=True):
    """All that was missed has been told; one entry for each conversation with something of others in it."""

    conversations: tuple[Missed, ...] = ()

    @property
    def messages(self) -> int:
        """How many messages of others were unread."""
        return sum(missed.messages for missed in self.conversations)


class PasswordChanged(msgspec.Struct, frozen=True):
    """The answer to ``change_password``: the account has its new password; its other sessions have ended."""


class PasswordNotChanged(msgspec.Struct, frozen=True):
    """The answer to ``change_password``: the password stays as it was.

    ``code`` is that of the server's FAIL (``WRONG_PASSWORD``, ``WEAK_PASSWORD``, ...), or its numeric.
    """

    code: str
    text: str


class Joined(msgspec.Struct, frozen=True):
    """Somebody, or we, became a member of a channel."""

    channel: str
    nick: str
    me: bool


class Left(msgspec.Struct, frozen=True):
    """Somebody, or we, is no longer a member of a channel."""

    channel: str
    nick: str
    me: bool
    reason: str


class Gone(msgspec.Struct, frozen=True):
    """Somebody is not on this server any more: the account was removed, or a guest has left."""

    nick: str
    reason: str


class TopicSet(msgspec.Struct, frozen=True):
    """A channel's topic changed; empty text means none."""

    channel: str
    nick: str
    text: str


class Presence(msgspec.Struct, frozen=True):
    """Somebody came or went."""

    nick: str
    here: bool


class Notice(msgspec.Struct, frozen=True):
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
    | Earlier
    | CaughtUp
    | PasswordChanged
    | PasswordNotChanged
    | Joined
    | Left
    | Gone
    | TopicSet
    | Presence
    | Notice
)
