"""MARKREAD: how far an account has read, the same on all its devices.

Spec: IRCv3 draft/read-marker.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from chatapp.errors import MalformedLineError
from chatapp.model import events
from chatapp.model.state import User
from chatapp.protocol.message import Message
from chatapp.protocol.timestamps import parse_time
from chatapp.server import greeting
from chatapp.server.capabilities import READ_MARKER
from chatapp.server.commands.chathistory import stream_of
from chatapp.server.dispatch import StandardRefused
from chatapp.server.session import Session


def markread(session: Session, message: Message) -> Coroutine[Any, Any, None] | None:
    """Show the marker of a target, or move it forward."""
    user = session.user
    if user is None:
        return None
    if not message.param(0):
        raise StandardRefused("NEED_MORE_PARAMS", text="It goes: MARKREAD <channel or nick> [timestamp=<time>].")
    target = message.params[0]
    stream = stream_of(session.hub.state, user, target)
    if stream is None:
        if session.hub.state.user_named(target) is None:
            raise StandardRefused("INVALID_PARAMS", target, text="You have no channel or conversation of this name.")
        session.send(greeting.marker(target, None, session.hub.host).decode().rstrip("\r\n"))
        return None
    if len(message.params) > 1:
        return _move(session, user, target, stream, _time(message.params[1]))
    _show(session, user, target, stream)
    return None


def _time(text: str) -> int:
    try:
        if not text.startswith("timestamp="):
            raise MalformedLineError("It begins with timestamp=")
        return parse_time(text.removeprefix("timestamp="))
    except MalformedLineError as error:
        raise StandardRefused("INVALID_PARAMS", text.replace(" ", "_") or "*", text=str(error)) from None


def _show(session: Session, user: User, target: str, stream: str) -> None:
    session.send(greeting.marker(target, user.markers.get(stream), session.hub.host).decode().rstrip("\r\n"))


async def _move(session: Session, user: User, target: str, stream: str, until: int) -> None:
    """Move the marker; it never goes back, and never beyond now."""
    hub = session.hub
    until = min(until, hub.clock_ms())
    if until <= user.markers.get(stream, -1):
        _show(session, user, target, stream)
        return
    new = hub.proposals
    event = events.MarkerSet(
        id=new.new_id(),
        time=new.new_time(""),
        actor=user.uid,
        nick=user.name,
        guest=user.guest,
        stream=stream,
        until=until,
    )
    await new.settle(event, session, session.response)
    moved = session.hub.state.users.get(session.uid)
    if moved is not None and not session.caps & READ_MARKER:
        _show(session, moved, target, stream)
