"""The event log in an SQLite file, with group commit in a thread.

While the thread commits one batch, the event loop collects the next batch. The thread has at most one batch at a time.
If the thread is busy, the next batch is sent when the thread is done. If it is idle, the batch is sent at the end of
the loop's turn in which the first event was proposed. There is no timer. Only the event loop uses the
attributes of SqliteLog. The code of the worker thread is in ``worker.py``.

If the disk is quick, the event loop itself stores a small batch: handing it to the thread and back takes longer than
the write. If the disk is slow, the thread stores every batch, so that the event loop does not wait for the disk.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from chatapp.errors import DataError, LogUnavailableError, LostLogError
from chatapp.model.events import AnyEvent, MessageSent
from chatapp.model.remarks import erased
from chatapp.storage.database import is_busy, not_stored, unusable, without_content
from chatapp.storage.gil_yield import GilYield
from chatapp.storage.listings import Listings
from chatapp.storage.log import Committed, ErasureWatcher, LogDiedError, OnCommitted, OnFailed, Record, Repeat
from chatapp.storage.opening import Opening, open_log
from chatapp.storage.outages import Outage
from chatapp.storage.replay import read_events, read_snapshot
from chatapp.storage.tail import Tail
from chatapp.storage.worker import Work, Worker

BATCH_EVENTS_MAX = 4_000  # events in one transaction
QUICK_EVENTS_MAX = 4  # the event loop stores a batch itself only up to this size
EVENT_S = 0.000_02  # the event loop needs at least this long to apply and deliver one event
QUICK_S = 0.001  # the event loop stores a batch itself only if recent batches took less than this
TAIL_EVENTS_MAX = 100_000  # when this many events are not in the index yet, the log accepts no more
ERASE_AGAIN_S = 1.0  # delay before the next try, when an erasure failed or another program still reads old pages

_STOPPING = "Not stored: the server is stopping."
_logger = logging.getLogger(__name__)


class SqliteLog:
    """An EventLog in one SQLite file."""

    def __init__(self, path: Path, pending_max: int, opening: Opening | None = None) -> None:
        """Open the file, unless a thread does that (``opening``). At most ``pending_max`` events may wait to be stored.

        Raises NewerDataError when a newer version wrote the file, and DataError when the file cannot be used.
        """
        self.path = path
        self._pending_max = pending_max
        self._writer = opening.result() if opening is not None else open_log(path)
        try:
            self.tail = Tail(self._writer.listed, self._writer.unlisted())
        except DataError:
            self._writer.close()
            raise
        except (sqlite3.Error, TypeError, ValueError) as error:  # TypeError, ValueError: a value in the file is wrong
            self._writer.close()
            raise unusable(path, error) from error
        self.last_seq = self._writer.last_seq
        self.last_id = self._writer.last_id

        self._tail_full = len(self.tail) >= TAIL_EVENTS_MAX
        self._pending: list[AnyEvent] = []
        self._freed: list[int] = []  # positions of events that the model refused; their keys become free
        self._erased: list[int] = []  # positions of messages to erase
        self.unerased: dict[int, str] = {}  # msgids of messages to erase whose text is still in the file, by position
        self._purge = self._writer.has_to_purge
        self._erasure_outage = Outage()
        self._watchers: list[ErasureWatcher] = []
        self._listings = Listings(self.tail)
        self._index_outage = Outage()
        self._work: Work | None = None  # the work whose events are being stored
        self._scheduled = False  # whether _turn_ended is about to run
        self._refusal: str | None = None  # why the log accepts no more events; None: it accepts them
        self._gil = GilYield()
        self._worker = Worker(self._writer, self._gil, self)
        self._runs = False  # whether the worker's thread runs

    # The EventLog interface.

    def start(self, on_committed: OnCommitted, on_failed: OnFailed) -> None:
        """See EventLog."""
        assert not self._runs
        self._on_committed = on_committed
        self._on_failed = on_failed
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._worker.start(self._loop)
        self._runs = True
        self._schedule()

    @property
    def room(self) -> int:
        """See EventLog."""
        if self._refusal is not None or self._tail_full:
            return 0
        under_way = len(self._work.events) if self._work is not None else 0
        return self._pending_max - len(self._pending) - under_way

    def propose(self, *events: AnyEvent) -> None:
        """See EventLog."""
        if self._refusal is not None:
            raise LogUnavailableError(self._refusal)
        if self._tail_full:
            self._listings.press()
            self._schedule_if_idle()
            raise LogUnavailableError("Not stored: the disk takes no index of the history. Try again in a moment.")
        if len(events) > self.room:
            raise LogUnavailableError("Not stored: the disk cannot keep up. Try again in a moment.")
        self._pending.extend(events)
        if self._work is None and not self._scheduled:
            self._schedule()

    def erase(self, messages: Mapping[int, str]) -> None:
        """See EventLog."""
        for seq, msgid in messages.items():
            self.tail.erase(seq, msgid)
        positions = list(messages)
        for watcher in self._watchers:
            watcher.will_erase(positions)
        self._erased += positions
        self.unerased.update(messages)
        self._schedule_if_idle()

    def read(self, after: int) -> Iterator[Sequence[Record]]:
        """See EventLog."""
        return read_events(self.path, after)

    async def close(self) -> None:
        """See EventLog."""
        if not self._runs:
            self._refusal = _STOPPING
            self._writer.close()
            return
        if self._refusal is None:
            self._refusal = _STOPPING
            self._worker.hurry()
            if self._work is None:
                self._send()
        await asyncio.shield(self._ended)

    # For SqliteHistory, which shares the file.

    def place(self, seq: int, event: AnyEvent | None) -> None:
        """See HistoryStore."""
        self._listings.note(seq, event)
        if event is None:
            self._freed.append(seq)
            self._schedule_if_idle()

    def save_snapshot(self, seq: int, state: bytes) -> None:
        """See HistoryStore."""
        self._listings.add_snapshot((seq, state))
        self._schedule_if_idle()

    def load_snapshot(self) -> tuple[int, bytes] | None:
        """See HistoryStore."""
        return read_snapshot(self.path, self.last_seq)

    def watch_erasures(self, watcher: ErasureWatcher) -> None:
        """Tell ``watcher`` what is erased, and finish an erasure only when it holds nothing of that any more."""
        self._watchers.append(watcher)

    @property
    def is_busy(self) -> bool:
        """Whether events wait to be stored."""
        return bool(self._pending)

    # Sending work to the worker, and handling its results. All of this runs on the event loop.

    def _schedule_if_idle(self) -> None:
        """Send the waiting work at the end of this turn of the event loop. If work is under way, the next batch
        takes it along.
        """
        if self._work is None and not self._scheduled and self._runs:
            self._schedule()

    def _schedule(self) -> None:
        self._scheduled = True
        self._loop.call_soon(self._turn_ended)

    def _turn_ended(self) -> None:
        self._scheduled = False
        if self._work is not None:
            return
        if self._is_quick():
            self._store_here()
        else:
            self._send()

    def _is_quick(self) -> bool:
        return (
            0 < len(self._pending) <= QUICK_EVENTS_MAX
            and self._worker.took_s < QUICK_S
            and not self._worker.busy
            and self._refusal is None
            and not self._listing_is_due
        )

    @property
    def _listing_is_due(self) -> bool:
        return self._listings.is_due(busy=bool(self._pending), closing=self._refusal is not None)

    def _store_here(self) -> None:
        """Store the pending events on the event loop."""
        work = self._work = Work(self._pending, self._freed, None, here=True)
        self._pending, self._freed = [], []
        try:
            committed, repeats = self._worker.store_here(work)
        except Exception as error:
            if is_busy(error):  # another program locks the file: the thread can wait for it, the event loop cannot
                self._work, self._pending, self._freed = None, work.events, work.freed
                self._send()
            else:
                self.failed(error)
        else:
            self.stored(committed, repeats)

    def _batch_size(self, stored: int) -> int:
        """Return how many pending events the next batch has; the batch before it had ``stored`` events.

        Clients often wait for their echo before they send again. Then a large batch and a small batch alternate, and
        the event loop and the thread wait for each other. With two batches of equal size, both always have work. If the
        disk is slow, the next batch has all pending events, because one more batch takes longer than it saves.
        """
        waiting = len(self._pending)
        half = (waiting + stored + 1) // 2
        if self._worker.took_s < half * EVENT_S:
            waiting = min(waiting, half)
        return min(waiting, BATCH_EVENTS_MAX)

    def _send(self, stored: int = 0) -> None:
        """Send the next batch and all other waiting work to the thread; the batch before it had ``stored`` events.

        If there is no work and the log is closing, schedule the thread's end.
        """
        listing = self._listings.take() if self._listing_is_due else None
        if self._pending or self._freed or listing is not None or self._erased or self._purge:
            size = self._batch_size(stored)
            batch, self._pending = self._pending[:size], self._pending[size:]
            self._work = Work(batch, self._freed, listing, here=False, erased=self._erased, purge=self._purge)
            self._freed, self._erased, self._purge = [], [], False
            self._gil.hand_over(partial(self._worker.put, self._work))
        elif self._refusal is not None:
            # Do not end now: after this call, the caller may report stored events, and that can create more work.
            self._loop.call_soon(self._end)

    def _end(self) -> None:
        if self._listings.under_way:
            return  # listed() and not_listed() schedule a turn, which calls this method again
        if self._pending or self._freed or self._erased or self._listing_is_due:
            self._turn_ended()
        elif self._work is None:
            self._worker.put(None)

    def stored(self, committed: Committed, repeats: bool) -> None:
        """Send the next batch to the thread, then give the stored events to ``on_committed`` while it works."""
        work, self._work = self._work, None
        assert work is not None
        if not work.here:
            self._gil.ended()
        self._send(stored=len(work.events))
        if repeats:
            self._hand_over_repeats(committed)
        elif committed:
            self._hand_over(committed)
        if self._listing_is_due:
            self._schedule_if_idle()

    def _hand_over(self, committed: Committed) -> None:
        new = [item.event for item in committed if type(item) is Record]
        self.tail.extend(new)
        self._tail_full = len(self.tail) >= TAIL_EVENTS_MAX
        self.last_seq += len(new)
        self._on_committed(committed)

    def _hand_over_repeats(self, committed: Committed) -> None:
        """Give the items to ``on_committed`` in parts, so that an event is applied before a Repeat of it."""
        part: Committed = []
        for item in committed:
            if isinstance(item, Repeat):
                if part:
                    self._hand_over(part)
                    part = []
                first = item.first
                placed = self.tail.at(first.seq) if self.tail.holds(first.seq) else first.event
                if first.seq in self.unerased and isinstance(placed, MessageSent):
                    placed = erased(placed)
                if placed is not None:
                    item = Repeat(item.event, Record(first.seq, placed))
                elif item.event.id != first.event.id:  # the first event with this key was refused: store this event
                    self._pending.append(item.event)
                    self._schedule_if_idle()
                    continue
            part.append(item)
        if part:
            self._hand_over(part)

    def listed(self) -> None:
        """Drop from the tail the events that are now in the index."""
        self._listings.done()
        self._tail_full = len(self.tail) >= TAIL_EVENTS_MAX
        if self._listing_is_due or self._refusal is not None:
            self._schedule_if_idle()

    def not_listed(self, error: Exception) -> None:
        """Keep the listing that failed. It is tried again when the tail has grown; see Listings.failed."""
        if self._index_outage.failed(why := without_content(error), time.monotonic()):
            _logger.warning("The index of the history could not be written (%s); %s.", why, self._when_again)
        self._listings.failed(closing=self._refusal is not None)
        if self._refusal is not None:
            self._schedule_if_idle()
        if not isinstance(error, sqlite3.Error):
            raise error  # a bug of ours: the event loop's exception handler logs it

    def erased(self, places: Sequence[int]) -> None:
        """Note that no query finds the text of these messages in the log's table any more, and tell the watchers."""
        for seq in places:
            self.unerased.pop(seq, None)
        for watcher in self._watchers:
            watcher.erased(places)

    @property
    def holds_erased(self) -> bool:
        """Whether something else than the log may still hold erased text."""
        return any(watcher.holds_erased for watcher in self._watchers)

    def not_erased(self, places: Sequence[int], error: Exception | None) -> None:
        """Schedule another try to erase these messages. If the log is closing, the next start continues.

        ``error`` is None if the log is erased, and only another file still holds their text.
        """
        if error is not None and self._erasure_outage.failed(why := without_content(error), time.monotonic()):
            _logger.warning("What was erased is still in the log (%s); %s.", why, self._when_again)
        if self._refusal is None:
            self._erased += places
            self._loop.call_later(ERASE_AGAIN_S, self._erase_again)

    @property
    def _when_again(self) -> str:
        return "it is tried again" if self._refusal is None else "the next start tries it again"

    def _erase_again(self) -> None:
        self._purge = self._refusal is None
        self._schedule_if_idle()

    def failed(self, error: Exception) -> None:
        """Refuse the events that could not be stored. The next batch is sent to the disk as usual."""
        work, self._work = self._work, None
        assert work is not None
        if not work.here:
            self._gil.ended()
        reason = LogUnavailableError(not_stored(error))
        self._freed = [*work.freed, *self._freed]
        if self._refusal is not None and not self._pending:
            self._freed = []  # the log is closing: the replay at the next start frees the same keys
        if self._pending or self._refusal is not None:
            self._send()
        self._refuse(work.events, reason)
        if not isinstance(error, (sqlite3.Error, LostLogError)):
            raise error  # a bug of ours: the event loop's exception handler logs it

    def _refuse(self, events: list[AnyEvent], reason: LogUnavailableError) -> None:
        if events:
            self._on_failed(events, reason)

    def thread_ended(self, error: BaseException | None) -> None:
        """Let ``close`` return. If the thread died of an error, refuse all events from now on.

        Raises LogDiedError in that case, for the event loop's exception handler.
        """
        self._runs = False
        self._ended.set_result(None)
        if error is None:
            return
        if self._work is not None and not self._work.here:
            self._gil.told()
            self._gil.ended()
        self._refusal = "Not stored: the server's log has failed. It must be restarted."
        reason = LogUnavailableError(self._refusal)
        events = [*(self._work.events if self._work is not None else ()), *self._pending]
        self._pending.clear()
        self._refuse(events, reason)
        raise LogDiedError("the thread of the log has died") from error
