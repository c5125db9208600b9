"""What the log in SQLite does when things go wrong, and what it leaves on the disk."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from chatapp.errors import LogUnavailableError
from chatapp.model.events import AnyEvent
from chatapp.storage import gil_yield, opening, sqlite
from chatapp.storage.log import EventLog, LogDiedError, Record, Repeat
from chatapp.storage.sqlite_history import SqliteHistory
from chatapp.storage.writer import Writer
from tests.storage.failing import FULL, Failures, Write, failing_logs, sqlite_error
from tests.storage.support import PATIENCE_S, Listener, SqliteLog, message, records, run, stored_here, stored_in_thread


@pytest.fixture(params=[stored_here, stored_in_thread])
def path(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the log is; all tests run with batches that are stored on the loop, and with batches that are not."""
    request.param(monkeypatch)
    return tmp_path / "data" / "chat.db"


@pytest.fixture
def open_log(path: Path) -> Iterator[Callable[[], SqliteLog]]:
    """Opens the log; what was not started is closed at the end."""
    opened = []

    def open_log() -> SqliteLog:
        opened.append(SqliteLog(path, 100))
        return opened[-1]

    yield open_log
    for log in opened:
        asyncio.run(log.close())


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Failures:
    """Makes logs opened from now on use a writer that fails when told."""
    return failing_logs(monkeypatch)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (sqlite3.SQLITE_FULL, "disk is full"),
        (sqlite3.SQLITE_IOERR_WRITE, "disk cannot be written"),
        (sqlite3.SQLITE_READONLY, "log cannot be written"),
    ],
)
def test_a_write_error_refuses_the_batch_and_no_more(path: Path, failing: Failures, code: int, words: str) -> None:
    """What could not be stored is handed back with plain words; the next batch tries anew."""

    async def scenario() -> None:
        listener = Listener(log := SqliteLog(path, 100))
        listener.start()
        await log.append(message(1))
        failing.error = sqlite_error(code)
        log.propose(message(2))
        with pytest.raises(LogUnavailableError, match=words):
            await log.append(message(3))
        assert listener.failed == [message(2), message(3)]
        failing.error = None
        assert await log.append(message(4)) == Record(2, message(4))
        assert [record.event for record in records(log)] == [message(1), message(4)]
        await log.close()

    run(scenario)


def test_keys_that_could_not_be_freed_are_kept_in_mind(path: Path, failing: Failures) -> None:
    """Where it could not be stored that a key is free again, it is free as soon as anything can be stored."""

    async def scenario() -> None:
        log = SqliteLog(path, 100)
        Listener(log).start()
        await log.append(message(1, key="k"))
        failing.error = FULL
        log.place(1, None)
        with pytest.raises(LogUnavailableError, match="disk is full"):
            await log.append(message(2, key="k"))
        failing.error = None
        assert await log.append(message(3, key="k")) == Record(2, message(3, key="k"))
        await log.close()

    run(scenario)


def test_closing_on_a_full_disk(path: Path, failing: Failures) -> None:
    """``close`` ends all the same; what waited is handed back."""

    async def scenario() -> None:
        listener = Listener(log := SqliteLog(path, 100))
        listener.start()
        await log.append(message(1))
        failing.error = FULL
        log.place(1, None)
        log.propose(message(2))
        await log.close()
        assert listener.failed == [message(2)]

    run(scenario)


def test_closing_where_a_key_is_not_freed_at_first(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for a key of which it could not be stored that it is free, is stored or handed back; and that ends."""

    class FailingOnce(Writer):
        failed = False

        def write(self, events: Sequence[AnyEvent], freed: Sequence[int]) -> Write:
            if freed and not self.failed:
                self.failed = True
                raise FULL
            return super().write(events, freed)

    monkeypatch.setattr(opening, "Writer", FailingOnce)
    monkeypatch.setattr(sqlite, "BATCH_EVENTS_MAX", 1)

    async def scenario() -> None:
        def apply(log: EventLog, record: Record) -> None:
            if record.seq == 1:
                log.place(1, None)

        listener = Listener(log := SqliteLog(path, 100), apply)
        listener.start()
        events = [message(number, key="k") for number in range(1, 5)]
        for event in events:
            log.propose(event)
        await log.close()
        first = Record(2, events[3])
        assert listener.told == [Record(1, events[0]), first, Repeat(events[1], first)]
        assert listener.failed == [events[2]]

    run(scenario)


def test_a_bug_in_writing_is_loud_and_refuses_one_batch(path: Path, failing: Failures) -> None:
    """An error that is our own reaches the loop's exception handler; the log goes on with the next batch."""

    async def scenario() -> None:
        listener = Listener(log := SqliteLog(path, 100))
        listener.start()
        failing.error = ZeroDivisionError("a bug")
        with pytest.raises(LogUnavailableError, match="made a mistake"):
            await log.append(message(1))
        failing.error = None
        assert await log.append(message(2)) == Record(1, message(2))
        assert listener.failed == [message(1)]
        await log.close()

    run(scenario, expected=[ZeroDivisionError])


def test_an_event_that_cannot_be_encoded(path: Path) -> None:
    """What can never be written is refused like any failed batch, and loudly."""

    async def scenario() -> None:
        log = SqliteLog(path, 100)
        Listener(log).start()
        with pytest.raises(LogUnavailableError, match="made a mistake"):
            await log.append(message(1, "\ud800"))
        assert await log.append(message(2)) == Record(1, message(2))
        await log.close()

    run(scenario, expected=[UnicodeEncodeError])


def test_the_death_of_the_thread_is_loud(
    open_log: Callable[[], SqliteLog], failing: Failures, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the thread dies, all that waits fails, nothing more is accepted, and nobody waits for ever."""

    stored_in_thread(monkeypatch)

    class DeathError(BaseException):
        pass

    async def scenario() -> None:
        listener = Listener(log := open_log())
        listener.start()
        await log.append(message(1))
        failing.error = DeathError()
        log.place(1, None)
        with pytest.raises(LogUnavailableError, match="must be restarted"):
            await log.append(message(2))
        with pytest.raises(LogUnavailableError, match="must be restarted"):
            log.propose(message(3))
        assert listener.failed == [message(2)]
        await log.close()

    run(scenario, expected=[LogDiedError])
    assert [record.event for record in records(open_log())] == [message(1)]


def test_an_error_of_the_listener_is_loud_and_reaches_who_waits(path: Path) -> None:
    """When on_committed raises, the loop's exception handler hears it, and so does who waits for the event."""

    async def scenario() -> None:
        def apply(log: EventLog, record: Record) -> None:
            if record.seq == 1:
                raise ZeroDivisionError("a bug")

        log = SqliteLog(path, 100)
        Listener(log, apply).start()
        with pytest.raises(ZeroDivisionError):
            await log.append(message(1))
        assert await log.append(message(2)) == Record(2, message(2))
        await log.close()

    run(scenario, expected=[ZeroDivisionError])


def test_a_loop_that_ended_without_close(path: Path, open_log: Callable[[], SqliteLog]) -> None:
    """What was told is stored, and the thread makes no noise about the loop that is gone."""

    async def scenario() -> None:
        log = SqliteLog(path, 100)
        Listener(log).start()
        await log.append(message(1))
        log.propose(message(2))
        await asyncio.sleep(0)  # the batch is with the thread

    run(scenario)
    with closing(sqlite3.connect(path)) as db:  # the thread may still be storing it
        deadline_s = time.monotonic() + PATIENCE_S
        while db.execute("select count(*) from log").fetchone() != (2,):
            assert time.monotonic() < deadline_s
            time.sleep(0.001)
    assert records(open_log()) == [Record(1, message(1)), Record(2, message(2))]


def test_a_log_that_was_never_started(path: Path) -> None:
    """It can be closed, and notes made from a replay wait for the start."""

    async def scenario() -> None:
        first = SqliteLog(path, 100)
        Listener(first).start()
        await first.append(message(1, key="k"))
        await first.close()

        unstarted = SqliteLog(path, 100)
        unstarted.place(1, None)
        await unstarted.close()

        second = SqliteLog(path, 100)
        second.place(1, None)
        assert second.tail.at(1) is None
        Listener(second).start()
        assert await second.append(message(2, key="k")) == Record(2, message(2, key="k"))
        await second.close()

    run(scenario)


def test_large_batches_are_split(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A transaction holds a bounded number of events, and order and count are kept over several."""
    monkeypatch.setattr(sqlite, "BATCH_EVENTS_MAX", 7)

    async def scenario() -> None:
        listener = Listener(log := SqliteLog(path, 100))
        listener.start()
        for number in range(1, 31):
            log.propose(message(number))
        await listener.until_told(30)
        assert [len(batch) for batch in listener.batches] == [7, 7, 7, 7, 2]
        assert listener.told == [Record(number, message(number)) for number in range(1, 31)]
        await log.close()

    run(scenario)


def test_what_comes_in_while_the_thread_writes_is_one_batch(path: Path) -> None:
    """Events of one turn commit together, and those that gather meanwhile are the next transaction."""

    async def scenario() -> None:
        def apply(log: EventLog, record: Record) -> None:
            if record.seq <= 3:
                log.propose(message(record.seq + 10))

        listener = Listener(log := SqliteLog(path, 100), apply)
        listener.start()
        for number in range(1, 4):
            log.propose(message(number))
        await listener.until_told(6)
        assert [len(batch) for batch in listener.batches] == [3, 3]
        await log.close()

    run(scenario)


@pytest.mark.parametrize(("event_s", "sizes"), [(10.0, [4, 12, 8]), (0.0, [4, 20])])
def test_batches_have_equal_sizes_where_the_disk_is_quick(
    path: Path, monkeypatch: pytest.MonkeyPatch, event_s: float, sizes: list[int]
) -> None:
    """A small batch and the large one behind it are evened out, so that thread and loop work side by side.

    On a slow disk (a commit takes longer than the loop needs for the events) all that waits is one batch.
    """
    monkeypatch.setattr(sqlite, "EVENT_S", event_s)
    monkeypatch.setattr(sqlite, "QUICK_EVENTS_MAX", 0)

    async def scenario() -> None:
        listener = Listener(log := SqliteLog(path, 100))
        listener.start()
        for number in range(1, 5):
            log.propose(message(number))
        asyncio.get_running_loop().call_soon(lambda: log.propose(*map(message, range(5, 25))))
        await listener.until_told(24)
        assert [len(batch) for batch in listener.batches] == sizes
        assert listener.told == [Record(number, message(number)) for number in range(1, 25)]
        await log.close()

    run(scenario)


def test_another_writer_is_noticed(path: Path) -> None:
    """Where someone else has added to the log, events are refused rather than stored in a wrong place."""

    async def scenario() -> None:
        log, other = SqliteLog(path, 100), SqliteLog(path, 100)
        for each in (log, other):
            Listener(each).start()
        await other.append(message(1))
        with pytest.raises(LogUnavailableError, match="cannot be written"):
            await log.append(message(2))
        await log.close()
        await other.close()

    run(scenario)


def test_a_busy_loop_lets_the_log_go_on(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside a loop that works in short turns without a pause, a commit and a query are told within a few turns."""
    monkeypatch.setattr(gil_yield, "GIVE_WAY_S", 5.0)  # the machine may be busy too; a signal ends it long before

    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        log = SqliteLog(path, 100)
        history = SqliteHistory(log)
        Listener(log).start()
        busy = True
        turns = 0

        def turn() -> None:
            nonlocal turns
            turns += 1
            end = time.perf_counter() + 0.000_3
            while time.perf_counter() < end:
                pass
            if busy:
                loop.call_soon(turn)

        turn()
        longest = 0
        for number in range(1, 51):
            begin = turns
            await log.append(message(number))
            assert await history.latest("room", after=None, limit=1, upto_seq=number) == [message(number)]
            longest = max(longest, turns - begin)
        busy = False
        assert longest < 30
        await history.close()
        await log.close()

    run(scenario)


def test_files_are_for_their_owner_only(path: Path) -> None:
    """The folder is made with mode 0700, and each file in it with 0600."""

    async def scenario() -> None:
        log = SqliteLog(path, 100)
        Listener(log).start()
        await log.append(message(1))
        modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
        assert modes == dict.fromkeys(["chat.db", "made-chat.db", "chat.db-wal", "chat.db-shm"], 0o600)
        assert path.parent.stat().st_mode & 0o777 == 0o700
        await log.close()
        assert sorted(file.name for file in path.parent.iterdir()) == ["chat.db", "made-chat.db"]

    run(scenario)
