"""What the tests of the storage share: events to store, and someone who listens to a log."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from chatapp.errors import LogUnavailableError
from chatapp.model.events import AnyEvent, MessageEdited, MessageSent
from chatapp.storage import listings, sqlite, sums
from chatapp.storage.checksums import checksums_of
from chatapp.storage.history import HistoryStore
from chatapp.storage.log import Committed, EventLog, OnCommitted, OnFailed, Record, Repeat

if TYPE_CHECKING:
    import pytest

_Result = TypeVar("_Result")
PATIENCE_S = 30.0


def id_of(number: int, node: int = 0) -> str:
    """Make the id with this number of a node."""
    return f"{number:014x}{node:02x}"


def message(
    number: int, text: str = "hi", *, time: int | None = None, stream: str = "room", key: str = "", node: int = 0
) -> MessageSent:
    """Make the message with this number (and id); its time is the number too, unless told otherwise."""
    return MessageSent(
        id=id_of(number, node),
        time=number if time is None else time,
        actor="alice",
        stream=stream,
        verb="PRIVMSG",
        target="#room",
        text=text,
        client_id=key,
    )


def edit_of(
    number: int, of: int, text: str = "new", *, time: int | None = None, stream: str = "room", was: str = "hi"
) -> MessageEdited:
    """Make the event with this number: an edit of the message with the number ``of``."""
    head = message(number, text, time=time, stream=stream)
    return MessageEdited(
        **{**{field: getattr(head, field) for field in head.__struct_fields__}, "verb": "EDIT"},
        msgid=id_of(of),
        position=of,
        author="alice",
        sent=of,
        said="PRIVMSG",
        was=was,
        within=1_000,
        earlier=0,
        most=20,
    )


def put_event(db: sqlite3.Connection, seq: int, text: str) -> None:
    """Put another event at a position, as if it had been stored there: with its checksum."""
    values = (text, checksums_of([text.encode()], [seq]), seq)
    db.execute("update log set event = ?, checksum = ? where seq = ?", values)


def put_sums(db: sqlite3.Connection) -> None:
    """Let the sums agree with the index, whose rows a test has changed."""
    for name, each in sums._SUMS.items():
        rows = db.execute(f"select * from {each.table}").fetchall()
        db.execute(f"update listed set {name} = ?", (sums.sum_of(name, rows),))
    db.execute(f"update listed set total = {sums.TOTAL}")


class SqliteLog(sqlite.SqliteLog):
    """The log, and a way to wait for one event."""

    def start(self, on_committed: OnCommitted, on_failed: OnFailed) -> None:
        """See EventLog."""
        self._waiters: dict[str, asyncio.Future[Record | Repeat]] = {}

        def committed(batch: Committed) -> None:
            try:
                on_committed(batch)
            except BaseException as error:
                self._refuse_waiters([item.event for item in batch], error)
                raise
            for item in batch:
                waiter = self._waiters.get(item.event.id)
                if waiter is not None and not waiter.done():
                    waiter.set_result(item)

        def failed(events: Sequence[AnyEvent], reason: LogUnavailableError) -> None:
            on_failed(events, reason)
            self._refuse_waiters(events, reason)

        super().start(committed, failed)

    async def append(self, event: AnyEvent) -> Record | Repeat:
        """Store the event; return when it is on disk and was told. Raises LogUnavailableError when it is not stored."""
        assert event.id not in self._waiters
        self.propose(event)
        waiter: asyncio.Future[Record | Repeat] = asyncio.get_running_loop().create_future()
        self._waiters[event.id] = waiter
        try:
            return await waiter
        finally:
            self._waiters.pop(event.id, None)

    def _refuse_waiters(self, events: Sequence[AnyEvent], error: BaseException) -> None:
        for event in events:
            waiter = self._waiters.get(event.id)
            if waiter is not None and not waiter.done():
                waiter.set_exception(error)


class Listener:
    """Keeps what a log tells, in batches as told; ``apply`` is called for each record with the log."""

    def __init__(self, log: EventLog, apply: Callable[[EventLog, Record], None] | None = None) -> None:
        self.log = log
        self.batches: list[Committed] = []
        self.failures: list[tuple[list[AnyEvent], LogUnavailableError]] = []
        self._apply = apply
        self._changed = asyncio.Event()

    def start(self) -> None:
        """Start the log."""
        self.log.start(self._on_committed, self._on_failed)

    @property
    def told(self) -> list[Record | Repeat]:
        """All that was told as committed."""
        return [item for batch in self.batches for item in batch]

    @property
    def failed(self) -> list[AnyEvent]:
        """All that was told as failed."""
        return [event for events, _ in self.failures for event in events]

    async def until_told(self, count: int) -> None:
        """Wait until so many events were told, as committed or failed."""
        while len(self.told) + len(self.failed) < count:
            self._changed.clear()
            await self._changed.wait()

    def _on_committed(self, committed: Committed) -> None:
        self.batches.append(committed)
        self._changed.set()
        if self._apply is not None:
            for item in committed:
                if isinstance(item, Record):
                    self._apply(self.log, item)

    def _on_failed(self, events: Sequence[AnyEvent], reason: LogUnavailableError) -> None:
        self.failures.append((list(events), reason))
        self._changed.set()


def stored_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the log take every disk for a quick one, and every batch for a small one."""
    monkeypatch.setattr(sqlite, "QUICK_S", 1_000.0)
    monkeypatch.setattr(sqlite, "QUICK_EVENTS_MAX", 1_000)


def stored_in_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the log take every disk for a slow one."""
    monkeypatch.setattr(sqlite, "QUICK_S", 0.0)


def listed_every(monkeypatch: pytest.MonkeyPatch, events: int) -> None:
    """Let the log bring its index up to date whenever so many events are not in it."""
    monkeypatch.setattr(listings, "LIST_EVENTS", events)
    monkeypatch.setattr(listings, "LIST_EVENTS_BUSY", events)


def left_by_crash(path: Path, folder: Path) -> Path:
    """Copy a log's files as they are on the disk at this moment, into a new folder; tell where the log is there."""
    folder.mkdir()
    for file in (path, path.with_name(path.name + "-wal")):
        if file.exists():
            shutil.copy(file, folder / file.name)
    return folder / path.name


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop go on until something is so."""
    while not condition():
        await asyncio.sleep(0)


def run(test: Callable[[], Awaitable[_Result]], expected: Sequence[type[BaseException]] = ()) -> _Result:
    """Run a test on an event loop of its own; errors in the loop's callbacks are exactly those ``expected``."""

    async def watched() -> _Result:
        errors: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(context.get("exception")))
        async with asyncio.timeout(PATIENCE_S):
            result = await test()
        assert [type(error) for error in errors] == list(expected), errors
        return result

    return asyncio.run(watched())


def records(log: EventLog, after: int = 0) -> list[Record]:
    """All that the log tells on a replay."""
    return [record for part in log.read(after) for record in part]


def frozen_log(version: int, path: Path) -> Path:
    """Make the log that a version of the data format left."""
    with closing(sqlite3.connect(path)) as db:
        db.executescript((Path(__file__).parent / "data" / f"version-{version}.sql").read_text("utf-8"))
    return path


async def place_of(history: HistoryStore, msgid: str) -> tuple[str, int] | None:
    """Return the stream and the time of a message."""
    found = await history.find(msgid)
    return found and (found.stream, found.time)
