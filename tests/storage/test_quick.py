"""Which batches the event loop stores by itself, and which it leaves to the thread."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import ClassVar

import pytest

from chatapp.errors import LogUnavailableError
from chatapp.model.events import AnyEvent
from chatapp.storage import opening, sqlite
from chatapp.storage.writer import Writer
from tests.storage.failing import Write, sqlite_error
from tests.storage.support import Listener, SqliteLog, message, run, until


class SlowWriter(Writer):
    """Notes the thread that writes; takes as long as ``took_s`` says."""

    took_s = 0.0
    threads: ClassVar[list[str]] = []

    def write(self, events: Sequence[AnyEvent], freed: Sequence[int]) -> Write:
        """See Writer."""
        self.threads.append(threading.current_thread().name)
        end = time.perf_counter() + self.took_s
        while time.perf_counter() < end:
            pass
        if self.took_s:
            raise sqlite_error(sqlite3.SQLITE_IOERR)
        return super().write(events, freed)


def test_the_loop_writes_only_where_that_is_quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first batch, one after a slow one, and a large one are left to the thread; a failure may be slow too."""
    monkeypatch.setattr(opening, "Writer", SlowWriter)
    monkeypatch.setattr(sqlite, "QUICK_S", 0.5)
    threads: list[str] = []
    monkeypatch.setattr(SlowWriter, "threads", threads)
    loop = threading.current_thread().name

    async def scenario() -> None:
        listener = Listener(log := SqliteLog(tmp_path / "chat.db", 100))
        listener.start()
        await log.append(message(1))
        assert threads == ["log"]
        number = await until_the_loop_writes(log, 2)
        many = 1 + sqlite.QUICK_EVENTS_MAX
        told = len(listener.told)
        for each in range(number, number + many):
            log.propose(message(each))
        await listener.until_told(told + many)
        assert threads[-1] == "log"
        number = await until_the_loop_writes(log, number + many)
        monkeypatch.setattr(SlowWriter, "took_s", 0.6)
        while threads[-1] == loop:
            number += 1
            with pytest.raises(LogUnavailableError):
                await log.append(message(number))
        monkeypatch.setattr(SlowWriter, "took_s", 0.0)
        await log.append(message(number + 1))
        assert threads[-1] == "log"
        await log.close()

    async def until_the_loop_writes(log: SqliteLog, number: int) -> int:
        """Append until the thread, which may be tidying, leaves it to the loop; return the number of the next."""
        while threads[-1] != loop:
            await log.append(message(number))
            number += 1
        return number

    run(scenario)


def test_a_listing_alone_tells_nothing_of_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing was stored yet, the first batch is left to the thread, whatever else was done before it."""
    monkeypatch.setattr(opening, "Writer", SlowWriter)
    monkeypatch.setattr(sqlite, "QUICK_S", 1_000.0)
    threads: list[str] = []
    monkeypatch.setattr(SlowWriter, "threads", threads)

    async def scenario() -> None:
        log = SqliteLog(tmp_path / "chat.db", 100)
        Listener(log).start()
        log.save_snapshot(0, b"state")
        await until(lambda: log.load_snapshot() is not None and not log._worker.busy)
        await log.append(message(1))
        assert set(threads) == {"log"}
        await log.close()

    run(scenario)


def test_the_loop_does_not_wait_for_another_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one holds the file, the thread waits for it, and the loop goes on; then the events are stored, in order."""
    monkeypatch.setattr(opening, "Writer", SlowWriter)
    monkeypatch.setattr(sqlite, "QUICK_S", 1_000.0)
    threads: list[str] = []
    monkeypatch.setattr(SlowWriter, "threads", threads)

    async def scenario() -> None:
        listener = Listener(log := SqliteLog(tmp_path / "chat.db", 100))
        listener.start()
        await log.append(message(1))
        await until(lambda: not log._worker.busy)
        with closing(sqlite3.connect(tmp_path / "chat.db", isolation_level=None)) as other:
            other.execute("begin immediate")
            threads.clear()
            log.propose(message(2))
            await until(lambda: len(threads) == 2)  # while the loop goes on
            log.propose(message(3))
            assert threads == [threading.current_thread().name, "log"]
            assert len(listener.told) == 1
            other.execute("rollback")
        await listener.until_told(3)
        assert [item.event for item in listener.told] == [message(1), message(2), message(3)]
        assert listener.failures == []
        await log.close()

    run(scenario)
