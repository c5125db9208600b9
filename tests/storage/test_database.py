"""Files that are not a log, or not a whole one, are refused in plain words and left as they were."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from chatapp.errors import DataError, LostLogError, NewerDataError
from chatapp.model.events import AnyEvent
from chatapp.storage import copying, database, mark
from chatapp.storage.copying import copy_log
from chatapp.storage.database import not_stored, open_writer, unusable
from chatapp.storage.mark import mark_of
from chatapp.storage.sqlite import SqliteLog
from chatapp.storage.writer import Writer
from tests.storage.support import left_by_crash, message, records, run


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the log is."""
    return tmp_path / "chat.db"


def make_log(path: Path, events: int = 100) -> None:
    """Make a log with some events."""
    writer = Writer(path, open_writer(path))
    writer.write(written := [message(number, "x" * 200) for number in range(1, events + 1)], [])
    writer.update_index(written, {})
    writer.close()


def refused(path: Path, kind: type[DataError] = DataError) -> str:
    """Open the log; return the words with which it is refused, which name the file and leave it as it was."""
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(kind) as refusal:
        SqliteLog(path, 100)
    assert str(path) in str(refusal.value)
    assert type(refusal.value) is kind
    assert before is None or path.read_bytes() == before
    return str(refusal.value)


def read_all(path: Path) -> tuple[list[AnyEvent], str]:
    """Open the log and read it; return the events, and the words with which it was refused."""

    async def read() -> list[AnyEvent]:
        log = SqliteLog(path, 100)
        try:
            return [record.event for record in records(log)]
        finally:
            await log.close()

    try:
        return run(read), ""
    except DataError as refusal:
        return [], str(refusal)


def test_a_file_of_another_kind(path: Path) -> None:
    """A file that is no database is refused."""
    path.write_bytes(b"alice:$2b$12$..." * 1_000)
    assert "it is not a log of chatapp" in refused(path)


def test_a_database_of_another_program(path: Path) -> None:
    """Another program's database is refused, even an old one without a mark."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("create table notes (text)")
    assert "another program" in refused(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("drop table notes")
        db.execute("pragma user_version = 1")
    assert "another program" in refused(path)


def test_data_of_a_newer_version(path: Path) -> None:
    """A newer data format is refused with the advice to install the newer version."""
    make_log(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("pragma journal_mode = delete")
        db.execute("pragma user_version = 99")
    words = refused(path, NewerDataError)
    assert "data format 99" in words
    assert "Install that" in words


def test_an_empty_file_becomes_a_log(path: Path) -> None:
    """What a crash in the first moment of the first start leaves is taken up."""
    path.touch()
    make_log(path)
    db = open_writer(path)
    assert db.execute("select count(*) from log").fetchall() == [(100,)]
    db.close()


def lost(path: Path) -> str:
    """Open a log that was lost; return the words with which it is refused. No file is made or changed."""
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    with pytest.raises(LostLogError) as refusal:
        SqliteLog(path, 100)
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before
    return str(refusal.value)


def test_a_log_that_is_gone(path: Path) -> None:
    """A folder remembers that it had a log: where that is deleted, no empty log takes its place without a word."""
    make_log(path)
    path.unlink()
    words = lost(path)
    assert f"{path} is missing" in words
    assert "Restore the folder from a backup (chat restore FILE --replace)." in words
    assert f"delete {mark_of(path)}" in words
    mark_of(path).unlink()
    make_log(path)


def test_a_log_that_was_emptied(path: Path) -> None:
    """A log of no bytes, and one to which only SQLite's own first page is left, are refused like a missing one."""
    make_log(path)
    os.truncate(path, 0)
    assert f"{path} is empty" in lost(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("vacuum")
    assert path.stat().st_size > 0
    assert f"{path} is empty" in lost(path)


@pytest.mark.parametrize("emptied", [False, True])
def test_a_write_ahead_log_alone_stays(path: Path, emptied: bool) -> None:
    """Where only the write-ahead log is left, it is kept: SQLite would delete it when it makes a file beside it."""
    make_log(path)
    db = open_writer(path)
    db.execute("insert into snapshot values (1, 1, '')")
    left = left_by_crash(path, path.parent / "crashed")
    db.close()
    assert not mark_of(left).exists()  # a folder from before there was a mark
    left.unlink()
    if emptied:
        left.touch()
    assert f"delete {left}-wal" in lost(left)


def test_an_older_folder_is_marked(path: Path) -> None:
    """A log from before there was a mark gets one when it is opened, with the id of its first event."""
    make_log(path)
    mark_of(path).unlink()
    (old := Path(f"{path}-made")).touch()
    open_writer(path).close()
    assert mark_of(path).stat().st_mode & 0o777 == 0o600
    assert mark_of(path).read_text().split("\n")[0] == message(1).id
    assert not old.exists()


@pytest.mark.parametrize("kept", ["chat.db-made", "last-seen.json"])
def test_whatever_tells_of_a_log_is_believed(path: Path, kept: str) -> None:
    """Where `rm *chat.db*` took the mark too, what older versions or a server have written tells of the log."""
    make_log(path)
    path.unlink()
    mark_of(path).unlink()
    path.with_name(kept).touch()
    assert f"{path} is missing" in lost(path)


def test_the_log_of_another_folder(path: Path, tmp_path: Path) -> None:
    """A log that is put in the place of the folder's own is refused; the words say how to keep it all the same."""
    make_log(path)
    other = tmp_path / "other" / "chat.db"
    writer = Writer(other, open_writer(other))
    writer.write([message(7)], [])
    writer.close()
    other.replace(path)
    with pytest.raises(LostLogError, match="is not the one that this folder had") as refusal:
        SqliteLog(path, 100)
    assert f"delete {mark_of(path)}" in str(refusal.value)
    mark_of(path).unlink()
    open_writer(path).close()


def test_the_name_of_the_mark_is_not_like_that_of_the_log(path: Path) -> None:
    """`rm chat.db*` is how people delete a database."""
    make_log(path)
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()
    assert f"{path} is missing" in lost(path)


def test_a_disk_without_room_for_the_mark(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log can be read where the mark cannot be made."""
    make_log(path)
    mark_of(path).unlink()

    def full(folder: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(mark, "sync_folder", full)
    open_writer(path).close()


def test_a_file_cut_short(path: Path) -> None:
    """A log that lost its end is refused, at the start or at the latest by the replay."""
    make_log(path)
    os.truncate(path, path.stat().st_size // 2)
    assert "damaged" in read_all(path)[1]


@pytest.mark.parametrize("page", range(1, 8))
def test_damaged_pages(path: Path, page: int) -> None:
    """A damaged page is never a traceback: the start or the replay refuses it, or nothing of it is needed."""
    make_log(path)
    size = 4096
    with open(path, "r+b") as file:
        file.seek(page * size)
        file.write(b"\xa5" * size)
    stored, refusal = read_all(path)
    if refusal:
        assert "damaged" in refusal
    else:
        assert stored == [message(number, "x" * 200) for number in range(1, 101)]


def test_a_folder_in_place_of_the_file(path: Path) -> None:
    """A folder is refused."""
    path.mkdir()
    assert "permissions" in refused(path)


def test_a_file_in_place_of_the_folder(path: Path) -> None:
    """Where the data folder is a file, that is said."""
    path.write_bytes(b"")
    assert "Check the folder" in refused(path / "data" / "chat.db")


def test_the_folder_is_made_with_those_above_it(path: Path) -> None:
    """A data folder is made where there is none, and an existing one keeps its mode."""
    folder = path.parent / "some" / "where"
    make_log(folder / "chat.db")
    folder.chmod(0o750)
    make_log(folder / "other.db")
    assert folder.stat().st_mode & 0o777 == 0o750


def test_new_names_are_on_disk(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Making the log puts its name and the names of new folders on the disk; opening it again has nothing to put."""
    synced: list[Path] = []
    for module in (database, mark):
        monkeypatch.setattr(module, "sync_folder", synced.append)
    log = path.parent / "a" / "b" / "chat.db"
    make_log(log)
    assert synced == [
        log.parent,
        log.parent.parent,
        log.parent.parent.parent,
        log.parent,
        log.parent,
    ]  # the mark, twice
    assert len(synced) == 5  # the mark has the first event's id
    open_writer(log).close()
    assert len(synced) == 5


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        (sqlite3.SQLITE_FULL, "room"),
        (sqlite3.SQLITE_CANTOPEN, "permissions"),
        (sqlite3.SQLITE_READONLY, "permissions"),
        (sqlite3.SQLITE_IOERR, "the disk"),
        (sqlite3.SQLITE_CORRUPT, "backup"),
    ],
)
def test_advice(path: Path, monkeypatch: pytest.MonkeyPatch, code: int, advice: str) -> None:
    """The advice fits the error."""

    def fail(db: sqlite3.Connection) -> None:
        error = sqlite3.OperationalError("what SQLite says")
        error.sqlite_errorcode = code
        raise error

    monkeypatch.setattr(database, "migrate", fail)
    with pytest.raises(DataError) as refusal:
        SqliteLog(path, 100)
    words = str(refusal.value)
    assert "what SQLite says" in words
    assert advice in words


def test_a_file_that_can_only_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ "A folder it cannot write: one clear line", at the start and not with the first message."""
    path = tmp_path / "chat.db"
    database.open_writer(path).close()

    def read_only(path: Path) -> sqlite3.Connection:
        return sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)

    monkeypatch.setattr(database, "_connect", read_only)
    with pytest.raises(DataError, match="readonly") as raised:
        database.open_writer(path)
    assert str(path) in str(raised.value)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="tells open files by /proc")
def test_a_file_that_cannot_be_read_is_not_left_open(path: Path) -> None:
    """Each way to open a file leaves nothing open when that fails: a server that tries again would run out of files."""
    path.write_bytes(b"not a database, whatever its name" * 100)
    for opening in (database.open_reader, open_writer, lambda path: copy_log(path, path.with_name("copy"))):
        with pytest.raises((sqlite3.Error, DataError)):
            opening(path)
        target = path.with_name("target")
        target.write_bytes(path.read_bytes())
    with pytest.raises(sqlite3.Error):
        copying._open_target(target)
    opened = [os.readlink(link) for link in Path("/proc/self/fd").iterdir() if os.path.lexists(link)]
    assert not [each for each in opened if each.startswith(str(path.parent))]


@pytest.mark.parametrize("tell", [not_stored, lambda error: str(unusable(Path("chat.db"), error))])
@pytest.mark.parametrize("code", [sqlite3.SQLITE_ERROR, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT])
def test_no_error_quotes_a_message(tell, code):
    """What somebody else said is told to nobody by an error; SQLite quotes a text that is not UTF-8."""
    error = sqlite3.OperationalError("Could not decode to UTF-8 column 'event' with text '[\"secret\"]'")
    error.sqlite_errorcode = code
    text = tell(error)
    assert "Could not decode" in text
    assert "secret" not in text


def kept(path: Path, into: Path, *, without: str = "") -> Path:
    """Copy a log with its files, as they are now, and the mark; return where the copy is."""
    into.mkdir()
    for name in (path.name, f"{path.name}-wal", mark_of(path).name):
        if name != without and path.with_name(name).exists():
            shutil.copy(path.with_name(name), into / name)
    return into / path.name


def test_an_older_copy_of_the_log(path: Path, tmp_path: Path) -> None:
    """A log that lacks what the folder's log had is refused, and the words say how to go on with it all the same."""
    make_log(path, 10)
    old = path.read_bytes()
    writer = Writer(path, open_writer(path))
    writer.write([message(number) for number in range(11, 15)], [])
    writer.close()
    path.write_bytes(old)
    words = lost(path)
    assert f"{path} ends at its event 10, but this server had stored 14 events or more" in words
    assert f"delete {mark_of(path)}" in words
    mark_of(path).unlink()
    open_writer(path).close()
    assert mark_of(path).exists()


@pytest.mark.parametrize("harm", ["gone", "empty", "header", "half"])
def test_a_crash_and_then_the_write_ahead_log_is_damaged(path: Path, tmp_path: Path, harm: str) -> None:
    """After a kill, most of what was said may be in the write-ahead log alone."""
    make_log(path, 10)
    writer = Writer(path, open_writer(path))
    for number in range(11, 31):
        writer.write([message(number)], [])
    writer._mark.reached(writer.last_seq, at_once=True)  # as a second later
    copy = kept(path, tmp_path / "killed", without=f"{path.name}-wal" if harm == "gone" else "")
    writer.close()
    wal = copy.with_name(f"{copy.name}-wal")
    if harm == "empty":
        os.truncate(wal, 0)
    elif harm == "header":
        wal.write_bytes(bytes(32) + wal.read_bytes()[32:])
    elif harm == "half":
        os.truncate(wal, wal.stat().st_size // 2)
    with pytest.raises(LostLogError, match="but this server had stored 30 events or more"):
        open_writer(copy)


def test_a_mark_is_behind_and_never_ahead(path: Path) -> None:
    """A position is in the mark at the latest when the log is closed, and a log that has more is no lost log."""
    make_log(path, 10)
    marked = mark_of(path).read_text()
    writer = Writer(path, open_writer(path))
    writer.write([message(11)], [])
    writer.write([message(12)], [])
    writer.close()
    assert int(mark_of(path).read_text().split("\n")[1]) == 12
    mark_of(path).write_text(marked)
    open_writer(path).close()


@pytest.mark.parametrize("text", ["", "\n", "\0\0\0\n", "x\n", "-1\n", "9" * 5000])
def test_a_position_that_cannot_be_read(path: Path, text: str) -> None:
    """After a loss of power the second line may be anything; it says nothing then."""
    make_log(path, 10)
    mark_of(path).write_text(f"{message(1).id}\n{text}")
    open_writer(path).close()
