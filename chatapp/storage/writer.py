"""What the log's thread does with the database: one transaction for all that waited.

A step of SQLite gives up Python's lock (the GIL), and the thread has to wait for it afterwards as long as the event
loop is at work. So a batch goes to SQLite in one step, as one JSON text; that is as cheap as a statement for each row,
and outside of a transaction one statement is one, so that the same step ends on the disk.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import zlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import TypeVar

import msgspec

from chatapp.model.events import AnyEvent, Event, MessageSent, decode, encode, kind
from chatapp.storage.database import BUSY_S, WAL_BYTES_KEPT
from chatapp.storage.log import Committed, Record, Repeat

SNAPSHOTS_KEPT = 2  # the one before the last, in case that one is damaged
WAL_BYTES_MAX = 2 * WAL_BYTES_KEPT
TIDY_EVERY = 1_000  # events and transactions
LIST_EVERY = 2_000  # events; one by one, each would touch a page of the index of its own
TIDY_MS = 50  # as long as our own queries may take to end

# The place of the first event, and a JSON array of one [id, time, stream, kind, key, event] for each.
_INSERT = """
    insert into log (seq, id, time, stream, kind, key, event)
    select
        ? + key,
        json_extract(value, '$[0]'),
        json_extract(value, '$[1]'),
        json_extract(value, '$[2]'),
        json_extract(value, '$[3]'),
        json_extract(value, '$[4]'),
        json_extract(value, '$[5]')
    from json_each(?)
"""
# A JSON array of one [place, time, stream] for each.
_MOVE = """
    update log set time = json_extract(value, '$[1]'), stream = json_extract(value, '$[2]')
    from json_each(?) where seq = json_extract(value, '$[0]')
"""
# A JSON array of places.
_REFUSE = "update log set stream = null, key = null, listed = null where seq in (select value from json_each(?))"

# The first place to list, and the last.
_LIST = """
    update log set listed = 1
    where seq between ? and ? and kind in ('message-sent', 'tags-sent') and stream is not null
"""

_AnEvent = TypeVar("_AnEvent", bound=Event)
_as_json = msgspec.json.Encoder().encode


class Writer:
    """The one writer of the log's file. Not bound to a thread, but for one at a time."""

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        """Take the database that is open at ``path``; raises sqlite3.Error."""
        self._db = db
        self._wal_path = f"{path}-wal"
        self._wal_bytes_max = WAL_BYTES_MAX
        self._untidied = 0
        self._kinds: dict[type[Event], str] = {}
        self.last_seq: int = db.execute("select coalesce(max(seq), 0) from log").fetchone()[0]
        self._listed: int = db.execute("select coalesce(max(seq), 0) from listed").fetchone()[0]
        self.last_id: str = db.execute("select coalesce(max(id), '') from log").fetchone()[0]

    def write(self, events: Sequence[AnyEvent], places: Mapping[int, AnyEvent | None]) -> tuple[Committed, bool]:
        """Store the events, after the notes on earlier ones, in one transaction that is on disk on return.

        Returns what became of each event, and whether a Repeat is among them. Raises sqlite3.Error, and then
        nothing was stored.
        """
        if not events and not places:
            return [], False
        try:
            return self._write(events, places)
        except sqlite3.Error:
            self._write_over()
            raise

    def save_snapshot(self, seq: int, state: bytes) -> None:
        """Keep the state, and forget all but the last few. Raises sqlite3.Error."""
        with _Transaction(self._db):
            self._db.execute("insert or replace into snapshot values (?, ?, ?)", (seq, zlib.crc32(state), state))
            self._db.execute(
                "delete from snapshot where seq not in (select seq from snapshot order by seq desc limit ?)",
                (SNAPSHOTS_KEPT,),
            )

    @property
    def untidy(self) -> bool:
        """Tell whether :meth:`tidy` has something to do."""
        return self._untidied >= TIDY_EVERY or self.last_seq - self._listed >= LIST_EVERY

    def tidy(self) -> None:
        """Bring the history index up to date now and then, and keep the write-ahead log bounded.

        To be called after each ``write``, when its result was told. Raises sqlite3.Error.
        """
        if self.last_seq - self._listed >= LIST_EVERY:
            self._list()
        self._bound_wal()

    def _list(self) -> None:
        last = self.last_seq
        with _Transaction(self._db):
            self._db.execute(_LIST, (self._listed + 1, last))
            self._db.execute("update listed set seq = ?", (last,))
        self._listed = last

    def _bound_wal(self) -> None:
        """Make the write-ahead log begin anew where it has grown too large.

        SQLite copies it into the database by itself, but begins it anew only in a moment when nobody reads. Where
        such a moment does not come, this makes one: it waits until the queries under way have ended.
        """
        if self._untidied < TIDY_EVERY:
            return
        self._untidied = 0
        size = os.stat(self._wal_path).st_size
        if size < self._wal_bytes_max:
            return
        self._db.execute(f"pragma busy_timeout = {TIDY_MS}")
        ((busy, _, _),) = self._db.execute("pragma wal_checkpoint(restart)").fetchall()
        self._db.execute(f"pragma busy_timeout = {int(BUSY_S * 1000)}")
        # Another program may read for long (a backup): try again when it has grown as much once more.
        self._wal_bytes_max = 2 * size if busy else WAL_BYTES_MAX

    def close(self) -> None:
        """Move everything into the one file, where nothing hinders it, and close that."""
        with contextlib.suppress(sqlite3.Error):  # what was committed is on disk all the same
            self._db.execute("pragma wal_checkpoint(truncate)")
        self._db.close()

    def _write(self, events: Sequence[AnyEvent], places: Mapping[int, AnyEvent | None]) -> tuple[Committed, bool]:
        self._untidied += 1 + len(events) + len(places)
        first = self.last_seq + 1
        rows = self._rows(events)
        try:
            if places:
                with _Transaction(self._db):
                    self._place(places)
                    self._db.execute(_INSERT, (first, rows))
            else:
                self._db.execute(_INSERT, (first, rows))
        except sqlite3.IntegrityError:
            return self._write_one_by_one(events, places), True
        self.last_seq += len(events)
        return list(map(Record, count(first), events)), False

    def _write_over(self) -> None:
        """Make sure that a transaction which failed does not come back.

        Where the disk could be written and not be synchronized, the whole transaction stands in the write-ahead log.
        SQLite has forgotten it and writes the next one over it; but if the process died before, the next start would
        find it there. So there is a next one at once, that changes nothing.
        """
        with contextlib.suppress(sqlite3.Error), _Transaction(self._db):
            self._db.execute("insert into listed values (0)")
            self._db.execute("delete from listed where rowid = last_insert_rowid()")

    def _rows(self, events: Iterable[AnyEvent]) -> str:
        kinds = self._kinds
        rows = []
        for event in events:
            name = kinds.get(type(event))
            if name is None:
                name = kinds[type(event)] = kind(event)
            if isinstance(event, MessageSent) and event.verb == "TAGMSG":
                name = "tags-sent"
            rows.append((event.id, event.time, event.stream, name, event.key, encode(event).decode()))
        return _as_json(rows).decode()

    def _place(self, places: Mapping[int, AnyEvent | None]) -> None:
        moved = [(seq, event.time, event.stream) for seq, event in places.items() if event is not None]
        if moved:
            self._db.execute(_MOVE, (_as_json(moved).decode(),))
        refused = [seq for seq, event in places.items() if event is None]
        if refused:
            self._db.execute(_REFUSE, (_as_json(refused).decode(),))

    def _write_one_by_one(self, events: Iterable[AnyEvent], places: Mapping[int, AnyEvent | None]) -> Committed:
        """Do what ``write`` does where some events are stored already."""
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
                self._db.execute(_INSERT, (last_seq, self._rows([event])))
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
