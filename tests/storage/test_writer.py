"""Transactions of the one writer, and what keeps its files small."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from chatapp.storage import database, writer
from chatapp.storage.log import Record, Repeat
from chatapp.storage.writer import Writer
from tests.storage.support import message


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the log is."""
    return tmp_path / "chat.db"


def test_a_commit_is_a_commit_on_disk(path: Path) -> None:
    """The database is in write-ahead mode and synchronizes each commit, as the promise to the sender needs it."""
    db = database.open_writer(path)
    settings = [db.execute(f"pragma {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "fullfsync")]
    assert settings == ["wal", 2, 1]
    db.close()


def test_only_the_last_two_snapshots_are_kept(path: Path) -> None:
    """An older snapshot goes when two newer ones are there."""
    kept = Writer(path, db := database.open_writer(path))
    kept.write([message(number) for number in range(1, 6)], {})
    for seq in (1, 3, 5):
        kept.save_snapshot(seq, b"state %d" % seq)
    assert db.execute("select seq from snapshot order by seq").fetchall() == [(3,), (5,)]
    kept.close()


def test_startup_looks_nothing_through(path: Path) -> None:
    """Opening takes the last place and the greatest id from an index, however long the log is."""
    db = database.open_writer(path)
    for query in ("select max(seq) from log", "select max(id) from log"):
        plan = db.execute(f"explain query plan {query}").fetchall()
        assert [step[3].split()[0] for step in plan] == ["SEARCH"]
    db.close()


def test_the_write_ahead_log_is_bounded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where SQLite does not begin the write-ahead log anew by itself, ``tidy`` makes it."""
    monkeypatch.setattr(database, "WAL_PAGES_CHECKPOINT", 0)
    monkeypatch.setattr(database, "WAL_BYTES_KEPT", 100_000)
    monkeypatch.setattr(writer, "WAL_BYTES_MAX", 200_000)
    monkeypatch.setattr(writer, "TIDY_EVERY", 10)
    bounded = Writer(path, database.open_writer(path))
    wal = path.with_name("chat.db-wal")
    sizes = []
    for number in range(1, 301):
        bounded.write([message(number, "x" * 1_000)], {})
        bounded.tidy()
        sizes.append(wal.stat().st_size)
    assert 200_000 < max(sizes) < 600_000
    assert sizes[-1] < 600_000
    bounded.close()


def test_a_long_reader_does_not_stop_the_log(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another program reads for long, ``tidy`` gives up soon, and tries again when twice as much is there."""
    monkeypatch.setattr(database, "WAL_PAGES_CHECKPOINT", 0)
    monkeypatch.setattr(database, "WAL_BYTES_KEPT", 50_000)
    monkeypatch.setattr(writer, "WAL_BYTES_MAX", 100_000)
    monkeypatch.setattr(writer, "TIDY_EVERY", 1)
    monkeypatch.setattr(writer, "TIDY_MS", 1)
    bounded = Writer(path, database.open_writer(path))
    bounded.write([message(1)], {})
    reader = database.open_reader(path)
    reader.execute("begin")
    assert reader.execute("select count(*) from log").fetchall() == [(1,)]
    for number in range(2, 102):
        bounded.write([message(number, "x" * 1_000)], {})
        bounded.tidy()
    wal = path.with_name("chat.db-wal")
    assert wal.stat().st_size > 1_000_000
    assert reader.execute("select count(*) from log").fetchall() == [(1,)]
    reader.execute("commit")
    reader.close()
    for number in range(102, 502):
        bounded.write([message(number, "x" * 1_000)], {})
        bounded.tidy()
    assert wal.stat().st_size < 1_000_000
    bounded.close()


def test_repeats_are_told_by_the_writer(path: Path) -> None:
    """The writer tells whether there is a repeat, so that the common batch need not be looked through."""
    kept = Writer(path, database.open_writer(path))
    assert kept.write([message(1, key="k")], {}) == ([Record(1, message(1, key="k"))], False)
    committed, repeats = kept.write([message(2), message(3, key="k"), message(4)], {})
    first = Record(1, message(1, key="k"))
    assert committed == [Record(2, message(2)), Repeat(message(3, key="k"), first), Record(3, message(4))]
    assert repeats
    kept.close()


def test_a_failed_transaction_is_written_over(path: Path) -> None:
    """After an error, what the disk may hold of the transaction is written over, so that no crash brings it back."""
    kept = Writer(path, db := database.open_writer(path))
    kept.write([message(1)], {})
    (pages,) = db.execute("pragma page_count").fetchone()
    db.execute(f"pragma max_page_count = {pages}")
    done: list[str] = []
    db.set_trace_callback(done.append)
    with pytest.raises(sqlite3.OperationalError, match="full"):
        kept.write([message(2, "x" * 50_000)], {})
    assert [statement.split()[0].lower() for statement in done[-4:]] == ["begin", "insert", "delete", "commit"]
    assert not db.in_transaction
    db.set_trace_callback(None)
    assert db.execute("select count(*) from listed").fetchone() == (1,)
    assert kept.write([message(3)], {})[0] == [Record(2, message(3))]
    kept.close()
