"""Queries over the messages in the log, answered in threads of their own.

A page is made in one step of SQLite (as one JSON text), because after each step the thread has to wait for Python's
lock, which the event loop holds while it is at work. A step is also as long as anything here reads: the log's file
can be tidied between any two.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import NamedTuple, TypeVar

import msgspec

from chatapp.errors import LogUnavailableError
from chatapp.model.events import MessageSent
from chatapp.storage.damage import damaged
from chatapp.storage.database import open_reader, unusable, without_content
from chatapp.storage.gil_yield import GilYield
from chatapp.storage.index import FIND_MESSAGE, check_span, page_query
from chatapp.storage.outages import Outage
from chatapp.storage.tail import Tail
from chatapp.storage.writer import as_applied

_Result = TypeVar("_Result")
_Found = list[tuple[int, int, MessageSent]]  # place, time as applied, event as proposed
_decode_page = msgspec.json.Decoder(_Found).decode
_logger = logging.getLogger(__name__)
_ALWAYS = 1 << 62  # later than any time, in milliseconds


class _Span(NamedTuple):
    """What a page is taken from: messages between two times (exclusive), behind a place; the newest, or the oldest."""

    after: int = -1
    before: int = _ALWAYS
    newest: bool = True
    after_seq: int = 0
    tags: bool = False  # messages without text (TAGMSG) too

    def holds(self, seq: int, time: int) -> bool:
        return self.after < time < self.before and seq > self.after_seq


class SqliteHistory:
    """What was said, by stream and time. Every method may be called at once with others; each waits its turn."""

    def __init__(self, path: Path, tail: Tail, threads: int = 1, queue_max: int = 1_000) -> None:
        """Read the file ``path``, and the ``tail`` of the log that writes it; ``queue_max`` queries at most wait."""
        self._path = path
        self._tail = tail
        self._queue_max = queue_max
        self._gil = GilYield()
        self._unreadable = Outage()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="history")
        self._idle: SimpleQueue[sqlite3.Connection] = SimpleQueue()

    @property
    def waiting(self) -> int:
        """How many queries are under way, or wait for a thread."""
        return self._gil.jobs

    async def latest(self, stream: str, *, after: int | None, limit: int, upto_seq: int) -> list[MessageSent]:
        """Fetch the newest messages, of those after the time ``after`` where it is given.

        Here and below: ``stream`` is a channel's uid or a conversation; times are milliseconds since 1970 and
        exclusive; ``limit`` counts messages; ``upto_seq`` is the place in the log beyond which nothing is told.
        The oldest comes first in the list. All raise LogUnavailableError when too many wait or the log cannot be read.
        """
        return await self._page(stream, _Span(after=-1 if after is None else after), limit, upto_seq)

    async def missed(self, stream: str, *, after_seq: int, limit: int, upto_seq: int) -> list[MessageSent]:
        """Fetch the newest messages behind the place ``after_seq`` in the log.

        Unlike all other queries this one tells messages without text (TAGMSG) too, as it stands for what would have
        been heard.
        """
        return await self._page(stream, _Span(after_seq=after_seq, tags=True), limit, upto_seq)

    async def before(self, stream: str, time: int, limit: int, upto_seq: int) -> list[MessageSent]:
        """Fetch the newest messages before a time."""
        return await self._page(stream, _Span(before=time), limit, upto_seq)

    async def after(self, stream: str, time: int, limit: int, upto_seq: int) -> list[MessageSent]:
        """Fetch the oldest messages after a time."""
        return await self._page(stream, _Span(after=time, newest=False), limit, upto_seq)

    async def between(self, stream: str, start: int, end: int, limit: int, upto_seq: int) -> list[MessageSent]:
        """Fetch the messages between two times, those nearest to ``start``, whichever is the earlier."""
        span = _Span(after=min(start, end), before=max(start, end), newest=start > end)
        return await self._page(stream, span, limit, upto_seq)

    async def around(self, stream: str, time: int, limit: int, upto_seq: int) -> list[MessageSent]:
        """Fetch the messages around a time and the one at that time; half of them earlier, where there are so many."""
        spans = (_Span(before=time), _Span(after=time - 1, newest=False))
        earlier, later = await self._fetch(stream, spans, limit, upto_seq)
        earlier_wanted = max(limit // 2, limit - len(later))
        earlier = earlier[max(0, len(earlier) - earlier_wanted) :]
        return earlier + later[: limit - len(earlier)]

    async def find(self, msgid: str) -> tuple[str, int] | None:
        """Look up the stream and time of a message; ``None`` when there is none of this id."""
        recent = self._tail.find(msgid)
        if recent is not None:
            return recent.stream, recent.time
        upto = self._tail.listed
        parameters = {"id": msgid, "upto": upto}

        def query(db: sqlite3.Connection) -> tuple[str, int] | None:
            found = db.execute(FIND_MESSAGE, parameters).fetchall()
            if not found:
                check_span(db, msgid, upto)
                return None
            return found[0][0], found[0][1]

        return await self._run(query)

    async def close(self) -> None:
        """End the threads, after the queries that wait."""
        await asyncio.get_running_loop().run_in_executor(None, self._pool.shutdown)
        while True:
            try:
                self._idle.get_nowait().close()
            except Empty:
                return

    async def _page(self, stream: str, span: _Span, limit: int, upto_seq: int) -> list[MessageSent]:
        (page,) = await self._fetch(stream, (span,), limit, upto_seq)
        return page

    async def _fetch(self, stream: str, spans: Sequence[_Span], limit: int, upto_seq: int) -> list[list[MessageSent]]:
        """Fetch a page for each of the spans, all as of now: from the index, and from what it does not hold yet."""
        listed = self._tail.listed
        recent = [self._tail.messages(stream, upto_seq, span.tags) for span in spans]

        def query(db: sqlite3.Connection) -> list[_Found]:
            pages = []
            for span in spans:
                ((text,),) = db.execute(
                    page_query(span.newest),
                    {
                        "stream": stream,
                        "tags": span.tags,
                        "after": span.after,
                        "before": span.before,
                        "after_seq": span.after_seq,
                        "upto_seq": min(upto_seq, listed),
                        "limit": limit,
                    },
                ).fetchall()
                pages.append(_read_page(text, stream))
            return pages

        pages = await self._run(query)
        return [
            _merged(
                [(seq, as_applied(event, time)) for seq, time, event in page],
                [(seq, event) for seq, event in behind if span.holds(seq, event.time)],
                span.newest,
                limit,
            )
            for span, page, behind in zip(spans, pages, recent, strict=True)
        ]

    async def _run(self, query: Callable[[sqlite3.Connection], _Result]) -> _Result:
        if self._gil.jobs >= self._queue_max:
            raise LogUnavailableError("Too many are reading the history just now. Try again in a moment.")
        loop = asyncio.get_running_loop()
        try:
            answer = self._gil.hand_over(lambda: loop.run_in_executor(self._pool, self._in_thread, query))
        except RuntimeError:  # after close()
            raise LogUnavailableError("The history cannot be read any more: the server is stopping.") from None
        answer.add_done_callback(self._answered)
        try:
            return await asyncio.shield(answer)  # nobody may wait any more, but the thread has its job
        except sqlite3.Error as error:
            if self._unreadable.failed(text := str(unusable(self._path, error)), time.monotonic()):
                _logger.error("%s", text)
            words = f"The history cannot be read ({without_content(error)}). Tell the administrator."
            raise LogUnavailableError(words) from error

    def _answered(self, answer: asyncio.Future[_Result]) -> None:
        self._gil.ended()
        answer.exception()  # if nobody waits, nobody needs to be told

    def _in_thread(self, query: Callable[[sqlite3.Connection], _Result]) -> _Result:
        self._gil.taken()
        try:
            return self._query(query)
        finally:
            self._gil.told()

    def _query(self, query: Callable[[sqlite3.Connection], _Result]) -> _Result:
        try:
            db = self._idle.get_nowait()
        except Empty:
            db = open_reader(self._path)
        try:
            return query(db)
        finally:
            self._idle.put(db)


def _read_page(text: str, stream: str) -> _Found:
    """Read what :func:`page_query` has found. Raises sqlite3.Error where the log lacks what the index promises."""
    try:
        found = _decode_page(text)
    except msgspec.DecodeError as error:
        raise damaged("a message that was stored is missing or cannot be read") from error
    if any(event.stream != stream for _, _, event in found):
        raise damaged("a message is in the place of another")
    return found


def _merged(
    listed: list[tuple[int, MessageSent]], behind: list[tuple[int, MessageSent]], newest: bool, limit: int
) -> list[MessageSent]:
    """Give ``limit`` messages at most of both, in order, from one end."""
    both = sorted(listed + behind, key=lambda each: (each[1].time, each[0]))
    return [event for _, event in (both[max(0, len(both) - limit) :] if newest else both[:limit])]
