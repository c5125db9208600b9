"""Pure: turns lines of the server into events (``events.py``)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from chatapp.client.core.events import Event, Gone, Person, Presence, Said, TopicSet
from chatapp.errors import MalformedLineError
from chatapp.protocol.message import Message
from chatapp.protocol.names import fold, is_channel
from chatapp.protocol.timestamps import parse_time

_MEMBER_PREFIXES = "~&@%+"  # before the channel in the target of a STATUSMSG, which goes to some members only
_RPL_WHOREPLY = "352"
_GONE = "G"  # the flag of a user who is away; "H" is here
_CTCP = "\x01"
_ACTION = "\x01ACTION "


def news(message: Message, me: str) -> list[Event] | None:
    """Return the events of an AWAY, QUIT or TOPIC line; None for any other verb.

    Our own AWAY and QUIT give no event.
    """
    reader = _NEWS.get(message.verb)
    if reader is None:
        return None
    return [] if fold(message.nick) == fold(me) and message.verb in _NO_NEWS_OF_ME else [reader(message)]


def is_said(message: Message) -> bool:
    """Tell whether a line is a message (PRIVMSG or NOTICE) of a user, and not of the server."""
    names = is_name(message.nick) and is_name(message.param(0))
    return message.verb in ("PRIVMSG", "NOTICE") and "!" in (message.source or "") and names


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


def people(messages: Iterable[Message], me: str) -> tuple[Person, ...]:
    """Return the people in the answer to WHO.

    RPL_WHOREPLY has the client, channel, user name, host, server, nick, flags, then the hop count and the real name.
    """
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
