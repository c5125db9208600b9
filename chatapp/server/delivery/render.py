"""Pure: rendering, which turns an event and a recipient's capabilities into the line that the recipient gets.

The server's own tags come before client-only tags. A function that returns bytes returns a line with CR LF; an empty
line means that this recipient gets nothing.

Spec: IRCv3 message-tags, "Client-only tags".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chatapp.model import events
from chatapp.model.channels import realname_in
from chatapp.model.entities import Gone
from chatapp.model.messages import as_shown
from chatapp.model.outcome import Applied
from chatapp.model.tables import Tables
from chatapp.protocol import modes
from chatapp.protocol.message import LINE_BYTES_MAX, format_tags
from chatapp.protocol.numerics import RPL_UNINVITED, numeric_line
from chatapp.protocol.timestamps import format_time
from chatapp.server import capabilities as cap

_ACCOUNT_REMOVED = "The account was removed"  # the reason of its QUIT
SHOWN_BYTES_MAX = 256  # longest name that an answer repeats: 64 characters of a channel name, 4 bytes each


def source(nick: str, host: str) -> str:
    """Return the source of a user's lines, ``nick!nick@host``. ``host`` is the server's name: no address is shown."""
    return f"{nick}!{nick}@{host}"


def source_of(event: events.Event, host: str) -> str:
    """Return the source of an event's line: the actor, or the server if no user caused the event."""
    return source(event.nick, host) if event.nick else host


def shown(text: str) -> str:
    """Return a client's text if it can be a middle parameter and is not too long for a name, otherwise ``*``.

    Spec: modern-irc, "Parameters": only the last parameter may be empty, contain spaces or begin with a colon.
    """
    stands = text and " " not in text and text[0] != ":" and len(text.encode()) <= SHOWN_BYTES_MAX
    return text if stands else "*"


def shown_letter(letter: str) -> str:
    """Return a letter of a client's MODE if it is printable and neither a space nor a colon, otherwise ``*``."""
    return letter if letter.isprintable() and letter not in ": " else "*"


def address(text: str) -> str:
    """Return an IP address as a middle parameter.

    Spec: modern-irc, RPL_WHOISUSER: "IPv6 addresses such as "::1" are prefixed with a zero".
    """
    return f"0{text}" if text.startswith(":") else text


def fits(line: str) -> bool:
    """Return whether a line without tags has at most 512 bytes when CR LF is added to it.

    The caller refuses, shortens, divides or leaves out a line that does not fit.
    """
    return len(line.encode()) <= LINE_BYTES_MAX - 2


def standard_line(host: str, kind: str, verb: str, code: str, *context: str, text: str) -> str:
    """Return a standard reply without CR LF. ``kind`` is FAIL, WARN or NOTE; ``context`` is as the client typed it.

    Spec: IRCv3 standard-replies, "Format".
    """
    middle = "".join(f" {shown(param)}" for param in context)
    return f":{host} {kind} {verb} {code}{middle} :{text}"


def tags(event: events.Event, caps: int) -> str:
    """Return the tags of an event as ``@tags`` with a space at the end, or an empty text if there are none."""
    found = f";time={format_time(event.time)}" if caps & cap.SERVER_TIME else ""
    if caps & cap.MESSAGE_TAGS:
        found += f";msgid={event.id}"
    if caps & cap.ACCOUNT_TAG and event.nick and not event.guest:
        found += f";account={event.nick}"
    if caps & cap.MESSAGE_TAGS:
        if isinstance(event, events.MessageSent):
            if event.tags:
                found += f";{format_tags(event.tags)}"
        elif isinstance(event, events.ModesChanged) and event.reason:
            found += f";{format_tags({modes.REASON_TAG: event.reason})}"
    return f"@{found[1:]} " if found else ""


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
    """Write a stored message with the names that are shown now (``messages.as_shown``).

    The shown names may be longer than those at the time of sending. If the line becomes too long, its source is
    shortened, not its text.
    """
    shown_now = as_shown(tables, event)
    return message(event, caps, host) if shown_now is event else with_new_names(shown_now, caps, host)


def with_new_names(event: events.MessageSent, caps: int, host: str) -> bytes:
    """Write a stored message whose sender or target has another name now, as :func:`past_message` says."""
    line = message(event, caps, host)
    return with_fitting_source(line, len(tags(event, caps).encode()), event.nick, host) if line else line


def room_for_text(event: events.MessageSent) -> int:
    """Return how many bytes of text fit in the line of a message with the shortest source."""
    return LINE_BYTES_MAX - len(f":{event.nick} {event.verb} {event.target} :\r\n".encode())


def divided(text: str, room_bytes: int) -> Iterator[str]:
    """Split a text into pieces of at most ``room_bytes``, never within a character; an empty text is one piece."""
    left = text.encode()
    while len(left) > room_bytes:
        piece = left[:room_bytes].decode(errors="ignore")
        yield piece
        left = left[len(piece.encode()) :]
    yield left.decode()


def with_fitting_source(line: bytes, tag_bytes: int, nick: str, host: str) -> bytes:
    """Return a line of ``nick``; if it is too long, shorten its source. The line's tags have ``tag_bytes`` bytes."""
    full = f":{source(nick, host)} ".encode()
    for shorter in (full, f":{nick}!*@* ".encode(), f":{nick} ".encode()):
        told = line[:tag_bytes] + shorter + line[tag_bytes + len(full) :]
        if len(told) - tag_bytes <= LINE_BYTES_MAX:
            break
    return told


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


# Renderers of the table in ``announcements.py``, and their helpers.


def joined(tables: Tables, applied: Applied, event: events.Joined, caps: int, host: str) -> bytes:
    """Write the JOIN of a user to a channel; without the real name of a user who may not write there."""
    actor = applied.actor
    assert actor is not None
    account = "" if actor.guest else actor.name
    before = tags(event, caps & ~cap.ACCOUNT_TAG if actor.guest else caps)
    channel = applied.channels[0]
    realname = realname_in(tables, actor, channel, event.time)
    return join(actor.name, account, realname, channel.name, caps, host, before)


def account_created(tables: Tables, applied: Applied, event: events.AccountCreated, caps: int, host: str) -> bytes:
    """Write the JOIN of a new account to the lobby."""
    actor = applied.actor
    assert actor is not None
    channel = applied.channels[0]
    realname = realname_in(tables, actor, channel, event.time)
    before = f"@time={format_time(event.time)} " if caps & cap.SERVER_TIME else ""
    return join(actor.name, actor.name, realname, channel.name, caps, host, before)


def certificate_added(tables: Tables, applied: Applied, event: events.CertificateAdded, caps: int, host: str) -> bytes:
    """Write a NOTICE that an account has one more certificate: its owner may not have added it."""
    text = f"The certificate {event.fingerprint} signs in to your account now (SASL EXTERNAL)."
    return f":{host} NOTICE {event.nick} :{text}\r\n".encode()


def certificate_removed(
    tables: Tables, applied: Applied, event: events.CertificateRemoved, caps: int, host: str
) -> bytes:
    """Write a NOTICE that an account has one certificate less."""
    assert applied.peer is not None
    text = f"The certificate {event.fingerprint} does not sign in to your account any more."
    if not event.actor:
        text = f"An administrator has removed the certificate {event.fingerprint} from your account."
    return f":{host} NOTICE {applied.peer.name} :{text}\r\n".encode()


def parted(tables: Tables, applied: Applied, event: events.Parted, caps: int, host: str) -> bytes:
    """Write the PART of a user from a channel."""
    reason = f" :{event.reason}" if event.reason else ""
    return f"{tags(event, caps)}:{source(event.nick, host)} PART {applied.channels[0].name}{reason}\r\n".encode()


def kicked(tables: Tables, applied: Applied, event: events.Kicked, caps: int, host: str) -> bytes:
    """Write the KICK of a member. If the event has no reason, the line has the actor's nick (or the server's name).

    Spec: RFC 2812, section 3.2.8.
    """
    target = applied.left[0].user.name
    line = f"{source_of(event, host)} KICK {applied.channels[0].name} {target} :{event.reason or event.nick or host}"
    return f"{tags(event, caps)}:{line}\r\n".encode()


def mode_line(tables: Tables, nick: str, channel: str, changes: Sequence[tuple[str, str, str]], host: str) -> str:
    """Write the MODE of a user who changed modes of a channel, without tags and CR LF."""
    shown_changes = [
        (sign, letter, tables.users[parameter].name if letter in modes.BY_LETTER else parameter)
        for sign, letter, parameter in changes
    ]
    return f":{source(nick, host) if nick else host} MODE {channel} {modes.written(shown_changes)}"


def modes_changed(tables: Tables, applied: Applied, event: events.ModeChanges, caps: int, host: str) -> bytes:
    """Write the MODE of a channel."""
    line = mode_line(tables, event.nick, applied.channels[0].name, event.changes, host)
    return f"{tags(event, caps)}{line}\r\n".encode()


def role_set(tables: Tables, applied: Applied, event: events.RoleSet, caps: int, host: str) -> bytes:
    """Write the MODE of a user who became an administrator or no longer is one."""
    assert applied.actor is not None
    return f":{host} MODE {applied.actor.name} :{'+' if event.role else '-'}{modes.ADMINISTRATOR}\r\n".encode()


def user_mode_line(nick: str, added: str, removed: str, host: str) -> str:
    """Write the MODE of a user who changed its own modes, without tags and CR LF."""
    changes = [("+", letter, "") for letter in added] + [("-", letter, "") for letter in removed]
    return f":{source(nick, host)} MODE {nick} :{modes.written(changes)}"


def user_modes_changed(tables: Tables, applied: Applied, event: events.UserModesChanged, caps: int, host: str) -> bytes:
    """Write the MODE of a user."""
    return f"{tags(event, caps)}{user_mode_line(event.nick, event.added, event.removed, host)}\r\n".encode()


def invited(tables: Tables, applied: Applied, event: events.Invited, caps: int, host: str) -> bytes:
    """Write the INVITE of a user to a channel."""
    assert applied.peer is not None
    line = f"{source(event.nick, host)} INVITE {applied.peer.name} {applied.channels[0].name}"
    return f"{tags(event, caps)}:{line}\r\n".encode()


def uninvited(tables: Tables, applied: Applied, event: events.Uninvited, caps: int, host: str) -> bytes:
    """Write RPL_UNINVITED (653) for the user who was invited. Spec: none; as InspIRCd sends it."""
    assert applied.peer is not None
    text = RPL_UNINVITED.text.format(channel=applied.channels[0].name, nick=event.nick or host)
    return f"{tags(event, caps)}{numeric_line(RPL_UNINVITED, host, applied.peer.name, text=text)}\r\n".encode()


def invite(nick: str, target: str, channel: str, time: int, caps: int, host: str) -> bytes:
    """Write the INVITE of an invitation that was made earlier, at ``time`` (ms)."""
    before = f"@time={format_time(time)} " if caps & cap.SERVER_TIME else ""
    return f"{before}:{source(nick, host) if nick else host} INVITE {target} {channel}\r\n".encode()


def redacted(tables: Tables, applied: Applied, event: events.Redacted, caps: int, host: str) -> bytes:
    """Write the REDACT of a message, to the same target as the message. The line has a msgid of its own.

    Spec: IRCv3 draft/message-redaction, "Examples".
    """
    assert applied.actor is not None
    target = tables.name_of(event.stream, applied.actor)
    reason = f" :{event.reason}" if event.reason else ""
    return f"{tags(event, caps)}:{source(event.nick, host)} REDACT {target} {event.msgid}{reason}\r\n".encode()


def topic_set(tables: Tables, applied: Applied, event: events.TopicSet, caps: int, host: str) -> bytes:
    """Write the new topic of a channel; nothing if the line is too long since the channel was renamed."""
    line = f":{source(event.nick, host)} TOPIC {applied.channels[0].name} :{event.text}"
    return f"{tags(event, caps)}{line}\r\n".encode() if fits(line) else b""


def renamed(tables: Tables, applied: Applied, event: events.Renamed, caps: int, host: str) -> bytes:
    """Write the NICK of a guest that was renamed."""
    return f"{tags(event, caps)}:{source(event.nick, host)} NICK {event.name}\r\n".encode()


def username_changed(event: events.Renamed, host: str) -> bytes:
    """Write CHGHOST after the NICK of a guest: its user name is its nick, so the user name has changed too.

    Spec: IRCv3 chghost, "When a client username or host is changed, servers MUST send the CHGHOST message".
    """
    return f":{event.name}!{event.nick}@{host} CHGHOST {event.name} {host}\r\n".encode()


def realname_set(tables: Tables, applied: Applied, event: events.RealnameSet, caps: int, host: str) -> bytes:
    """Write a user's new real name, for a recipient with setname."""
    if not caps & cap.SETNAME:
        return b""
    return f"{tags(event, caps)}:{source(event.nick, host)} SETNAME :{event.realname}\r\n".encode()


def guest_left(tables: Tables, applied: Applied, event: events.GuestLeft, caps: int, host: str) -> bytes:
    """Write the QUIT of a guest."""
    return f"{tags(event, caps)}:{source(event.nick, host)} QUIT :{event.reason}\r\n".encode()


def account_removed(tables: Tables, applied: Applied, event: events.AccountRemoved, caps: int, host: str) -> bytes:
    """Write the QUIT of a removed account."""
    assert applied.actor is not None
    return f":{source(applied.actor.name, host)} QUIT :{_ACCOUNT_REMOVED}\r\n".encode()


def departed(gone: Gone, caps: int, host: str) -> bytes:
    """Write a QUIT for a user who left earlier."""
    before = f"@time={format_time(gone.time)} " if caps & cap.SERVER_TIME else ""
    reason = _ACCOUNT_REMOVED if gone.account else events.QUIT
    return f"{before}:{source(gone.name, host)} QUIT :{reason}\r\n".encode()


def from_bot(line: bytes, caps: int) -> bytes:
    """Add the tag ``bot`` to a bot's line, if the recipient takes tags.

    Spec: IRCv3 bot-mode: the tag "SHOULD be added by the server to all commands sent by a bot".
    """
    return with_tag(line, events.BOT_TAG.encode()) if line and caps & cap.MESSAGE_TAGS else line


def with_tag(line: bytes, tag: bytes) -> bytes:
    """Add a tag, such as ``label=x``, in front of the tags of a line."""
    return b"@" + tag + b";" + line[1:] if line.startswith(b"@") else b"@" + tag + b" " + line
