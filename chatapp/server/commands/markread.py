"""MARKREAD: show or move a read marker, which says how far an account has read, on all its devices.

A client without ``draft/read-marker`` gets a sentence (NOTICE) in the place of the line MARKREAD.

Spec: IRCv3 draft/read-marker.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from chatapp.errors import LogUnavailableError, MalformedLineError
from chatapp.model import events
from chatapp.model.entities import User
from chatapp.model.messages import last_in, may_read_or_begin, read_until
from chatapp.model.outcome import Reason
from chatapp.protocol.timestamps import format_minute, parse_time
from chatapp.server import refusals
from chatapp.server.capabilities import READ_MARKER
from chatapp.server.commands.chathistory import source_of
from chatapp.server.delivery import greeting
from chatapp.server.proposals import EventRefusedError
from chatapp.server.session.session import Session


def markread(session: Session, user: User, target: str, time: str | None) -> Coroutine[Any, Any, None] | None:
    """Show the read marker of a channel or nick, or move the marker forward to ``time`` (``timestamp=...``)."""
    source = source_of(session.services.state, user, target)
    stream = None if source is None else source.stream
    if stream is None:  # the target may be a user with whom this user has not talked yet
        other = session.services.state.user_named(target)
        if other is None:
            raise refusals.NOTHING_TO_MARK.of(target)
        stream = events.conversation(user.uid, other.uid)
    if time is not None:
        return _move(session, user, stream, _time(time), target)
    _show(session, stream)
    return None


def _time(text: str) -> int:
    try:
        if not text.startswith("timestamp="):
            raise MalformedLineError(refusals.NOT_A_MARKER)
        return parse_time(text.removeprefix("timestamp="))
    except MalformedLineError as error:
        raise refusals.UNUSABLE_MARKER.of(text, why=error) from None


def _show(session: Session, stream: str) -> None:
    """Send the marker, if the user may read the stream at this moment."""
    state, user = session.services.state, session.user
    if user is not None and may_read_or_begin(state, user, stream):
        line = greeting.marker_line(state, user, stream, session.services.host).decode().rstrip()
        session.tell("MARKREAD", line, _sentence(state.name_of(stream, user), read_until(state, user, stream)))


def _sentence(name: str, until: int | None) -> str:
    return f"{name} has no read marker." if until is None else f"You have read {name} up to {format_minute(until)}."


async def _move(session: Session, user: User, stream: str, until: int, target: str) -> None:
    """Move the marker forward to ``until`` (ms), but not beyond now, or the last message if that is later than now.

    The time of the last message may be ahead of the clock. The marker never goes back.
    """
    services, state = session.services, session.services.state
    conversation = state.conversations.get(stream)
    channel = state.channels.get(stream)
    last = conversation.time if conversation is not None else 0
    if channel is not None:
        _, last = last_in(state, user, channel)
    until = min(until, max(services.clock_ms(), last))
    before = read_until(state, user, stream)
    if before is not None and until <= before:
        _show(session, stream)
        return
    event = services.proposals.event(events.MarkerSet, user, stream, until=until)
    try:
        await services.proposals.settle(event, session, session.response)
    except LogUnavailableError as error:
        raise refusals.MARKER_NOT_KEPT.of(target, why=error) from None
    except EventRefusedError as error:
        if error.refusal.reason is Reason.TOO_MANY_MARKERS:
            raise refusals.TOO_MANY_MARKERS.of(target) from None
        if error.refusal.reason is not Reason.MARKER_NOT_NEWER:
            raise refusals.NOTHING_TO_MARK.of(target) from None
        _show(session, stream)  # another device was faster
        return
    if not session.caps & READ_MARKER:
        _show(session, stream)
