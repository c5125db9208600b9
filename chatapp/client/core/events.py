"""The events that a session tells its front, each a small record.

Texts are as the network sent them; a front must make them harmless (``printable.py``) before it shows them.
Times are milliseconds since 1970 (UTC).
"""

from __future__ import annotations

from typing import Literal

import msgspec

from chatapp.client.core import answers
from chatapp.client.core.happened import Act as Act
from chatapp.client.core.happened import ChannelRenamed as ChannelRenamed
from chatapp.client.core.happened import Gone as Gone
from chatapp.client.core.happened import Joined as Joined
from chatapp.client.core.happened import Kicked as Kicked
from chatapp.client.core.happened import Left as Left
from chatapp.client.core.happened import ModesChanged as ModesChanged
from chatapp.client.core.happened import NickChanged as NickChanged
from chatapp.client.core.happened import TopicSet as TopicSet
from chatapp.client.core.happened import WhileAway as WhileAway
from chatapp.protocol.timestamps import TIME_MS_MAX

Lookup = Literal["known", "unknown", "invitation", "closed", "unasked"]
"""What the server says of an account name before sign-in; ``closed``: there is no such account, and nobody can sign up;
``invitation``: nor can anybody without an invitation; ``unasked``: the server has no command to ask."""


class SignInNeeded(msgspec.Struct, frozen=True):
    """The session waits for ``sign_in`` or ``sign_up``; ``refused`` says what was wrong with the last attempt, if any.

    ``can_sign_up``: the server makes accounts, and could not be asked whether it has this one; it may not exist.
    """

    lookup: Lookup
    refused: str = ""
    can_sign_up: bool = False


class InvitationTaken(msgspec.Struct, frozen=True):
    """Our invitation to the server counts; the account that we make joins the ``channels``."""

    network: str
    channels: tuple[str, ...]


class CertificateRefused(msgspec.Struct, frozen=True):
    """The client certificate did not sign us in; ``text`` says why. The sign-in goes on with the password."""

    text: str


class SignedIn(msgspec.Struct, frozen=True):
    """We are signed in; ``again`` after a reconnect. ``lobby`` is empty if the server has none."""

    nick: str
    network: str
    lobby: str
    channels: tuple[str, ...]
    again: bool


class Unusable(msgspec.Struct, frozen=True):
    """The server refuses us, or lacks what we need; another attempt would end in the same way.

    ``no_account``: there is no account of this name, and it cannot be made; ``bad_name``: because of the name.
    """

    text: str
    no_account: bool = False
    bad_name: bool = False


class AccountGone(msgspec.Struct, frozen=True):
    """The account was removed or banned, or our address was banned; the client has to end: a retry would not help."""

    text: str


class Closing(msgspec.Struct, frozen=True):
    """The server is about to end the connection; ``text`` says why."""

    text: str


class Offline(msgspec.Struct, frozen=True):
    """The connection is lost; the next attempt is in ``retry_s``. Open requests will get no answer."""

    reason: str
    retry_s: float


class Reaction(msgspec.Struct, frozen=True):
    """A reaction to a message of the history: how many users chose it, and some of their nicks."""

    text: str
    users: int
    nicks: tuple[str, ...]


class Said(msgspec.Struct, frozen=True):
    """A message of anybody, also of us.

    ``conversation`` is the channel, or the other person; ``target`` is the nick or channel that it was addressed to.
    ``own``: our account sent it, from any device; ``ours``: this session sent it. ``missed``: it is from the history.
    A ``text`` of several lines has a line feed between two lines. ``reply_to``: the msgid of the message that it
    answers, or empty; ``about``: that message in words (``alice: hello``), if it is known. ``edited``: its author has
    changed its text. Only messages of the history tell ``edited`` and ``reactions``.
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
    reply_to: str = ""
    about: str = ""
    edited: bool = False
    reactions: tuple[Reaction, ...] = ()

    def by_line(self) -> list[Said]:
        """Return one message for each line of the text that is not empty, for a front that shows single lines."""
        if "\n" not in self.text:
            return [self]
        lines = [msgspec.structs.replace(self, text=line) for line in self.text.split("\n") if line]
        inner = [msgspec.structs.replace(line, edited=False, reactions=()) for line in lines[:-1]]
        lines = [*inner, *lines[-1:]]
        return lines[:1] + [msgspec.structs.replace(line, about="") for line in lines[1:]]


class Edited(msgspec.Struct, frozen=True):
    """The user ``sender`` (``own``: we) changed the text of a message of its own to ``text``; ``was``: its beginning.

    For this event and the next two: ``msgid`` names the message, ``author`` sent it, and ``was`` is the beginning of
    its text; both are empty if the message is not known.
    """

    conversation: str
    sender: str
    own: bool
    msgid: str
    text: str
    author: str = ""
    was: str = ""


class Reacted(msgspec.Struct, frozen=True):
    """The user ``sender`` (``own``: we) added a reaction to a message (``on``), or removed it."""

    conversation: str
    sender: str
    own: bool
    msgid: str
    reaction: str
    on: bool
    author: str = ""
    was: str = ""


class Deleted(msgspec.Struct, frozen=True):
    """The user ``sender`` (``own``: we) deleted a message; ``reason`` may be empty."""

    conversation: str
    sender: str
    own: bool
    msgid: str
    reason: str
    author: str = ""
    was: str = ""


class Sent(msgspec.Struct, frozen=True):
    """Every line of a text is stored.

    ``away``: the recipient's away message, or the server's words if the recipient is not connected; the recipient gets
    the text later. It is empty if the recipient is here.
    """

    target: str
    text: str
    lines: int
    away: str = ""


class NotSent(msgspec.Struct, frozen=True):
    """The server refused a text; ``stored`` of its ``lines`` lines were stored before.

    ``code`` is a numeric, a code of FAIL, or a code of this client (ACK, GONE). ``member``: the target is a channel
    that we are in.
    """

    target: str
    text: str
    code: str
    reason: str
    lines: int
    stored: int
    member: bool = False


class Person(msgspec.Struct, frozen=True):
    """A user of the server; ``here``: not away. ``role``: the highest role in the channel that was asked about."""

    nick: str
    here: bool
    me: bool
    role: str = ""


class People(msgspec.Struct, frozen=True):
    """The answer to ``ask_people``; ``where`` is ``*`` (everyone), a channel (its members) or a nick."""

    where: str
    people: tuple[Person, ...]


class History(msgspec.Struct, frozen=True):
    """The answer to ``ask_history``, oldest message first; the front may have shown these messages before.

    ``acts``: what was done in the channel meanwhile, oldest first, if the front asked for it. ``since``: from this time
    (ms; 0: the beginning) to the end of what was asked for, the server has no other messages.
    """

    conversation: str
    messages: tuple[Said, ...]
    acts: tuple[Act, ...] = ()
    since: int = TIME_MS_MAX

    def in_order(self) -> list[Said | Act]:
        """Return the messages and the acts in the order of their times."""
        return sorted([*self.messages, *self.acts], key=lambda each: each.time)


class Matches(msgspec.Struct, frozen=True):
    """The answer to ``ask_search``: the messages that match ``text``, oldest first.

    ``whole``: the server searched all messages that it should, so that no match is missing.
    """

    text: str
    messages: tuple[Said, ...]
    whole: bool = True


class NotDone(msgspec.Struct, frozen=True):
    """The server refused a request, ``what`` in words; ``people``: it was a request of ``ask_people``.

    ``code`` is a numeric or a code of FAIL.
    """

    what: str
    text: str
    people: bool = False
    code: str = ""


class Earlier(msgspec.Struct, frozen=True):
    """The messages that follow are old, in a conversation where no message counts as unread.

    That is a channel that the account has never read, or any conversation if the server keeps no read markers.
    """

    conversation: str


class Missed(msgspec.Struct, frozen=True):
    """The unread messages of others in one conversation: their number, and how many of them were told (``shown``).

    ``more``: there are more unread messages than ``messages``, which the client did not count.
    """

    conversation: str
    messages: int
    shown: int
    more: bool = False


class CaughtUp(msgspec.Struct, frozen=True):
    """All missed messages have been told; one entry for each conversation that had unread messages of others."""

    conversations: tuple[Missed, ...] = ()

    @property
    def messages(self) -> int:
        """The number of unread messages of others."""
        return sum(missed.messages for missed in self.conversations)


class PasswordChanged(msgspec.Struct, frozen=True):
    """The answer to ``change_password``: the account has its new password; its other sessions have ended."""


class PasswordNotChanged(msgspec.Struct, frozen=True):
    """The answer to ``change_password``: the password stays as it was.

    ``code`` is a code of FAIL (``WRONG_PASSWORD``, ``WEAK_PASSWORD``, ...) or a numeric.
    """

    code: str
    text: str


class Invited(msgspec.Struct, frozen=True):
    """The user ``by`` invited a user (``me``: us) to a channel. ``away``: the user's away message."""

    channel: str
    nick: str
    me: bool
    by: str
    away: str = ""


class Knocked(msgspec.Struct, frozen=True):
    """A user asks to be invited to a channel that we keep in order."""

    channel: str
    nick: str
    text: str


class Blocked(msgspec.Struct, frozen=True):
    """We blocked a user on a device of ours (``on``), or ended that; a mask stands for the users that match it."""

    nick: str
    on: bool


class Presence(msgspec.Struct, frozen=True):
    """A user came back (``here``), or is away now, with the away message ``away``."""

    nick: str
    here: bool
    away: str = ""


class Notice(msgspec.Struct, frozen=True):
    """A text of the server for the person at the client."""

    text: str


Event = (
    SignInNeeded | InvitationTaken | CertificateRefused | SignedIn | Unusable | AccountGone | Closing | Offline | Said
    | Edited | Reacted | Deleted | Sent | NotSent | People | History | Matches | NotDone | Earlier | CaughtUp
    | PasswordChanged | PasswordNotChanged | Joined | Left | Kicked | ChannelRenamed | ModesChanged | Invited | Knocked
    | Blocked | Gone | TopicSet | NickChanged | WhileAway | Presence | Notice
    | answers.Modes | answers.Masks | answers.WhoIs | answers.Channels | answers.Invitations | answers.NewInvitation
    | answers.BlockedPeople | answers.DeviceTokens | answers.TokenMade | answers.TokenRevoked
)  # fmt: skip
