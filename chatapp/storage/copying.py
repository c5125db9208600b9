"""Copying the log's file while a server writes to it, and checking that a server could start from a file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from chatapp.errors import DataError, NewerDataError
from chatapp.model.state import State
from chatapp.storage.database import configured, open_reader, unusable
from chatapp.storage.migrations import APPLICATION_ID, check, is_current
from chatapp.storage.replay import read_events, read_snapshot
from chatapp.storage.start_check import check_start

PAGES_AT_ONCE = 1_000  # copied in one step; signals (Ctrl-C) are handled between two steps
_PROBLEMS_SHOWN = 3
_ANY_POSITION = 1 << 62


def copy_log(source: Path, target: Path) -> None:
    """Copy the log at ``source``, as it is at one moment, into the new file ``target``, which needs no other files.

    Does not block writers of the log. The target is written without locks, so that it may be on any file system.
    Raises DataError when the source is not a log or cannot be read, and sqlite3.Error when the target cannot be
    written.
    """
    with closing(_open_log(source)) as db, closing(_open_target(target)) as copy:
        # sqlite3_backup starts again whenever another connection has written between two steps, unless this connection
        # holds a read transaction all the time.
        try:
            db.execute("begin")
            db.execute("select count(*) from sqlite_master").fetchone()
        except sqlite3.Error as error:
            raise unusable(source, error) from error
        db.backup(copy, pages=PAGES_AT_ONCE, progress=lambda status, remaining, total: None)
        copy.execute("pragma journal_mode = delete").fetchone()  # else the file would have a write-ahead log


def verify_log(path: Path) -> State:
    """Check the whole log at ``path``, which nobody writes to, and return the state after its last event.

    Checks the structure of the database, and that every event is there and can be read. Raises DataError, or
    NewerDataError for a newer data format.
    """
    try:
        with closing(_open_unchanging(path)) as db:
            _check_format(path, db)
            problems = [text for (text,) in db.execute(f"pragma integrity_check({_PROBLEMS_SHOWN})").fetchall()]
            if problems != ["ok"]:
                raise unusable(path, "; ".join(problems))
        snapshot = read_snapshot(path, _ANY_POSITION, _open_unchanging)
        state = State() if snapshot is None else State.restore(snapshot[1])
        position = 0
        for records in read_events(path, 0, _open_unchanging):
            for record in records:
                if record.seq > state.position:
                    state.apply(record.seq, record.event)
            position = records[-1].seq
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise unusable(path, error) from error
    if position < state.position:
        raise unusable(path, f"the events after position {position} are missing")
    try:
        with closing(_open_unchanging(path)) as db:
            if is_current(db):  # the start of a server makes the index of an older log anew
                check_start(db)
    except sqlite3.Error as error:
        raise unusable(path, error) from error
    return state


def _open_log(path: Path) -> sqlite3.Connection:
    """Open a log to read it. Raises DataError."""
    if not path.is_file():
        raise DataError(f"There is no log {path}.")
    try:
        db = open_reader(path)
    except sqlite3.Error as error:
        raise unusable(path, error) from error
    try:
        _check_format(path, db)
    except (sqlite3.Error, UnicodeDecodeError) as error:  # SQLite's own error text may quote a damaged name
        db.close()
        raise unusable(path, error) from error
    except BaseException:
        db.close()
        raise
    return db


def _check_format(path: Path, db: sqlite3.Connection) -> None:
    """Raise DataError if the file is not a log, or is a log that this version does not know. Raises sqlite3.Error."""
    try:
        check(db)
        if db.execute("pragma application_id").fetchone() != (APPLICATION_ID,):
            raise DataError("it is empty")
    except NewerDataError as error:
        raise NewerDataError(f"The log {path} is from a newer version of chatapp: {error}. Install that.") from error
    except DataError as error:
        raise DataError(f"Cannot use the log {path}: {error}.") from error


def _open_target(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(_uri(path, "vfs=unix-none"), uri=True, isolation_level=None)
    # Without locks, a write-ahead log needs the exclusive locking mode. The fsync is left to the caller that moves the
    # file to its final path.
    return configured(db, "locking_mode = exclusive", "synchronous = off")


def _open_unchanging(path: Path) -> sqlite3.Connection:
    """Open a file that nobody writes to, without creating other files beside it."""
    return sqlite3.connect(_uri(path, "mode=ro&immutable=1"), uri=True, isolation_level=None)


def _uri(path: Path, options: str) -> str:
    return f"file:{quote(str(path.absolute()))}?{options}"
