"""Pure: rendering, which turns an event and a recipient's capabilities into the line that the recipient gets.

The server's own tags come before client-only tags. A line is bytes with CR LF; an empty line means that this recipient
gets nothing.

Spec: IRCv3 message-tags, "Client-only tags".
"""

from __future__ import annotations

import msgspec

from chatapp.model import events
from chatapp.model.messages import as_shown
from chatapp.model.outcome import Applied
from chatapp.model.tables import Tables
from chatapp.protocol.message import LINE_BYTES_MAX, format_tags
from chatapp.protocol.timestamps import format_time
from chatapp.server import capabilities as cap

SHOWN_BYTES_MAX = 256  # longest name that an answer repeats: 64 characters of a channel name, 4 bytes each


def source(nick: str, host: str) -> str:
    """Return the source of a user's lines, ``nick!nick@host``. ``host`` is the server's name: no address is shown."""
    return f"{nick}!{nick}@{host}"


def shown(text: str) -> str:
    """Return a client's text as a middle parameter, or ``*`` if it cannot be one or is too long to be a name.

    Spec: modern-irc, "Parameters": only the last parameter may be empty, contain spaces or begin with a colon.
    """
    stands = text and " " not in text and text[0] != ":" and len(text.encode()) <= SHOWN_BYTES_MAX
    return text if stands else "*"


def fits(line: str) -> bool:
    """Return whether a line, given without tags and CR LF, keeps the limit of 512 bytes with CR LF.

    Lines are never cut; the caller refuses or shortens a line that does not fit.
    """
    return len(line.encode()) <= LINE_BYTES_MAX - 2


def tags(event: events.Event, caps: int) -> str:
    """Return the tags of an event as ``@tags`` with a space at the end, or an empty text if there are none."""
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
    """Write a message for any recipient, its sender included."""
    nick = event.nick
    before = tags(event, caps) if caps & cap.MESSAGE_PROFILE else ""
    if event.verb == "TAGMSG":
        if not caps & cap.MESSAGE_TAGS:
            return b""
        return f"{before}:{nick}!{nick}@{host} TAGMSG {event.target}\r\n".encode()
    return f"{before}:{nick}!{nick}@{host} {event.verb} {event.target} :{event.text}\r\n".encode()


def past_message(tables: Tables, event: events.MessageSent, caps: int, host: str) -> bytes:
    """Write a stored message. A removed account is shown under a name that nobody else has (``Tables.name_shown``).

    That name may be longer than the one with which the message was checked. If the line becomes too long, the source
    is shortened, not the text.
    """
    shown_now = as_shown(tables, event)
    line = message(shown_now, caps, host)
    if shown_now is event or not line:
        return line
    return _with_fitting_source(line, len(tags(shown_now, caps).encode()), shown_now.nick, host)


def _with_fitting_source(line: bytes, before: int, nick: str, host: str) -> bytes:
    """Return a line of the user ``nick``, with a shorter source if it is too long. Its tags have ``before`` bytes."""
    full = f":{source(nick, host)} ".encode()
    for shorter in (full, f":{nick}!*@* ".encode(), f":{nick} ".encode()):
        told = line[:before] + shorter + line[before + len(full) :]
        if len(told) - before <= LINE_BYTES_MAX:
            break
    return told


def past_event(tables: Tables, event: events.PastEvent, caps: int, host: str) -> bytes:
    """Write a stored message, or another event of an existing channel, under the names that are shown now."""
    if isinstance(event, events.MessageSent):
        return past_message(tables, event, caps, host)
    if event.stream not in tables.channels:  # the last member has left it meanwhile
        return b""
    nick, channel = tables.name_shown(event.actor, event.nick), tables.channels[event.stream].name
    if nick != event.nick:  # with `guest`, it gets no account tag: a changed nick is not the name of an account
        event = msgspec.structs.replace(event, nick=nick, guest=True)
    if isinstance(event, events.Joined):
        user = tables.users.get(event.actor)
        account, realname = "" if event.guest else nick, nick if user is None else user.realname
        line = join(nick, account, realname, channel, caps, host, tags(event, caps))
    elif isinstance(event, events.Parted):
        line = _part(event, channel, caps, host)
    else:
        line = _topic(event, channel, caps, host)
    return _with_fitting_source(line, len(tags(event, caps).encode()), nick, host)


def join(nick: str, account: str, realname: str, channel: str, caps: int, host: str, before: str = "") -> bytes:
    """Write a JOIN, with the tags ``before``. With extended-join, add the account and the real name (if it fits).

    ``account`` is empty for a guest, and is then written as ``*``.

    Spec: IRCv3 extended-join.
    """
    line = f":{source(nick, host)} JOIN {channel}"
    if caps & cap.EXTENDED_JOIN:
        line += f" {account or '*'} :"
        line += realname if fits(line + realname) else ""
    return f"{before}{line}\r\n".encode()


def away(nick: str, text: str, caps: int, host: str) -> bytes:
    """Write AWAY for a user that is away, or that is back if ``text`` is empty.

    Spec: IRCv3 away-notify.
    """
    if not caps & cap.AWAY_NOTIFY:
        return b""
    return f":{source(nick, host)} AWAY{' :' + text if text else ''}\r\n".encode()


# The renderers of the table in ``announcements.py``, one for each type of event.


def joined(tables: Tables, applied: Applied, event: events.Joined, caps: int, host: str) -> bytes:
    """Write the JOIN of a user to a channel."""
    actor = applied.actor
    assert actor is not None
    account = "" if actor.guest else actor.name
    before = tags(event, caps & ~cap.ACCOUNT_TAG if actor.guest else caps)
    return join(actor.name, account, actor.realname, applied.channels[0].name, caps, host, before)


def account_created(tables: Tables, applied: Applied, event: events.AccountCreated, caps: int, host: str) -> bytes:
    """Write the JOIN of a new account to the lobby."""
    actor = applied.actor
    assert actor is not None
    return join(actor.name, actor.name, actor.realname, applied.channels[0].name, caps, host)


def parted(tables: Tables, applied: Applied, event: events.Parted, caps: int, host: str) -> bytes:
    """Write the PART of a user from a channel."""
    return _part(event, applied.channels[0].name, caps, host)


def _part(event: events.Parted, channel: str, caps: int, host: str) -> bytes:
    reason = f" :{event.reason}" if event.reason else ""
    return f"{tags(event, caps)}:{source(event.nick, host)} PART {channel}{reason}\r\n".encode()


def topic_set(tables: Tables, applied: Applied, event: events.TopicSet, caps: int, host: str) -> bytes:
    """Write the new topic of a channel."""
    return _topic(event, applied.channels[0].name, caps, host)


def _topic(event: events.TopicSet, channel: str, caps: int, host: str) -> bytes:
    return f"{tags(event, caps)}:{source(event.nick, host)} TOPIC {channel} :{event.text}\r\n".encode()


def renamed(tables: Tables, applied: Applied, event: events.Renamed, caps: int, host: str) -> bytes:
    """Write the NICK of a guest that was renamed."""
    return f"{tags(event, caps)}:{source(event.nick, host)} NICK {event.name}\r\n".encode()


def username_changed(event: events.Renamed, host: str) -> bytes:
    """Write CHGHOST after the NICK of a guest: its user name is its nick, so the user name has changed too.

    Spec: IRCv3 chghost, "When a client username or host is changed, servers MUST send the CHGHOST message".
    """
    return f":{event.name}!{event.nick}@{host} CHGHOST {event.name} {host}\r\n".encode()


def realname_set(tables: Tables, applied: Applied, event: events.RealnameSet, caps: int, host: str) -> bytes:
    """Write a user's new display name, for a recipient with setname."""
    if not caps & cap.SETNAME:
        return b""
    return f"{tags(event, caps)}:{source(event.nick, host)} SETNAME :{event.realname}\r\n".encode()


def guest_left(tables: Tables, applied: Applied, event: events.GuestLeft, caps: int, host: str) -> bytes:
    """Write the QUIT of a guest."""
    return f"{tags(event, caps)}:{source(event.nick, host)} QUIT :{event.reason}\r\n".encode()


def account_removed(tables: Tables, applied: Applied, event: events.AccountRemoved, caps: int, host: str) -> bytes:
    """Write the QUIT of a removed account."""
    assert applied.actor is not None
    return f":{source(applied.actor.name, host)} QUIT :The account was removed\r\n".encode()


def with_tag(line: bytes, tag: bytes) -> bytes:
    """Add a tag, such as ``label=x``, in front of the tags of a line."""
    return b"@" + tag + b";" + line[1:] if line.startswith(b"@") else b"@" + tag + b" " + line
