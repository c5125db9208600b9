"""Opening the SQLite file of the log: made with care, refused in plain words, set so that a commit is on disk."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from chatapp.errors import DataError, LostLogError, NewerDataError
from chatapp.storage.file_systems import refuse_network
from chatapp.storage.migrations import check, is_new, migrate

WAL_BYTES_KEPT = 16 * 1024 * 1024  # overwritten again and again, so that a commit need not make the file grow
WAL_PAGES_CHECKPOINT = 1_000  # copied into the database when there are so many, in the writer's thread
ROOM_TO_OPEN_BYTES = 64 * 1024  # the index of the write-ahead log is half of it
BUSY_S = 1.5  # another program may hold the file as long; not much longer, as stopping may take that twice
WRITER_CACHE_KIB = 16 * 1024
READER_CACHE_KIB = 4 * 1024


def open_writer(path: Path) -> sqlite3.Connection:
    """Open the file for its one writer, and make it where there is none.

    Raises NewerDataError when a newer version wrote it, DataError when it cannot be used, when the folder once had a
    log that is gone or empty, or when it is on a network, all in plain words.
    """
    refuse_network(path)
    try:
        _refuse_lost(path)
        _create(path)
        db = _connect(path)
    except (OSError, sqlite3.Error) as error:
        raise DataError(f"Cannot open the log {path}: {error}. Check the folder and its permissions.") from error
    try:
        check(db)
        if is_new(db) and _marks(path):
            raise _lost(path, "is empty")
        for setting in (
            "journal_mode = wal",
            "synchronous = full",
            "secure_delete = on",  # what is deleted is written over, so that no page holds what was erased
            "fullfsync = on",  # macOS: its plain fsync does not reach the disk
            f"wal_autocheckpoint = {WAL_PAGES_CHECKPOINT}",
            f"journal_size_limit = {WAL_BYTES_KEPT}",
            f"cache_size = -{WRITER_CACHE_KIB}",
        ):
            db.execute(f"pragma {setting}")
        migrate(db)
        db.execute("update listed set seq = seq where false")  # which fails where the file can only be read
        (mode,) = db.execute("pragma journal_mode").fetchone()
        if mode != "wal":
            raise DataError("this file system cannot hold a write-ahead log; choose a folder on a local disk")
        # A full disk must not keep a log from being read; the next start writes the mark.
        with contextlib.suppress(OSError):
            remember(path, db)
    except LostLogError:
        db.close()
        raise
    except NewerDataError as error:
        db.close()
        raise NewerDataError(f"The log {path} is from a newer version of chatapp: {error}. Install that.") from error
    except DataError as error:
        db.close()
        raise DataError(f"Cannot use the log {path}: {error}.") from error
    except sqlite3.Error as error:
        db.close()
        raise unusable(path, error) from error
    return db


# The folder remembers that it has a log, and which: the file `made-chat.db` has the id of the log's first event, or
# nothing while the log is empty. Its name does not begin with the log's, so that `rm chat.db*` leaves it. What older
# versions wrote, and a file that a server writes, tell of a log too.
_WRITTEN_BY_SERVER = "last-seen.json"


def mark_of(path: Path) -> Path:
    """Return the path of the file that remembers the log at ``path``."""
    return path.with_name(f"made-{path.name}")


def _old_mark_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-made")


def _marks(path: Path) -> list[Path]:
    """List the files in the folder that tell that it had a log."""
    marks = [mark_of(path), _old_mark_of(path), path.with_name(_WRITTEN_BY_SERVER)]
    return [each for each in marks if each.exists()]


def _remains(path: Path) -> list[Path]:
    """List the marks of a log, and what is left of the log itself."""
    wal = path.with_name(f"{path.name}-wal")
    return _marks(path) + ([wal] if wal.exists() and wal.stat().st_size else [])


def _refuse_lost(path: Path) -> None:
    """Refuse to make a log where one was lost, before SQLite opens it: SQLite deletes the write-ahead log of no file.

    Raises LostLogError.
    """
    if (not path.exists() or path.stat().st_size == 0) and _remains(path):
        raise _lost(path, "is empty" if path.exists() else "is missing")


def _lost(path: Path, what: str) -> LostLogError:
    remains = " and ".join(map(str, _remains(path)))
    return LostLogError(
        f"The log {path} {what}, but this folder had one: all that was said is gone."
        " Restore the folder from a backup (chat restore FILE --replace)."
        f" To begin with an empty log instead, delete {remains}."
    )


def remember(path: Path, db: sqlite3.Connection) -> None:
    """Let the folder remember that it has this log. Raises LostLogError if the folder had another log.

    The log is there before its mark, so that no crash leaves the mark alone. Raises OSError and sqlite3.Error.
    """
    id = _id_of(db)
    if check_mark(path, id) != id:
        write_mark(path, id)
    _old_mark_of(path).unlink(missing_ok=True)


def check_mark(path: Path, id: str) -> str | None:
    """Check that the log at ``path``, whose first event has this id, is the one that its folder remembers.

    Returns the id that the folder remembers: empty for an empty log, ``None`` where there is no mark. Raises
    LostLogError if the folder had another log, and OSError.
    """
    mark = mark_of(path)
    known = mark.read_text(errors="replace").strip() if mark.exists() else None
    if known and known != id:
        raise LostLogError(
            f"The log {path} is not the one that this folder had: its first event is another one. Put the folder's own"
            f" log back, or restore a backup (chat restore FILE --replace). To go on with this log, delete {mark}."
        )
    return known


def write_mark(path: Path, id: str) -> None:
    """Remember the log at ``path``, whose first event has this id (empty for an empty log). Raises OSError."""
    mark = mark_of(path)
    new = mark.with_name(f"{mark.name}.new")
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(f"{id}\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, mark)
    _sync_folder(mark.parent)


def read_id(path: Path) -> str:
    """Read the id of the first event of the log at ``path``, which nobody writes to. Raises sqlite3.Error."""
    with closing(open_reader(path)) as db:
        return _id_of(db)


def _id_of(db: sqlite3.Connection) -> str:
    found = db.execute("select json_extract(event, '$[1]') from log order by seq limit 1").fetchall()
    return str(found[0][0]) if found else ""


def open_reader(path: Path) -> sqlite3.Connection:
    """Open the file to read, in any thread. Raises sqlite3.Error."""
    return configured(_connect(path), "query_only = on", f"cache_size = -{READER_CACHE_KIB}")


def configured(db: sqlite3.Connection, *pragmas: str) -> sqlite3.Connection:
    """Set what each of ``pragmas`` says (``"cache_size = -4096"``), and return the connection.

    Closes the connection when it cannot be set: the first pragma is the first that reads the file. Raises
    sqlite3.Error.
    """
    try:
        for pragma in pragmas:
            db.execute(f"pragma {pragma}")
    except BaseException:
        db.close()
        raise
    return db


def unusable(path: Path, error: object) -> DataError:
    """Say in plain words that the file cannot be read, and what to do."""
    advice = "Check the folder, its permissions and the disk."
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR):
        advice = (
            "The file is damaged, or it is not a log of chatapp."
            " Restore the data folder from a backup (chat restore FILE --replace), or choose another folder."
        )
    elif code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and _is_full(path)):
        advice = "The disk is full: make room on it."
    return DataError(f"Cannot use the log {path}: {without_content(error)}. {advice}")


def without_content(error: object) -> str:
    """Give an error's words without what the file holds: of a text that is none (no UTF-8), SQLite's quote all."""
    return str(error).partition(" with text ")[0]


def is_busy(error: Exception) -> bool:
    """Tell whether another program holds the file just now."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


def not_stored(error: Exception) -> str:
    """Say that an event is not stored, why, and what to do."""
    if isinstance(error, LostLogError):
        return "Not stored: the file of the server's log was removed or exchanged. Tell its administrator."
    if not isinstance(error, sqlite3.Error):
        return "Not stored: the server made a mistake. Its administrator finds more in its output."
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return "Not stored: the server's disk is full. Try again when its administrator has made room."
    if code == sqlite3.SQLITE_IOERR:
        return f"Not stored: the server's disk cannot be written ({error}). Tell its administrator."
    return f"Not stored: the server's log cannot be written ({error}). Tell its administrator."


def _is_full(path: Path) -> bool:
    """Tell whether the disk has less room than SQLite needs to open a file; it may not say so itself."""
    try:
        return shutil.disk_usage(path.parent).free < ROOM_TO_OPEN_BYTES
    except OSError:
        return False


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)


def _create(path: Path) -> None:
    """Make the file and its folder, for their owner only, so that they are still there after a loss of power."""
    folder = path.parent
    made = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        os.close(os.open(os.path.realpath(path), os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))  # it may be a link
    except FileExistsError:
        return
    _sync_folder(folder)
    for each in made:
        _sync_folder(each.parent)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return  # Windows keeps names by itself, and cannot open a folder
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
