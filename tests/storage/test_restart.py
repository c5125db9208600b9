"""A log that was not closed: what was in memory only is there again after the next start and its replay."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from chatapp.model.events import AnyEvent
from chatapp.storage.database import open_writer
from chatapp.storage.log import EventLog, Record, Repeat
from chatapp.storage.sqlite_history import SqliteHistory
from chatapp.storage.writer import Writer
from tests.storage.support import (
    Listener,
    SqliteLog,
    left_by_crash,
    listed_every,
    message,
    place_of,
    records,
    run,
    until,
)

ALL = 1_000_000


@pytest.fixture(params=[1, 3, 1_000])
def path(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the log is; all tests run with logs of which all, some, and nothing is listed."""
    listed_every(monkeypatch, request.param)
    return tmp_path / "chat.db"


def fate(event: AnyEvent) -> AnyEvent | None:
    """Tell what applying makes of a message: the second one is refused, the third one is moved."""
    if event.id == message(2).id:
        return None
    return msgspec.structs.replace(event, time=35) if event.id == message(3).id else event


def apply(log: EventLog, record: Record) -> None:
    """Apply an event, as the server does."""
    event = fate(record.event)
    if event != record.event:
        log.place(record.seq, event)


def replay(path: Path) -> SqliteLog:
    """Open a log again, and apply what is behind its last snapshot."""
    log = SqliteLog(path, 100)
    for record in records(log, (log.load_snapshot() or (0, b""))[0]):
        apply(log, record)
    return log


async def at_rest(log: SqliteLog) -> None:
    """Wait until the log has nothing to do."""
    await until(lambda: log._work is None and not log._scheduled and not log._listings.under_way)


def backed_up(path: Path, folder: Path) -> Path:
    """Copy a log that is in use as README says; tell where the copy is."""
    folder.mkdir()
    with closing(sqlite3.connect(path)) as db:
        db.execute("vacuum into ?", (str(folder / path.name),))
    return folder / path.name


@pytest.mark.parametrize("snapshot", [False, True])
@pytest.mark.parametrize("copied", [left_by_crash, backed_up])
def test_history_after_a_crash(
    path: Path, tmp_path: Path, snapshot: bool, copied: Callable[[Path, Path], Path]
) -> None:
    """What was said is told as it was before, as soon as the replay is done: what is listed, and what is not.

    So it is from a backup that was made meanwhile.
    """

    async def scenario() -> None:
        log = SqliteLog(path, 100)
        Listener(log, apply).start()
        said = [message(number, time=10 * number) for number in range(1, 9)]
        for event in said[:7]:
            await log.append(event)
        if snapshot:
            log.save_snapshot(7, b"state")
            await until(lambda: log.load_snapshot() is not None)
            await log.append(said[7])
        await at_rest(log)
        crashed = copied(path, tmp_path / "crashed")

        again = replay(crashed)
        assert (again.tail.listed, again.tail.last) == (log.tail.listed, log.tail.last)
        before, after = SqliteHistory(log), SqliteHistory(again)
        Listener(again).start()
        pages = [await each.latest("room", after=None, limit=9, upto_seq=ALL) for each in (before, after)]
        assert pages[0] == pages[1]
        assert pages[1] == [said[0], message(3, time=35), *(said[3:] if snapshot else said[3:7])]
        assert [await place_of(after, event.id) for event in said[:3]] == [("room", 10), None, ("room", 35)]
        for history in (before, after):
            await history.close()
        for each in (log, again):
            await each.close()

    run(scenario)


def test_events_that_were_listed_without_their_notes(path: Path) -> None:
    """Where the index lacks what a replay notes, it is amended: history is right, and so are repeats and keys."""
    writer = Writer(path, open_writer(path))
    keyed = [message(number, time=10 * number, key=f"k{number}") for number in range(1, 7)]
    writer.write(keyed, [])
    writer.update_index(keyed[:5], {})
    writer.close()

    async def scenario() -> None:
        log = SqliteLog(path, 100)
        moved = msgspec.structs.replace(keyed[2], time=35)
        log.place(2, None)
        log.place(3, moved)
        history = SqliteHistory(log)
        Listener(log).start()
        expected = [keyed[0], moved, *keyed[3:]]
        while await history.latest("room", after=None, limit=9, upto_seq=ALL) != expected:
            pass
        assert await place_of(history, keyed[1].id) is None
        again = message(7, key="k3")
        assert await log.append(again) == Repeat(again, Record(3, moved))
        assert await log.append(message(8, key="k2")) == Record(7, message(8, key="k2"))
        await history.close()
        await log.close()

    run(scenario)


def test_a_key_is_free_again_after_a_crash(path: Path, tmp_path: Path) -> None:
    """Where it was not on disk yet that a key is free again, the replay frees it; and never the one of another event.

    The process dies in the moment in which applying refuses the event.
    """
    at_once, later = tmp_path / "at once", tmp_path / "later"

    async def live() -> None:
        def apply_and_crash(log: EventLog, record: Record) -> None:
            apply(log, record)
            if record.event.id == message(2).id:
                left_by_crash(path, at_once)

        log = SqliteLog(path, 100)
        Listener(log, apply_and_crash).start()
        await log.append(message(1))
        await at_rest(log)
        await log.append(message(2, key="k"))
        assert await log.append(message(4, key="k")) == Record(3, message(4, key="k"))
        await at_rest(log)
        left_by_crash(path, later)
        await log.close()

    async def restarted() -> None:
        log = replay(at_once / path.name)
        Listener(log).start()
        assert await log.append(message(5, key="k")) == Record(3, message(5, key="k"))
        await log.close()
        log = replay(later / path.name)
        Listener(log).start()
        again = message(5, key="k")
        assert await log.append(again) == Repeat(again, Record(3, message(4, key="k")))
        await log.close()
        log = replay(later / path.name)
        Listener(log).start()
        assert await log.append(again) == Repeat(again, Record(3, message(4, key="k")))
        await log.close()

    run(live)
    with closing(sqlite3.connect(left_by_crash(at_once / path.name, tmp_path / "a look"))) as db:
        assert db.execute("select key, seq from keys").fetchall() == [("alice k", 2)]  # as this test needs it
    run(restarted)


def test_ids_that_crossed_are_known_after_a_crash(path: Path, tmp_path: Path) -> None:
    """Listed or not, an event whose id is smaller than others before it is found, and its repeat recognised."""

    async def scenario() -> None:
        log = SqliteLog(path, 100)
        Listener(log).start()
        stored = [Record(seq, message(number, time=seq)) for seq, number in enumerate([9, 5, 7, 12, 11], 1)]
        for record in stored:
            assert await log.append(record.event) == record
        await at_rest(log)
        again = SqliteLog(left_by_crash(path, tmp_path / "crashed"), 100)
        await log.close()
        history = SqliteHistory(again)
        Listener(again).start()
        assert again.last_id == message(12).id
        for record in stored:
            assert await again.append(record.event) == Repeat(record.event, record)
            assert await place_of(history, record.event.id) == ("room", record.event.time)
        assert await again.append(message(10)) == Record(6, message(10))
        await history.close()
        await again.close()

    run(scenario)
