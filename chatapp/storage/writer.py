"""What the log's thread does with the database: one transaction for all that waited.

A step of SQLite gives up Python's lock and has to wait for it afterwards, as long as the event loop is at work. So a
batch is written in as few steps as can be: one statement for many rows, and no statement that could be left out.
"""

from __future__ import annotations

import contextlib
import sqlite3
import zlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, count
from typing import TypeVar

import msgspec

from chatapp.model.events import AnyEvent, Event, decode, encode, kind
from chatapp.storage.log import Committed, Record, Repeat

ROWS_MAX = 64  # of one statement; so many forms of it stay prepared
COLUMNS = 7
SNAPSHOTS_KEPT = 2  # the one before the last, in case that one is damaged

_AnEvent = TypeVar("_AnEvent", bound=Event)
_Row = tuple[int, str, int, str, str, str | None, str]


class Writer:
    """The one writer of the log's file. Not bound to a thread, but for one at a time."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """Take the open database; raises sqlite3.Error."""
        self._db = db
        self._kinds: dict[type[Event], str] = {}
        self.last_seq: int = db.execute("select coalesce(max(seq), 0) from log").fetchone()[0]
        self.last_id: str = db.execute("select coalesce(max(id), '') from log").fetchone()[0]

    def write(self, events: Sequence[AnyEvent], places: Mapping[int, AnyEvent | None]) -> tuple[Committed, bool]:
        """Store the events, after the notes on earlier ones, in one transaction that is on disk on return.

        Returns what became of each event, and whether a Repeat is among them. Raises sqlite3.Error, and then
        nothing was stored.
        """
        if not events and not places:
            return [], False
        first = self.last_seq + 1
        rows = [self._row(seq, event) for seq, event in zip(count(first), events)]
        if not places and 0 < len(rows) <= ROWS_MAX:
            try:
                self._insert(rows)  # outside of a transaction: a statement is one
            except sqlite3.IntegrityError:
                return self._write_carefully(events, places), True
        else:
            try:
                with _Transaction(self._db):
                    self._place(places)
                    for start in range(0, len(rows), ROWS_MAX):
                        self._insert(rows[start : start + ROWS_MAX])
            except sqlite3.IntegrityError:
                return self._write_carefully(events, places), True
        self.last_seq += len(rows)
        return list(map(Record, count(first), events)), False

    def save_snapshot(self, seq: int, state: bytes) -> None:
        """Keep the state, and forget all but the last few. Raises sqlite3.Error."""
        with _Transaction(self._db):
            self._db.execute("insert or replace into snapshot values (?, ?, ?)", (seq, zlib.crc32(state), state))
            self._db.execute(
                "delete from snapshot where seq not in (select seq from snapshot order by seq desc limit ?)",
                (SNAPSHOTS_KEPT,),
            )

    def close(self) -> None:
        """Move everything into the one file, where nothing hinders it, and close that."""
        with contextlib.suppress(sqlite3.Error):  # what was committed is on disk all the same
            self._db.execute("pragma wal_checkpoint(truncate)")
        self._db.close()

    def _row(self, seq: int, event: AnyEvent) -> _Row:
        name = self._kinds.get(type(event))
        if name is None:
            name = self._kinds[type(event)] = kind(event)
        return (seq, event.id, event.time, event.stream, name, event.key, encode(event).decode())

    def _insert(self, rows: Sequence[_Row]) -> None:
        one_row = f"({','.join('?' * COLUMNS)})"
        self._db.execute(f"insert into log values {','.join([one_row] * len(rows))}", list(chain.from_iterable(rows)))

    def _place(self, places: Mapping[int, AnyEvent | None]) -> None:
        refused = [(seq,) for seq, event in places.items() if event is None]
        moved = [(event.time, event.stream, seq) for seq, event in places.items() if event is not None]
        if refused:
            self._db.executemany("update log set stream = null, key = null where seq = ?", refused)
        if moved:
            self._db.executemany("update log set time = ?, stream = ? where seq = ?", moved)

    def _write_carefully(self, events: Iterable[AnyEvent], places: Mapping[int, AnyEvent | None]) -> Committed:
        """Do what ``write`` does where an event may be stored already, one by one."""
        committed: Committed = []
        last_seq = self.last_seq
        with _Transaction(self._db):
            self._place(places)
            for event in events:
                first = self._find(event)
                if first is not None:
                    committed.append(Repeat(event, first))
                    continue
                last_seq += 1
                self._insert([self._row(last_seq, event)])
                committed.append(Record(last_seq, event))
        self.last_seq = last_seq
        return committed

    def _find(self, event: AnyEvent) -> Record | None:
        """Find the stored event with the same key or id, as applied."""
        found = self._db.execute(
            "select seq, time, stream, event from log where key = ? union all"
            " select seq, time, stream, event from log where id = ?",
            (event.key, event.id),
        ).fetchall()
        if not found:
            return None
        seq, time, stream, text = found[0]
        return Record(seq, as_applied(decode(text), time, stream))


def as_applied(event: _AnEvent, time: int, stream: str | None) -> _AnEvent:
    """Give the event the time and stream that were noted for it, where they differ."""
    if event.time == time and (event.stream == stream or stream is None):
        return event
    return msgspec.structs.replace(event, time=time, stream=event.stream if stream is None else stream)


class _Transaction:
    """All of it on disk at the end, or nothing when an exception leaves it."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("begin immediate")

    def __exit__(self, error_type: object, *_: object) -> None:
        if error_type is None:
            try:
                self._db.execute("commit")
                return
            except BaseException:
                self._rollback()
                raise
        self._rollback()

    def _rollback(self) -> None:
        if self._db.in_transaction:  # SQLite has rolled back by itself after some errors
            self._db.execute("rollback")
