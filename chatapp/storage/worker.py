"""The one who works with the log's file: a thread of its own, or for a moment the event loop in its place.

The loop gives it one work at a time, and hears of the end of each; the two meet in a queue one way and in
``call_soon_threadsafe`` the other.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import NamedTuple, Protocol, TypeVarTuple, Unpack

from chatapp.model.events import AnyEvent
from chatapp.storage.database import BUSY_S, not_stored
from chatapp.storage.gil_yield import GilYield
from chatapp.storage.listings import Listing
from chatapp.storage.log import Committed
from chatapp.storage.outages import Outage
from chatapp.storage.writer import Writer

HURRY_S = 0.2  # for another program that holds the file, while the log is closing

_Args = TypeVarTuple("_Args")
_logger = logging.getLogger(__name__)


class Work(NamedTuple):
    """What is to be stored: the events in one transaction, and after it the rest, for which nobody waits."""

    events: list[AnyEvent]
    freed: list[int]  # places of refused events, of which the keys are free again
    listing: Listing | None
    here: bool  # on the loop, not in the thread
    erased: Sequence[int] = ()  # places of events whose text is to be erased
    purge: bool = False  # whether what was erased before may still be in a file


class Callbacks(Protocol):
    """Who hears of it, on the loop."""

    def stored(self, committed: Committed, repeats: bool) -> None:
        """The events are on disk; the listing, if any, is begun."""

    def failed(self, error: Exception) -> None:
        """Nothing of the work was stored; the listing, if any, is begun all the same."""

    def listed(self) -> None:
        """The listing is done."""

    def not_listed(self, error: Exception) -> None:
        """Nothing of the listing was done."""

    def not_erased(self, places: Sequence[int], error: Exception | None) -> None:
        """The text of these events is still there; with no error: only a file that others read still has some text."""

    def thread_ended(self, error: BaseException | None) -> None:
        """The thread has ended: it was asked to, or died of an error."""


class Worker:
    """The thread that works with a writer, and the loop when it does so itself."""

    def __init__(self, writer: Writer, gil: GilYield, callbacks: Callbacks) -> None:
        self.took_s = float("inf")  # to store a batch, of late
        self._writer = writer
        self._gil = gil
        self._callbacks = callbacks
        self._queue: SimpleQueue[Work | None] = SimpleQueue()
        self._hurries = False
        self._unsaved = Outage()
        self._in_use = threading.Lock()  # the writer, by the thread or by the loop

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin; ``loop`` is told of all that is done."""
        self._loop = loop
        threading.Thread(target=self._run, name="log", daemon=True).start()

    @property
    def busy(self) -> bool:
        """Tell whether the thread is at work, be it for itself after the last work was told."""
        return self._in_use.locked()

    def hurry(self) -> None:
        """Wait for other programs no longer than a moment from the next work on: the log is closing."""
        self._hurries = True

    def put(self, work: Work | None) -> None:
        """Give the thread its next work; ``None``: it is to end."""
        self._queue.put(work)

    def store_here(self, work: Work) -> tuple[Committed, bool]:
        """Store the events on the loop, while the thread has nothing to do; where another program holds the file, not.

        Raises what a writer does.
        """
        with self._in_use:
            self._writer.be_patient(0.0)
            return self._write(work)

    def _write(self, work: Work) -> tuple[Committed, bool]:
        """Store the events, and note how long that takes."""
        began_s = time.perf_counter()
        try:
            return self._writer.write(work.events, work.freed)
        finally:
            if work.events or work.freed:
                took_s = time.perf_counter() - began_s
                # A good moment does not make the disk a quick one, a bad one makes it slow.
                slower = took_s > self.took_s or self.took_s == float("inf")
                self.took_s = took_s if slower else (self.took_s + took_s) / 2

    # In the thread

    def _run(self) -> None:
        died: BaseException | None = None
        try:
            try:
                while (work := self._queue.get()) is not None:
                    self._gil.taken()
                    with self._in_use:
                        self._store(work)
            finally:
                self._writer.be_patient(HURRY_S)
                self._writer.close()
        except BaseException as error:
            died = error
        with contextlib.suppress(RuntimeError):  # without close() the loop may be gone
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
        if work.listing is not None:
            self._list(work.listing)
        if work.erased or work.purge:
            self._erase(work.erased)

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
            if listing.snapshot is not None:
                self._writer.save_snapshot(*listing.snapshot)
            self._writer.bound_wal()
        except sqlite3.Error as error:  # the snapshot before this one serves as well
            if self._unsaved.failed(text := not_stored(error), time.monotonic()):
                _logger.warning("The state could not be saved: %s", text)

    def _erase(self, places: Sequence[int]) -> None:
        try:
            if places:
                self._writer.erase(places)
            places = ()
            if not self._writer.purge():
                self._tell(self._callbacks.not_erased, places, None)
        except Exception as error:
            self._tell(self._callbacks.not_erased, places, error)

    def _tell(self, callback: Callable[[Unpack[_Args]], None], *args: *_Args) -> None:
        self._loop.call_soon_threadsafe(callback, *args)
