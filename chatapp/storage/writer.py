"""The statements that write to the log's database: batches of events, the index, erasures and snapshots.

Each step of SQLite releases the GIL, and afterwards the thread must wait for the GIL while the event loop is busy. So a
batch is given to SQLite in one step (``insertion.py``). A single statement outside a transaction is a transaction by
itself, so the same step also commits. Everything that need not be on disk before a message is reported is written
later, for many events at once (:meth:`Writer.update_index`), usually also in one step.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import count, islice
from operator import lt
from pathlib import Path

import msgspec

from chatapp.errors import LostLogError
from chatapp.model.event import as_applied
from chatapp.model.events import NODE_DIGITS, AnyEvent, decode, node_of
from chatapp.storage import index
from chatapp.storage.checksums import events_at, read
from chatapp.storage.damage import check_places, damaged
from chatapp.storage.database import BUSY_S, WAL_BYTES_KEPT, is_busy
from chatapp.storage.erasure import erase
from chatapp.storage.insertion import insert
from chatapp.storage.log import Committed, Record, Repeat
from chatapp.storage.mark import MarkWriter
from chatapp.storage.start_check import check_start
from chatapp.storage.sums import add_to, sum_of
from chatapp.storage.transaction import Transaction
from chatapp.storage.wal import Found, WalFile, file_at

SNAPSHOTS_KEPT = 2  # the last snapshot, and one more in case the last is damaged
WAL_BYTES_MAX = 2 * WAL_BYTES_KEPT
WAL_LOOK_S = 1.0  # interval of the check whether the write-ahead log is still there
SAVED_BYTES_MAX = 64 * 1024 * 1024  # a larger log takes too long to be written again as a whole
TIDY_S = 0.05  # how long to wait for our own queries to end before the write-ahead log is emptied

# Parameter: a JSON array with a [key, position] for each key.
_INSERT_KEYS = """
    insert into keys (key, seq) select json_extract(value, '$[0]'), json_extract(value, '$[1]') from json_each(?)
"""

_FIND_KEY = "select seq from keys where key = ?"
_ANY_PLACE = 1 << 62
_EVENTS_BETWEEN = events_at("(select seq from log where seq >= ? and seq < ? order by seq)")

_as_json = msgspec.json.Encoder().encode
_logger = logging.getLogger(__name__)


class Writer:
    """The one writer of the log's file. Any thread may use it, but only one at a time."""

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        """Take over the open database ``db`` of the file ``path``, and check it. Raises sqlite3.Error."""
        self._db = db
        self.mark = MarkWriter(path)
        self._path = os.path.realpath(path)  # a log may be a link to a file elsewhere
        self._file = file_at(self._path)
        self._wal = WalFile(f"{self._path}-wal")
        self._next_wal_look_s = 0.0
        self._lost_wal = self._wal_is_gone = False
        self._wal_emptied = False  # since the last erasure
        self._wal_bytes_max = WAL_BYTES_MAX
        self._patience_s = BUSY_S  # the database was opened with this timeout
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
        self.mark.reached(self.last_seq, at_once=True)

    def _read_last_ids(self, known: Mapping[str, tuple[str, int]]) -> dict[str, str]:
        """Return the greatest id of each node. The node '' has the greatest id from before there were nodes.

        ``known`` has the last id in the index for each node, with its position. Raises sqlite3.Error.
        """
        last = {node: id for node, (id, _) in known.items()}
        (old_end,) = self._db.execute("select coalesce(max(seq), 0) from ids where node = '' and id = 'g'").fetchone()
        spans = [(seq, seq + index.SPAN_EVENTS) for _, seq in known.values()] + [(self.listed + 1, _ANY_PLACE)]
        for first, end in spans:
            stored = read(self._db, _EVENTS_BETWEEN, (first, end))
            for seq, id in zip(stored.places, (decode(line).id for line in stored.lines), strict=True):
                node = "" if seq < old_end else node_of(id)
                last[node] = max(last.get(node, ""), id)
        return last

    def be_patient(self, seconds: float) -> None:
        """Set how long to wait, from now on, while another program locks the file."""
        if seconds != self._patience_s:
            self._patience_s = seconds
            self._db.execute(f"pragma busy_timeout = {int(seconds * 1000)}")

    def unlisted(self) -> Iterator[AnyEvent]:
        """Return the events that are not in the index, as proposed. Raises sqlite3.Error and DataError."""
        return map(decode, read(self._db, _EVENTS_BETWEEN, (self.listed + 1, _ANY_PLACE)).lines)

    def write(self, events: Sequence[AnyEvent], freed: Sequence[int]) -> tuple[Committed, bool]:
        """Store the events, and free the keys of the refused events at the positions ``freed``.

        Both are one transaction, which is on disk on return. Returns a Record or a Repeat for each event, and whether
        there may be a Repeat. Raises sqlite3.Error, and LostLogError when the file was removed or replaced; then
        nothing was stored.
        """
        if not events and not freed:
            return [], False
        if file_at(self._path, may_be_empty=False) != self._file or self._has_lost_wal():
            raise LostLogError(f"The log {self._path} was removed, emptied or exchanged while the server runs.")
        begins = self.last_seq == 0
        try:
            done = self._write(events, freed)
            if begins and events:
                self.mark.begun(events[0].id)
            self.mark.reached(self.last_seq)
            return done
        except sqlite3.Error as error:
            if not is_busy(error):  # if the file was locked, no transaction began
                self._write_over()
            raise

    def update_index(self, events: Sequence[AnyEvent | None], notes: Mapping[int, AnyEvent | None]) -> None:
        """Add the next events after ``listed`` to the index, as applied (``None``: refused).

        ``notes`` has results of applying events, by position; it may also be about earlier events. The keys of refused
        events are freed. Raises sqlite3.Error, and then nothing has changed.
        """
        refused = [seq for seq, event in notes.items() if event is None]
        if refused:
            with Transaction(self._db):
                listed = index.list_events(self._db, self.listed, events, notes, self._known_ids, self._crossed)
                self._free(refused)
        else:
            listed = index.list_events(self._db, self.listed, events, notes, self._known_ids, self._crossed)
        if self._crossed:
            self._crossed = {seq for seq in self._crossed if seq > listed}
        self.listed = listed

    def erase(self, places: Sequence[int]) -> None:
        """Erase the text and tags of the messages at these positions, and of the remarks on them; see EventLog.erase.

        The write-ahead log still has the text until :meth:`purge` has returned True, in this run of the server or in a
        later one. Nothing is written for messages that are erased already. Raises sqlite3.Error and DataError.
        """
        with Transaction(self._db):
            erase(self._db, places)
        self._wal_emptied = False

    @property
    def has_to_purge(self) -> bool:
        """Whether a file may still hold erased text. Raises sqlite3.Error."""
        return bool(self._db.execute("select max(seq) > 0 from erasing").fetchone()[0])

    def purge(self, elsewhere: bool) -> bool:
        """Empty the write-ahead log, so that no file of the log has erased text, and forget what was erased.

        ``elsewhere``: another file still has erased text, so the log must remember what was erased. Returns False if
        this has to be called again: for that reason, or because another program reads the log.

        A file from before ``secure_delete`` was set is rewritten (``vacuum``), once. Raises sqlite3.Error.
        """
        self.be_patient(TIDY_S)
        try:
            if not self._wal_emptied:
                if self._db.execute("select count(*) from erasing where seq = 0").fetchone() != (0,):
                    self._db.execute("vacuum")
                    self._db.execute("delete from erasing where seq = 0")
                ((busy, _, _),) = self._db.execute("pragma wal_checkpoint(truncate)").fetchall()
                self._wal_emptied = not busy
            if self._wal_emptied and not elsewhere:
                self._db.execute("delete from erasing")
        except sqlite3.Error as error:
            if not is_busy(error):
                raise
            return False
        return self._wal_emptied and not elsewhere

    def save_snapshot(self, seq: int, state: bytes) -> None:
        """Store a snapshot, and delete all but the last ``SNAPSHOTS_KEPT`` snapshots. Raises sqlite3.Error.

        ``seq`` must be at most ``listed``: a start does not replay the events up to the snapshot, so the index must
        have their notes already.
        """
        assert seq <= self.listed, "a snapshot must not be ahead of the index"
        with Transaction(self._db):
            self._db.execute("insert or replace into snapshot values (?, ?, ?)", (seq, zlib.crc32(state), state))
            self._db.execute(
                "delete from snapshot where seq not in (select seq from snapshot order by seq desc limit ?)",
                (SNAPSHOTS_KEPT,),
            )

    def bound_wal(self) -> None:
        """Reset the write-ahead log if it has grown over its limit. Raises sqlite3.Error.

        SQLite copies the write-ahead log into the database by itself, but it writes again from the start of that file
        only if no query is running at that moment. If such a moment never comes, the file grows. So this method waits
        until the running queries have ended.
        """
        try:
            size = os.stat(self._wal.path).st_size
        except FileNotFoundError:  # another program has removed it
            return
        if size < self._wal_bytes_max:
            return
        self.be_patient(TIDY_S)
        ((busy, _, _),) = self._db.execute("pragma wal_checkpoint(restart)").fetchall()
        # Another program may read for a long time (a backup): try again when the file has doubled in size.
        self._wal_bytes_max = 2 * size if busy else WAL_BYTES_MAX

    def close(self) -> None:
        """Copy the write-ahead log into the database if no other program reads, and close the database."""
        self.mark.reached(self.last_seq, at_once=True)
        if not self._is_whole(self._wal.look()):
            # Otherwise SQLite would copy the missing part into the database, as zeros. From an empty file it copies
            # nothing, and the file has nothing that the next start could use.
            with contextlib.suppress(OSError):
                os.truncate(self._wal.path, 0)
        else:
            with contextlib.suppress(sqlite3.Error):  # without this copy, the commits are safe in the write-ahead log
                self._db.execute("pragma wal_checkpoint(truncate)")
        self._db.close()

    def _has_lost_wal(self) -> bool:
        """Return whether another program has taken away what the write-ahead log had. Looks once in WAL_LOOK_S.

        To look at a file that is being written costs a small batch 7 % of its time.
        """
        now = time.monotonic()
        if now >= self._next_wal_look_s or self._wal_is_gone:
            self._next_wal_look_s = now + WAL_LOOK_S
            found = self._wal.look()
            self._wal_is_gone = found is Found.GONE
            self._lost_wal = self._wal_is_gone or not self._is_whole(found)
        return self._lost_wal

    def _is_whole(self, found: Found) -> bool:
        """Return whether the write-ahead log has lost nothing, or what it has lost could be stored again."""
        if found is Found.EMPTY and self._was_copied():
            self._wal.emptied()
            return True
        return found not in (Found.EMPTY, Found.CUT) or self._save()

    def _was_copied(self) -> bool:
        """Return whether SQLite has copied all of an empty write-ahead log into the database before it was emptied."""
        try:
            ((_, frames, copied),) = self._db.execute("pragma wal_checkpoint(passive)").fetchall()
        except sqlite3.Error:  # SQLite needs frames that are not there
            return False
        return bool(frames == copied)

    def _save(self) -> bool:
        """Store again what the write-ahead log has lost. Returns whether all is on disk then.

        SQLite still has the pages in memory that it wrote last. ``vacuum`` writes all pages to the write-ahead log
        again, behind the missing part, and from there they are copied into the database.
        """
        try:
            ((pages, page_bytes),) = self._db.execute("select * from pragma_page_count, pragma_page_size").fetchall()
            if pages * page_bytes > SAVED_BYTES_MAX:
                return False
            self._db.execute("vacuum")
            ((busy, _, _),) = self._db.execute("pragma wal_checkpoint(truncate)").fetchall()
        except sqlite3.Error:
            return False
        if not busy:
            self._wal.emptied()
            _logger.warning(
                "Another program emptied or cut %s while the server runs. Nothing is lost: the server has stored it"
                " again. Find that program.",
                self._wal.path,
            )
        return not busy

    def _write(self, events: Sequence[AnyEvent], freed: Sequence[int]) -> tuple[Committed, bool]:
        first = self.last_seq + 1
        ids = [event.id for event in events]
        keys = [(key, seq) for seq, event in enumerate(events, first) if (key := event.key) is not None]
        # An id that is greater than all earlier ids is new. Ids of different nodes often arrive out of order; ids of
        # one node rarely do.
        grow = not ids or (ids[0] > self.last_id and all(map(lt, ids, islice(ids, 1, None))))
        if not grow and not self._grow_by_node(ids):
            return self._write_one_by_one(events, freed), True
        if keys or freed:
            try:
                with Transaction(self._db):
                    self._free(freed)
                    insert(self._db, first, events)
                    self._db.execute(_INSERT_KEYS, (_as_json(keys).decode(),))
            except sqlite3.IntegrityError:
                return self._write_one_by_one(events, freed), True
        else:
            insert(self._db, first, events)
        self.last_seq += len(events)
        self._last_ids.update({id[-NODE_DIGITS:]: id for id in ids})
        if ids:
            self.last_id = ids[-1] if grow else max(self.last_id, *ids)
        return list(map(Record, count(first), events)), False

    def _grow_by_node(self, ids: Sequence[str]) -> bool:
        """Return whether each id is greater than all earlier ids of its node."""
        last, old = dict(self._last_ids), self._last_ids.get("", "")
        for id in ids:
            node = id[-NODE_DIGITS:]
            if id <= last.get(node, old) or id <= old:
                return False
            last[node] = id
        return True

    def _free(self, places: Sequence[int]) -> None:
        """Delete the keys of the refused events at these positions, so that the keys can be used again."""
        if places:
            stored = index.events_of(self._db, places)
            for seq, line in zip(stored.places, stored.lines, strict=True):
                self._db.execute("delete from keys where key = ? and seq = ?", (decode(line).key, seq))

    def _write_over(self) -> None:
        """Overwrite a failed transaction in the write-ahead log with a transaction that changes nothing.

        If a write succeeded and its fsync failed, the whole transaction is in the write-ahead log. SQLite has rolled it
        back and will overwrite it with the next transaction. But if the process died before that, the next start would
        find the failed transaction and use it. So this writes the next transaction at once.
        """
        with contextlib.suppress(sqlite3.Error), Transaction(self._db):
            self._db.execute("insert into listed (seq) values (0)")
            self._db.execute("delete from listed where rowid = last_insert_rowid()")

    def _write_one_by_one(self, events: Sequence[AnyEvent], freed: Sequence[int]) -> Committed:
        """Store the events one by one, because some of them may be stored already. Returns a Record or Repeat each."""
        committed: Committed = []
        seq, last, old = self.last_seq, dict(self._last_ids), self._last_ids.get("", "")
        crossed_places: set[int] = set()
        with Transaction(self._db):
            self._free(freed)
            for event in events:
                crossed = event.id <= max(last.get(node := node_of(event.id), ""), old)
                first = self._find(event, crossed=crossed)
                if first is not None:
                    committed.append(Repeat(event, first))
                    continue
                seq += 1
                insert(self._db, seq, [event])
                if crossed:
                    self._db.execute("insert into crossed (id, seq) values (?, ?)", (event.id, seq))
                    add_to(self._db, "crossed", sum_of("crossed", [(event.id, seq)]))
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
        """Return the stored event with the same key, or, if the event's id is ``crossed``, with the same id.

        The event has its time as applied, if that is in the index. Raises sqlite3.Error.
        """
        found = self._db.execute(_FIND_KEY, (event.key,)).fetchall()
        by_key = bool(found)
        if crossed and not found:
            found = self._db.execute(index.FIND_ID, {"id": event.id, "upto": _ANY_PLACE}).fetchall()
        if not found:
            if crossed and index.check_span(self._db, event.id, self.last_seq):
                raise damaged("an event is not found in its place")
            return None
        ((seq,),) = found
        stored = index.events_of(self._db, [seq])
        first = decode(stored.lines[0])
        if event.key != first.key if by_key else event.id != first.id:
            raise damaged("an idempotency key or a msgid is of another event")
        time = stored.notes.get(seq)
        return Record(seq, first if time is None else as_applied(first, time))
