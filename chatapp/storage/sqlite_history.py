"""The history queries on the log's SQLite file, run in threads.

SQLite returns a page as one row, a JSON text, in one step. After each step the thread must wait for the GIL, which a
busy event loop holds. No read transaction lasts longer than a step, so the writer can reset the write-ahead log between
any two steps.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from operator import add
from queue import Empty, SimpleQueue
from typing import TypeVar

from chatapp.errors import LogUnavailableError
from chatapp.model.events import (
    AnyEvent,
    MessageEdited,
    MessageSent,
    PastEvent,
)
from chatapp.model.remarks import newest, target_of, with_texts
from chatapp.model.streams import channel_uid
from chatapp.storage.database import open_reader, unusable, without_content
from chatapp.storage.gil_yield import GilYield
from chatapp.storage.history import NO_LIMIT, Found, Remarks
from chatapp.storage.outages import Outage
from chatapp.storage.page_reading import (
    Placed,
    Remark,
    Span,
    count_remarks,
    counts,
    encode,
    find,
    listed_events,
    newest_edits,
    remarks_of,
    within,
)
from chatapp.storage.search import Matches, Search
from chatapp.storage.sqlite import SqliteLog
from chatapp.storage.sqlite_search import SqliteSearch

_Result = TypeVar("_Result")
_logger = logging.getLogger(__name__)


class SqliteHistory:
    """A HistoryStore in the file of an SqliteLog, whose thread writes the index, the notes and the snapshots.

    All methods may be called concurrently; queries wait in a queue for a thread.
    """

    def __init__(self, log: SqliteLog, threads: int = 1, queue_max: int = 1_000) -> None:
        """Prepare to read the file of ``log``, and its tail.

        At most ``queue_max`` queries may run or wait for one of the ``threads`` threads.
        """
        self._log = log
        self._path = log.path
        self._tail = log.tail
        self._queue_max = queue_max
        self._gil = GilYield()
        self._unreadable = Outage()
        self._search = SqliteSearch(log)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="history")
        self._idle: SimpleQueue[sqlite3.Connection] = SimpleQueue()

    @property
    def waiting(self) -> int:
        """How many queries run or wait for a thread."""
        return self._gil.jobs

    def place(self, seq: int, event: AnyEvent | None) -> None:
        """See HistoryStore."""
        self._log.place(seq, event)

    def save_snapshot(self, seq: int, state: bytes) -> None:
        """See HistoryStore."""
        self._log.save_snapshot(seq, state)

    def load_snapshot(self) -> tuple[int, bytes] | None:
        """See HistoryStore."""
        return self._log.load_snapshot()

    async def latest(
        self, stream: str, *, after: int | None, limit: int, upto_seq: int, events: bool = False
    ) -> list[PastEvent]:
        """Return the newest messages; with ``after``, only messages after this time.

        For this method and the methods below: ``stream`` is a channel's uid or a conversation. Times are milliseconds
        since 1970; the bound itself is excluded. ``limit`` is the maximum number of messages. ``upto_seq`` is a
        position in the log; messages after it are left out. The list begins with the oldest message. Raises
        LogUnavailableError when too many queries wait or the log cannot be read.
        """
        return await self._page(stream, Span(after=-1 if after is None else after, events=events), limit, upto_seq)

    async def missed(self, stream: str, *, after_seq: int, limit: int, upto_seq: int) -> list[MessageSent]:
        """Return the newest messages after the position ``after_seq`` in the log.

        Unlike all other queries, this includes messages without text (TAGMSG), because it replaces what a connected
        client would have received.
        """
        page = await self._page(stream, Span(after_seq=after_seq, tags=True), limit, upto_seq)
        return [event for event in page if isinstance(event, MessageSent)]

    async def before(self, stream: str, time: int, limit: int, upto_seq: int, events: bool = False) -> list[PastEvent]:
        """Return the newest messages before a time."""
        return await self._page(stream, Span(before=time, events=events), limit, upto_seq)

    async def after(self, stream: str, time: int, limit: int, upto_seq: int, events: bool = False) -> list[PastEvent]:
        """Return the oldest messages after a time."""
        return await self._page(stream, Span(after=time, newest=False, events=events), limit, upto_seq)

    async def between(
        self, stream: str, start: int, end: int, limit: int, upto_seq: int, events: bool = False
    ) -> list[PastEvent]:
        """Return the messages between two times that are nearest to ``start``; ``start`` may be the later time."""
        span = Span(after=min(start, end), before=max(start, end), newest=start > end, events=events)
        return await self._page(stream, span, limit, upto_seq)

    async def around(
        self, stream: str, time: int, limit: int, upto_seq: int, events: bool = False, after: int = -1
    ) -> list[PastEvent]:
        """Return messages around a time, including a message at that time.

        Half of the messages are earlier than ``time``, if there are enough on both sides. Messages up to the time
        ``after`` do not count.
        """
        spans = (
            Span(after=after, before=time, events=events),
            Span(after=max(time - 1, after), newest=False, events=events),
        )
        earlier, later = await self._fetch(stream, spans, limit, upto_seq)
        earlier_wanted = max(limit // 2, limit - len(later))
        earlier = earlier[max(0, len(earlier) - earlier_wanted) :]
        return earlier + later[: limit - len(earlier)]

    async def remarks(
        self, messages: Sequence[tuple[str, str]], upto_seq: int, *, most: int = NO_LIMIT, edits: bool = True
    ) -> Remarks:
        """See HistoryStore."""
        upto_listed = min(upto_seq, self._tail.listed)
        unerased = dict(self._log.unerased)
        recent = self._tail.remarks(dict(messages), upto_seq, edits)

        def query(db: sqlite3.Connection) -> tuple[list[Remark], int]:
            wanted = len(messages)
            if most < NO_LIMIT:
                parameters = {"targets": encode(messages), "edits": edits}
                unlisted = Counter(target_of(event) for _, event in recent)
                wanted = within(map(add, counts(db, parameters), (unlisted[msgid] for msgid, _ in messages)), most)
            return remarks_of(db, dict(messages[:wanted]), upto_listed, edits), wanted

        listed, wanted = await self._run(query)
        if recent and wanted < len(messages):
            known = {msgid for msgid, _ in messages[:wanted]}
            recent = [each for each in recent if target_of(each[1]) in known]
        placed = sorted([*listed, *recent], key=_place)
        if unerased:
            placed = [each for each in placed if not _is_gone(each, unerased)]
        return Remarks([event for _, event in placed], wanted)

    async def find(self, msgid: str, within: str = "") -> Found | None:
        """See HistoryStore."""
        recent = self._tail.find(msgid)
        if recent is not None and within in ("", channel_uid(recent.stream)):
            return recent
        upto = self._tail.listed

        def query(db: sqlite3.Connection) -> Found | None:
            return find(db, msgid, upto, within)

        message = await self._run(query)
        unerased = self._log.unerased
        if message is not None and (message.seq in unerased or message.of in unerased.values()):
            return message._replace(erased=True)
        return message

    def start(self) -> None:
        """See HistoryStore."""
        self._search.start()

    async def search(self, search: Search) -> Matches:
        """See HistoryStore. ``sqlite_search.py`` does it, in a thread of its own."""
        return await self._search.search(search)

    async def close(self) -> None:
        """End the threads, after all waiting queries have run."""
        await self._search.close()
        await asyncio.get_running_loop().run_in_executor(None, self._pool.shutdown)
        while True:
            try:
                self._idle.get_nowait().close()
            except Empty:
                return

    async def _page(self, stream: str, span: Span, limit: int, upto_seq: int) -> list[PastEvent]:
        (page,) = await self._fetch(stream, (span,), limit, upto_seq)
        return page

    async def _fetch(self, stream: str, spans: Sequence[Span], limit: int, upto_seq: int) -> list[list[PastEvent]]:
        """Return a page for each span, all as of now: from the index, and from the tail for events not listed yet.

        Every message has its newest text. This is the only place where an edit changes what a page shows.
        """
        upto_listed = min(upto_seq, self._tail.listed)
        recent = [self._unlisted(stream, span, upto_seq) for span in spans]
        unerased = dict(self._log.unerased)  # the thread may still find these messages, with their text

        late_edits = [
            each for each in self._tail.messages(stream, upto_seq, tags=True) if isinstance(each[1], MessageEdited)
        ]

        def query(db: sqlite3.Connection) -> tuple[list[list[Placed]], list[Remark]]:
            more = len(unerased) + count_remarks(db, unerased.values()) if unerased else 0
            pages = [listed_events(db, stream, span, limit + more, upto_listed) for span in spans]
            pages = [[each for each in page if not _is_gone(each, unerased)] for page in pages] if unerased else pages
            pages = [_merged(page, late, span, limit) for span, page, late in zip(spans, pages, recent, strict=True)]
            msgids = [event.id for page in pages for _, event in page if isinstance(event, MessageSent)]
            edits = newest_edits(db, stream, msgids, upto_listed) if msgids else []
            return pages, [each for each in edits if not _is_gone(each, unerased)] if unerased else edits

        pages, edits = await self._run(query)
        latest = newest(event for _, event in sorted([*edits, *late_edits], key=_place))
        return [with_texts((event for _, event in page), latest) for page in pages]

    def _unlisted(self, stream: str, span: Span, upto_seq: int) -> list[Placed]:
        """Return the events of a span that are not in the index yet."""
        found: list[Placed] = [*self._tail.messages(stream, upto_seq, span.tags or span.events)]
        if span.events:
            found += self._tail.channel_events(stream, upto_seq)
        return [(seq, event) for seq, event in found if span.holds(seq, event.time)]

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
            return await asyncio.shield(answer)  # if the caller is cancelled, the thread still finishes its job
        except sqlite3.Error as error:
            if self._unreadable.failed(text := str(unusable(self._path, error)), time.monotonic()):
                _logger.error("%s", text)
            words = f"The history cannot be read ({without_content(error)}). Tell the administrator."
            raise LogUnavailableError(words) from error

    def _answered(self, answer: asyncio.Future[_Result]) -> None:
        self._gil.ended()
        answer.exception()  # mark it as retrieved: asyncio would log the error of a query whose caller has gone

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


def _is_gone(placed: Placed, unerased: Mapping[int, str]) -> bool:
    """Return whether an event, or the message that it is a remark about, is one of ``unerased``."""
    seq, event = placed
    return seq in unerased or (isinstance(event, MessageSent) and target_of(event) in unerased.values())


def _place(remark: Remark) -> int:
    return remark[0]


def _merged(listed: list[Placed], unlisted: list[Placed], span: Span, limit: int) -> list[Placed]:
    """Return at most ``limit`` of the events of a span, in order, from the end from which it takes them."""
    found = listed + unlisted
    if unlisted or span.events:  # listed messages alone are in order
        found.sort(key=lambda each: (each[1].time, each[0]))
    return found[max(0, len(found) - limit) :] if span.newest else found[:limit]
