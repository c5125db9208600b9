"""Pure: writes a channel's stored events for a page of history, under the names that are shown now.

Each type of channel event (``events.CHANNEL_EVENTS``) has a row in a table here. A row whose body is empty leaves the
line out, so that a client that gets no line live gets none here. ``chatapp/__init__.py`` lists what else a new type
needs.

Spec: IRCv3 draft/chathistory, "draft/event-playback".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from chatapp.model import events
from chatapp.model.acts import mask_shown
from chatapp.model.channels import realname_in
from chatapp.model.messages import as_shown
from chatapp.model.remarks import is_erased
from chatapp.model.tables import Tables
from chatapp.protocol import modes
from chatapp.protocol.message import LINE_BYTES_MAX
from chatapp.server import capabilities as cap
from chatapp.server.delivery import edits, multiline, render
from chatapp.server.delivery.response import Item


def past_items(tables: Tables, event: events.PastEvent, caps: int, host: str) -> list[Item]:
    """Write a stored event as the recipient gets it: a line, several lines, a batch, or nothing."""
    if type(event) is events.MessageSent and as_shown(tables, event) is event:  # most events
        line = render.message(event, caps, host)
        return [line] if line else []
    if isinstance(event, events.MessageEdited):
        return edits.items(as_shown(tables, event), caps, host)
    if isinstance(event, events.MessageSent):
        return _message(event, as_shown(tables, event), caps, host)
    return _happened(tables, event, caps, host)


def _message(event: events.MessageSent, shown: events.MessageSent, caps: int, host: str) -> list[Item]:
    """Write a message; ``shown`` has the names of now. A text that is too long with them is divided, and loses nothing.

    Only a message that is shown under other names is measured.
    """
    if shown is event:
        return multiline.items(event, caps, host)
    room = render.room_for_text(shown)
    is_too_long = len(shown.text.encode()) > room
    if is_too_long and edits.is_action(shown.text) and not isinstance(shown, events.MultilineSent):
        return _actions(shown, room, caps, host)
    if is_too_long or isinstance(shown, events.MultilineSent):
        return multiline.items(multiline.with_new_names(shown), caps, host)
    line = render.with_new_names(shown, caps, host)
    return [line] if line else []


def _actions(shown: events.MessageSent, room: int, caps: int, host: str) -> list[Item]:
    """Divide an ACTION into several; only the first has the msgid and the client-only tags, as in ``multiline``."""
    begin, end = "\x01ACTION ", "\x01"
    pieces = render.divided(edits.without_action(shown.text), room - len(begin + end))
    texts = [f"{begin}{piece}{end}" for piece in pieces]
    return [
        render.with_new_names(
            msgspec.structs.replace(shown, text=text), caps & ~cap.MESSAGE_TAGS if index else caps, host
        )
        for index, text in enumerate(texts)
    ]


def _happened(tables: Tables, event: events.ChannelEvent, caps: int, host: str) -> list[Item]:
    """Write what happened in a channel. If the line is too long with the channel's present name, divide or cut it.

    Changes of modes become several lines, of which only the first has a msgid. A reason or a topic is cut.
    """
    line = past_event(tables, event, caps, host)
    most = LINE_BYTES_MAX + (line.index(b" ") + 1 if line[:1] == b"@" else 0)
    if len(line) <= most:
        return [line] if line else []
    if not isinstance(event, events.ModeChanges):
        return [line[: most - 2].decode(errors="ignore").encode() + b"\r\n"]
    half = len(event.changes) // 2
    if not half:
        return []
    first, second = (
        msgspec.structs.replace(event, changes=part) for part in (event.changes[:half], event.changes[half:])
    )
    return [*_happened(tables, first, caps, host), *_happened(tables, second, caps & ~cap.MESSAGE_TAGS, host)]


def repeated_items(tables: Tables, first: events.MessageSent, caps: int, host: str) -> list[Item]:
    """Write a stored message for the sender that sent it again under its idempotency key (DESIGN R4).

    An erased message is one line without a text, whatever number of lines it had. The sender knows it by the key.
    """
    if not is_erased(first):
        return past_items(tables, first, caps, host)
    known = {field: getattr(first, field) for field in events.MessageSent.__struct_fields__}
    known["tags"] = {events.CLIENT_ID_TAG: first.client_id}
    return [render.past_message(tables, events.MessageSent(**known), caps, host)]


def past_event(tables: Tables, event: events.ChannelEvent, caps: int, host: str) -> bytes:
    """Write a stored event of a channel that is no message.

    The line is empty if the channel has died, or if the row of the event leaves it out.
    """
    channel = tables.channels.get(event.stream)
    if channel is None:
        return b""
    nick = tables.name_shown(event.actor, event.nick)
    if nick != event.nick:  # with `guest`, it gets no account tag: a changed nick is not the name of an account
        event = msgspec.structs.replace(event, nick=nick, guest=True)
    body = _BODIES[type(event)](tables, event, channel.name, caps)
    if not body:
        return b""
    before = render.tags(event, caps)
    line = f"{before}:{render.source(nick, host) if nick else host} {body}\r\n".encode()
    if not nick:  # somebody on the server's machine did it
        return line
    return render.with_fitting_source(line, len(before.encode()), nick, host)


def _join(tables: Tables, event: events.Joined, channel: str, caps: int) -> str:
    if not caps & cap.EXTENDED_JOIN:
        return f"JOIN {channel}"
    user, where = tables.users.get(event.actor), tables.channels[event.stream]
    realname = event.nick if user is None else realname_in(tables, user, where, tables.time)  # that of now
    return f"JOIN {channel} {'*' if event.guest else event.nick} :{realname}"


def _part(tables: Tables, event: events.Parted, channel: str, caps: int) -> str:
    return f"PART {channel}" + (f" :{event.reason}" if event.reason else "")


def _kick(tables: Tables, event: events.Kicked, channel: str, caps: int) -> str:
    return f"KICK {channel} {tables.name_shown(event.target, event.target_nick)} :{event.reason or event.nick or '*'}"


def _modes(tables: Tables, event: events.ModeChanges, channel: str, caps: int) -> str:
    changes = [
        (sign, letter, _parameter(tables, letter, parameter, event.time)) for sign, letter, parameter in event.changes
    ]
    return f"MODE {channel} {modes.written(changes)}"


def _parameter(tables: Tables, letter: str, parameter: str, time: int) -> str:
    if letter in modes.BY_LETTER:
        return _name(tables, parameter)
    return mask_shown(tables, parameter, time) if letter in modes.LISTS else parameter


def _name(tables: Tables, uid: str) -> str:
    """Return the name that is shown now for a user, or ``*`` for a guest of whom nothing is kept."""
    known = tables.users.get(uid) or tables.gone.get(uid)
    return tables.name_shown(uid, known.name) if known is not None else "*"


def _topic(tables: Tables, event: events.TopicSet, channel: str, caps: int) -> str:
    return f"TOPIC {channel} :{event.text}"


_BODIES: dict[type, Callable[[Tables, Any, str, int], str]] = {
    events.Joined: _join,
    events.JoinedBefore: _join,
    events.Parted: _part,
    events.Kicked: _kick,
    events.ModesChanged: _modes,
    events.ModesExplained: _modes,
    events.ModesUnexplained: _modes,
    events.ModesChangedBefore: _modes,
    events.MasksLapsed: _modes,
    events.TopicSet: _topic,
}
