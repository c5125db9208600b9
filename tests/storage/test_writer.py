"""Transactions of the one writer, and what keeps its files small."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from chatapp.errors import LostLogError
from chatapp.model.events import decode, encode
from chatapp.storage import database, index, writer
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
    kept.write(written := [message(number) for number in range(1, 6)], [])
    kept.update_index(written, {})
    for seq in (1, 3, 5):
        kept.save_snapshot(seq, b"state %d" % seq)
    assert db.execute("select seq from snapshot order by seq").fetchall() == [(3,), (5,)]
    kept.close()


def plan(db: sqlite3.Connection, query: str, *parameters: object) -> list[str]:
    """Tell how SQLite goes about a query: the steps in which it searches or scans something."""
    steps = [step[3] for step in db.execute(f"explain query plan {query}", parameters)]
    return [step for step in steps if step.startswith(("SEARCH", "SCAN"))]


def test_startup_looks_nothing_through(path: Path) -> None:
    """Opening takes the last place and the greatest id from an index, however long the log is.

    Only what is behind the last known id of each node is looked through.
    """
    db = database.open_writer(path)
    assert [step.split()[0] for step in plan(db, "select coalesce(max(seq), 0) from log")] == ["SEARCH"]
    assert plan(db, writer._EVENTS_BETWEEN, 1, 2)[0] == "SEARCH log USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"
    db.close()


@pytest.mark.parametrize("statement", [index._EVENTS_AT, writer._FIND_KEY])
def test_nothing_looks_the_log_through(path: Path, statement: str) -> None:
    """However long the log is, what is asked of it is found by its place or its key."""
    db = database.open_writer(path)
    steps = plan(db, statement, *[1] * statement.count("?"))
    own = [step for step in steps if any(f" {table} " in step for table in ("log", "notes", "keys"))]
    assert own
    assert [step for step in own if not step.startswith("SEARCH")] == []
    db.close()


def test_an_event_is_stored_as_it_was_encoded(path: Path) -> None:
    """The checksum is of the text that SQLite takes out of the array of events: byte for byte the same."""
    texts = [
        '"quoted" \\ and / and \\u0041', "\x00\x01\x1f\x7f\x85", "\u2028\u2029\ufeff\ufffd",
        "é ß 漢字 \U0001f469\u200d\U0001f467",
        "'; --", "\n\r\t\b\f", " ", "1e5", "[1, 2]", '{"a": [1]}', "\U0010ffff",
    ]  # fmt: skip
    tags = {text: text[::-1] for text in texts}
    events = [msgspec.structs.replace(message(seq, text), tags=tags) for seq, text in enumerate(texts, 1)]
    kept = Writer(path, db := database.open_writer(path))
    kept.write(events, [])
    kept.write([message(5)], [])  # again
    kept.write([message(20), message(19), message(21)], [])  # one by one
    events += [message(20), message(19), message(21)]
    stored = index.events_of(db, list(range(1, len(events) + 1)))
    assert stored.lines == [encode(event) for event in events]
    assert [decode(line) for line in stored.lines] == events
    kept.close()


def test_a_key_of_another_event_is_noticed(path: Path) -> None:
    """A message that is sent again is not taken for another one, whose position a changed bit has put there."""
    kept = Writer(path, db := database.open_writer(path))
    kept.write([message(1, key="k"), message(2)], [])
    db.execute("update keys set seq = 2")
    with pytest.raises(sqlite3.DatabaseError, match="of another event"):
        kept.write([message(3, key="k")], [])
    kept.close()


def reopened(path: Path) -> list[str]:
    """Tell which texts a copy of the database file alone has."""
    copy = path.with_name("copy.db")
    copy.write_bytes(path.read_bytes())
    with closing(sqlite3.connect(copy)) as db:
        assert db.execute("pragma integrity_check").fetchall() == [("ok",)]
        return [decode(text).text for (text,) in db.execute("select event from log order by seq")]


@pytest.mark.parametrize(
    ("left_bytes", "more"),  # SQLite has written as many events behind the missing part before the next look
    [(0, 0), (0, 1), (0, 30), (20, 0), (20, 1), (20, 30), (5_000, 0), (5_000, 30), (20_000, 0), (20_000, 30)],
)
@pytest.mark.parametrize("before", [5, 3_000], ids=["young", "older"])
def test_a_write_ahead_log_that_is_cut(
    path: Path, left_bytes: int, more: int, before: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was echoed is stored again when the file has lost a part, also where SQLite has written behind the gap."""
    seconds = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: seconds[0])
    kept, wal = Writer(path, database.open_writer(path)), path.with_name("chat.db-wal")
    texts = []
    for number in range(1, before + more + 3):
        if number == before:
            seconds[0] += 2 * writer.WAL_LOOK_S
        if number == before + 1:
            os.truncate(wal, left_bytes)
        if number == before + more + 1:
            seconds[0] += 2 * writer.WAL_LOOK_S
        kept.write([message(number, f"text {number} {'x' * 200}")], [])
        texts.append(f"text {number} {'x' * 200}")
        if number == before + more + 1:
            assert reopened(path) == texts[:-1]
    kept.close()
    assert reopened(path) == texts


@pytest.mark.parametrize("more", [0, 1, 30])
def test_a_write_ahead_log_that_is_overwritten(path: Path, more: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes after another program has written into the file is stored, or refused: nothing is lost in silence."""
    seconds = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: seconds[0])
    kept, wal = Writer(path, database.open_writer(path)), path.with_name("chat.db-wal")
    for number in range(1, 300):
        kept.write([message(number, f"text {number}")], [])
    with open(wal, "r+b") as file:
        file.write(b"\xa5" * wal.stat().st_size)
    for number in range(300, 300 + more):
        kept.write([message(number, f"text {number}")], [])
    seconds[0] += 2 * writer.WAL_LOOK_S
    try:
        kept.write([message(1_000, "last")], [])
    except LostLogError:
        return
    kept.close()
    assert reopened(path) == [f"text {number}" for number in range(1, 300 + more)] + ["last"]


def test_a_write_ahead_log_that_is_cut_at_the_end(path: Path) -> None:
    """A stop finds it too, and stores again what the file had."""
    kept = Writer(path, database.open_writer(path))
    kept.write([message(1)], [])
    kept.write([message(2)], [])
    os.truncate(path.with_name("chat.db-wal"), 0)
    kept.close()
    assert reopened(path) == ["hi", "hi"]


@pytest.mark.parametrize("more", [0, 1])
def test_a_cut_file_of_a_large_log(path: Path, more: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be saved is refused, and what was copied into the database before stays as it was."""
    monkeypatch.setattr(writer, "SAVED_BYTES_MAX", 0)
    seconds = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: seconds[0])
    kept, wal = Writer(path, db := database.open_writer(path)), path.with_name("chat.db-wal")
    kept.write([message(1, "safe")], [])
    db.execute("pragma wal_checkpoint(truncate)")
    for number in range(2, 40):
        seconds[0] += 2 * writer.WAL_LOOK_S
        kept.write([message(number, "x" * 500)], [])
    os.truncate(wal, 0)
    for number in range(40, 40 + more):
        kept.write([message(number, "x" * 500)], [])
    for _ in range(2):
        seconds[0] += 2 * writer.WAL_LOOK_S
        with pytest.raises(LostLogError):
            kept.write([message(100)], [])
    kept.close()
    assert reopened(path) == ["safe"]


@pytest.mark.parametrize("every", [1, 3])
def test_another_program_may_copy_the_write_ahead_log(
    path: Path, every: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A checkpoint by SQLite's own rules empties the file too; nothing is missing then, however large the log is."""
    monkeypatch.setattr(writer, "SAVED_BYTES_MAX", 0)
    seconds = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: seconds[0])
    kept = Writer(path, database.open_writer(path))
    for number in range(1, 20):
        if number % every == 0:
            seconds[0] += 2 * writer.WAL_LOOK_S
        kept.write([message(number)], [])
        if number % 4 == 0:
            with closing(sqlite3.connect(path)) as other:
                assert other.execute("pragma wal_checkpoint(truncate)").fetchone() == (0, 0, 0)
    kept.close()
    assert reopened(path) == ["hi"] * 19
    assert caplog.messages == []


def test_the_write_ahead_log_is_bounded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where SQLite does not begin the write-ahead log anew by itself, ``bound_wal`` makes it."""
    monkeypatch.setattr(database, "WAL_PAGES_CHECKPOINT", 0)
    monkeypatch.setattr(database, "WAL_BYTES_KEPT", 100_000)
    monkeypatch.setattr(writer, "WAL_BYTES_MAX", 200_000)
    bounded = Writer(path, database.open_writer(path))
    wal = path.with_name("chat.db-wal")
    sizes = []
    for number in range(1, 301):
        bounded.write([message(number, "x" * 1_000)], [])
        bounded.bound_wal()
        sizes.append(wal.stat().st_size)
    assert 200_000 < max(sizes) < 600_000
    assert sizes[-1] < 600_000
    bounded.close()


def test_a_long_reader_does_not_stop_the_log(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another program reads for long, ``bound_wal`` gives up soon, to try again when twice as much is there."""
    monkeypatch.setattr(database, "WAL_PAGES_CHECKPOINT", 0)
    monkeypatch.setattr(database, "WAL_BYTES_KEPT", 50_000)
    monkeypatch.setattr(writer, "WAL_BYTES_MAX", 100_000)
    monkeypatch.setattr(writer, "TIDY_S", 0.001)
    bounded = Writer(path, database.open_writer(path))
    bounded.write([message(1)], [])
    reader = database.open_reader(path)
    reader.execute("begin")
    assert reader.execute("select count(*) from log").fetchall() == [(1,)]
    for number in range(2, 202):
        bounded.write([message(number, "x" * 1_000)], [])
        bounded.bound_wal()
    wal = path.with_name("chat.db-wal")
    assert wal.stat().st_size > 1_000_000
    assert reader.execute("select count(*) from log").fetchall() == [(1,)]
    reader.execute("commit")
    reader.close()
    for number in range(202, 602):
        bounded.write([message(number, "x" * 1_000)], [])
        bounded.bound_wal()
    assert wal.stat().st_size < 1_000_000
    bounded.close()


def test_repeats_are_told_by_the_writer(path: Path) -> None:
    """The writer tells whether there is a repeat, so that the common batch need not be looked through."""
    kept = Writer(path, database.open_writer(path))
    assert kept.write([message(1, key="k")], []) == ([Record(1, message(1, key="k"))], False)
    committed, repeats = kept.write([message(2), message(3, key="k"), message(4)], [])
    first = Record(1, message(1, key="k"))
    assert committed == [Record(2, message(2)), Repeat(message(3, key="k"), first), Record(3, message(4))]
    assert repeats
    kept.close()


def test_a_failed_transaction_is_written_over(path: Path) -> None:
    """After an error, what the disk may hold of the transaction is written over, so that no crash brings it back."""
    kept = Writer(path, db := database.open_writer(path))
    kept.write([message(1)], [])
    (pages,) = db.execute("pragma page_count").fetchone()
    db.execute(f"pragma max_page_count = {pages}")
    done: list[str] = []
    db.set_trace_callback(done.append)
    with pytest.raises(sqlite3.OperationalError, match="full"):
        kept.write([message(2, "x" * 50_000)], [])
    assert [statement.split()[0].lower() for statement in done[-4:]] == ["begin", "insert", "delete", "commit"]
    assert not db.in_transaction
    db.set_trace_callback(None)
    assert db.execute("select count(*) from listed").fetchone() == (1,)
    assert kept.write([message(3)], [])[0] == [Record(2, message(3))]
    kept.close()


def rows(db: sqlite3.Connection, query: str) -> list[tuple[object, ...]]:
    """Fetch all rows."""
    return db.execute(query).fetchall()


def test_a_listing_frees_the_keys_of_refused_events(path: Path) -> None:
    """It is done whole or not at all: where it fails nothing of it is there, and the next one does it."""
    kept = Writer(path, db := database.open_writer(path))
    kept.write([message(1, key="k1"), message(2, key="k2"), message(3)], [])
    db.execute("create trigger full before insert on notes begin select raise(abort, 'full'); end")
    with pytest.raises(sqlite3.IntegrityError, match="full"):
        kept.update_index([None, message(2, key="k2")], {1: None})
    assert not db.in_transaction
    assert (kept.listed, rows(db, "select seq from listed"), rows(db, "select * from runs")) == (0, [(0,)], [])
    assert rows(db, "select * from keys") == [("alice k1", 1), ("alice k2", 2)]
    db.execute("drop trigger full")
    kept.update_index([None, message(2, key="k2")], {1: None})
    assert (kept.listed, rows(db, "select * from notes")) == (2, [(1, None)])
    assert rows(db, "select * from keys") == [("alice k2", 2)]
    assert [event.id for event in kept.unlisted()] == [message(3).id]
    kept.close()


def test_a_key_belongs_to_one_event(path: Path) -> None:
    """Freeing the key of a refused event leaves it to the one that has it meanwhile, however often it is freed."""
    kept = Writer(path, db := database.open_writer(path))
    kept.write([message(1, key="k")], [])
    assert kept.write([message(2, key="k")], [1])[0] == [Record(2, message(2, key="k"))]
    kept.update_index([None, message(2, key="k")], {1: None})
    for _ in range(2):
        assert kept.write([], [1]) == ([], False)
        kept.update_index([], {1: None})
    assert rows(db, "select * from keys") == [("alice k", 2)]
    again = message(3, key="k")
    assert kept.write([again], [1])[0] == [Repeat(again, Record(2, message(2, key="k")))]
    kept.close()


def test_a_second_erasure_empties_the_write_ahead_log_again(path: Path) -> None:
    """ "The write-ahead log still has the text until purge has returned True": also a text stored after a purge."""
    kept = Writer(path, database.open_writer(path))
    for number in (1, 2):
        kept.write([message(number, f"SECRET {number}")], [])
        kept.erase([number])
        assert kept.has_to_purge
        assert b"SECRET" in path.with_name("chat.db-wal").read_bytes()
        assert kept.purge(elsewhere=False)
        assert [each.name for each in path.parent.iterdir() if b"SECRET" in each.read_bytes()] == []
    kept.close()


@pytest.mark.parametrize("listed", [0, 2, 4])
def test_ids_that_cross_are_found(path: Path, listed: int) -> None:
    """Ids that are smaller than those before are stored; each is known again, listed or not, after a restart too."""
    kept = Writer(path, database.open_writer(path))
    numbers = [5, 3, 9, 4]
    stored = [Record(seq, message(number)) for seq, number in enumerate(numbers, 1)]
    assert kept.write([message(number) for number in numbers], [])[0] == stored
    kept.update_index([record.event for record in stored[:listed]], {})
    for _ in range(2):
        assert kept.last_id == message(9).id
        for record in stored:
            assert kept.write([record.event], []) == ([Repeat(record.event, record)], True)
        kept.close()
        kept = Writer(path, database.open_writer(path))
    twice = [message(7), message(2), message(7), message(10)]
    first = Record(5, message(7))
    assert kept.write(twice, [])[0] == [
        first,
        Record(6, message(2)),
        Repeat(message(7), first),
        Record(7, message(10)),
    ]
    assert kept.last_id == message(10).id
    kept.close()


def test_a_repeat_is_told_as_the_index_has_it(path: Path) -> None:
    """Of an event that is listed the writer knows the time at which it was applied."""
    kept = Writer(path, database.open_writer(path))
    kept.write([message(1, key="k"), message(2, key="l")], [])
    moved = message(1, time=10, key="k")
    kept.update_index([moved], {1: moved})
    again = message(3, key="k"), message(4, key="l")
    assert kept.write(again, [])[0] == [
        Repeat(again[0], Record(1, moved)),
        Repeat(again[1], Record(2, message(2, key="l"))),
    ]
    kept.close()


def test_a_repeated_key_does_not_slow_down_what_comes_with_it(path: Path) -> None:
    """An id that is greater than all before is new: nobody looks through what is not listed for it."""
    kept = Writer(path, db := database.open_writer(path))
    kept.write([message(number, key=f"k{number}") for number in range(1, 101)], [])
    done: list[str] = []
    db.set_trace_callback(done.append)
    batch = [message(200, key="k7"), message(201), message(202, key="k9"), message(203, key="new")]
    assert [type(item) for item in kept.write(batch, [])[0]] == [Repeat, Record, Repeat, Record]
    assert [statement for statement in done if "union all" in statement] == []
    assert kept.last_id == message(203).id
    kept.close()
