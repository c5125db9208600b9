"""Pure: lines of the server as the records of ``events.py``."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from chatapp.client.core.events import Event, Gone, Person, Presence, Said, TopicSet
from chatapp.errors import MalformedLineError
from chatapp.protocol.message import Message
from chatapp.protocol.names import fold, is_channel
from chatapp.protocol.timestamps import parse_time

_MEMBER_PREFIXES = "~&@%+"  # of STATUSMSG: to a part of a channel's members
_RPL_WHOREPLY = "352"
_GONE = "G"
_CTCP = "\x01"
_ACTION = "\x01ACTION "


def news(message: Message, me: str) -> list[Event] | None:
    """Read a line that tells of others and changes nothing for us; None for a line that is none of these."""
    reader = _NEWS.get(message.verb)
    if reader is None:
        return None
    return [] if fold(message.nick) == fold(me) and message.verb in _NO_NEWS_OF_ME else [reader(message)]


def is_said(message: Message) -> bool:
    """Tell whether a line is a message of a user, and not of the server."""
    names = is_name(message.nick) and is_name(message.param(0))
    return message.verb in ("PRIVMSG", "NOTICE") and "!" in (message.source or "") and names


def is_name(text: str) -> bool:
    """Tell whether a line to the server can name this: a person or a channel, whatever the rules of the server are."""
    return bool(text) and text[0] != ":" and " " not in text


def said(message: Message, me: str, now: int, *, ours: bool, missed: bool) -> Said:
    """Read a message for the user ``me``; ``ours``: its id is one of this session's."""
    target, sender = message.param(0), message.nick
    own = fold(sender) == fold(me)
    channel = target.lstrip(_MEMBER_PREFIXES)
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
    )


def action(text: str, *, notice: bool) -> str | None:
    """Return what somebody does, in a text that is CTCP: an ACTION (``/me waves``), a query or an answer.

    None for any other text. Queries ask a client for its version or its time; this client answers none.

    Spec: modern-irc, CTCP: "The final \\x01 is optional", "ACTION".
    """
    if not text.startswith(_CTCP):
        return None
    if text.startswith(_ACTION):
        return text.removeprefix(_ACTION).removesuffix(_CTCP)
    command, _, rest = text.removeprefix(_CTCP).removesuffix(_CTCP).partition(" ")
    if notice:
        return f"answers the CTCP query {command}: {rest}"
    return f"sends the CTCP query {command}, which chat does not answer"


def time(message: Message, now: int) -> int:
    """Return when the server says that it happened; ``now`` where it does not say."""
    try:
        return parse_time(message.tags["time"])
    except (KeyError, MalformedLineError):
        return now


def people(messages: Iterable[Message], me: str) -> tuple[Person, ...]:
    """Read the answer to WHO: client, channel, user name, host, server, nick, flags, hops and real name."""
    return tuple(
        Person(message.param(5), not message.param(6).startswith(_GONE), fold(message.param(5)) == fold(me))
        for message in messages
        if message.verb == _RPL_WHOREPLY
    )


_NO_NEWS_OF_ME = ("AWAY", "QUIT")
_NEWS: dict[str, Callable[[Message], Event]] = {
    "AWAY": lambda message: Presence(message.nick, not message.params),
    "QUIT": lambda message: Gone(message.nick, message.param(0)),
    "TOPIC": lambda message: TopicSet(message.param(0), message.nick, message.param(1)),
}
