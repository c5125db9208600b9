"""The thread that writes to the log's file.

The event loop puts :class:`Work` into a queue, one at a time, and the thread reports each result with
``call_soon_threadsafe``. While the thread is idle, the event loop may also write by itself (:meth:`Worker.store_here`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import NamedTuple, Protocol, TypeVarTuple, Unpack

from chatapp.model.events import AnyEvent
from chatapp.storage.database import BUSY_S, not_stored
from chatapp.storage.gil_yield import GilYield
from chatapp.storage.listings import Listing
from chatapp.storage.log import Committed
from chatapp.storage.mark import REACHED_S
from chatapp.storage.outages import Outage
from chatapp.storage.writer import Writer

HURRY_S = 0.2  # how long to wait for another program that locks the file, while the log is closing

_Args = TypeVarTuple("_Args")
_logger = logging.getLogger(__name__)


class Work(NamedTuple):
    """One job: the events, which are stored in one transaction, then the work that no user waits for."""

    events: list[AnyEvent]
    freed: list[int]  # positions of refused events; their idempotency keys become free
    listing: Listing | None
    here: bool  # stored on the event loop, not in the thread
    erased: Sequence[int] = ()  # positions of messages to erase
    purge: bool = False  # True: a file may still hold text that was erased earlier


class Callbacks(Protocol):
    """What the thread calls on the event loop to report results."""

    def stored(self, committed: Committed, repeats: bool) -> None:
        """The events are on disk. ``repeats``: ``committed`` may have a Repeat. A listing of the work starts now."""

    def failed(self, error: Exception) -> None:
        """No event of the work was stored. A listing of the work starts now nevertheless."""

    def listed(self) -> None:
        """The listing is in the index."""

    def not_listed(self, error: Exception) -> None:
        """Nothing of the listing was written."""

    def erased(self, places: Sequence[int]) -> None:
        """The messages at these positions have no text in the log any more, though other files may still hold it."""

    @property
    def holds_erased(self) -> bool:
        """Whether something else than the log may still hold erased text. The thread itself asks this."""

    def not_erased(self, places: Sequence[int], error: Exception | None) -> None:
        """The messages at these positions still have their text.

        Without an error, the messages are erased, but another file still holds erased text: the search index, or the
        write-ahead log, because another program reads it.
        """

    def thread_ended(self, error: BaseException | None) -> None:
        """The thread has ended: normally (``None``), or because of this error."""


class Worker:
    """Runs the writer: in a thread, or on the event loop in :meth:`store_here`."""

    def __init__(self, writer: Writer, gil: GilYield, callbacks: Callbacks) -> None:
        self.took_s = float("inf")  # time that storing a batch took recently; see _write
        self._writer = writer
        self._gil = gil
        self._callbacks = callbacks
        self._queue: SimpleQueue[Work | None] = SimpleQueue()
        self._hurries = False
        self._unsaved = Outage()
        self._unerased: set[int] = set()  # positions of messages whose erasure failed
        self._marks = False  # whether the event loop will write the mark
        self._ended = False
        self._in_use = threading.Lock()  # held while the thread or the event loop uses the writer

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start the thread. It calls the callbacks on ``loop``."""
        self._loop = loop
        threading.Thread(target=self._run, name="log", daemon=True).start()

    @property
    def busy(self) -> bool:
        """Whether the thread uses the writer. It may still do so after it has reported that events are stored."""
        return self._in_use.locked()

    def hurry(self) -> None:
        """Wait at most ``HURRY_S`` for other programs from the next work on, because the log is closing."""
        self._hurries = True

    def put(self, work: Work | None) -> None:
        """Give the thread its next work; ``None`` tells it to end."""
        self._queue.put(work)

    def store_here(self, work: Work) -> tuple[Committed, bool]:
        """Store the events on the event loop, and return what :meth:`Writer.write` returns. The thread must be idle.

        Does not wait when another program locks the file. Raises sqlite3.Error and LostLogError.
        """
        with self._in_use:
            self._writer.be_patient(0.0)
            written = self._write(work)
        if not (self._marks or self._is_marked):
            self._marks = True
            self._loop.call_later(REACHED_S, self._mark)
        return written

    @property
    def _is_marked(self) -> bool:
        return self._writer.mark.position == self._writer.last_seq

    def _write_mark(self) -> None:
        self._writer.mark.reached(self._writer.last_seq, at_once=True)

    def _mark(self) -> None:
        """Write the mark, if the thread does not use the writer: then the thread does it."""
        self._marks = False
        if self._in_use.acquire(blocking=False):
            try:
                if not self._ended:
                    self._write_mark()
            finally:
                self._in_use.release()

    def _write(self, work: Work) -> tuple[Committed, bool]:
        """Store the events, and measure how long that takes."""
        began_s = time.perf_counter()
        try:
            return self._writer.write(work.events, work.freed)
        finally:
            if work.events or work.freed:
                took_s = time.perf_counter() - began_s
                # One slow write makes `took_s` slow at once; it takes several quick writes to make it quick again.
                slower = took_s > self.took_s or self.took_s == float("inf")
                self.took_s = took_s if slower else (self.took_s + took_s) / 2

    # The methods below run in the thread.

    def _next(self) -> Work | None:
        """Wait for the next work, and write the mark if none comes for a moment."""
        if not self._is_marked:
            try:
                return self._queue.get(timeout=REACHED_S)
            except Empty:
                with self._in_use:
                    self._write_mark()
        return self._queue.get()

    def _run(self) -> None:
        died: BaseException | None = None
        try:
            try:
                while (work := self._next()) is not None:
                    self._gil.taken()
                    with self._in_use:
                        self._store(work)
            finally:
                self._writer.be_patient(HURRY_S)
                with self._in_use:
                    self._ended = True
                    self._writer.close()
        except BaseException as error:
            died = error
        with contextlib.suppress(RuntimeError):  # the event loop may be closed if nobody called SqliteLog.close()
            self._tell(self._callbacks.thread_ended, died)

    def _store(self, work: Work) -> None:
        self._writer.be_patient(HURRY_S if self._hurries else BUSY_S)
        try:
            committed, repeats = self._write(work)
        except Exception as error:
            self._gil.told()
            self._tell(self._callbacks.failed, error)
        else:
            self._gil.told()
            self._tell(self._callbacks.stored, committed, repeats)
        purge = work.purge
        if work.erased:  # before the listing, whose snapshot must not be ahead of a failed erasure
            purge |= self._erase(work.erased)
        if work.listing is not None:
            self._list(work.listing)
        if purge:
            self._purge()

    def _list(self, listing: Listing) -> None:
        if self._hurries:
            self._writer.be_patient(HURRY_S)
        try:
            self._writer.update_index(listing.events, listing.notes)
        except Exception as error:
            self._tell(self._callbacks.not_listed, error)
            return
        self._tell(self._callbacks.listed)
        try:
            if listing.snapshot is not None and not self._unerased:
                self._writer.save_snapshot(*listing.snapshot)
            self._writer.bound_wal()
        except sqlite3.Error as error:  # the next start uses the snapshot before this one
            if self._unsaved.failed(text := not_stored(error), time.monotonic()):
                _logger.warning("The state could not be saved: %s", text)

    def _erase(self, places: Sequence[int]) -> bool:
        """Erase the messages at these positions, and return whether a file may still hold erased text.

        A start erases the messages whose redactions are after the last snapshot. So no snapshot is saved while an
        erasure has failed.
        """
        try:
            self._writer.erase(places)
            self._unerased.difference_update(places)
            self._tell(self._callbacks.erased, places)
            return self._writer.has_to_purge
        except Exception as error:
            self._unerased.update(places)
            self._tell(self._callbacks.not_erased, places, error)
            return False

    def _purge(self) -> None:
        try:
            if not self._writer.purge(elsewhere=self._callbacks.holds_erased):
                self._tell(self._callbacks.not_erased, (), None)
        except Exception as error:
            self._tell(self._callbacks.not_erased, (), error)

    def _tell(self, callback: Callable[[Unpack[_Args]], None], *args: *_Args) -> None:
        self._loop.call_soon_threadsafe(callback, *args)
