"""An EventLog in memory, for tests that need a log and no disk."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from chatapp.errors import LogUnavailableError
from chatapp.model.events import AnyEvent, MessageSent
from chatapp.model.remarks import erased, target_of
from chatapp.storage.log import Committed, OnCommitted, OnFailed, Record, Repeat


@dataclasses.dataclass
class Row:
    """An event as proposed, with what was noted of it."""

    event: AnyEvent
    time: int
    stream: str | None
    key: str | None

    def as_applied(self) -> AnyEvent:
        """Give the event with the time and stream that were noted for it."""
        return msgspec.structs.replace(self.event, time=self.time, stream=self.stream or self.event.stream)


@dataclasses.dataclass
class MemoryDisk:
    """What outlives a MemoryLog: give it to the next one to play a restart."""

    rows: list[Row] = dataclasses.field(default_factory=list)
    snapshots: list[tuple[int, bytes]] = dataclasses.field(default_factory=list)

    def place(self, seq: int, event: AnyEvent | None) -> None:
        """See HistoryStore."""
        row = self.rows[seq - 1]
        if event is None:
            row.stream = row.key = None
        else:
            row.time, row.stream = event.time, event.stream

    def save_snapshot(self, seq: int, state: bytes) -> None:
        """See HistoryStore."""
        self.snapshots.append((seq, state))

    def load_snapshot(self) -> tuple[int, bytes] | None:
        """See HistoryStore."""
        return max(self.snapshots, default=None)


class MemoryLog:
    """Stores what was proposed in one turn of the event loop in the next one.

    While ``held`` is true nothing is stored; while ``failure`` is set, what is to be stored fails with it.
    """

    def __init__(self, disk: MemoryDisk | None = None, pending_max: int = 100_000) -> None:
        self.disk = MemoryDisk() if disk is None else disk
        self.place, self.save_snapshot = self.disk.place, self.disk.save_snapshot
        self.load_snapshot = self.disk.load_snapshot
        self.failure: LogUnavailableError | None = None
        self.last_seq = len(self.disk.rows)
        self.last_id = max((row.event.id for row in self.disk.rows), default="")
        self._pending_max = pending_max
        self._pending: list[AnyEvent] = []
        self._waiters: dict[str, asyncio.Future[Record | Repeat]] = {}
        self._held = self._scheduled = self._closed = False

    @property
    def held(self) -> bool:
        """Whether everything waits."""
        return self._held

    @held.setter
    def held(self, held: bool) -> None:
        self._held = held
        if not held:
            self._schedule()

    def start(self, on_committed: OnCommitted, on_failed: OnFailed) -> None:
        """See EventLog."""
        self._on_committed, self._on_failed = on_committed, on_failed
        self._loop = asyncio.get_running_loop()

    @property
    def room(self) -> int:
        """See EventLog."""
        return 0 if self._closed else self._pending_max - len(self._pending)

    def propose(self, *events: AnyEvent) -> None:
        """See EventLog."""
        if self._closed:
            raise LogUnavailableError("Not stored: the server is stopping.")
        if len(events) > self.room:
            raise LogUnavailableError("Not stored: the disk cannot keep up. Try again in a moment.")
        self._pending.extend(events)
        self._schedule()

    async def append(self, event: AnyEvent) -> Record | Repeat:
        """See EventLog."""
        self.propose(event)
        waiter = self._waiters[event.id] = self._loop.create_future()
        try:
            return await waiter
        finally:
            self._waiters.pop(event.id, None)

    def erase(self, messages: Mapping[int, str]) -> None:
        """See EventLog."""
        for seq, row in enumerate(self.disk.rows, 1):
            if isinstance(row.event, MessageSent) and (seq in messages or target_of(row.event) in messages.values()):
                row.event = erased(row.event)

    def read(self, after: int) -> Iterator[Sequence[Record]]:
        """See EventLog."""
        for seq in range(after, len(self.disk.rows)):
            yield [Record(seq + 1, self.disk.rows[seq].event)]

    async def close(self) -> None:
        """See EventLog."""
        self._closed = True
        self._held = False
        while self._pending:
            self._commit()

    def _schedule(self) -> None:
        if self._pending and not self._scheduled and not self._held:
            self._scheduled = True
            self._loop.call_soon(self._commit)

    def _commit(self) -> None:
        self._scheduled = False
        if self._held:
            return
        events, self._pending = self._pending, []
        if self.failure is not None and events:
            self._on_failed(events, self.failure)
            for event in events:
                if event.id in self._waiters:
                    self._waiters[event.id].set_exception(self.failure)
            return
        batch: Committed = []
        for event in events:
            item = self._store(event)
            if isinstance(item, Repeat) and batch:
                # What applying made of the first one decides whether this is its repeat.
                self._hand_over(batch)
                batch, item = [], self._store(event)
            batch.append(item)
        if batch:
            self._hand_over(batch)

    def _hand_over(self, batch: Committed) -> None:
        self.last_seq = len(self.disk.rows)
        self._on_committed(batch)
        for item in batch:
            waiter = self._waiters.get(item.event.id)
            if waiter is not None and not waiter.done():
                waiter.set_result(item)

    def _store(self, event: AnyEvent) -> Record | Repeat:
        for seq, row in enumerate(self.disk.rows, 1):
            if row.event.id == event.id or (row.key is not None and row.key == event.key):
                return Repeat(event, Record(seq, row.as_applied()))
        self.disk.rows.append(Row(event, event.time, event.stream, event.key))
        return Record(len(self.disk.rows), event)
