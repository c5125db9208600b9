"""Reading the log's events and its last snapshot, at a start and when a backup is checked."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from chatapp.model.events import decode
from chatapp.storage.checksums import check_lines
from chatapp.storage.damage import check_places, damaged
from chatapp.storage.database import open_reader, unusable
from chatapp.storage.log import Record
from chatapp.storage.migrations import is_current

ROWS = 1_000  # read in one step
# The events after a position; and the same for a log of an older data format, which has no checksums.
_EVENTS = "select seq, cast(event as blob), checksum from log where seq > ? order by seq limit ?"
_EVENTS_BEFORE = "select seq, cast(event as blob), '' from log where seq > ? order by seq limit ?"
_Open = Callable[[Path], sqlite3.Connection]


def read_events(path: Path, after: int, open_file: _Open = open_reader) -> Iterator[Sequence[Record]]:
    """Yield all events after position ``after``, in order; see EventLog.read. Raises DataError.

    No query is open between two steps, so that the writer can reset the write-ahead log meanwhile.
    """
    try:
        with closing(open_file(path)) as db:
            query = _EVENTS if is_current(db) else _EVENTS_BEFORE
            while True:
                rows = db.execute(query, (after, ROWS)).fetchall()
                if not rows:
                    _check_end(db, after)
                    return
                places, lines, checksums = zip(*rows, strict=True)
                check_places(places, after + 1, after + len(rows))
                if query is _EVENTS:
                    check_lines(lines, places, b"".join(checksums))
                yield [*map(Record, places, map(decode, lines))]
                after += len(rows)
    except (sqlite3.Error, TypeError, ValueError) as error:  # the last two: a value has the wrong type
        raise unusable(path, error) from error


def _check_end(db: sqlite3.Connection, after: int) -> None:
    """Check that the log has no event after position ``after`` that was not found. Raises sqlite3.Error."""
    # One statement, so that an event that is stored meanwhile counts in both results or in neither.
    query = "select coalesce(max(seq), 0), (select count(*) from log where seq > ?) from log"
    ((last, remaining),) = db.execute(query, (after,)).fetchall()
    if last > after and not remaining:
        raise damaged(f"events are missing after number {after}")


def read_snapshot(path: Path, last_seq: int, open_file: _Open = open_reader) -> tuple[int, bytes] | None:
    """Return the last snapshot that is whole and not ahead of ``last_seq``; see HistoryStore.load_snapshot.

    Raises DataError.
    """
    try:
        with closing(open_file(path)) as db:
            for (seq,) in db.execute("select seq from snapshot order by seq desc").fetchall():
                query = "select checksum, state from snapshot where seq = ?"
                ((checksum, state),) = db.execute(query, (seq,)).fetchall()
                if zlib.crc32(state) == checksum and seq <= last_seq:
                    return seq, state
    except (sqlite3.Error, TypeError, ValueError) as error:
        raise unusable(path, error) from error
    return None
