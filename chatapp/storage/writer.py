"""What the log's thread does with the database: one transaction for all that waited.

A step of SQLite gives up Python's lock (the GIL), and the thread has to wait for it afterwards as long as the event
loop is at work. So a batch goes to SQLite in one step, as one JSON text; outside of a transaction one statement is one,
so that the same step ends on the disk. All that need not be there before a message is told, comes later and for
many at once (:meth:`Writer.update_index`), and in one step too, as a rule.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import count, islice
from operator import lt
from pathlib import Path
from typing import TypeVar

import msgspec

from chatapp.errors import LostLogError
from chatapp.model.events import NODE_DIGITS, AnyEvent, Event, MessageSent, decode, erased, node_of
from chatapp.storage import index
from chatapp.storage.damage import check_places, check_start, damaged
from chatapp.storage.database import BUSY_S, WAL_BYTES_KEPT, is_busy, write_mark
from chatapp.storage.log import Committed, Record, Repeat

SNAPSHOTS_KEPT = 2  # the one before the last, in case that one is damaged
WAL_BYTES_MAX = 2 * WAL_BYTES_KEPT
TIDY_S = 0.05  # as long as our own queries may take to end

# The place of the first event, and a JSON array of the events.
_INSERT = "insert into log (seq, event) select ? + key, value from json_each(?)"

# A JSON array of one [key, place] for each.
_INSERT_KEYS = """
    insert into keys (key, seq) select json_extract(value, '$[0]'), json_extract(value, '$[1]') from json_each(?)
"""

# A JSON array of places.
_EVENTS_AT = "select seq, event from log where seq in (select value from json_each(?))"

_FIND_KEY = "select seq from keys where key = ?"
_FETCH = f"select event, {index.TIME} from {index.LOG} where log.seq = ?"
_ANY_PLACE = 1 << 62
_IDS_BETWEEN = "select json_extract(event, '$[1]'), seq from log where seq >= ? and seq < ?"

_AnEvent = TypeVar("_AnEvent", bound=Event)
_as_json = msgspec.json.Encoder().encode


class Writer:
    """The one writer of the log's file. Not bound to a thread, but for one at a time."""

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        """Take the database that is open at ``path``; raises sqlite3.Error."""
        self._db = db
        self._given_path = path
        self._path = os.path.realpath(path)  # a log may be a link to a file elsewhere
        self._file = _file_at(self._path)
        self._wal_path = f"{self._path}-wal"
        self._wal_bytes_max = WAL_BYTES_MAX
        self._patience_s = BUSY_S  # as the database was opened
        db.executescript(index.SCHEMA)
        self.last_seq: int = db.execute("select coalesce(max(seq), 0) from log").fetchone()[0]
        self.listed: int = db.execute("select coalesce(max(seq), 0) from listed").fetchone()[0]
        check_start(db)
        known = db.execute(index.LAST_IDS).fetchall()
        self._known_ids = index.KnownIds({node: seq for node, _, seq in known})
        for after in (self.listed, max((seq for _, _, seq in known), default=1) - 1):
            last_places = [seq for (seq,) in db.execute("select seq from log where seq > ? order by seq", (after,))]
            check_places(last_places, after + 1, self.last_seq)
        self._crossed = {seq for (seq,) in db.execute("select seq from crossed where seq > ?", (self.listed,))}
        self._last_ids = self._read_last_ids({node: (id, seq) for node, id, seq in known})
        self.last_id: str = max(self._last_ids.values(), default="")

    def _read_last_ids(self, known: Mapping[str, tuple[str, int]]) -> dict[str, str]:
        """Read the greatest id of each node; that of the ids from before there were nodes stands under ''.

        ``known`` has the last one of each node that the index knows, with its place. Raises sqlite3.Error.
        """
        last = {node: id for node, (id, _) in known.items()}
        (old_end,) = self._db.execute("select coalesce(max(seq), 0) from ids where node = '' and id = 'g'").fetchone()
        spans = [(seq, seq + index.SPAN_EVENTS) for _, seq in known.values()] + [(self.listed + 1, _ANY_PLACE)]
        for first, end in spans:
            for id, seq in self._db.execute(_IDS_BETWEEN, (first, end)).fetchall():
                node = "" if seq < old_end else node_of(id)
                last[node] = max(last.get(node, ""), id)
        return last

    def be_patient(self, seconds: float) -> None:
        """Wait so long, from now on, while another program holds the file."""
        if seconds != self._patience_s:
            self._patience_s = seconds
            self._db.execute(f"pragma busy_timeout = {int(seconds * 1000)}")

    def unlisted(self) -> Iterator[AnyEvent]:
        """Read the events that the index does not hold, as proposed. Raises sqlite3.Error and DataError."""
        query = "select event from log where seq > ? order by seq"
        return (decode(text) for (text,) in self._db.execute(query, (self.listed,)))

    def write(self, events: Sequence[AnyEvent], freed: Sequence[int]) -> tuple[Committed, bool]:
        """Store the events in one transaction that is on disk on return; the keys of the places ``freed`` are free.

        Returns what became of each event, and whether a Repeat is among them. Raises sqlite3.Error, and LostLogError
        when the file is not in its place any more; then nothing was stored.
        """
        if not events and not freed:
            return [], False
        if _file_at(self._path) != self._file:
            raise LostLogError(f"The log {self._path} was removed or exchanged while the server runs.")
        begins = self.last_seq == 0
        try:
            done = self._write(events, freed)
            if begins and events:
                with contextlib.suppress(OSError):  # the next start writes it
                    write_mark(self._given_path, events[0].id)
            return done
        except sqlite3.Error as error:
            if not is_busy(error):  # else nothing was begun
                self._write_over()
            raise

    def update_index(self, events: Sequence[AnyEvent | None], notes: Mapping[int, AnyEvent | None]) -> None:
        """Bring the index up to date with the next events behind ``listed``, as applied (``None``: refused).

        ``notes`` are of these events and of any before them: what applying made of the one at that place.
        Raises sqlite3.Error, and then nothing was done.
        """
        refused = [seq for seq, event in notes.items() if event is None]
        if refused:
            with _Transaction(self._db):
                listed = index.list_events(self._db, self.listed, events, notes, self._known_ids, self._crossed)
                self._free(refused)
        else:
            listed = index.list_events(self._db, self.listed, events, notes, self._known_ids, self._crossed)
        if self._crossed:
            self._crossed = {seq for seq in self._crossed if seq > listed}
        self.listed = listed

    def erase(self, places: Sequence[int]) -> None:
        """Erase what the messages at these places say; see EventLog.erase. Raises sqlite3.Error and DataError.

        The write-ahead log still holds it, until :meth:`purge` has returned True, in this run or a later one.
        """
        with _Transaction(self._db):
            for seq, text in self._db.execute(_EVENTS_AT, (_as_json(places).decode(),)).fetchall():
                event = decode(text)
                if isinstance(event, MessageSent):
                    self._db.execute("update log set event = ? where seq = ?", (_as_json(erased(event)).decode(), seq))
                    self._db.execute("insert or ignore into erasing (seq) values (?)", (seq,))

    @property
    def has_to_purge(self) -> bool:
        """Tell whether a file may still hold a text that was erased. Raises sqlite3.Error."""
        return bool(self._db.execute("select max(seq) > 0 from erasing").fetchone()[0])

    def purge(self) -> bool:
        """Empty the write-ahead log, so that no file holds what was erased; False while another program reads.

        A file that is older than its erasures is written anew, once. Raises sqlite3.Error.
        """
        self.be_patient(TIDY_S)
        try:
            if self._db.execute("select count(*) from erasing where seq = 0").fetchone() != (0,):
                self._db.execute("vacuum")
                self._db.execute("delete from erasing where seq = 0")
            ((busy, _, _),) = self._db.execute("pragma wal_checkpoint(truncate)").fetchall()
            if not busy:
                self._db.execute("delete from erasing")
        except sqlite3.Error as error:
            if not is_busy(error):
                raise
            return False
        return not busy

    def save_snapshot(self, seq: int, state: bytes) -> None:
        """Keep the state, and forget all but the last few. Raises sqlite3.Error."""
        assert seq <= self.listed, "a start replays what is behind the snapshot, and may find it in the index"
        with _Transaction(self._db):
            self._db.execute("insert or replace into snapshot values (?, ?, ?)", (seq, zlib.crc32(state), state))
            self._db.execute(
                "delete from snapshot where seq not in (select seq from snapshot order by seq desc limit ?)",
                (SNAPSHOTS_KEPT,),
            )

    def bound_wal(self) -> None:
        """Make the write-ahead log begin anew where it has grown too large. Raises sqlite3.Error.

        SQLite copies it into the database by itself, but begins it anew only in a moment when nobody reads. Where
        such a moment does not come, this makes one: it waits until the queries under way have ended.
        """
        try:
            size = os.stat(self._wal_path).st_size
        except FileNotFoundError:  # somebody has removed it
            return
        if size < self._wal_bytes_max:
            return
        self.be_patient(TIDY_S)
        ((busy, _, _),) = self._db.execute("pragma wal_checkpoint(restart)").fetchall()
        # Another program may read for long (a backup): try again when it has grown as much once more.
        self._wal_bytes_max = 2 * size if busy else WAL_BYTES_MAX

    def close(self) -> None:
        """Move everything into the one file, where nothing hinders it, and close that."""
        with contextlib.suppress(sqlite3.Error):  # what was committed is on disk all the same
            self._db.execute("pragma wal_checkpoint(truncate)")
        self._db.close()

    def _write(self, events: Sequence[AnyEvent], freed: Sequence[int]) -> tuple[Committed, bool]:
        first = self.last_seq + 1
        ids = [event.id for event in events]
        keys = [(key, seq) for seq, event in enumerate(events, first) if (key := event.key) is not None]
        # Ids grow, and so one that is greater than all before is new. Those of several nodes cross on their way here
        # all the time, those of one node rarely.
        grow = not ids or (ids[0] > self.last_id and all(map(lt, ids, islice(ids, 1, None))))
        if not grow and not self._grow_by_node(ids):
            return self._write_one_by_one(events, freed), True
        rows = _as_json(events).decode()
        if keys or freed:
            try:
                with _Transaction(self._db):
                    self._free(freed)
                    self._db.execute(_INSERT, (first, rows))
                    self._db.execute(_INSERT_KEYS, (_as_json(keys).decode(),))
            except sqlite3.IntegrityError:
                return self._write_one_by_one(events, freed), True
        else:
            self._db.execute(_INSERT, (first, rows))
        self.last_seq += len(events)
        self._last_ids.update({id[-NODE_DIGITS:]: id for id in ids})
        self.last_id = max(self.last_id, *ids) if ids else self.last_id
        return list(map(Record, count(first), events)), False

    def _grow_by_node(self, ids: Sequence[str]) -> bool:
        """Tell whether each id is greater than all that its node made before."""
        last, old = dict(self._last_ids), self._last_ids.get("", "")
        for id in ids:
            node = id[-NODE_DIGITS:]
            if id <= last.get(node, old) or id <= old:
                return False
            last[node] = id
        return True

    def _free(self, places: Sequence[int]) -> None:
        """Let the keys of refused events be free again."""
        if places:
            for seq, text in self._db.execute(_EVENTS_AT, (_as_json(places).decode(),)).fetchall():
                self._db.execute("delete from keys where key = ? and seq = ?", (decode(text).key, seq))

    def _write_over(self) -> None:
        """Make sure that a transaction which failed does not come back.

        Where the disk could be written and not be synchronized, the whole transaction stands in the write-ahead log.
        SQLite has forgotten it and writes the next one over it; but if the process died before, the next start would
        find it there. So there is a next one at once, that changes nothing.
        """
        with contextlib.suppress(sqlite3.Error), _Transaction(self._db):
            self._db.execute("insert into listed (seq) values (0)")
            self._db.execute("delete from listed where rowid = last_insert_rowid()")

    def _write_one_by_one(self, events: Sequence[AnyEvent], freed: Sequence[int]) -> Committed:
        """Do what ``write`` does where some events may be stored already."""
        committed: Committed = []
        seq, last, old = self.last_seq, dict(self._last_ids), self._last_ids.get("", "")
        crossed_places: set[int] = set()
        with _Transaction(self._db):
            self._free(freed)
            for event in events:
                crossed = event.id <= max(last.get(node := node_of(event.id), ""), old)
                first = self._find(event, crossed=crossed)
                if first is not None:
                    committed.append(Repeat(event, first))
                    continue
                seq += 1
                self._db.execute(_INSERT, (seq, _as_json([event]).decode()))
                if crossed:
                    self._db.execute("insert into crossed (id, seq) values (?, ?)", (event.id, seq))
                    crossed_places.add(seq)
                else:
                    last[node] = event.id
                if event.key is not None:
                    self._db.execute("insert into keys (key, seq) values (?, ?)", (event.key, seq))
                committed.append(Record(seq, event))
        self.last_seq, self._last_ids = seq, last
        self.last_id = max(self.last_id, *last.values(), "")
        self._crossed |= crossed_places
        return committed

    def _find(self, event: AnyEvent, crossed: bool) -> Record | None:
        """Find the stored event with the same key, or (where ids ``crossed``) the same id.

        A message is told with its time as applied, where that is in the index.
        """
        found = self._db.execute(_FIND_KEY, (event.key,)).fetchall()
        if crossed and not found:
            found = self._db.execute(index.FIND_ID, {"id": event.id, "upto": _ANY_PLACE}).fetchall()
        if not found:
            if crossed:
                index.check_span(self._db, event.id, self.last_seq)
            return None
        ((seq,),) = found
        rows = self._db.execute(_FETCH, (seq,)).fetchall()
        if not rows:
            raise damaged(f"the event number {seq} is missing")
        ((text, time),) = rows
        first = decode(text)
        return Record(seq, first if time is None else as_applied(first, time))


def as_applied(event: _AnEvent, time: int) -> _AnEvent:
    """Give the event the time at which it was applied, where that differs."""
    return event if event.time == time else msgspec.structs.replace(event, time=time)


def _file_at(path: str) -> tuple[int, int] | None:
    """Tell which file is at a path now: device and number; ``None`` for none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


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
