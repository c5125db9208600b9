"""Reading the log from its begin, or from its last snapshot, as it is done at a start."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from chatapp.model.events import decode
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
            while rows := db.execute(query, (after, ROWS)).fetchall():
                if rows[0][0] != after + 1 or rows[-1][0] != after + len(rows):
                    raise unusable(path, f"events are missing after number {after}")
                yield [Record(seq, decode(text)) for seq, text in rows]
                after += len(rows)
    except sqlite3.Error as error:
        raise unusable(path, error) from error


def read_snapshot(path: Path, last_seq: int, open_file: _Open = open_reader) -> tuple[int, bytes] | None:
    """Fetch the last snapshot that is whole and not ahead of ``last_seq``; see EventLog.load_snapshot."""
    try:
        with closing(open_file(path)) as db:
            for (seq,) in db.execute("select seq from snapshot order by seq desc").fetchall():
                query = "select checksum, state from snapshot where seq = ?"
                ((checksum, state),) = db.execute(query, (seq,)).fetchall()
                if zlib.crc32(state) == checksum and seq <= last_seq:
                    return seq, state
    except sqlite3.Error as error:
        raise unusable(path, error) from error
    return None
