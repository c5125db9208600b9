"""Queries over the messages in the log, answered in threads of their own.

A page is made in one step of SQLite (as one JSON text), because after each step the thread has to wait for Python's
lock, which the event loop holds while it is at work. A step is also as long as anything here reads: the log's file
can be tidied between any two.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import NamedTuple, TypeVar

import msgspec

from chatapp.errors import LogUnavailableError
from chatapp.model.events import AnyEvent, MessageSent
from chatapp.storage.courtesy import Courtesy
from chatapp.storage.database import open_reader
from chatapp.storage.log import EventLog
from chatapp.storage.writer import as_applied

_Result = TypeVar("_Result")
_Found = list[tuple[int, int, MessageSent]]  # place, time as applied, event as proposed
_decode_page = msgspec.json.Decoder(_Found).decode
_NEWEST_FIRST = "time desc, seq desc"
_MESSAGES = "kind = 'message-sent'"
_MESSAGES_AND_TAGS = "kind in ('message-sent', 'tags-sent')"
_NOT_LISTED = "log.seq > (select listed.seq from listed) and listed is null"
_OLDEST_FIRST = "time, seq"


class _Part(NamedTuple):
    """What a page is taken from."""

    condition: str
    times: tuple[int, ...]  # the parameters of the condition
    order: str


def page_query(condition: str, order: str, kinds: str = _MESSAGES) -> str:
    """Write the query for a page as one JSON array of [place, time, event].

    It looks in the index, and through the last messages, which the index does not hold yet. Its parameters, each part
    twice: the stream, those of ``condition``, the last place, the greatest number of messages; and that number again.
    """
    part = f"select seq, time, event from log where stream = ? and %s and {kinds} and {condition} and seq <= ?"
    part += f" order by {order} limit ?"
    return (
        "select '[' || coalesce(group_concat('[' || seq || ',' || time || ',' || event || ']'), '') || ']' from ("
        f"select * from ({part % 'listed = 1'})"
        f" union all select * from ({part % _NOT_LISTED})"
        f" order by {order} limit ?)"
    )


def _applied(found: _Found, stream: str, unplaced: Mapping[int, AnyEvent | None]) -> list[MessageSent]:
    """Give the messages found as they were applied, in order; notes that are not on disk yet come first."""
    found.sort(key=lambda row: (row[1], row[0]))
    messages = [as_applied(event, time, stream) for _, time, event in found]
    if not unplaced:
        return messages
    applied = (unplaced.get(row[0], message) for row, message in zip(found, messages, strict=True))
    return [message for message in applied if isinstance(message, MessageSent)]


class History:
    """What was said, by stream and time. Every method may be called at once with others; each waits its turn."""

    def __init__(self, path: Path, log: EventLog, threads: int = 1, queue_max: int = 1_000) -> None:
        """Read the file ``path`` that ``log`` writes; ``queue_max`` queries at most wait for a thread."""
        self._path = path
        self._log = log
        self._queue_max = queue_max
        self._courtesy = Courtesy()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="history")
        self._idle: SimpleQueue[sqlite3.Connection] = SimpleQueue()

    @property
    def waiting(self) -> int:
        """How many queries are under way, or wait for a thread."""
        return self._courtesy.jobs

    async def latest(self, stream: str, *, after: int | None, limit: int, upto_seq: int) -> list[MessageSent]:
        """Fetch the newest messages, of those after the time ``after`` where it is given.

        Here and below: ``stream`` is a channel's uid or a conversation; times are milliseconds since 1970 and
        exclusive; ``limit`` counts messages; ``upto_seq`` is the place in the log beyond which nothing is told.
        The oldest comes first in the list. All raise LogUnavailableError when too many wait or the log cannot be read.
        """
        if after is None:
            return await self._page(stream, "true", (), _NEWEST_FIRST, limit, upto_seq)
        return await self._page(stream, "time > ?", (after,), _NEWEST_FIRST, limit, upto_seq)

    async def missed(self, stream: str, *, after_seq: int, after: int, limit: int, upto_seq: int) -> list[MessageSent]:
        """Fetch the newest messages behind the place ``after_seq`` in the log; none of them before the time ``after``.

        (A message may be stored later than another one and bear an earlier time.) Unlike all other queries this one
        tells messages without text (TAGMSG) too, as it stands for what would have been heard.
        """
        return await self._page(
            stream, "time > ? and seq > ?", (after, after_seq), _NEWEST_FIRST, limit, upto_seq, _MESSAGES_AND_TAGS
        )

    async def before(self, stream: str, time: int, limit: int, upto_seq: int) -> list[MessageSent]:
        """Fetch the newest messages before a time."""
        return await self._page(stream, "time < ?", (time,), _NEWEST_FIRST, limit, upto_seq)

    async def after(self, stream: str, time: int, limit: int, upto_seq: int) -> list[MessageSent]:
        """Fetch the oldest messages after a time."""
        return await self._page(stream, "time > ?", (time,), _OLDEST_FIRST, limit, upto_seq)

    async def between(self, stream: str, start: int, end: int, limit: int, upto_seq: int) -> list[MessageSent]:
        """Fetch the messages between two times, those nearest to ``start``, whichever is the earlier."""
        order = _OLDEST_FIRST if start <= end else _NEWEST_FIRST
        times = (min(start, end), max(start, end))
        return await self._page(stream, "time > ? and time < ?", times, order, limit, upto_seq)

    async def around(self, stream: str, time: int, limit: int, upto_seq: int) -> list[MessageSent]:
        """Fetch the messages around a time and the one at that time; half of them earlier, where there are so many."""
        parts = (_Part("time < ?", (time,), _NEWEST_FIRST), _Part("time >= ?", (time,), _OLDEST_FIRST))
        earlier, later = await self._fetch(stream, parts, limit, upto_seq)
        earlier_wanted = max(limit // 2, limit - len(later))
        earlier = earlier[max(0, len(earlier) - earlier_wanted) :]
        return earlier + later[: limit - len(earlier)]

    async def find(self, msgid: str) -> tuple[str, int] | None:
        """Look up the stream and time of a message; ``None`` when there is none of this id."""
        unplaced = await self._settle()

        def query(db: sqlite3.Connection) -> list[tuple[int, str, int]]:
            return db.execute(
                f"select seq, stream, time from log where id = ? and {_MESSAGES_AND_TAGS} and stream is not null",
                (msgid,),
            ).fetchall()

        for seq, stream, time in await self._run(query):
            if seq not in unplaced:
                return stream, time
            event = unplaced[seq]
            if event is not None:
                return event.stream, event.time
        return None

    async def close(self) -> None:
        """End the threads, after the queries that wait."""
        await asyncio.get_running_loop().run_in_executor(None, self._pool.shutdown)
        while True:
            try:
                self._idle.get_nowait().close()
            except Empty:
                return

    async def _page(
        self,
        stream: str,
        condition: str,
        times: tuple[int, ...],
        order: str,
        limit: int,
        upto_seq: int,
        kinds: str = _MESSAGES,
    ) -> list[MessageSent]:
        (page,) = await self._fetch(stream, (_Part(condition, times, order),), limit, upto_seq, kinds)
        return page

    async def _fetch(
        self, stream: str, parts: Sequence[_Part], limit: int, upto_seq: int, kinds: str = _MESSAGES
    ) -> list[list[MessageSent]]:
        """Fetch a page for each of the parts, at once."""
        unplaced = await self._settle()

        def query(db: sqlite3.Connection) -> list[_Found]:
            pages = []
            for condition, times, order in parts:
                parameters = (stream, *times, upto_seq, limit)
                ((text,),) = db.execute(
                    page_query(condition, order, kinds), (*parameters, *parameters, limit)
                ).fetchall()
                pages.append(_decode_page(text))
            return pages

        return [_applied(found, stream, unplaced) for found in await self._run(query)]

    async def _settle(self) -> Mapping[int, AnyEvent | None]:
        """Wait until the notes of the log are on disk; where that is full, return them, to be applied here."""
        try:
            await self._log.settle()
        except LogUnavailableError:
            return dict(self._log.unplaced)
        return {}

    async def _run(self, query: Callable[[sqlite3.Connection], _Result]) -> _Result:
        if self._courtesy.jobs >= self._queue_max:
            raise LogUnavailableError("Too many are reading the history just now. Try again in a moment.")
        loop = asyncio.get_running_loop()
        try:
            answer = self._courtesy.hand_over(lambda: loop.run_in_executor(self._pool, self._in_thread, query))
        except RuntimeError:  # after close()
            raise LogUnavailableError("The history cannot be read any more: the server is stopping.") from None
        answer.add_done_callback(self._answered)
        try:
            return await asyncio.shield(answer)  # nobody may wait any more, but the thread has its job
        except (sqlite3.Error, msgspec.DecodeError) as error:
            raise LogUnavailableError(f"The history cannot be read ({error}). Tell the administrator.") from error

    def _answered(self, answer: asyncio.Future[_Result]) -> None:
        self._courtesy.ended()
        answer.exception()  # if nobody waits, nobody needs to be told

    def _in_thread(self, query: Callable[[sqlite3.Connection], _Result]) -> _Result:
        self._courtesy.taken()
        try:
            return self._query(query)
        finally:
            self._courtesy.told()

    def _query(self, query: Callable[[sqlite3.Connection], _Result]) -> _Result:
        try:
            db = self._idle.get_nowait()
        except Empty:
            db = open_reader(self._path)
        try:
            return query(db)
        finally:
            self._idle.put(db)
