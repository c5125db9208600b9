"""The copy of a log that somebody writes to, and the check that a server could start from a file."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from chatapp.errors import DataError, NewerDataError
from chatapp.storage import copying
from chatapp.storage.copying import copy_log, verify_log
from chatapp.storage.database import open_reader, open_writer
from chatapp.storage.replay import read_events
from chatapp.storage.writer import Writer
from tests.storage.support import PATIENCE_S, message


def fill(path: Path, count: int, first: int = 1) -> Writer:
    """Write events into a log, and return its writer, which is open."""
    writer = Writer(path, open_writer(path))
    writer.write([message(number, "x" * 200) for number in range(first, first + count)], [])
    return writer


def positions(path: Path) -> list[int]:
    """Read the positions of all events."""
    return [record.seq for records in read_events(path, 0) for record in records]


def test_a_copy_is_the_log_of_one_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The copy ends though events are stored between any two of its steps, and has all that were there at its begin."""
    monkeypatch.setattr(copying, "PAGES_AT_ONCE", 1)
    source = tmp_path / "chat.db"
    writer = fill(source, 2_000)
    stop, written = threading.Event(), threading.Semaphore(0)

    def write() -> None:
        number = 2_001
        while not stop.is_set():
            writer.write([message(number)], [])
            number += 1
            written.release()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        assert written.acquire(timeout=PATIENCE_S)
        before = positions(source)[-1]
        copy_log(source, tmp_path / "copy.db")
        copied_upto = positions(tmp_path / "copy.db")[-1]
        while positions(source)[-1] <= copied_upto:  # each write may be one that was under way before the copy's end
            assert written.acquire(timeout=PATIENCE_S)
    finally:
        stop.set()
        thread.join()
    verify_log(tmp_path / "copy.db")
    copied = positions(tmp_path / "copy.db")
    assert copied == list(range(1, len(copied) + 1))
    assert before <= copied[-1] < positions(source)[-1]
    writer.close()


def test_what_is_only_in_the_write_ahead_log_is_copied(tmp_path: Path) -> None:
    """The copy is complete in its one file, also where all events still are in ``chat.db-wal``."""
    writer = fill(tmp_path / "chat.db", 10)
    assert (tmp_path / "chat.db-wal").stat().st_size > 0
    (tmp_path / "copies").mkdir()
    copy = tmp_path / "copies" / "chat.db"
    copy_log(tmp_path / "chat.db", copy)
    writer.close()
    assert verify_log(copy).position == 10
    assert list(copy.parent.iterdir()) == [copy]


def test_a_name_with_special_characters(tmp_path: Path) -> None:
    """A folder's name may have what a URI would understand."""
    folder = tmp_path / "a?b#c %41"
    fill(folder / "chat.db", 1).close()
    copy_log(folder / "chat.db", folder / "copy.db")
    assert verify_log(folder / "copy.db").position == 1


def test_a_snapshot_without_its_events(tmp_path: Path) -> None:
    """A snapshot of a state stands for no event: those it was made of have to be there."""
    path = tmp_path / "chat.db"
    writer = fill(path, 3)
    writer.update_index([message(number) for number in range(1, 4)], {})
    writer.close()
    state = verify_log(path)
    writer = Writer(path, open_writer(path))
    writer.save_snapshot(3, state.snapshot())
    writer.close()
    assert verify_log(path).digest() == state.digest()
    change(path, "delete from log where seq = 3")
    with pytest.raises(DataError, match="the events after position 2 are missing"):
        verify_log(path)


def change(path: Path, *statements: str) -> None:
    """Change a log behind our back."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for statement in statements:
            db.execute(statement)
        db.execute("pragma wal_checkpoint(truncate)")


@pytest.mark.parametrize(
    ("statement", "error", "words"),
    [
        ("delete from log where seq = 7", DataError, "events are missing after number"),
        ("delete from log where seq = 1", DataError, "events are missing after number 0"),
        ("update log set event = replace(event, '0', '1') where seq = 7", DataError, "an event has changed"),
        ("pragma user_version = 9999", NewerDataError, "is from a newer version of chatapp"),
        ("pragma application_id = 7", DataError, "it is a database of another program"),
        ("insert into snapshot values (99, 0, x'00')", DataError, "the table snapshot has rows that are wrong"),
        ("insert into snapshot values (3, 0, x'00')", None, ""),  # it is not whole, and so is not used
        ("update listed set seq = 9", DataError, "the index does not say how far it goes"),
        ("update listed set runs = 1, total = total - runs + 1", DataError, "rows of the index are missing"),
        ("delete from listed", DataError, "the index does not say how far it goes"),
    ],
)
def test_what_is_wrong_is_found(statement: str, error: type[DataError] | None, words: str, tmp_path: Path) -> None:
    """Every event can be read, a server can start from it, and it is no file of another program or a newer version."""
    path = tmp_path / "chat.db"
    fill(path, 10).close()
    change(path, statement)
    if error is None:
        verify_log(path)
        return
    with pytest.raises(error, match=words):
        verify_log(path)


def test_every_damaged_page_is_found(tmp_path: Path) -> None:
    """A page that is overwritten is found, whichever it is."""
    path = tmp_path / "chat.db"
    fill(path, 300).close()
    whole = path.read_bytes()
    used = []
    with closing(open_reader(path)) as db:
        (size,) = db.execute("pragma page_size").fetchone()
        used = [page for (page,) in db.execute("select pageno from dbstat").fetchall()] if has_dbstat(db) else []
    for page in used or range(1, len(whole) // size + 1):
        path.write_bytes(whole[: (page - 1) * size] + b"\xa5" * size + whole[page * size :])
        with pytest.raises(DataError):
            verify_log(path)


def has_dbstat(db: sqlite3.Connection) -> bool:
    """Return whether this SQLite can tell which pages are in use."""
    return ("ENABLE_DBSTAT_VTAB",) in db.execute("pragma compile_options").fetchall()


def test_what_is_no_log(tmp_path: Path) -> None:
    """A missing file, an empty one and one that is no database are refused by copy and check; none is made."""
    (tmp_path / "empty").touch()
    (tmp_path / "text").write_text("no database " * 1000)
    for name in ("missing", "empty", "text"):
        with pytest.raises(DataError):
            copy_log(tmp_path / name, tmp_path / "copy")
        with pytest.raises(DataError):
            verify_log(tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "text"]


@pytest.mark.parametrize("dump", sorted((Path(__file__).parent / "data").glob("*.sql")), ids=lambda path: path.stem)
def test_a_log_of_an_older_version(dump: Path, tmp_path: Path) -> None:
    """A log that this version would upgrade can be copied and checked as it is."""
    with closing(sqlite3.connect(tmp_path / "chat.db")) as db:
        db.executescript(dump.read_text(encoding="utf-8"))
        db.execute("delete from snapshot")  # what the dump has as one is not a state
        db.commit()
    copy_log(tmp_path / "chat.db", tmp_path / "copy.db")
    assert verify_log(tmp_path / "copy.db").position == positions(tmp_path / "chat.db")[-1]
