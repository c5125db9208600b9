"""Reading the log from its begin, or from its last snapshot, as it is done at a start."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from chatapp.model.events import decode
from chatapp.storage.damage import check_places, damaged
from chatapp.storage.database import open_reader, unusable
from chatapp.storage.log import Record

ROWS = 1_000  # of one step
_Open = Callable[[Path], sqlite3.Connection]


def read_events(path: Path, after: int, open_file: _Open = open_reader) -> Iterator[Sequence[Record]]:
    """Tell all events after place ``after``, in order; see EventLog.read.

    No query is open between two steps, so that the log can be written and tidied meanwhile.
    """
    query = "select seq, event from log where seq > ? order by seq limit ?"
    try:
        with closing(open_file(path)) as db:
            while True:
                rows = db.execute(query, (after, ROWS)).fetchall()
                if not rows:
                    _check_end(db, after)
                    return
                check_places([seq for seq, _ in rows], after + 1, after + len(rows))
                yield [Record(seq, decode(text)) for seq, text in rows]
                after += len(rows)
    except (sqlite3.Error, TypeError, ValueError) as error:  # of a value that is not of its type
        raise unusable(path, error) from error


def _check_end(db: sqlite3.Connection, after: int) -> None:
    """Check that no event behind the place ``after`` was passed over. Raises sqlite3.Error."""
    # One statement, so that an event that is stored meanwhile is in both or in neither.
    query = "select coalesce(max(seq), 0), (select count(*) from log where seq > ?) from log"
    ((last, behind),) = db.execute(query, (after,)).fetchall()
    if last > after and not behind:
        raise damaged(f"events are missing after number {after}")


def read_snapshot(path: Path, last_seq: int, open_file: _Open = open_reader) -> tuple[int, bytes] | None:
    """Fetch the last snapshot that is whole and not ahead of ``last_seq``; see EventLog.load_snapshot."""
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
