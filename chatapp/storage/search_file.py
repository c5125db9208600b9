"""The file of the search index: making it, opening it beside the log, and deleting one that cannot be used.

When the index is closed, the CRC-32 of the file is stored beside it. When the index is opened, the file must still have
this sum: a changed bit in a word would hide a message. While the index is open, and after a crash, there is no sum.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import zlib
from pathlib import Path
from urllib.parse import quote

from chatapp.reading import open_regular
from chatapp.storage.damage import ChangedEventError
from chatapp.storage.database import BUSY_S, READER_CACHE_KIB
from chatapp.storage.search_index import TABLES, SearchIndex, Transaction

NAME = "search.db"
APPLICATION_ID = 0x43485358  # "CHSX"
FORMAT = 2  # a file of another format is deleted and made again
CACHE_KIB = 8 * 1024
READ_BYTES = 1024 * 1024  # read at once to compute the sum of the file


class NoFts5Error(Exception):
    """The SQLite of this Python has no FTS5."""


def index_path(log_path: Path) -> Path:
    """Return the path of the search index of a log."""
    return log_path.with_name(NAME)


def open_index(log_path: Path) -> SearchIndex:
    """Open the search index of a log, which must be open for writing. Make the index if it cannot be used.

    Raises NoFts5Error, sqlite3.Error and OSError.
    """
    path = index_path(log_path)
    if not has_fts5():
        delete_index(path)  # nobody would take erased messages out of it
        raise NoFts5Error
    try:
        return _open(path, log_path)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError) and not is_damage(error):
            raise
    delete_index(path)
    return _open(path, log_path)


def has_fts5() -> bool:
    """Return whether the SQLite of this Python has FTS5."""
    with contextlib.closing(sqlite3.connect(":memory:")) as db:
        return db.execute("select 1 from pragma_module_list where name = 'fts5'").fetchall() == [(1,)]


def is_damage(error: sqlite3.Error) -> bool:
    """Return whether an error means that the file is damaged or not an index, so that a new one must be made."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return not isinstance(error, ChangedEventError) and code in (
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_ERROR,
    )


def delete_index(path: Path) -> None:
    """Delete the files of an index. Raises OSError."""
    for suffix in ("", "-wal", "-shm", "-journal", "-crc"):
        path.with_name(f"{path.name}{suffix}").unlink(missing_ok=True)


def store_sum(path: Path) -> None:
    """Store the sum of an index that was closed. Raises OSError."""
    own = os.open(_sum_path(path), os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with open(own, "w", encoding="ascii") as file:
        file.write(f"{_sum_of(path):08x}\n")


def _sum_path(path: Path) -> Path:
    return path.with_name(f"{path.name}-crc")


def _sum_of(path: Path) -> int:
    """Return the CRC-32 of a file: for a million messages, in a tenth of a second, without the GIL. Raises OSError."""
    found = 0
    with open(path, "rb", buffering=0, opener=open_regular) as file:
        while data := file.read(READ_BYTES):
            found = zlib.crc32(data, found)
    return found


def _check_sum(path: Path) -> None:
    """Raise sqlite3.DatabaseError if the file has another sum than when it was closed. Forgets the sum."""
    own = _sum_path(path)
    try:
        with open(own, "rb", opener=open_regular) as file:
            expected = file.read(READ_BYTES)
    except FileNotFoundError:
        return
    is_right = path.exists() and expected == b"%08x\n" % _sum_of(path)
    own.unlink()  # the index will change
    if not is_right:
        raise _wrong("the file has changed since it was closed")


def _wrong(what: str) -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError(what)
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def _open(path: Path, log_path: Path) -> SearchIndex:
    if os.path.lexists(path) and not path.is_file():
        raise OSError(None, "it is not a file", str(path))
    _check_sum(path)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    db = sqlite3.connect(
        f"file:{quote(str(path.absolute()))}", uri=True, timeout=BUSY_S, isolation_level=None, check_same_thread=False
    )
    try:
        for setting in (
            "main.locking_mode = exclusive",  # not of the log, which is attached later
            "main.journal_mode = wal",
            "main.synchronous = normal",  # after a loss of power the index is whole, if not as new as the log
            "main.secure_delete = on",  # no page holds words of erased messages
            "temp_store = memory",  # no temporary file holds a text
            f"main.cache_size = -{CACHE_KIB}",
        ):
            db.execute(f"pragma {setting}")
        _make(db)
        _check_pages(db)
        db.execute("attach ? as chat", (f"file:{quote(str(log_path.absolute()))}?mode=ro",))
        db.execute(f"pragma chat.cache_size = -{READER_CACHE_KIB}")
        index = SearchIndex(db)
        index.check_log()
    except BaseException:
        db.close()
        raise
    return index


def _check_pages(db: sqlite3.Connection) -> None:
    """Raise sqlite3.DatabaseError if a page is damaged: searches would find less, and nothing would tell.

    With a million messages this takes a tenth of a second of the thread's time.
    """
    ((words,),) = db.execute("pragma main.quick_check(1)").fetchmany(1)
    if words != "ok":
        raise sqlite3.DatabaseError("its pages are not whole")


def _make(db: sqlite3.Connection) -> None:
    """Make the tables of a new file. Raises sqlite3.DatabaseError if the file is not an index of this format."""
    (application_id,), (version,) = (
        db.execute(f"pragma {name}").fetchone() for name in ("application_id", "user_version")
    )
    if (application_id, version) == (APPLICATION_ID, FORMAT):
        return
    if db.execute("select count(*) from sqlite_master").fetchone() != (0,):
        raise sqlite3.DatabaseError("not a search index of this format")
    with Transaction(db):
        for statement in TABLES.split(";"):
            db.execute(statement)
        db.execute(f"pragma application_id = {APPLICATION_ID}")
        db.execute(f"pragma user_version = {FORMAT}")
