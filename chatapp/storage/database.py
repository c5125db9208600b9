"""Opening the log's SQLite file: creating or refusing it, and setting it up so that every commit is on disk.

Also the error texts for a file that cannot be used.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from contextlib import closing
from pathlib import Path

from chatapp.errors import DataError, LostLogError, NewerDataError
from chatapp.storage.file_systems import refuse_network
from chatapp.storage.mark import lost, marks_of, refuse_lost, remember, sync_folder
from chatapp.storage.migrations import check, is_new, migrate

WAL_BYTES_KEPT = 16 * 1024 * 1024  # SQLite keeps a file of this size and overwrites it, so a commit rarely grows it
WAL_PAGES_CHECKPOINT = 1_000  # a commit that reaches this size copies the write-ahead log into the database
ROOM_TO_OPEN_BYTES = 64 * 1024  # twice the size of `chat.db-shm`, which SQLite creates when it opens the file
BUSY_S = 1.5  # how long to wait while another program locks the file; stopping the server may take twice this time
WRITER_CACHE_KIB = 16 * 1024
READER_CACHE_KIB = 4 * 1024


def open_writer(path: Path) -> sqlite3.Connection:
    """Open the file for its one writer, create it if it is missing, and bring it to the newest data format.

    Raises NewerDataError when a newer version wrote the file; LostLogError when the folder had a log that is now
    missing, empty or another one; and DataError when the file cannot be used or is on a network file system.
    """
    refuse_network(path)
    try:
        refuse_lost(path)
        _create(path)
        db = _connect(path)
    except (OSError, sqlite3.Error) as error:
        raise DataError(
            f"Cannot open the log {path}: {without_content(error)}. Check the folder and its permissions."
        ) from error
    try:
        check(db)
        if is_new(db) and marks_of(path):
            raise lost(path, "is empty")
        for setting in (
            "journal_mode = wal",
            "synchronous = full",
            "secure_delete = on",  # SQLite overwrites deleted content with zeros, so that no page holds erased text
            "fullfsync = on",  # macOS: its plain fsync does not reach the disk
            f"wal_autocheckpoint = {WAL_PAGES_CHECKPOINT}",
            f"journal_size_limit = {WAL_BYTES_KEPT}",
            f"cache_size = -{WRITER_CACHE_KIB}",
        ):
            db.execute(f"pragma {setting}")
        migrate(db)
        db.execute("update listed set seq = seq where false")  # fails if the file is read-only
        (mode,) = db.execute("pragma journal_mode").fetchone()
        if mode != "wal":
            raise DataError("this file system cannot hold a write-ahead log; choose a folder on a local disk")
        # Ignore errors, so that a log can be read on a full disk; the next start writes the mark.
        with contextlib.suppress(OSError):
            remember(path, *_extent_of(db))
    except LostLogError:
        db.close()
        raise
    except NewerDataError as error:
        db.close()
        raise NewerDataError(f"The log {path} is from a newer version of chatapp: {error}. Install that.") from error
    except DataError as error:
        db.close()
        raise DataError(f"Cannot use the log {path}: {str(error).removesuffix('.')}.") from error
    except (sqlite3.Error, UnicodeDecodeError) as error:  # SQLite's own error text may quote a damaged name
        db.close()
        raise unusable(path, error) from error
    return db


def read_id(path: Path) -> str:
    """Return the id of the first event of the log at ``path``, which nobody writes to; empty for an empty log.

    Raises sqlite3.Error.
    """
    with closing(open_reader(path)) as db:
        return _id_of(db)


def _id_of(db: sqlite3.Connection) -> str:
    return _extent_of(db)[0]


def _extent_of(db: sqlite3.Connection) -> tuple[str, int]:
    """Return the id of the first event of the log, and the position of the last event; empty and 0 for an empty log."""
    found = db.execute("select json_extract(event, '$[1]') from log order by seq limit 1").fetchall()
    ((last,),) = db.execute("select coalesce(max(seq), 0) from log").fetchall()
    return str(found[0][0]) if found else "", last


def open_reader(path: Path) -> sqlite3.Connection:
    """Open the file to read it; any thread may use the connection. Raises sqlite3.Error."""
    return configured(_connect(path), "query_only = on", f"cache_size = -{READER_CACHE_KIB}")


def configured(db: sqlite3.Connection, *pragmas: str) -> sqlite3.Connection:
    """Execute each of ``pragmas`` (such as ``"cache_size = -4096"``), and return the connection.

    Raises sqlite3.Error, with the connection closed. An unreadable file fails here, because the pragmas are the first
    statements that read it.
    """
    try:
        for pragma in pragmas:
            db.execute(f"pragma {pragma}")
    except BaseException:
        db.close()
        raise
    return db


def unusable(path: Path, error: object) -> DataError:
    """Return the error which says that the log cannot be used, why (``error``), and what to do."""
    advice = "Check the folder, its permissions and the disk."
    extended_code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
    code = extended_code & 0xFF
    if extended_code == sqlite3.SQLITE_IOERR_SHORT_READ:  # `chat.db-shm` names frames that are not in the file
        return DataError(
            f"Cannot use the log {path}: its write-ahead log {path}-wal was removed or exchanged while a server runs."
            " Stop the server (not with kill -9): it then saves what it still has. Start it again, and if messages are"
            " missing, restore a backup (chat restore FILE --replace)."
        )
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR):
        advice = (
            "The file is damaged, or it is not a log of chatapp."
            " Restore the data folder from a backup (chat restore FILE --replace), or choose another folder."
        )
    elif code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and _is_full(path)):
        advice = "The disk is full: make room on it."
    return DataError(f"Cannot use the log {path}: {without_content(error)}. {advice}")


def without_content(error: object) -> str:
    """Return the text of an error in one line, without content of the log: SQLite quotes a text that is not UTF-8."""
    return str(error).partition(" with text ")[0].replace("\n", " ")


def is_busy(error: Exception) -> bool:
    """Return whether the error means that another program locks the file."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


def not_stored(error: Exception) -> str:
    """Return the text for users which says that an event is not stored, why (``error``), and what to do."""
    if isinstance(error, LostLogError):
        return "Not stored: the file of the server's log was removed or exchanged. Tell its administrator."
    if not isinstance(error, sqlite3.Error):
        return "Not stored: the server made a mistake. Its administrator finds more in its output."
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return "Not stored: the server's disk is full. Try again when its administrator has made room."
    if code == sqlite3.SQLITE_IOERR:
        return f"Not stored: the server's disk cannot be written ({without_content(error)}). Tell its administrator."
    return f"Not stored: the server's log cannot be written ({without_content(error)}). Tell its administrator."


def _is_full(path: Path) -> bool:
    """Return whether the disk has too little room to open a file: SQLite may report only an I/O error for that."""
    try:
        return free_bytes(path.parent) < ROOM_TO_OPEN_BYTES
    except OSError:
        return False


def free_bytes(folder: Path) -> int:
    """Return how many bytes this user can still write to the disk of a folder. Raises OSError."""
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize


def _connect(path: Path) -> sqlite3.Connection:
    _refuse_pipes(path)
    return sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)


def _refuse_pipes(path: Path) -> None:
    """Raise sqlite3.Error if a name of SQLite's own files is taken: SQLite would wait for ever for a named pipe."""
    real = os.path.realpath(path)
    for name in (f"{real}-journal", f"{real}-wal", f"{real}-shm"):
        if os.path.exists(name) and not os.path.isfile(name):
            error = sqlite3.OperationalError(f"{name} is not a file, move it away")
            error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
            raise error


def _create(path: Path) -> None:
    """Create the file and its folder, readable by their owner only, and fsync them against a loss of power."""
    folder = path.parent
    made = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        os.close(os.open(os.path.realpath(path), os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))  # the path may be a link
    except FileExistsError:
        return
    sync_folder(folder)
    for each in made:
        sync_folder(each.parent)
