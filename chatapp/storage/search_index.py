"""The search index: an SQLite file of its own (``search.db``) that can be made again from the log at any time.

``README.md``, "The search index", explains its form. Only one thread at a time may use a :class:`SearchIndex`.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from chatapp.model.events import AnyEvent, AnyMessage, MessageSent
from chatapp.storage.damage import damaged
from chatapp.storage.index import LOG, TIME
from chatapp.storage.search import Matches, Search, match_expression, names_of, spaced
from chatapp.storage.writer import as_applied

VOLUME_EVENTS = 131_072  # positions of one volume; an erasure makes a whole volume again
PIECE_EVENTS = 250  # events that one transaction adds: a search waits for a transaction
MERGE_PAGES = 16  # pages that one step writes when a volume is merged: a search waits for a step
BEGIN_EVENTS = 8_192  # positions that a search looks at first: a common word is found among them
_STREAM_BIT = 36  # a document's rowid is the number of its stream, then, in this many bits, its position
_POSITION_MAX = (1 << _STREAM_BIT) - 1
_LOOK_OPS = 2_000  # operations of SQLite between two looks at the clock

TABLES = """
    create table volumes (number integer primary key, upto integer not null, last_id text not null, merged integer);
    create table streams (number integer primary key, name text not null unique);
    create table pieces (first integer primary key, last integer not null, earliest integer, latest integer);
"""
_CREATE_VOLUME = """
    create virtual table volume_{} using fts5 (
        text, about, content = '', columnsize = 0,
        tokenize = "unicode61 remove_diacritics 2 categories 'L* N* Co M*'"
    )
"""
# The messages with text among events, from which the documents are made.
TEMP_TABLES = "create temp table piece (seq integer, time integer, stream text, author text, text text, about text)"
_FROM_LOG = f"select log.seq as seq, event, {TIME} as time from {LOG} where log.seq >= ?1 and log.seq <= ?2"
_FROM_TAIL = "select ?1 + key as seq, value as event, json_extract(value, '$[2]') as time from json_each(?2)"
_TAKE = """
    insert into temp.piece (seq, time, stream, author, text, about)
    select seq, time, json_extract(event, '$[6]'), json_extract(event, '$[3]'),
        spaced(replace(json_extract(event, '$[9]'), char(1) || 'ACTION ', '')),
        case when json_extract(event, '$[9]') like '%http://%' or json_extract(event, '$[9]') like '%https://%'
            then 'all link' else 'all' end
    from ({}) where time is not null and json_extract(event, '$[0]') like 'message-sent/%'
        and json_extract(event, '$[7]') <> 'TAGMSG' and json_extract(event, '$[9]') <> ''
"""
# A message of a channel is one document. A direct message is one document for each user, in the stream `@` + uid.
_DOCUMENTS = """
    select stream as name, '' as other, * from temp.piece where instr(stream, '+') = 0
    union all
    select '@' || substr(stream, 1, instr(stream, '+') - 1), ' p' || substr(stream, instr(stream, '+') + 1), *
        from temp.piece where instr(stream, '+') > 0
    union
    select '@' || substr(stream, instr(stream, '+') + 1), ' p' || substr(stream, 1, instr(stream, '+') - 1), *
        from temp.piece where instr(stream, '+') > 0
"""
_ADD = f"""
    insert into volume_{{}} (rowid, text, about)
    select streams.number << {_STREAM_BIT} | seq as place, text, about || ' a' || author || other
    from ({_DOCUMENTS}) as document join streams on streams.name = document.name order by place
"""
# For each span of rowids: the first `limit` documents that match, from one end. One row, so that it is one step.
_FIND = """
    select json_group_array(json(found)) from (
        select (
            select json_group_array(rowid) from (
                select rowid from volume_{number} where volume_{number} match :match
                    and rowid >= json_extract(span.value, '$[0]') and rowid <= json_extract(span.value, '$[1]')
                order by rowid {order} limit :limit
            )
        ) as found from json_each(:spans) as span
    )
"""
_READ = f"""
    select json_group_array(json_array(log.seq, {TIME}, json(event))) from {LOG}
    where log.seq in (select value from json_each(?))
"""
_Known = Mapping[int, MessageSent | None]
_Read = list[tuple[int, int, AnyMessage]]
_decode_read = msgspec.json.Decoder(_Read).decode
_decode_found = msgspec.json.Decoder(list[list[int]]).decode
_as_json = msgspec.json.Encoder().encode


class SearchTooLongError(Exception):
    """A search was ended because it took too long."""


class SearchIndex:
    """The open index, with the log attached to its connection. All methods raise sqlite3.Error."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """Take over the connection ``db``, which ``search_file.open_index`` has made."""
        self._db = db
        db.create_function("spaced", 1, spaced, deterministic=True)
        db.execute(TEMP_TABLES)
        self._upto: dict[int, int] = dict(db.execute("select number, upto from volumes").fetchall())
        self._unmerged = {number for (number,) in db.execute("select number from volumes where merged is not 1")}

    def close(self) -> None:
        """Close the file, so that only ``search.db`` is left."""
        try:
            self._db.execute("pragma main.wal_checkpoint(truncate)")
        finally:
            self._db.close()

    # Filling

    def missing(self, upto: int) -> int:
        """Return how many positions up to ``upto`` the index does not have."""
        return upto - sum(max(0, min(each, upto) - number * VOLUME_EVENTS) for number, each in self._upto.items())

    def fill(self, upto: int) -> bool:
        """Add a piece of the log up to position ``upto``, the newest volume first, or merge a little of a volume.

        The log's own index must have all events up to ``upto``: they are read as applied. Returns whether more is left.
        """
        for number in range((upto - 1) // VOLUME_EVENTS, -1, -1):
            first = self._upto.get(number, number * VOLUME_EVENTS) + 1
            last = min(first + PIECE_EVENTS - 1, (number + 1) * VOLUME_EVENTS, upto)
            if first <= last:
                self._add(number, last, _FROM_LOG, (first, last))
                return True
        return self._merge()

    def add(self, first: int, events: Sequence[AnyEvent | None]) -> None:
        """Add the events from position ``first`` on, as applied (``None``: refused), unless the index has them.

        Does nothing if earlier events are missing from the index.
        """
        last = first + len(events) - 1
        for number in range((first - 1) // VOLUME_EVENTS, (last - 1) // VOLUME_EVENTS + 1):
            begin, end = max(first, number * VOLUME_EVENTS + 1), min(last, (number + 1) * VOLUME_EVENTS)
            indexed = self._upto.get(number, number * VOLUME_EVENTS)
            if begin - 1 <= indexed < end:
                new = _as_json(events[indexed + 1 - first : end + 1 - first]).decode()
                self._add(number, end, _FROM_TAIL, (indexed + 1, new))

    def _add(self, number: int, last: int, source: str, parameters: tuple[object, ...]) -> None:
        """Add the events of a source, which end at position ``last``, to a volume."""
        db = self._db
        first = self._upto.get(number, number * VOLUME_EVENTS) + 1
        with Transaction(db):
            if number not in self._upto:
                db.execute(_CREATE_VOLUME.format(number))
            db.execute("delete from temp.piece")
            db.execute(_TAKE.format(source), parameters)
            db.execute(f"insert or ignore into streams (name) select distinct name from ({_DOCUMENTS})")
            db.execute(_ADD.format(number))
            db.execute(
                "insert into pieces select ?, ?, min(time), max(time) from temp.piece having count(*)", (first, last)
            )
            db.execute(
                "insert or replace into volumes (number, upto, last_id)"
                " select ?, ?, json_extract(event, '$[1]') from chat.log where seq = ?",
                (number, last, last),
            )
        self._upto[number] = last
        self._unmerged.add(number)

    def _merge(self) -> bool:
        """Merge a little of a volume that is full, so that a search has one b-tree to look into."""
        for number in self._unmerged:
            if self._upto[number] < (number + 1) * VOLUME_EVENTS:
                continue
            ((merged,),) = self._db.execute("select merged from volumes where number = ?", (number,)).fetchall()
            before = self._db.total_changes
            # Spec: SQLite FTS5, "The 'merge' Command": a negative number begins a merge of everything, and nothing is
            # left to merge when the change counter grows by less than 2.
            pages = -MERGE_PAGES if merged is None else MERGE_PAGES
            self._db.execute(f"insert into volume_{number} (volume_{number}, rank) values ('merge', ?)", (pages,))
            done = merged is not None and self._db.total_changes - before < 2
            self._db.execute("update volumes set merged = ? where number = ?", (done, number))
            if done:
                self._unmerged.discard(number)
            return True
        return False

    def forget(self, positions: Sequence[int]) -> None:
        """Delete the volumes that hold these positions: their messages were erased. The file keeps no word of them."""
        db = self._db
        for number in {(seq - 1) // VOLUME_EVENTS for seq in positions}:
            if self._upto.get(number, 0) >= min(
                (seq for seq in positions if (seq - 1) // VOLUME_EVENTS == number), default=0
            ):
                self._drop(number)
        db.execute("delete from temp.piece")
        db.execute("pragma main.wal_checkpoint(truncate)")

    def _drop(self, number: int) -> None:
        first, last = number * VOLUME_EVENTS + 1, (number + 1) * VOLUME_EVENTS
        with Transaction(self._db):
            self._db.execute(f"drop table if exists volume_{number}")
            self._db.execute("delete from volumes where number = ?", (number,))
            self._db.execute("delete from pieces where first between ? and ?", (first, last))
        self._upto.pop(number, None)
        self._unmerged.discard(number)

    def check_log(self) -> None:
        """Delete the volumes of another log, such as one that a restore has replaced, and those with erased messages.

        A volume is of this log if the log has the volume's last event at the same position.
        """
        known = "select json_extract(event, '$[1]') = last_id from volumes join chat.log on seq = upto where number = ?"
        for number in list(self._upto):
            if self._db.execute(known, (number,)).fetchall() != [(1,)]:
                self._drop(number)
        erased = [seq for (seq,) in self._db.execute("select seq from chat.erasing where seq > 0")]
        if erased:
            self.forget(erased)

    # Searching

    def find(self, search: Search, known: _Known, until_s: float) -> Matches:
        """Return what matches. ``known`` has, by position, the messages that must not be read from the log.

        The log's own index does not have them yet, or they are being erased (``None``).

        Raises SearchTooLongError if the search is not done at the time ``until_s`` (of time.monotonic).
        """
        self._db.set_progress_handler(lambda: time.monotonic() > until_s, _LOOK_OPS)
        try:
            return self._find(search, known, until_s)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                raise SearchTooLongError from error
            raise
        finally:
            self._db.set_progress_handler(None, 0)

    def _find(self, search: Search, known: _Known, until_s: float) -> Matches:
        low, high = self._first_after(search.after), min(self._last_before(search.before), search.upto_seq)
        streams, match = self._streams(search, low), match_expression(search)
        found: list[MessageSent] = []
        whole = True
        for number, first, last in _windows(low, high, search.newest):
            whole = whole and self._upto.get(number, 0) >= last
            while number in self._upto and len(found) < search.limit:
                if time.monotonic() > until_s:
                    raise SearchTooLongError
                wanted = search.limit - len(found)
                places = self._places(number, search.newest, match, streams, first, last, wanted)
                found += [each for each in self._read(places, known) if each.text and search.may_find(each)]
                if len(places) < wanted:
                    break
                first, last = (first, places[-1] - 1) if search.newest else (places[-1] + 1, last)
            if len(found) >= search.limit:
                break
        return Matches(found[::-1] if search.newest else found, whole)

    def _places(
        self,
        number: int,
        newest: bool,
        match: str,
        streams: Sequence[tuple[int, int]],
        first: int,
        last: int,
        limit: int,
    ) -> list[int]:
        """Return the positions of the first ``limit`` matches in a volume, from the newest or the oldest.

        ``streams`` has the number of each stream, with the position of its first message that may be read.
        """
        spans = [
            (stream << _STREAM_BIT | max(first, begin), stream << _STREAM_BIT | last)
            for stream, begin in streams
            if begin <= last
        ]
        if not spans or first > last:
            return []
        query = _FIND.format(number=number, order="desc" if newest else "asc")
        parameters = {"match": match, "spans": _as_json(spans).decode(), "limit": limit}
        ((text,),) = self._db.execute(query, parameters).fetchall()
        places = {place & _POSITION_MAX for span in _decode_found(text) for place in span}
        return sorted(places, reverse=newest)[:limit]

    def _read(self, places: Sequence[int], known: _Known) -> list[MessageSent]:
        """Return the messages at these positions, as applied, in this order, without those that are being erased."""
        found: dict[int, MessageSent | None] = {seq: known[seq] for seq in places if seq in known}
        listed = [seq for seq in places if seq not in found]
        if listed:
            ((text,),) = self._db.execute(_READ, (_as_json(listed).decode(),)).fetchall()
            try:
                found |= {seq: as_applied(event, at) for seq, at, event in _decode_read(text)}
            except msgspec.DecodeError as error:
                raise damaged("the search index is not of this log") from error
        if len(found) < len(places):
            raise damaged("the search index is not of this log")
        return [event for seq in places if (event := found[seq]) is not None]

    def _streams(self, search: Search, low: int) -> list[tuple[int, int]]:
        """Return the number of each stream that is searched, with the position from which on it may be read."""
        begins = {after: self._first_after(after) for after in set(search.readable.values()) if after > search.after}
        names = names_of(search)
        numbers = self._db.execute(
            "select number, name from streams where name in (select value from json_each(?))",
            (_as_json(list(names)).decode(),),
        ).fetchall()
        return [(number, begins.get(names[name], low)) for number, name in numbers]

    def _first_after(self, time_ms: int) -> int:
        """Return a position before which no message is later than a time; it is near the first message that is."""
        query = """
            select coalesce(max(last), 0) + 1 from pieces
            where last < coalesce((select min(first) from pieces where latest > ?), 1 << 62)
        """
        ((position,),) = self._db.execute(query, (time_ms,)).fetchall()
        return int(position)

    def _last_before(self, time_ms: int) -> int:
        """Return a position after which no message is earlier than a time; it is near the last message that is."""
        query = """
            select coalesce(min(first) - 1, 1 << 62) from pieces
            where first > coalesce((select max(last) from pieces where earliest < ?), 0)
        """
        ((position,),) = self._db.execute(query, (time_ms,)).fetchall()
        return int(position)


def _windows(low: int, high: int, newest: bool) -> Iterator[tuple[int, int, int]]:
    """Yield (volume, first, last) for the positions from ``low`` to ``high``, in the order of the search."""
    step = BEGIN_EVENTS
    while low <= high:
        number = ((high if newest else low) - 1) // VOLUME_EVENTS
        begin, end = number * VOLUME_EVENTS + 1, (number + 1) * VOLUME_EVENTS
        first = max(low, begin, high - step + 1) if newest else low
        last = high if newest else min(high, end, low + step - 1)
        yield number, first, last
        low, high = (low, first - 1) if newest else (last + 1, high)
        step = VOLUME_EVENTS


class Transaction:
    """A transaction of the index: committed at the end of the ``with`` block, rolled back if an exception leaves it."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("begin immediate")

    def __exit__(self, error_type: object, *_: object) -> None:
        try:
            if error_type is None:
                self._db.execute("commit")
        finally:
            if self._db.in_transaction:
                self._db.execute("rollback")
