"""The event log in an SQLite file, written in groups by a thread of its own.

While one transaction is on its way to the disk, the next batch gathers on the event loop. A batch is sent off at the
end of the loop's turn in which its first event was proposed, or as soon as the one before it is stored; no timer is
involved. There is never more than one batch with the thread, and everything that this module keeps between calls
belongs to the event loop's thread; the two meet in a queue one way and in ``call_soon_threadsafe`` the other.

Where the disk is quick, a few events alone are stored on the event loop itself: waking the thread, and being woken by
it, takes longer than that. A disk that takes longer is left to the thread, so that the loop is not held up.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple, TypeVarTuple, Unpack

from chatapp.errors import LogUnavailableError
from chatapp.model.events import AnyEvent
from chatapp.storage.courtesy import Courtesy
from chatapp.storage.database import not_stored, open_writer, unusable
from chatapp.storage.log import Committed, LogDiedError, OnCommitted, OnFailed, Record, Repeat
from chatapp.storage.replay import read_events, read_snapshot
from chatapp.storage.writer import Writer

BATCH_EVENTS_MAX = 4_000  # of one transaction
QUICK_EVENTS_MAX = 4  # so many are stored on the loop,
QUICK_S = 0.000_5  # where the last ones took less than this

_Places = dict[int, AnyEvent | None]
_Args = TypeVarTuple("_Args")
_STOPPING = "Not stored: the server is stopping."
_logger = logging.getLogger(__name__)


class _Work(NamedTuple):
    """What the thread stores in one transaction; the snapshot in another one after it."""

    events: list[AnyEvent]
    places: _Places
    places_upto: int  # how many calls of place() are stored with it
    snapshot: tuple[int, bytes] | None
    here: bool  # on the loop, not in the thread


class SqliteLog:
    """An EventLog in one SQLite file."""

    def __init__(self, path: Path, pending_max: int) -> None:
        """Open the file, or make it; ``pending_max`` events at most wait to be stored.

        Raises NewerDataError when a newer version wrote it, DataError when it cannot be used.
        """
        self._path = path
        self._pending_max = pending_max
        self._db = open_writer(path)
        try:
            self._writer = Writer(path, self._db)
        except sqlite3.Error as error:
            self._db.close()
            raise unusable(path, error) from error
        self.last_seq = self._writer.last_seq
        self.last_id = self._writer.last_id

        self._pending: list[AnyEvent] = []
        self._places: _Places = {}  # to go with the next batch
        self._snapshot: tuple[int, bytes] | None = None
        self._work: _Work | None = None  # what the thread is at
        self._scheduled = False
        self._refusal: str | None = None  # why nothing is accepted any more
        self._waiters: dict[str, asyncio.Future[Record | Repeat]] = {}
        self._place_calls = 0
        self._settlers: list[tuple[int, asyncio.Future[None]]] = []
        self._queue: SimpleQueue[_Work | None] = SimpleQueue()
        self._courtesy = Courtesy()
        self._in_use = threading.Lock()  # the writer, by the thread or by the loop
        self._took_s = float("inf")  # to store a batch, of late
        self._thread: threading.Thread | None = None

    # What the rest of the program calls

    def start(self, on_committed: OnCommitted, on_failed: OnFailed) -> None:
        """See EventLog."""
        assert self._thread is None
        self._on_committed = on_committed
        self._on_failed = on_failed
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()
        self._schedule()

    def propose(self, event: AnyEvent) -> None:
        """See EventLog."""
        if self._refusal is not None:
            raise LogUnavailableError(self._refusal)
        pending = self._pending
        work = self._work
        if len(pending) + (len(work.events) if work is not None else 0) >= self._pending_max:
            raise LogUnavailableError("Not stored: the disk cannot keep up. Try again in a moment.")
        pending.append(event)
        if work is None and not self._scheduled:
            self._schedule()

    async def append(self, event: AnyEvent) -> Record | Repeat:
        """See EventLog."""
        assert event.id not in self._waiters
        self.propose(event)
        waiter: asyncio.Future[Record | Repeat] = self._loop.create_future()
        self._waiters[event.id] = waiter
        try:
            return await waiter
        finally:
            self._waiters.pop(event.id, None)

    def place(self, seq: int, event: AnyEvent | None) -> None:
        """See EventLog."""
        self._places[seq] = event
        self._place_calls += 1
        if self._work is None and not self._scheduled and self._thread is not None:
            self._schedule()

    @property
    def unplaced(self) -> Mapping[int, AnyEvent | None]:
        """See EventLog."""
        if self._work is None or not self._work.places:
            return self._places
        return {**self._work.places, **self._places}

    def read(self, after: int) -> Iterator[Sequence[Record]]:
        """See EventLog."""
        return read_events(self._path, after)

    def save_snapshot(self, seq: int, state: bytes) -> None:
        """See EventLog."""
        self._snapshot = (seq, state)
        if self._work is None and not self._scheduled and self._thread is not None:
            self._schedule()

    def load_snapshot(self) -> tuple[int, bytes] | None:
        """See EventLog."""
        return read_snapshot(self._path, self.last_seq)

    async def settle(self) -> None:
        """See EventLog."""
        if not self.unplaced:
            return
        if self._thread is None:
            raise LogUnavailableError("The log is not running.")
        settled = self._loop.create_future()
        self._settlers.append((self._place_calls, settled))
        if self._work is None and not self._scheduled:
            self._schedule()
        await settled

    async def close(self) -> None:
        """See EventLog."""
        if self._thread is None:
            self._refusal = _STOPPING
            self._writer.close()
            return
        if self._refusal is None:
            self._refusal = _STOPPING
            if self._work is None:
                self._send()
        await asyncio.shield(self._ended)

    # On the event loop

    def _schedule(self) -> None:
        self._scheduled = True
        self._loop.call_soon(self._turn_ended)

    def _turn_ended(self) -> None:
        self._scheduled = False
        if self._work is not None:
            return
        if self._is_quick() and self._in_use.acquire(blocking=False):
            self._store_here()
        else:
            self._send()

    def _is_quick(self) -> bool:
        return (
            0 < len(self._pending) <= QUICK_EVENTS_MAX
            and self._took_s < QUICK_S
            and self._snapshot is None
            and self._refusal is None
            and not self._writer.untidy
        )

    def _store_here(self) -> None:
        """Store what waits, on the loop."""
        work = self._work = _Work(self._pending, self._places, self._place_calls, None, here=True)
        self._pending, self._places = [], {}
        try:
            committed, repeats = self._write(work)
        except Exception as error:
            self._in_use.release()
            self._failed(error)
        else:
            self._in_use.release()
            self._stored(committed, repeats)

    def _send(self) -> None:
        """Give the thread all that waits; when nothing does and the log is closing, let it end."""
        if self._pending or self._places or self._snapshot is not None:
            batch, self._pending = self._pending[:BATCH_EVENTS_MAX], self._pending[BATCH_EVENTS_MAX:]
            self._work = _Work(batch, self._places, self._place_calls, self._snapshot, here=False)
            self._places, self._snapshot = {}, None
            self._courtesy.hand_over(partial(self._queue.put, self._work))
        elif self._refusal is not None:
            self._loop.call_soon(self._end)  # after what is being handed over, which may leave notes to store

    def _end(self) -> None:
        if self._pending or self._places or self._snapshot is not None:
            self._turn_ended()
        elif self._work is None:
            self._queue.put(None)

    def _stored(self, committed: Committed, repeats: bool) -> None:
        """Hand over what the thread has stored; it is at the next batch meanwhile."""
        work, self._work = self._work, None
        assert work is not None
        if not work.here:
            self._courtesy.ended()
        if self._settlers:
            self._settle(work.places_upto, None)
        self._send()
        if repeats:
            self._hand_over_repeats(committed)
        elif committed:
            self._hand_over(committed)

    def _hand_over(self, committed: Committed) -> None:
        last = committed[-1]
        if isinstance(last, Record):
            self.last_seq = last.seq
        try:
            self._on_committed(committed)
        except BaseException as error:
            self._refuse_waiters([item.event for item in committed], error)
            raise
        if self._waiters:
            for item in committed:
                waiter = self._waiters.get(item.event.id)
                if waiter is not None and not waiter.done():
                    waiter.set_result(item)

    def _hand_over_repeats(self, committed: Committed) -> None:
        """Hand over in parts, so that what applying made of the first one is known when its repeat is looked at."""
        part: Committed = []
        for item in committed:
            if isinstance(item, Repeat):
                if part:
                    self._hand_over(part)
                    part = []
                placed = self.unplaced.get(item.first.seq, item.first.event)
                if placed is None:  # the first one was refused: this is the first one now
                    self._pending.append(item.event)
                    if self._work is None and not self._scheduled:
                        self._schedule()
                    continue
                item = Repeat(item.event, Record(item.first.seq, placed))
            part.append(item)
        if part:
            self._hand_over(part)

    def _failed(self, error: Exception) -> None:
        """Refuse what the thread could not store; the next batch tries anew."""
        work, self._work = self._work, None
        assert work is not None
        if not work.here:
            self._courtesy.ended()
        reason = LogUnavailableError(not_stored(error))
        if self._refusal is None:
            self._places = {**work.places, **self._places}
            self._snapshot = self._snapshot or work.snapshot
        else:
            self._places, self._snapshot = {}, None  # a replay comes to the same
        if self._settlers:
            self._settle(work.places_upto, reason)
        if self._pending or self._refusal is not None:
            self._send()
        self._refuse(work.events, reason)
        if not isinstance(error, sqlite3.Error):
            raise error  # our own bug: the loop's exception handler tells of it

    def _refuse(self, events: list[AnyEvent], reason: LogUnavailableError) -> None:
        if events:
            self._on_failed(events, reason)
            self._refuse_waiters(events, reason)

    def _refuse_waiters(self, events: Sequence[AnyEvent], error: BaseException) -> None:
        for event in events:
            waiter = self._waiters.get(event.id)
            if waiter is not None and not waiter.done():
                waiter.set_exception(error)

    def _settle(self, upto: int, error: LogUnavailableError | None) -> None:
        waiting, self._settlers = self._settlers, []
        for calls, settled in waiting:
            if calls > upto:
                self._settlers.append((calls, settled))
            elif not settled.done():
                if error is None:
                    settled.set_result(None)
                else:
                    settled.set_exception(error)

    def _thread_ended(self, error: BaseException | None) -> None:
        """Let ``close`` return; when nobody asked the thread to end, refuse everything from now on, loudly."""
        self._thread = None
        self._ended.set_result(None)
        if error is None:
            return
        if self._work is not None and not self._work.here:
            self._courtesy.told()
            self._courtesy.ended()
        self._refusal = "Not stored: the server's log has failed. It must be restarted."
        reason = LogUnavailableError(self._refusal)
        events = [*(self._work.events if self._work is not None else ()), *self._pending]
        self._pending.clear()
        self._settle(self._place_calls, reason)
        self._refuse(events, reason)
        raise LogDiedError("the thread of the log has died") from error

    # In the thread of its own

    def _run(self) -> None:
        died: BaseException | None = None
        try:
            try:
                while (work := self._queue.get()) is not None:
                    self._store(work)
            finally:
                self._writer.close()
        except BaseException as error:
            died = error
        with contextlib.suppress(RuntimeError):  # without close() the loop may be gone
            self._tell(self._thread_ended, died)

    def _write(self, work: _Work) -> tuple[Committed, bool]:
        """Store a batch (in the thread, or on the loop while the thread has none), and note how long that takes."""
        began_s = time.perf_counter()
        try:
            return self._writer.write(work.events, work.places)
        finally:
            took_s = time.perf_counter() - began_s
            # A good moment does not make the disk a quick one, a bad one makes it slow.
            slower = took_s > self._took_s or self._took_s == float("inf")
            self._took_s = took_s if slower else (self._took_s + took_s) / 2

    def _store(self, work: _Work) -> None:
        self._courtesy.taken()
        with self._in_use:
            self._store_in_thread(work)

    def _store_in_thread(self, work: _Work) -> None:
        try:
            committed, repeats = self._write(work)
        except Exception as error:
            self._courtesy.told()
            self._tell(self._failed, error)
            return
        self._courtesy.told()
        self._tell(self._stored, committed, repeats)
        if work.snapshot is not None:
            try:
                self._writer.save_snapshot(*work.snapshot)
            except sqlite3.Error as error:  # the one before it serves as well
                _logger.warning("The state could not be saved: %s", not_stored(error))
        with contextlib.suppress(sqlite3.Error):
            self._writer.tidy()

    def _tell(self, callback: Callable[[Unpack[_Args]], None], *args: *_Args) -> None:
        self._loop.call_soon_threadsafe(callback, *args)
