"""Adds to a page of messages what was said about them later: reactions and the newest edit.

A message may have hundreds of reactions, so a page may have very many. They are read and added up in parts, one in each
turn of the event loop, and each costs its reader as much as a line.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import msgspec

from chatapp.model.events import MessageSent, PastEvent
from chatapp.server.capabilities import AGGREGATE, MESSAGE_TAGS
from chatapp.server.delivery import context
from chatapp.server.delivery.reactions import TAG, added_up
from chatapp.server.session.session import Session

_AGGREGATED = AGGREGATE | MESSAGE_TAGS
_PART = 1_000  # remarks that one turn of the event loop handles; or all those of one message


def _is_aggregated(session: Session) -> bool:
    return session.caps & _AGGREGATED == _AGGREGATED


def _messages(page: Sequence[PastEvent]) -> list[tuple[str, str]]:
    """Return the msgids and streams of the messages of a page."""
    return [(event.id, event.stream) for event in page if isinstance(event, MessageSent)]


async def with_context(session: Session, page: list[PastEvent]) -> list[PastEvent]:
    """Return a page in which reactions and the newest edit follow each message, for a client with event-playback.

    A client with chatapp/aggregate gets :func:`with_reactions` instead. Raises LogUnavailableError.
    """
    if _is_aggregated(session) or session.caps & context.NEEDED != context.NEEDED:
        return page
    services, most = session.services, session.services.config.history_page_max
    left, remarks = _messages(page)[::-1], list[MessageSent]()
    while left and len(remarks) < most:
        found, number = await services.history.remarks(left, services.state.position, most=_PART)
        session.charge_lines(len(found))
        remarks += found
        left = left[number:]
        await services.round_robin.wait()
    remarks.sort(key=lambda remark: remark.time)
    hidden = session.user.silenced if session.user is not None else ()
    return context.with_context(page, remarks, hidden, session.caps, most)


async def with_reactions(session: Session, piece: Sequence[PastEvent]) -> AsyncIterator[Sequence[PastEvent]]:
    """Yield a piece of a page in parts, each message with the tag ``chatapp/reactions``, if the client knows the tag.

    Raises LogUnavailableError.
    """
    services = session.services
    while messages := _messages(piece) if _is_aggregated(session) else []:
        found, number = await services.history.remarks(messages, services.state.position, most=_PART, edits=False)
        session.charge_lines(len(found))
        hidden = session.user.silenced if session.user is not None else ()
        values = added_up(services.state, found, hidden, session.uid)
        end = len(piece)
        if number < len(messages):
            end = next(index for index, event in enumerate(piece) if event.id == messages[number][0])
        yield [_tagged(event, values) for event in piece[:end]]
        piece = piece[end:]
        if piece:
            await services.round_robin.wait()
    if piece:
        yield piece


def _tagged(event: PastEvent, values: dict[str, str]) -> PastEvent:
    value = values.get(event.id)
    if value is None or not isinstance(event, MessageSent):
        return event
    return msgspec.structs.replace(event, tags={TAG: value, **(event.tags or {})})
