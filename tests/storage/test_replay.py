"""Reading at the start: what is damaged or missing is noticed."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chatapp.errors import DataError
from chatapp.storage import database
from chatapp.storage.writer import Writer
from tests.storage.support import SqliteLog, message, put_event, records


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the log is."""
    return tmp_path / "chat.db"


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


def test_a_damaged_snapshot_is_passed_over(path: Path, open_log: Callable[[], SqliteLog]) -> None:
    """Where the last snapshot is not what was saved, or is ahead of the log, the one before it is loaded."""
    kept = Writer(path, db := database.open_writer(path))
    kept.write(written := [message(number) for number in range(1, 6)], [])
    kept.update_index(written, {})
    kept.save_snapshot(2, b"good")
    kept.save_snapshot(4, b"bad")
    db.execute("update snapshot set state = x'00' where seq = 4")
    log = open_log()
    assert log.load_snapshot() == (2, b"good")
    db.execute("insert into snapshot values (99, ?, ?)", (zlib.crc32(b"ahead"), b"ahead"))
    db.execute("delete from snapshot where seq = 2")
    assert log.load_snapshot() is None
    kept.close()


def test_events_missing_from_the_log_are_noticed(path: Path, open_log: Callable[[], SqliteLog]) -> None:
    """A replay refuses a log with a gap."""
    kept = Writer(path, db := database.open_writer(path))
    kept.write([message(number) for number in range(1, 6)], [])
    log = open_log()
    db.execute("delete from log where seq = 3")
    with pytest.raises(DataError, match="events are missing after number 2"):
        records(log)
    with pytest.raises(DataError, match="events are missing after number 2"):
        records(log, after=2)
    assert [record.seq for record in records(log, after=3)] == [4, 5]
    kept.close()


def test_an_event_of_a_newer_version_stops_the_replay(path: Path, open_log: Callable[[], SqliteLog]) -> None:
    """An unknown event stops the server rather than being skipped."""
    kept = Writer(path, db := database.open_writer(path))
    kept.write([message(1), message(2)], [])
    kept.update_index([message(1), message(2)], {})
    put_event(db, 2, '["message-sent/99","0",1]')
    with pytest.raises(DataError, match="newer version"):
        records(open_log())
    kept.close()


@pytest.mark.parametrize(
    ("event", "words"), [('["message-sent/99","0",1]', "newer version"), ('["message-sent/1","0"', "damaged")]
)
def test_an_unreadable_event_that_is_not_listed_stops_the_start(path: Path, event: str, words: str) -> None:
    """The last events are read when the log is opened: one that cannot be read is said then, and the file let go."""
    kept = Writer(path, db := database.open_writer(path))
    kept.write([message(1), message(2)], [])
    put_event(db, 2, event)
    kept.close()
    with pytest.raises(DataError, match=words) as refusal:
        SqliteLog(path, 100)
    assert refusal.value.__cause__ is not refusal.value
    path.rename(path.with_name("moved.db"))
    assert sorted(file.name for file in path.parent.iterdir()) == ["made-chat.db", "moved.db"]


@pytest.mark.parametrize("seq", [1, 2])
def test_damage_is_said_without_what_people_said(path: Path, open_log: Callable[[], SqliteLog], seq: int) -> None:
    """Neither an administrator nor anybody who reads its output is shown what others wrote."""
    kept = Writer(path, db := database.open_writer(path))
    kept.write([message(1, "a secret"), message(2, "a secret")], [])
    kept.update_index([message(1, "a secret")], {})
    db.execute("update log set event = cast(replace(event, 'a secret', cast(x'ff' as text) || 'a secret') as text)")
    kept.close()
    with pytest.raises(DataError, match="damaged") as refusal:
        records(open_log(), after=seq - 1)
    assert "secret" not in str(refusal.value)
