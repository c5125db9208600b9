"""Telling a session what its account missed (DESIGN R5, R6).

A client that cannot ask for history is told at once, before anything that others say meanwhile. A client that can ask,
but does not within ``fetch_s``, is told the unread direct messages: otherwise nobody would ever see them. Some clients
ask only for the channels and conversations they show; they are told those of the other conversations.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

import msgspec

from chatapp.errors import LogUnavailableError
from chatapp.model import events
from chatapp.model.entities import User
from chatapp.server import capabilities as cap
from chatapp.server.delivery import render
from chatapp.server.delivery.response import Batch
from chatapp.server.session import receipts
from chatapp.server.session.session import Session

log = logging.getLogger(__name__)

_TYPING = frozenset({"+typing", "+draft/typing"})


async def welcome_back(session: Session, user: User, reached: tuple[int, int]) -> None:
    """Tell a session what its account missed after a position, now or when it does not ask for it."""
    session.alive = reached
    if user.guest or not receipts.spoken_since(session.services.state, user, reached[0]):
        return
    if receipts.can_fetch(session):
        session.await_fetch(_Unfetched(session, reached[0]))
    else:
        streams = receipts.spoken_since(session.services.state, user, reached[0])
        await _replay(session, user, streams, reached[0], session.services.state.position)


class _Unfetched:
    """What a client that can ask for history has not asked for yet. Until it does, it counts as not told."""

    def __init__(self, session: Session, after: int) -> None:
        self._session = session
        self._after = after
        self._asked: set[str] = set()  # conversations that the client has asked for
        self._here_and_now = session.services.here_and_now()
        session.untold = True
        loop = session.services.loop
        self._timer = loop.call_later(session.services.config.fetch_s, self._give_up)
        self._task: asyncio.Task[None] | None = None

    def fetched(self, stream: str | None) -> None:
        """Note that the client asks for one conversation, or (``None``) for all, and so finds what it missed."""
        if stream is not None:
            self._asked.add(stream)
            return
        self._timer.cancel()
        self._told()

    def gone(self) -> None:
        """End the wait: the connection is closed."""
        self._timer.cancel()
        if self._task is not None:
            self._task.cancel()

    def _told(self) -> None:
        session = self._session
        session.await_fetch(None)
        session.untold = False
        session.alive = max(session.alive, self._here_and_now)

    def _give_up(self) -> None:
        self._task = self._session.services.loop.create_task(self._run())

    async def _run(self) -> None:
        try:
            await self._tell()
        except Exception:
            log.exception("a bug in telling what a client did not ask for")

    async def _tell(self) -> None:
        """Replay the unread messages of the conversations that the client has not asked for."""
        session, user = self._session, self._session.user
        if user is None or session.closed:
            return
        state = session.services.state
        streams = [
            stream
            for stream in receipts.spoken_since(state, user, self._after)
            if events.is_conversation(stream)
            and stream not in self._asked
            and state.conversations[stream].spoken > user.markers.get(stream, -1)
        ]
        session.untold = False
        if streams:
            await _replay(session, user, streams, self._after, self._here_and_now[0], unread_only=True)
        if not session.untold:
            self._told()


async def _replay(
    session: Session, user: User, streams: Sequence[str], after: int, upto: int, *, unread_only: bool = False
) -> None:
    """Tell a session what was said in streams between two positions, and ask whether that has arrived.

    With ``unread_only`` messages at or before the account's read marker are left out.
    """
    services = session.services
    names = {stream: services.state.name_of(stream, user) for stream in streams}
    markers = {stream: user.markers.get(stream, -1) if unread_only else -1 for stream in streams}
    session.flush_now()
    session.holding = True
    lines: list[bytes] = []
    limit, room = services.config.replay_max, services.config.replay_bytes_max
    try:
        for stream in streams:
            limit = limit if room > 0 else 0
            missed = await services.history.missed(stream, after_seq=after, limit=limit + 1, upto_seq=upto)
            if len(missed) > limit:
                rest = f"the last {limit} messages follow" if limit else "it is too much to be shown here"
                words = f"More was said in {names[stream]} while you were away; {rest}."
                lines.append(f":{services.host} NOTICE {session.nick} :{words}\r\n".encode())
            told = [event for event in missed[max(0, len(missed) - limit) :] if event.time > markers[stream]]
            page = _page(session, names[stream], told)
            lines += page
            room -= sum(map(len, page))
    except LogUnavailableError as error:
        session.untold = True
        lines.append(f":{services.host} NOTICE {session.nick} :What you missed could not be read: {error}\r\n".encode())
    finally:
        if not session.closed:
            session.release(b"".join(lines))
            if lines:
                session.watch.ask(session)


def _page(session: Session, target: str, told: Sequence[events.MessageSent]) -> list[bytes]:
    """Write the replay of one stream, as a batch where the client knows batches, so that no bot answers it.

    What was of its moment is left out: the account's own messages, CTCP queries and answers (they are too late),
    and that somebody was typing.
    """
    host, caps, state = session.services.host, session.caps, session.services.state
    kept = [_without_typing(event) for event in told if event.actor != session.uid and not _is_ctcp(event)]
    lines = [render.past_message(state, event, caps, host) for event in kept if event.verb != "TAGMSG" or event.tags]
    lines = [line for line in lines if line]
    if not lines or not caps & cap.BATCH:
        return lines
    batch = Batch(session.services.batch_reference(), f"chathistory {target}", host)
    return [batch.start, *(render.with_tag(line, batch.tag) for line in lines), batch.end]


def _is_ctcp(event: events.MessageSent) -> bool:
    """Tell CTCP queries and their answers from all other texts; ACTION ("/me waves") is a message of a person."""
    return event.text.startswith("\x01") and not event.text.startswith("\x01ACTION ")


def _without_typing(event: events.MessageSent) -> events.MessageSent:
    if not event.tags or event.tags.keys().isdisjoint(_TYPING):
        return event
    return msgspec.structs.replace(event, tags={key: value for key, value in event.tags.items() if key not in _TYPING})
