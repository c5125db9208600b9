"""Pure: turns lines of the server into events (``events.py``)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from chatapp.client.core.announced import Announced, without_role
from chatapp.client.core.answers import Change
from chatapp.client.core.events import (
    Blocked,
    ChannelRenamed,
    Deleted,
    Edited,
    Event,
    Gone,
    InvitationTaken,
    Invited,
    Kicked,
    Knocked,
    Left,
    ModesChanged,
    Notice,
    Person,
    Presence,
    Reacted,
    Reaction,
    Said,
    TopicSet,
)
from chatapp.client.core.replies import text_of
from chatapp.errors import MalformedLineError
from chatapp.protocol.message import Message
from chatapp.protocol.modes import REASON_TAG
from chatapp.protocol.names import fold, is_channel
from chatapp.protocol.timestamps import parse_time

REPLY_TAGS = ("+reply", "+draft/reply")  # both names of the tag
TARGET_MSGID, EDIT_TEXT = "draft/target-msgid", "draft/edit-text"
_REACT, _UNREACT = "+draft/react", "+draft/unreact"
_EDITED, _REACTIONS = "chatapp/edited", "chatapp/reactions"
_REACTIONS_MAX = 100  # different reactions of one message

_RPL_AWAY = "301"
_RPL_WHOREPLY = "352"
_RPL_UNINVITED, _RPL_KNOCK = "653", "710"
# The words of servers before what the person says: this project's server, Ergo and InspIRCd.
_KNOCKS = ("asks to be invited.", "has asked for an invite.", "is KNOCKing:")
_GONE = "G"  # the flag of a user who is away; "H" is here
_CTCP = "\x01"
_ACTION = "\x01ACTION "
_ROLES = {"q": "founder", "a": "protected", "o": "operator", "h": "half-operator", "v": "voice"}


def news(message: Message, me: str, announced: Announced) -> list[Event] | None:
    """Return the events of a line that tells what somebody did (``_NEWS``); None for any other verb.

    ``me`` is our nick. Our own AWAY, and modes of users, give no event.
    """
    if message.verb == "MODE":
        return _modes_changed(message, me, announced)
    if message.verb in _REMARKS:
        return _REMARKS[message.verb](message, me)
    names = (message.param(0), message.param(1))
    if message.verb == "RENAME" and not all(is_name(each) and is_channel(each) for each in names):
        return []
    reader = _NEWS.get(message.verb)
    if reader is None:
        return None
    return [] if _same(message.nick, me) and message.verb == "AWAY" else [reader(message, me)]


def changes(words: Sequence[str], me: str, announced: Announced) -> tuple[Change, ...]:
    """Return the changes of a MODE line, or the modes of RPL_CHANNELMODEIS; ``words``: letters, then parameters."""
    roles = announced.roles
    found = []
    for on, letter, parameter in announced.changes(words[0] if words else "", words[1:]):
        role = _ROLES.get(letter, letter) if letter in roles else ""
        found.append(Change(on, letter, parameter, role, bool(role) and _same(parameter, me)))
    return tuple(found)


def invitation_taken(message: Message) -> InvitationTaken:
    """Read ``INVITATION VALID <network> :<channels>``. Spec: chatapp/server/README.md, "Extensions"."""
    return InvitationTaken(message.param(1), tuple(filter(None, message.param(2).split(","))))


def _modes_changed(message: Message, me: str, announced: Announced) -> list[Event]:
    if not is_channel(message.param(0)):
        return []
    changed = changes(message.params[1:], me, announced)
    reason = message.tags.get(REASON_TAG, "")
    return [ModesChanged(message.param(0), message.nick, changed, reason)] if changed else []


def _kicked(message: Message, me: str) -> Event:
    """Read a KICK; a reason that is only the nick of who did it says nothing: servers add it when none is given."""
    channel, nick, reason = message.param(0), message.param(1), message.param(2)
    return Kicked(channel, nick, _same(nick, me), message.nick, "" if _same(reason, message.nick) else reason)


def _knocked(message: Message, me: str) -> Event:
    """Read a KNOCK of a user: client, channel, ``nick!user@host``, text. Spec: none; as InspIRCd and Ergo send it."""
    text = message.param(3)
    words = next((each for each in _KNOCKS if text.startswith(each)), "")
    return Knocked(message.param(1), message.param(2).partition("!")[0], text.removeprefix(words).strip())


def _blocked(message: Message, me: str) -> Event:
    """Read the SILENCE that tells our devices of a change. Spec: none; as InspIRCd and UnrealIRCd send it."""
    change = message.param(0)
    return Blocked(change.lstrip("+-").removesuffix("!*@*"), not change.startswith("-"))


def _about(message: Message, me: str) -> tuple[str, str, bool] | None:
    """Return where a user did something to a message, its nick, and whether it is us; None for another line.

    A message to a role in a channel (``@#dev``) is one of the channel, also where it is deleted.
    """
    target, sender = without_role(message.param(0)), message.nick
    if "!" not in (message.source or "") or not is_name(sender) or not is_name(target):
        return None
    own = _same(sender, me)
    return (target if is_channel(target) or own else sender), sender, own


def _edited(message: Message, me: str) -> list[Event]:
    """Read EDIT. Spec: IRCv3 pull request 425."""
    about, msgid, text = _about(message, me), message.tags.get(TARGET_MSGID, ""), message.tags.get(EDIT_TEXT, "")
    return [Edited(*about, msgid, text)] if about is not None and msgid else []


def _deleted(message: Message, me: str) -> list[Event]:
    """Read REDACT: target, msgid, reason. Spec: IRCv3 draft/message-redaction."""
    about = _about(message, me)
    return [Deleted(*about, message.param(1), message.param(2))] if about is not None else []


def _reacted(message: Message, me: str) -> list[Event]:
    """Read a reaction; a TAGMSG without a reaction gives no event. Spec: IRCv3 client-tags/react."""
    about, msgid = _about(message, me), _reply_to(message)
    name = _REACT if _REACT in message.tags else _UNREACT
    reaction = message.tags.get(name, "")
    return [Reacted(*about, msgid, reaction, name == _REACT)] if about is not None and msgid and reaction else []


def _reply_to(message: Message) -> str:
    return next((message.tags[name] for name in REPLY_TAGS if message.tags.get(name)), "")


def _reactions(value: str) -> tuple[Reaction, ...]:
    """Read the tag ``chatapp/reactions``: one line for each reaction, ``<number> <nick>[,<nick> ...] <reaction>``."""
    found = []
    for line in value.split("\n")[:_REACTIONS_MAX]:
        number, _, rest = line.partition(" ")
        nicks, _, text = rest.partition(" ")
        if number.isdecimal() and len(number) < 10 and text:
            found.append(Reaction(text, int(number), tuple(filter(None, nicks.split(",")))))
    return tuple(found)


def _same(one: str, other: str) -> bool:
    return fold(one) == fold(other)


def is_said(message: Message) -> bool:
    """Tell whether a line is a message (PRIVMSG or NOTICE) of a user, and not of the server."""
    names = is_name(message.nick) and is_name(message.param(0))
    return message.verb in ("PRIVMSG", "NOTICE") and "!" in (message.source or "") and names


def of_server(message: Message) -> str:
    """Return the text of a message of the server; before it the channel, if it is about one."""
    where = without_role(message.param(0))
    return f"{where}: {message.param(1)}" if is_channel(where) else message.param(1)


def is_name(text: str) -> bool:
    """Tell whether a text can be a parameter in the middle of a line, as a nick or a channel name must be.

    The server may have stricter rules for names.
    """
    return bool(text) and text[0] != ":" and " " not in text


def said(message: Message, me: str, now: int, *, ours: bool, missed: bool) -> Said:
    """Return a message line as an event.

    ``me`` is our nick; ``now`` (ms) is the time if the line has none. ``ours``: this session made the message's id.
    ``missed``: the line comes from the history.
    """
    target, sender = message.param(0), message.nick
    own = fold(sender) == fold(me)
    channel = without_role(target)
    person = target if own else sender
    return Said(
        time=time(message, now),
        conversation=channel if is_channel(channel) else person,
        target=target,
        sender=sender,
        text=message.param(1),
        msgid=message.tags.get("msgid", ""),
        notice=message.verb == "NOTICE",
        own=own,
        ours=own and ours,
        missed=missed,
        reply_to=_reply_to(message),
        edited=_EDITED in message.tags,
        reactions=_reactions(message.tags.get(_REACTIONS, "")),
    )


def away(messages: Iterable[Message]) -> str:
    """Return the away message in the answer to a message of ours; empty if the recipient is here.

    Spec: modern-irc, RPL_AWAY (301): client, nick, message. A server may leave the message empty.
    """
    return next((message.param(2) or "away" for message in messages if message.verb == _RPL_AWAY), "")


def absence(messages: Sequence[Message]) -> list[Event]:
    """Return the event of a RPL_AWAY (301) that comes alone; with other lines, it is part of their event."""
    if len(messages) != 1:
        return []
    return [Presence(messages[0].param(1), here=False, away=away(messages))]


def action(text: str, *, notice: bool) -> str | None:
    """Return a CTCP text in words that follow the sender's name; None for a text that is not CTCP.

    An ACTION (``/me waves``) gives its own words. A CTCP query asks a client for its version or its time, for example;
    this client answers no query.

    Spec: modern-irc, CTCP: "The final \\x01 is optional", "ACTION".
    """
    if not text.startswith(_CTCP):
        return None
    if text.startswith(_ACTION):
        return text.removeprefix(_ACTION).removesuffix(_CTCP)
    command, _, rest = text.removeprefix(_CTCP).removesuffix(_CTCP).partition(" ")
    if not command:
        return "sends an empty CTCP query"
    if notice:
        return f"answers the CTCP query {command}: {rest}"
    return f"sends the CTCP query {command}, which chat does not answer"


def time(message: Message, now: int) -> int:
    """Return the time of a line (ms), from its ``time`` tag; ``now`` if it has no valid tag."""
    try:
        return parse_time(message.tags["time"])
    except (KeyError, MalformedLineError):
        return now


def people(messages: Iterable[Message], me: str, roles: Mapping[str, str]) -> tuple[Person, ...]:
    """Return the people in the answer to WHO; ``roles``: mode letter -> prefix, the highest first (empty: no roles).

    RPL_WHOREPLY has the client, channel, user name, host, server, nick, flags, then the hop count and the real name.
    Spec: modern-irc, RPL_WHOREPLY: H or G, "an asterisk" for an operator of the server, "the highest channel membership
    prefix".
    """
    return tuple(_person(message, me, roles) for message in messages if message.verb == _RPL_WHOREPLY)


def _person(message: Message, me: str, roles: Mapping[str, str]) -> Person:
    nick, flags = message.param(5), message.param(6)
    role = next((_ROLES.get(letter, letter) for letter, prefix in roles.items() if prefix in flags[1:]), "")
    return Person(nick, not flags.startswith(_GONE), _same(nick, me), role)


def quits(message: Message, me: str, channels: tuple[str, ...] = ()) -> list[Event]:
    """Return the event of a QUIT; none if it is our own. ``channels``: in which of ours the user was."""
    return [] if _same(message.nick, me) else [Gone(message.nick, message.param(0), channels)]


_NEWS: dict[str, Callable[[Message, str], Event]] = {
    "AWAY": lambda message, me: Presence(message.nick, not message.params, message.param(0)),
    "INVITE": lambda message, me: Invited(
        message.param(1), message.param(0), _same(message.param(0), me), message.nick
    ),
    "KICK": _kicked,
    "NOTE": lambda message, me: Notice(text_of(message)),
    "PART": lambda message, me: Left(message.param(0), message.nick, _same(message.nick, me), message.param(1)),
    "RENAME": lambda message, me: ChannelRenamed(message.param(0), message.param(1), message.nick, message.param(2)),
    "SILENCE": _blocked,
    "TOPIC": lambda message, me: TopicSet(message.param(0), message.nick, message.param(1)),
    "WARN": lambda message, me: Notice(text_of(message)),
    _RPL_KNOCK: _knocked,
    _RPL_UNINVITED: lambda message, me: Notice(text_of(message)),
}
_REMARKS: dict[str, Callable[[Message, str], list[Event]]] = {
    "EDIT": _edited,
    "REDACT": _deleted,
    "TAGMSG": _reacted,
}
