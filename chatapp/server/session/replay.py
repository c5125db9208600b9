"""The replay: it sends a session the messages that its account missed (DESIGN R5, R6).

A client without CHATHISTORY gets the missed messages at once, before any new message. If a client with CHATHISTORY does
not ask within ``FETCH_S``, the server sends it the unread direct messages: otherwise nobody would ever see them. Some
clients ask only for the channels and conversations that they show; they get the unread messages of the other
conversations.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Container, Iterator, Sequence
from typing import NamedTuple

import msgspec

from chatapp.errors import LogUnavailableError
from chatapp.model import events
from chatapp.model.entities import User
from chatapp.model.messages import may_read, only_readable, streams_in
from chatapp.model.remarks import newest, target_of
from chatapp.server import capabilities as cap
from chatapp.server import refusals
from chatapp.server.delivery.past import past_items
from chatapp.server.delivery.response import Batch, Item, nested
from chatapp.server.session import receipts
from chatapp.server.session.pages import Pages
from chatapp.server.session.session import Session

log = logging.getLogger(__name__)

FETCH_S = 4.0  # time for a client with CHATHISTORY to fetch its history, before the server sends the unread messages

_TYPING = frozenset({"+typing", "+draft/typing"})


async def welcome_back(session: Session, user: User, reached: tuple[int, int]) -> None:
    """Replay what the account missed after ``reached`` (position, time in ms).

    A client without CHATHISTORY gets the messages now. A client with CHATHISTORY gets the unread direct messages after
    ``FETCH_S``, if it does not ask for them.
    """
    session.received_upto = reached
    if user.guest or not receipts.spoken_since(session.services.state, user, reached[0]):
        return
    if receipts.can_fetch(session):
        session.await_fetch(_Unfetched(session, reached[0]))
    else:
        streams = receipts.spoken_since(session.services.state, user, reached[0])
        await _replay(session, user, streams, reached[0], session.services.state.position)


class _Unfetched:
    """The missed messages that a client with CHATHISTORY has not asked for yet.

    While it waits, the session is ``untold``: the messages do not count as received.
    """

    def __init__(self, session: Session, after: int) -> None:
        self._session = session
        self._after = after
        self._known: set[str] = set()  # uids of the streams that the client has read or was told of
        self._here_and_now = session.services.here_and_now()
        session.untold = True
        loop = session.services.loop
        self._timer = loop.call_later(FETCH_S, self._give_up)
        self._task: asyncio.Task[None] | None = None

    def fetched(self, stream: str) -> None:
        """Note that the client fetched messages of this stream, or was told that the stream has messages."""
        self._known.add(stream)

    def gone(self) -> None:
        """End the wait: the connection is closed."""
        self._timer.cancel()
        if self._task is not None:
            self._task.cancel()

    def _told(self) -> None:
        session = self._session
        session.await_fetch(None)
        session.untold = False
        session.received_upto = max(session.received_upto, self._here_and_now)

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
            and stream not in self._known
            and state.conversations[stream].spoken > user.markers.get(stream, -1)
        ]
        session.untold = False
        if streams:
            await _replay(session, user, streams, self._after, self._here_and_now[0], unread_only=True)
        if not session.untold:
            self._told()


class _Missed(NamedTuple):
    """The replay of one stream: a NOTICE if messages are left out (otherwise empty), the messages, and their lines."""

    stream: str
    name: str  # for the reader
    notice: bytes
    found: list[events.MessageSent]
    lines: list[bytes]


async def _replay(
    session: Session, user: User, streams: Sequence[str], after: int, upto: int, *, unread_only: bool = False
) -> None:
    """Send a session the messages of ``streams`` between two positions (``after`` exclusive, ``upto`` inclusive).

    A PING follows, to learn whether they have arrived. With ``unread_only``, messages up to the account's read marker
    are left out. New lines for the session wait until the replay is sent.
    """
    services = session.services
    names = {stream: services.state.name_of(stream, user) for stream in streams}
    markers = {stream: user.markers.get(stream, -1) if unread_only else -1 for stream in streams}
    session.flush_now()
    session.holding = True
    told: list[_Missed] = []
    unreadable = b""
    limit, room = services.config.replay_max, services.config.replay_bytes_max
    with services.redactions.watched() as redacted:
        try:
            async with services.limits.pages.of(session.uid, session.wire.address):
                for stream in streams if not session.closed else ():
                    limit = limit if room > 0 else 0
                    pages = Pages(services.history, streams_in(services.state, user, stream))
                    found = await pages.missed(after_seq=after, limit=limit + 1, upto_seq=upto)
                    told.append(_chosen(session, stream, names[stream], found, limit, markers[stream]))
                    room -= sum(map(len, told[-1].lines))
        except LogUnavailableError as error:
            session.untold = True
            text = refusals.MISSED_NOT_READ.format(why=error)
            unreadable = f":{services.host} NOTICE {session.nick} :{text}\r\n".encode()
        finally:
            if not session.closed:
                lines = b"".join(line for each in told for line in _lines_now(session, each, redacted)) + unreadable
                session.release(lines)
                if lines:
                    session.watch.ask(session)


def _chosen(
    session: Session, stream: str, name: str, found: Sequence[events.MessageSent], limit: int, marker: int
) -> _Missed:
    """Choose at most the newest ``limit`` messages of a stream, later than ``marker`` (ms)."""
    state, user = session.services.state, session.user
    silenced = user.silenced if user is not None else ()
    missed = [event for event in only_readable(state, user, found) if event.actor not in silenced]
    notice = b""
    if len(missed) > limit:
        rest = f"the last {limit} messages follow" if limit else "it is too much to be shown here"
        words = f"More was said in {name} while you were away; {rest}."
        notice = f":{session.services.host} NOTICE {session.nick} :{words}\r\n".encode()
    chosen = [event for event in missed[max(0, len(missed) - limit) :] if event.time > marker]
    chosen = [event for event in _without_old_edits(chosen) if event.actor != session.uid]
    return _Missed(stream, name, notice, chosen, _page(session, name, chosen))


def _lines_now(session: Session, told: _Missed, redacted: Container[str]) -> list[bytes]:
    """Return the lines of a stream to send now, without messages that became unreadable or redacted.

    Events may have happened while other streams were read.
    """
    state, user = session.services.state, session.user
    if user is None or may_read(state, user, told.stream) is None:
        return []
    kept = [
        event
        for event in only_readable(state, user, told.found)
        if event.actor not in user.silenced and event.id not in redacted and target_of(event) not in redacted
    ]
    return [told.notice, *(told.lines if len(kept) == len(told.found) else _page(session, told.name, kept))]


def _without_old_edits(told: Sequence[events.MessageSent]) -> list[events.MessageSent]:
    """Leave out the edits that the client does not need.

    A message in ``told`` is written with its newest text, so all its edits are left out. Of an earlier message, which
    the client has, only the newest edit stays.
    """
    latest = newest(told)
    msgids = {event.id for event in told}
    return [
        event
        for event in told
        if not isinstance(event, events.MessageEdited) or (event.msgid not in msgids and latest[event.msgid] is event)
    ]


def _page(session: Session, target: str, told: Sequence[events.MessageSent]) -> list[bytes]:
    """Return the lines that replay one stream, in batches if the client has ``batch``, so that bots do not answer them.

    :func:`missed_items` leaves some messages out.
    """
    items = missed_items(session, told)
    if not items or not session.caps & cap.BATCH:
        return [item for item in items if isinstance(item, bytes)]  # without `batch` there are no other items
    lines: list[bytes] = []
    for part in without_mixing(items):
        batch = Batch(session.batch_reference(), f"chathistory {target}", session.services.host)
        lines += [batch.start, *(line for item in part for line in nested(item, batch.tag)), batch.end]
    return lines


def without_mixing(items: Sequence[Item]) -> Iterator[list[Item]]:
    """Divide items into parts, in order, each of lines only or of batches only. Each part becomes one batch.

    Messages of several lines are batches inside it. COMPAT(WeeChat 4): it shows the lines of a batch first, and then
    the batches inside, so that in a mixed batch the messages would lose their order. Not for CHATHISTORY: its
    answer is one batch.

    Spec: IRCv3 batch, "Client MAY delay processing messages of inner batches to the end of outermost batch".
    """
    for _, part in itertools.groupby(items, key=lambda item: isinstance(item, Batch)):
        yield list(part)


def missed_items(session: Session, told: Sequence[events.MessageSent]) -> list[Item]:
    """Write missed messages; leave out typing notifications. The history has left out CTCP."""
    host, caps, state = session.services.host, session.caps, session.services.state
    shown = [event for event in map(_without_typing, told) if event.verb != "TAGMSG" or event.tags]
    return [item for event in shown for item in past_items(state, event, caps, host)]


def _without_typing(event: events.MessageSent) -> events.MessageSent:
    if not event.tags or event.tags.keys().isdisjoint(_TYPING):
        return event
    return msgspec.structs.replace(event, tags={key: value for key, value in event.tags.items() if key not in _TYPING})
