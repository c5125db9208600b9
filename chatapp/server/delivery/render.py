"""Pure: an event and what a recipient negotiated -> the line it gets.

Server-made tags come before client-only tags (message-tags, "Client-only tags"). A line is bytes with CR LF; an empty
line means that this recipient is told nothing.
"""

from __future__ import annotations

from chatapp.model import events
from chatapp.model.messages import as_shown
from chatapp.model.outcome import Applied
from chatapp.model.tables import Tables
from chatapp.protocol.message import LINE_BYTES_MAX, format_tags
from chatapp.protocol.timestamps import format_time
from chatapp.server import capabilities as cap

SHOWN_BYTES_MAX = 256  # of a channel's name, the longest there is


def source(nick: str, host: str) -> str:
    """Write the source of a user's lines; the user name is the nick, the host is the server (no address is shown)."""
    return f"{nick}!{nick}@{host}"


def shown(text: str) -> str:
    """Show what somebody asked for as a parameter of the answer: ``*`` where it cannot be one, or is no name anyway."""
    stands = text and " " not in text and text[0] != ":" and len(text.encode()) <= SHOWN_BYTES_MAX
    return text if stands else "*"


def fits(line: str) -> bool:
    """Tell whether a line, without tags and CR LF, is not over the limit; what does not fit is never cut."""
    return len(line.encode()) <= LINE_BYTES_MAX - 2


def tags(event: events.Event, caps: int) -> str:
    """Write the tags of an event with the ``@`` before and the space behind, or nothing."""
    parts = []
    if caps & cap.SERVER_TIME:
        parts.append("time=" + format_time(event.time))
    if caps & cap.MESSAGE_TAGS:
        parts.append("msgid=" + event.id)
    if caps & cap.ACCOUNT_TAG and not event.guest:
        parts.append("account=" + event.nick)
    if caps & cap.MESSAGE_TAGS and isinstance(event, events.MessageSent) and event.tags:
        parts.append(format_tags(event.tags))
    return "@" + ";".join(parts) + " " if parts else ""


def message(event: events.MessageSent, caps: int, host: str) -> bytes:
    """Write a message as everyone hears it, its sender included."""
    nick = event.nick
    before = tags(event, caps) if caps & cap.MESSAGE_PROFILE else ""
    if event.verb == "TAGMSG":
        if not caps & cap.MESSAGE_TAGS:
            return b""
        return f"{before}:{nick}!{nick}@{host} TAGMSG {event.target}\r\n".encode()
    return f"{before}:{nick}!{nick}@{host} {event.verb} {event.target} :{event.text}\r\n".encode()


def past_message(tables: Tables, event: events.MessageSent, caps: int, host: str) -> bytes:
    """Write a message of the past. Who is gone goes by a name that means nobody else; see ``Tables.name_shown``.

    Such a name is longer than the one that the message was checked with, so the rest of the source makes way for it.
    """
    shown_now = as_shown(tables, event)
    line = message(shown_now, caps, host)
    if shown_now is event or not line:
        return line
    nick = shown_now.nick
    before = len(tags(shown_now, caps).encode()) if caps & cap.MESSAGE_PROFILE else 0
    full = f":{source(nick, host)} ".encode()
    for shorter in (full, f":{nick}!*@* ".encode(), f":{nick} ".encode()):
        told = line[:before] + shorter + line[before + len(full) :]
        if len(told) - before <= LINE_BYTES_MAX:
            break
    return told


def join(nick: str, account: str, realname: str, channel: str, caps: int, host: str, before: str = "") -> bytes:
    """Write a JOIN; with extended-join it has the account (``*`` for a guest) and the real name, where that fits."""
    line = f":{source(nick, host)} JOIN {channel}"
    if caps & cap.EXTENDED_JOIN:
        line += f" {account or '*'} :"
        line += realname if fits(line + realname) else ""
    return f"{before}{line}\r\n".encode()


def away(nick: str, text: str, caps: int, host: str) -> bytes:
    """Write that a user is away (with a text), or is back (without)."""
    if not caps & cap.AWAY_NOTIFY:
        return b""
    return f":{source(nick, host)} AWAY{' :' + text if text else ''}\r\n".encode()


# How each kind of event reads (``announcements.py``), for a recipient that shares a channel with its actor.


def joined(tables: Tables, applied: Applied, event: events.Joined, caps: int, host: str) -> bytes:
    """Write that a user is a member of a channel now."""
    actor = applied.actor
    assert actor is not None
    account = "" if actor.guest else actor.name
    before = tags(event, caps & ~cap.ACCOUNT_TAG if actor.guest else caps)
    return join(actor.name, account, actor.realname, applied.channels[0].name, caps, host, before)


def account_created(tables: Tables, applied: Applied, event: events.AccountCreated, caps: int, host: str) -> bytes:
    """Write that a new account is a member of the lobby."""
    actor = applied.actor
    assert actor is not None
    return join(actor.name, actor.name, actor.realname, applied.channels[0].name, caps, host)


def parted(tables: Tables, applied: Applied, event: events.Parted, caps: int, host: str) -> bytes:
    """Write that a user has left a channel."""
    reason = f" :{event.reason}" if event.reason else ""
    return f"{tags(event, caps)}:{source(event.nick, host)} PART {applied.channels[0].name}{reason}\r\n".encode()


def topic_set(tables: Tables, applied: Applied, event: events.TopicSet, caps: int, host: str) -> bytes:
    """Write the new topic of a channel."""
    return f"{tags(event, caps)}:{source(event.nick, host)} TOPIC {applied.channels[0].name} :{event.text}\r\n".encode()


def renamed(tables: Tables, applied: Applied, event: events.Renamed, caps: int, host: str) -> bytes:
    """Write that a guest has another name now."""
    return f"{tags(event, caps)}:{source(event.nick, host)} NICK {event.name}\r\n".encode()


def realname_set(tables: Tables, applied: Applied, event: events.RealnameSet, caps: int, host: str) -> bytes:
    """Write a user's new display name, for those who negotiated setname."""
    if not caps & cap.SETNAME:
        return b""
    return f"{tags(event, caps)}:{source(event.nick, host)} SETNAME :{event.realname}\r\n".encode()


def guest_left(tables: Tables, applied: Applied, event: events.GuestLeft, caps: int, host: str) -> bytes:
    """Write that a guest is gone."""
    return f"{tags(event, caps)}:{source(event.nick, host)} QUIT :{event.reason}\r\n".encode()


def account_removed(tables: Tables, applied: Applied, event: events.AccountRemoved, caps: int, host: str) -> bytes:
    """Write that an account was removed."""
    assert applied.actor is not None
    return f":{source(applied.actor.name, host)} QUIT :The account was removed\r\n".encode()


def with_tag(line: bytes, tag: bytes) -> bytes:
    """Put one more tag before a line's others."""
    return b"@" + tag + b";" + line[1:] if line.startswith(b"@") else b"@" + tag + b" " + line
