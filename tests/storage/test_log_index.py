"""The index as a log in SQLite brings it up to date: beside all else, and also when it cannot."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from chatapp.errors import LogUnavailableError
from chatapp.model.events import AnyEvent, MessageSent
from chatapp.storage import sqlite
from chatapp.storage.history import Found
from chatapp.storage.log import EventLog, Record, Repeat
from chatapp.storage.sqlite_history import SqliteHistory
from tests.storage.failing import FULL, Failures, failing_logs
from tests.storage.support import (
    Listener,
    SqliteLog,
    left_by_crash,
    listed_every,
    message,
    place_of,
    records,
    run,
    stored_here,
    stored_in_thread,
    until,
)

ALL = 1_000_000


@pytest.fixture(params=[stored_here, stored_in_thread])
def path(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the log is; all tests run with batches that are stored on the loop, and with batches that are not."""
    request.param(monkeypatch)
    listed_every(monkeypatch, 5)
    return tmp_path / "chat.db"


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Failures:
    """Makes logs opened from now on use a writer that fails when told."""
    return failing_logs(monkeypatch)


def word(number: int) -> MessageSent:
    """Make the message with this number; there is time between it and the next one."""
    return message(number, time=10 * number)


def fate(event: AnyEvent) -> AnyEvent | None:
    """Tell what applying makes of a message: every third one is moved, and every fifth one refused."""
    number = int(event.id, 16)
    if number % 5 == 0:
        return None
    return msgspec.structs.replace(event, time=event.time + 5) if number % 3 == 0 else event


def apply(log: EventLog, record: Record) -> None:
    """Apply an event, as the server does."""
    event = fate(record.event)
    if event != record.event:
        log.place(record.seq, event)


def said(first: int, last: int) -> list[MessageSent]:
    """All messages from one number to another that history has to tell, in its order."""
    there = [event for number in range(first, last + 1) if (event := fate(word(number))) is not None]
    return sorted((event for event in there if isinstance(event, MessageSent)), key=lambda event: event.time)


async def all_of(history: SqliteHistory) -> list[MessageSent]:
    """Ask for the whole history."""
    return await history.latest("room", after=None, limit=ALL, upto_seq=ALL)


def index_of(path: Path) -> int:
    """Tell how far the index on the disk goes."""
    with closing(sqlite3.connect(path)) as db:
        ((upto,),) = db.execute("select seq from listed").fetchall()
        places = db.execute("select value from runs, json_each(places) order by value").fetchall()
        assert [place for (place,) in places] == [seq for seq in range(1, upto + 1) if fate(word(seq)) is not None]
    return int(upto)


async def append_many(log: SqliteLog, first: int, last: int) -> None:
    """Append the messages with these numbers."""
    for number in range(first, last + 1):
        await log.append(word(number))


def test_the_index_follows_by_itself(path: Path) -> None:
    """When enough events are there they are listed, and need not be held in memory any more."""

    async def scenario() -> None:
        log = SqliteLog(path, 100)
        history = SqliteHistory(log)
        Listener(log, apply).start()
        for first in range(1, 60, 6):
            await append_many(log, first, first + 5)
            assert await all_of(history) == said(1, first + 5)
            await until(lambda: len(log.tail) < 5)
        assert index_of(path) >= 55
        await history.close()
        await log.close()

    run(scenario)


def test_history_while_a_listing_is_under_way(path: Path, failing: Failures, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each message is told once: before, while and after the index takes it up, and by a query that began before."""

    class Held(SqliteHistory):
        query_may_go_on = failing.may_list

        def _query(self, query: Callable[[sqlite3.Connection], list[object]]) -> list[object]:  # type: ignore[override]
            assert self.query_may_go_on.wait(30)
            return super()._query(query)

    async def scenario() -> None:
        log = SqliteLog(path, 100)
        history, held = SqliteHistory(log), Held(log)
        Listener(log, apply).start()
        await append_many(log, 1, 4)
        failing.may_list.clear()
        await log.append(word(5))
        assert await all_of(history) == said(1, 5)
        began_before = all_of(held)
        query = log._loop.create_task(began_before)
        await until(lambda: held.waiting == 1)
        failing.may_list.set()
        await until(lambda: len(log.tail) == 0)
        assert await query == await all_of(history) == said(1, 5)
        found = [await history.find(message(number).id) for number in (3, 4, 5)]
        assert found == [Found("room", 35, 3, "alice"), Found("room", 40, 4, "alice"), None]
        await held.close()
        await history.close()
        await log.close()

    run(scenario)


def test_events_that_come_while_a_listing_is_under_way(path: Path, failing: Failures) -> None:
    """What is stored meanwhile is no part of it, and is listed the next time."""

    async def scenario() -> None:
        listener = Listener(log := SqliteLog(path, 100), apply)
        history = SqliteHistory(log)
        listener.start()
        failing.may_list.clear()
        await append_many(log, 1, 5)
        for number in range(6, 13):
            log.propose(word(number))
        failing.may_list.set()
        await listener.until_told(12)
        assert await all_of(history) == said(1, 12)
        await until(lambda: len(log.tail) < 5)
        assert await all_of(history) == said(1, 12)
        assert failing.listings == 2
        await history.close()
        await log.close()

    run(scenario)


def test_an_event_that_is_listed_can_be_noted(path: Path) -> None:
    """What is noted of an event that is in the index amends it, without waiting for other events."""

    async def scenario() -> None:
        log = SqliteLog(path, 100)
        history = SqliteHistory(log)
        Listener(log).start()
        keyed = [message(number, time=10 * number, key=f"k{number}") for number in range(1, 6)]
        for event in keyed:
            await log.append(event)
        await until(lambda: len(log.tail) == 0)
        moved = msgspec.structs.replace(keyed[1], time=25)
        log.place(1, None)
        log.place(2, moved)
        while await all_of(history) != [moved, *keyed[2:]]:
            pass
        assert await place_of(history, keyed[0].id) is None
        again = message(6, key="k2")
        assert await log.append(again) == Repeat(again, Record(2, moved))
        assert await log.append(message(7, key="k1")) == Record(6, message(7, key="k1"))
        await history.close()
        await log.close()

    run(scenario)


def test_a_listing_that_fails_is_not_missed(path: Path, failing: Failures) -> None:
    """While the index cannot be brought up to date, events are stored, and history tells all of them as applied."""

    async def scenario() -> None:
        log = SqliteLog(path, 100)
        history = SqliteHistory(log)
        Listener(log, apply).start()
        failing.listing_error = FULL
        await append_many(log, 1, 30)
        assert (len(log.tail), index_of(path)) == (30, 0)
        assert failing.listings > 0
        assert await all_of(history) == said(1, 30)
        failing.listing_error = None
        await append_many(log, 31, 40)
        await until(lambda: len(log.tail) < 5)
        assert await all_of(history) == said(1, 40)
        assert index_of(path) >= 30
        await history.close()
        await log.close()

    run(scenario)


def test_what_the_index_does_not_take_is_bounded(
    path: Path, failing: Failures, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond TAIL_EVENTS_MAX events that are not listed one more is refused in plain words, until there is room again.

    Who is refused is not needed for that: each refusal tries anew, and so does nothing else.
    """
    monkeypatch.setattr(sqlite, "TAIL_EVENTS_MAX", 20)

    async def scenario() -> None:
        listener = Listener(log := SqliteLog(path, 100), apply)
        history = SqliteHistory(log)
        listener.start()
        failing.listing_error = FULL
        await append_many(log, 1, 20)
        await until(lambda: not log._listings.under_way)
        for number in range(21, 40):
            tried = failing.listings
            with pytest.raises(LogUnavailableError, match=r"takes no index of the history\. Try again"):
                log.propose(word(number))
            await until(lambda: failing.listings > tried and not log._listings.under_way)  # noqa: B023
        assert (len(log.tail), log.last_seq, listener.failures) == (20, 20, [])
        assert await all_of(history) == said(1, 20)
        failing.listing_error = None
        with pytest.raises(LogUnavailableError):
            log.propose(word(40))
        await until(lambda: len(log.tail) == 0)
        assert await log.append(word(41)) == Record(21, word(41))
        await history.close()
        await log.close()

    run(scenario)


@pytest.mark.parametrize("snapshot", [False, True])
def test_closing_where_nothing_can_be_listed(path: Path, failing: Failures, snapshot: bool) -> None:
    """``close`` ends all the same, without a snapshot; the next start finds everything in the tail."""

    async def scenario() -> None:
        log = SqliteLog(path, 100)
        Listener(log, apply).start()
        failing.listing_error = FULL
        await append_many(log, 1, 20)
        if snapshot:
            log.save_snapshot(20, b"state")
        log.propose(word(21))
        await log.close()
        failing.listing_error = None

        again = SqliteLog(path, 100)
        assert (again.load_snapshot(), len(again.tail), again.last_seq) == (None, 21, 21)
        for record in records(again):
            apply(again, record)
        history = SqliteHistory(again)
        Listener(again).start()
        assert await all_of(history) == said(1, 21)
        await history.close()
        await again.close()

    run(scenario)


@pytest.mark.parametrize(("closes", "words"), [(True, "the next start tries it again"), (False, "it is tried again")])
def test_what_is_told_of_an_index_that_is_not_written(
    path: Path, failing: Failures, caplog: pytest.LogCaptureFixture, closes: bool, words: str
) -> None:
    """While the log is closing, nothing is tried again; the line that says what happened says so."""

    async def scenario() -> None:
        log = SqliteLog(path, 100)
        Listener(log, apply).start()
        await append_many(log, 1, 3)
        failing.listing_error = FULL
        log.save_snapshot(3, b"state")
        if not closes:
            await until(lambda: bool(caplog.messages))
        await log.close()

    run(scenario)
    assert caplog.messages == [f"The index of the history could not be written (what SQLite says); {words}."]


def test_closing_waits_for_the_listing_under_way(path: Path, failing: Failures) -> None:
    """A log that closes while events are listed closes after that, and after the snapshot that goes with it."""

    async def scenario() -> None:
        log = SqliteLog(path, 100)
        Listener(log, apply).start()
        failing.may_list.clear()
        await append_many(log, 1, 5)
        log.save_snapshot(5, b"state")
        closing_log = log._loop.create_task(log.close())
        await until(lambda: log._refusal is not None)
        failing.may_list.set()
        await closing_log
        again = SqliteLog(path, 100)
        assert (again.load_snapshot(), index_of(path), len(again.tail)) == ((5, b"state"), 5, 0)
        await again.close()

    run(scenario)


def test_a_snapshot_waits_for_the_index(path: Path, failing: Failures) -> None:
    """A snapshot is never on disk before the index up to it, with all notes; both come when the disk is well again."""

    async def scenario() -> None:
        log = SqliteLog(path, 100)
        Listener(log, apply).start()
        await append_many(log, 1, 3)
        failing.listing_error = FULL
        log.save_snapshot(3, b"state")
        await until(lambda: failing.listings == 1 and not log._listings.under_way)
        assert (log.load_snapshot(), index_of(path)) == (None, 0)
        failing.listing_error = None
        await log.append(word(4))
        await until(lambda: log.load_snapshot() is not None)
        assert log.load_snapshot() == (3, b"state")
        assert index_of(path) >= 3
        with closing(sqlite3.connect(path)) as db:
            assert db.execute("select time from notes where seq = 3").fetchall() == [(35,)]
        await log.close()

    run(scenario)


def test_a_snapshot_needs_no_further_event(path: Path, failing: Failures) -> None:
    """A snapshot that comes in while a listing is under way is saved after it, though nothing else happens."""

    async def scenario() -> None:
        log = SqliteLog(path, 100)
        Listener(log, apply).start()
        failing.may_list.clear()
        await append_many(log, 1, 5)
        await until(lambda: log._work is None)
        log.save_snapshot(5, b"state")
        await until(lambda: not log._scheduled)
        failing.may_list.set()
        await until(lambda: log.load_snapshot() == (5, b"state"))
        await log.close()

    run(scenario)


def test_no_moment_has_a_snapshot_before_its_index(path: Path, tmp_path: Path, failing: Failures) -> None:
    """Wherever the process dies while it saves one, what is on the disk has the index up to each snapshot."""

    async def scenario() -> None:
        log = SqliteLog(path, 100)
        Listener(log, apply).start()
        failing.snapshot_error = FULL
        await append_many(log, 1, 3)
        log.save_snapshot(3, b"state")
        await until(lambda: log.tail.listed == 3)
        between = left_by_crash(path, tmp_path / "between")
        assert index_of(between) == 3
        second = SqliteLog(between, 100)
        assert (second.load_snapshot(), records(second)[-1].seq) == (None, 3)
        await second.close()
        await log.close()

    run(scenario)


def test_a_snapshot_that_cannot_be_saved(path: Path, failing: Failures, caplog: pytest.LogCaptureFixture) -> None:
    """It is said in plain words, and nothing else is hindered: the one before it serves as well."""

    async def scenario() -> None:
        log = SqliteLog(path, 100)
        Listener(log, apply).start()
        failing.snapshot_error = FULL
        await append_many(log, 1, 3)
        log.save_snapshot(3, b"state")
        await append_many(log, 4, 5)
        await log.close()
        assert [record.levelno for record in caplog.records] == [logging.WARNING]
        assert "state could not be saved" in caplog.text
        assert "disk is full" in caplog.text

    run(scenario)


def test_a_bug_in_listing_is_loud(path: Path, failing: Failures) -> None:
    """An error that is our own reaches the loop's exception handler; storing goes on, and so does history."""

    async def scenario() -> None:
        log = SqliteLog(path, 100)
        history = SqliteHistory(log)
        Listener(log, apply).start()
        await append_many(log, 1, 4)
        failing.listing_error = ZeroDivisionError("a bug")
        await append_many(log, 5, 5)
        await until(lambda: failing.listings == 1 and not log._listings.under_way)
        failing.listing_error = None
        await append_many(log, 6, 12)
        assert await all_of(history) == said(1, 12)
        await until(lambda: log.tail.listed >= 5)
        assert await all_of(history) == said(1, 12)
        await history.close()
        await log.close()

    run(scenario, expected=[ZeroDivisionError])
