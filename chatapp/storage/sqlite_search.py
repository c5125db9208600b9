"""Searching the log, and keeping the search index up to date, in a thread of its own.

The index follows the log from a distance: the log's thread never waits for it. A timer gives the thread one small piece
of the log at a time. A search first adds what is still missing, if that is little, so that it finds every message that
is committed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar

from chatapp.errors import LogUnavailableError
from chatapp.model.events import MessageSent
from chatapp.storage import search_query
from chatapp.storage.database import without_content
from chatapp.storage.gil_yield import GilYield
from chatapp.storage.outages import Outage
from chatapp.storage.search import Matches, Search
from chatapp.storage.search_file import NoFts5Error, delete_index, index_path, is_damage, open_index, store_sum
from chatapp.storage.search_index import SearchIndex
from chatapp.storage.search_query import Allowance, Known, SearchTooLongError
from chatapp.storage.sqlite import SqliteLog

LOOK_S = 1.0  # between two looks whether the index is behind
BEHIND_EVENTS = 250  # the index is filled when it lacks this many events
CATCH_UP_EVENTS = 2_000  # a search adds at most this many events before it begins
SEARCH_CPU_S_MAX = 0.25  # a search that takes more processor time is ended
SEARCH_S_MAX = 5.0  # a search that takes longer is ended: it waits for the disk
RETRY_S = 30.0  # after an error of the disk
REST_MIN_S = 0.002
REST_BUSY = 99  # while events wait to be stored, the thread rests for so many times the time that it worked
QUEUE_MAX = 200  # searches that run or wait

_NO_FTS5 = "This server cannot search: the SQLite of its Python has no FTS5. Its administrator can install another one."
_TOO_LONG = "This search takes too long. Narrow it: in:#channel, from:name, or after: and before: a day."
_Result = TypeVar("_Result")
_logger = logging.getLogger(__name__)


class _Done(NamedTuple):
    """What a look did: for how long it worked, and the erased messages of which the index has no word any more."""

    took_s: float
    forgotten: list[int]


class SqliteSearch:
    """The search of an SqliteLog. The event loop calls all methods, except for those marked otherwise."""

    def __init__(self, log: SqliteLog) -> None:
        self._log = log
        self._path = index_path(log.path)
        self._gil = GilYield()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="search")
        self._index: SearchIndex | None = None  # only the thread uses it
        self._works = True  # False: there is no FTS5
        self._closing = False
        self._timer: asyncio.TimerHandle | None = None
        self._looking = False  # whether the thread has a job of _look
        self._outage = Outage()
        self._to_forget: set[int] = set()  # positions of erased messages of which the index may still have words
        self._told: set[int] = set()  # those among them of which the index knows that the log has erased them
        self._checked = not self._path.exists()  # whether the index has no message that was erased in an earlier run
        log.watch_erasures(self)

    def start(self) -> None:
        """Begin to keep the index up to date."""
        self._look_in(0.0)

    async def search(self, search: Search) -> Matches:
        """See HistoryStore. Raises LogUnavailableError."""
        if self._gil.jobs >= QUEUE_MAX:
            raise LogUnavailableError("Too many are searching just now. Try again in a moment.")
        tail, listed = self._log.tail, self._log.tail.listed
        search = search._replace(upto_seq=min(search.upto_seq, tail.last))
        events = tail.events()[: max(0, search.upto_seq - listed)]

        erased: Known = dict.fromkeys(self._to_forget)
        known = {**erased} | {seq: each for seq, each in enumerate(events, listed + 1) if isinstance(each, MessageSent)}

        def find(index: SearchIndex) -> Matches:
            if index.missing(listed) <= CATCH_UP_EVENTS:
                try:
                    while index.missing(listed):
                        index.fill(listed)
                    index.add(listed + 1, events)
                except sqlite3.OperationalError as error:
                    if error.sqlite_errorcode != sqlite3.SQLITE_FULL:
                        raise
                    # The disk is full: what the index has is found, and the answer says that it is not whole.
            return search_query.find(index, search, known, Allowance(SEARCH_CPU_S_MAX, SEARCH_S_MAX))

        try:
            return await asyncio.shield(self._give(find))
        except NoFts5Error as error:
            self._failed(error)
            raise LogUnavailableError(_NO_FTS5) from None
        except SearchTooLongError:
            raise LogUnavailableError(_TOO_LONG) from None
        except (sqlite3.Error, OSError) as error:
            self._failed(error)
            words = f"The search index cannot be used ({_why(error)}). Tell the administrator."
            raise LogUnavailableError(words) from error

    async def close(self) -> None:
        """End the thread, and close the index."""
        self._closing = True
        if self._timer is not None:
            self._timer.cancel()
        await asyncio.get_running_loop().run_in_executor(None, self._pool.shutdown)
        if self._index is not None:
            try:
                self._index.close()
                await asyncio.get_running_loop().run_in_executor(None, store_sum, self._path)
            except (sqlite3.Error, OSError) as error:
                self._failed(error)

    # Erasures; see storage/log.py, EventLog.erase

    def will_erase(self, positions: Sequence[int]) -> None:
        """Note that the messages at these positions are about to be erased from the log."""
        if self._works:  # the thread may be making the index just now
            self._to_forget.update(positions)

    def erased(self, positions: Sequence[int]) -> None:
        """Begin to take the messages at these positions out of the index: the log has erased them."""
        if self._to_forget and not self._closing:
            job = self._give(lambda index: index.forget(positions))
            job.add_done_callback(lambda done: self._noted(positions, done))

    @property
    def holds_erased(self) -> bool:
        """Whether the index may still have words of an erased message. Any thread may ask."""
        return self._works and (bool(self._to_forget) or not self._checked)

    def _noted(self, positions: Sequence[int], done: asyncio.Future[None]) -> None:
        error = done.exception()
        if error is None or isinstance(error, NoFts5Error):
            self._told.update(positions)
            if isinstance(error, NoFts5Error):
                self._forgotten(positions)
            elif not self._looking:
                self._look_in(0.0)
        elif not self._closing:
            self._failed(error)
            asyncio.get_running_loop().call_later(LOOK_S, self.erased, positions)

    def _forgotten(self, positions: Iterable[int]) -> None:
        self._to_forget.difference_update(positions)
        self._told.difference_update(positions)

    # Filling

    def _look_in(self, seconds: float) -> None:
        """Look in some seconds, and not at the time that was set before."""
        if self._timer is not None:
            self._timer.cancel()
        if not self._closing and self._works:
            self._timer = asyncio.get_running_loop().call_later(seconds, self._look)

    def _look(self) -> None:
        listed, told = self._log.tail.listed, tuple(self._told)

        def work(index: SearchIndex) -> _Done:
            began_s = time.perf_counter()
            done = index.fill(listed) if index.missing(listed) >= BEHIND_EVENTS else index.tidy(listed)
            took_s = time.perf_counter() - began_s
            return _Done(took_s if done else 0.0, [seq for seq in told if not index.is_stale(seq)])

        self._looking = True
        self._give(work, urgent=False).add_done_callback(self._looked)

    def _looked(self, job: asyncio.Future[_Done]) -> None:
        self._looking = False
        error = job.exception()
        if error is not None:
            self._failed(error)
            self._look_in(RETRY_S)
            return
        took_s, forgotten = job.result()
        self._forgotten(forgotten)
        if took_s:
            self._look_in(max(REST_MIN_S, took_s * (REST_BUSY if self._log.is_busy else 1)))
        else:
            self._look_in(REST_MIN_S if self._told else LOOK_S)

    def _failed(self, error: BaseException) -> None:
        if isinstance(error, NoFts5Error):
            if self._works:
                self._works = False
                _logger.warning("%s", _NO_FTS5)
        elif not isinstance(error, (sqlite3.Error, OSError)):
            raise error  # a bug of ours: the event loop's exception handler logs it
        elif self._outage.failed(why := _why(error), time.monotonic()):
            _logger.warning("The search index %s cannot be used (%s); it is tried again.", self._path, why)

    # The thread

    def _give(self, job: Callable[[SearchIndex], _Result], *, urgent: bool = True) -> asyncio.Future[_Result]:
        """Run a job in the thread. Raises LogUnavailableError after close().

        ``urgent``: somebody waits for the job, so a busy event loop lets the thread get the GIL.
        """
        loop = asyncio.get_running_loop()
        if self._closing:
            raise LogUnavailableError("The server is stopping, so it cannot search any more.")
        if not urgent:
            return loop.run_in_executor(self._pool, self._in_thread, job)
        done = self._gil.hand_over(lambda: loop.run_in_executor(self._pool, self._urgently, job))
        done.add_done_callback(self._answered)
        return done

    def _answered(self, done: asyncio.Future[_Result]) -> None:
        self._gil.ended()
        done.exception()  # mark it as retrieved: asyncio would log the error of a search whose caller has gone

    def _urgently(self, job: Callable[[SearchIndex], _Result]) -> _Result:
        self._gil.taken()
        try:
            return self._in_thread(job)
        finally:
            self._gil.told()

    def _in_thread(self, job: Callable[[SearchIndex], _Result]) -> _Result:
        try:
            if self._index is None:
                self._index = open_index(self._log.path)
                self._checked = True
            return job(self._index)
        except sqlite3.Error as error:
            if is_damage(error):  # the next job opens the index again, and makes it again if it is damaged
                self._drop()
            raise

    def _drop(self) -> None:
        """Close the index, and delete it."""
        index, self._index = self._index, None
        if index is not None:
            with contextlib.suppress(sqlite3.Error):
                index.close()
        delete_index(self._path)


def _why(error: sqlite3.Error | OSError) -> str:
    return without_content(error) if isinstance(error, sqlite3.Error) else str(error.strerror)
