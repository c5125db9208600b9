"""The search index: an SQLite file of its own (``search.db``) that can be made again from the log at any time.

``README.md``, "The search index", explains its form, and ``search_query.py`` finds messages with it. Only one thread at
a time may use a :class:`SearchIndex`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from chatapp.model.events import AnyEvent
from chatapp.storage.checksums import events_at, read
from chatapp.storage.index import LOG, TIME
from chatapp.storage.search import spaced

VOLUME_EVENTS = 131_072  # positions of one volume; an erasure makes a whole volume again
PIECE_EVENTS = 250  # events that one transaction adds: a search waits for a transaction
MERGE_PAGES = 16  # pages that one step writes when a volume is merged: a search waits for a step
STREAM_BIT = 36  # a document's rowid is the number of its stream, then, in this many bits, its position

TABLES = """
    create table volumes (number integer primary key, upto integer not null, last_id text not null, merged integer);
    create table streams (number integer primary key, name text not null unique);
    create table pieces (first integer primary key, last integer not null, earliest integer, latest integer);
    create table edited (seq integer primary key, by integer not null);
"""
_TOKENIZE = """tokenize = "unicode61 remove_diacritics 2 categories 'L* N* Co M*'" """
_CREATE_VOLUME = f"""
    create virtual table volume_{{}} using fts5 (text, about, content = '', columnsize = 0, {_TOKENIZE})
"""
# Merge two b-trees of a level, not four: the fewer b-trees, the less a search has to look into.
_MERGE_PAIRS = "insert into volume_{0} (volume_{0}, rank) values ('usermerge', 2)"
# `piece`: the messages with text among events, without CTCP, from which the documents are made. `edits`: the positions
# of messages that get another text, of the edits whose texts the index has (or the messages themselves), and of the new
# edits. `few`: the texts of a few messages; see search_query.py.
TEMP_TABLES = f"""
    create temp table piece (seq integer, time integer, stream text, author text, text text, about text);
    create temp table edits (seq integer primary key, old integer, new integer);
    create virtual table temp.few using fts5 (text, content = '', columnsize = 0, {_TOKENIZE});
"""
_FROM_LOG = f"select log.seq as seq, event, {TIME} as time from {LOG} where log.seq >= ? and log.seq <= ?"
# The events of a piece, and the edits whose texts its messages get.
_EVENTS_OF_PIECE = events_at("""(
    select seq from chat.log where seq between :first and :last
    union select by from main.edited where seq between :first and :last
)""")
# All events that the search index reads to give messages another text.
_EVENTS_OF_EDITS = events_at("""(
    select seq from temp.edits union select old from temp.edits union select new from temp.edits
)""")
_FROM_TAIL = "select ? + key as seq, value as event, json_extract(value, '$[2]') as time from json_each(?)"
_TAKE = """
    insert into temp.piece (seq, time, stream, author, text, about)
    select seq, time, json_extract(event, '$[6]'), json_extract(event, '$[3]'),
        spaced(replace(newest, char(1) || 'ACTION ', '')),
        case when newest like '%http://%' or newest like '%https://%' then 'all link' else 'all' end
    from (
        select found.seq as seq, event, time,
            case when edited.by is null then json_extract(event, '$[9]')
                else (select json_extract(event, '$[9]') from chat.log where log.seq = edited.by) end as newest
        from ({source}) as found left join {edited} as edited on edited.seq = found.seq
        where time is not null and json_extract(event, '$[0]') like 'message-sent/%'
            and json_extract(event, '$[7]') <> 'TAGMSG'
            and (json_extract(event, '$[9]') >= char(2) or json_extract(event, '$[9]') glob char(1) || 'ACTION*')
    ) where newest <> ''
"""
# The messages that the edits among events give another text. An edit has the msgid and the position of its message.
_TAKE_EDITS = """
    insert into temp.edits (seq, old, new)
    select message.seq, coalesce(edited.by, message.seq), edit.seq from (
        select json_extract(event, '$[13]') as place, json_extract(event, '$[12]') as msgid, max(seq) as seq from ({})
        where time is not null and json_extract(event, '$[0]') like 'message-edited/%'
            and json_extract(event, '$[9]') <> ''
        group by place
    ) as edit
    join chat.log as message on message.seq = edit.place and json_extract(message.event, '$[1]') = edit.msgid
    left join edited on edited.seq = message.seq
    where edit.seq > coalesce(edited.by, message.seq)
"""
_EDITED_IN = f"""
    select log.seq as seq, event, {TIME} as time from {LOG}
    where log.seq in (select seq from temp.edits where seq between ? and ?)
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
_PLACED = f"""
    streams.number << {STREAM_BIT} | seq as place, text, about || ' a' || author || other
    from ({_DOCUMENTS}) as document join streams on streams.name = document.name order by place
"""
_ADD = f"insert into volume_{{0}} (rowid, text, about) select {_PLACED}"
# Spec: SQLite FTS5, "The 'delete' Command": the values must be those that were inserted.
_TAKE_OUT = f"insert into volume_{{0}} (volume_{{0}}, rowid, text, about) select 'delete', {_PLACED}"
_REACHES = """
    insert or replace into volumes (number, upto, last_id)
    select ?, ?, json_extract(event, '$[1]') from chat.log where seq = ?
"""
# A piece says between which times the messages of some positions are. A short piece grows.
_ADD_PIECE = """
    insert or replace into pieces select :begin, :last, min(time), max(time) from (
        select time from temp.piece union all select earliest from pieces where first = :begin
        union all select latest from pieces where first = :begin
    ) where time is not null having count(*)
"""
_as_json = msgspec.json.Encoder().encode


class _New(NamedTuple):
    """A volume that is made again: its number, up to which position, and erased messages of which it has no word."""

    number: int
    upto: int
    without: set[int]


class SearchIndex:
    """The open index, with the log attached to its connection. All methods raise sqlite3.Error."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """Take over the connection ``db``, which ``search_file.open_index`` has made."""
        self.db = db
        db.create_function("spaced", 1, spaced, deterministic=True)
        db.executescript(TEMP_TABLES)
        self.upto: dict[int, int] = dict(db.execute("select number, upto from volumes").fetchall())
        self._unmerged = {number for (number,) in db.execute("select number from volumes where merged is not 1")}
        self._stale: dict[int, set[int]] = {}  # by volume: positions of erased messages of which it has words
        self._new: _New | None = None

    def close(self) -> None:
        """Close the file, so that only ``search.db`` is left, without words of erased messages."""
        try:
            for number in list(self._stale):
                self._drop(number)
            self.db.execute("pragma main.wal_checkpoint(truncate)")
        finally:
            self.db.close()

    # Filling

    def missing(self, upto: int) -> int:
        """Return how many positions up to ``upto`` the index does not have."""
        return upto - sum(max(0, min(each, upto) - number * VOLUME_EVENTS) for number, each in self.upto.items())

    def fill(self, upto: int) -> bool:
        """Add a piece of the log up to position ``upto``, the newest volume first. Returns False if nothing is missing.

        The log's own index must have all events up to ``upto``: they are read as applied.
        """
        for number in range((upto - 1) // VOLUME_EVENTS, -1, -1):
            first = self.upto.get(number, number * VOLUME_EVENTS) + 1
            last = min(first + PIECE_EVENTS - 1, (number + 1) * VOLUME_EVENTS, upto)
            if first <= last:
                self._check_log(first, last)
                self._add(number, last, _FROM_LOG, (first, last))
                return True
        return False

    def _check_log(self, first: int, last: int) -> None:
        """Check the events from position ``first`` to ``last``, and the edits of them. Raises sqlite3.DatabaseError.

        If the log lacks one, or one has changed, the index would be without its words, and no search would tell.
        """
        found = read(self.db, _EVENTS_OF_PIECE, {"first": first, "last": last}).places
        if sum(first <= seq <= last for seq in found) != last - first + 1:
            raise sqlite3.DatabaseError(f"the log is damaged: events from {first} to {last} are missing")

    def tidy(self, listed: int) -> bool:
        """Make a piece of a volume again that has words of erased messages, or merge a little of a volume.

        The log's own index must have all events up to ``listed``. Returns False if there is nothing to do.
        """
        return self._remake(listed) or self._merge()

    def add(self, first: int, events: Sequence[AnyEvent | None]) -> None:
        """Add the events from position ``first`` on, as applied (``None``: refused), unless the index has them.

        Does nothing if earlier events are missing from the index.
        """
        last = first + len(events) - 1
        for number in range((first - 1) // VOLUME_EVENTS, (last - 1) // VOLUME_EVENTS + 1):
            begin, end = max(first, number * VOLUME_EVENTS + 1), min(last, (number + 1) * VOLUME_EVENTS)
            indexed = self.upto.get(number, number * VOLUME_EVENTS)
            if begin - 1 <= indexed < end:
                new = _as_json(events[indexed + 1 - first : end + 1 - first]).decode()
                self._add(number, end, _FROM_TAIL, (indexed + 1, new))

    def _add(self, number: int, last: int, source: str, parameters: tuple[object, ...]) -> None:
        """Add the events of a source, which end at position ``last``, to a volume."""
        db = self.db
        first = self.upto.get(number, number * VOLUME_EVENTS) + 1
        with Transaction(db):
            if number not in self.upto:
                self._create(number)
            self._correct(source, parameters)
            self._write(number, source, parameters)
            db.execute(_ADD_PIECE, {"first": first, "last": last, "begin": self._begin_of_piece(number, first)})
            db.execute(_REACHES, (number, last, last))
        self.upto[number] = last
        self._unmerged.add(number)

    def _create(self, name: int | str) -> None:
        """Make the table of a volume."""
        self.db.execute(_CREATE_VOLUME.format(name))
        self.db.execute(_MERGE_PAIRS.format(name))

    def _write(self, name: int | str, source: str, parameters: tuple[object, ...]) -> None:
        """Add the events of a source to the table of a volume."""
        db = self.db
        db.execute("delete from temp.piece")
        db.execute(_TAKE.format(source=source, edited="main.edited"), parameters)
        db.execute(f"insert or ignore into streams (name) select distinct name from ({_DOCUMENTS})")
        db.execute(_ADD.format(name))

    def _correct(self, source: str, parameters: tuple[object, ...]) -> None:
        """Give each message that is edited by the events of a source its new text, in all volumes that have it.

        A message that the index does not have yet gets the text when it is added: ``edited`` says which.
        """
        db = self.db
        db.execute("delete from temp.edits")
        db.execute(_TAKE_EDITS.format(source), parameters)
        read(db, _EVENTS_OF_EDITS, ())
        for (number,) in db.execute(f"select distinct (seq - 1) / {VOLUME_EVENTS} from temp.edits").fetchall():
            if number in self.upto:
                self._exchange_texts(number, number, self.upto[number])
                self._unmerged.add(number)
            if self._new is not None and self._new.number == number:
                self._exchange_texts("new", number, self._new.upto)
        db.execute("insert or replace into edited (seq, by) select seq, new from temp.edits")

    def _exchange_texts(self, name: int | str, number: int, upto: int) -> None:
        """Exchange the documents of the messages in ``temp.edits`` in the table of a volume that goes to ``upto``."""
        for version, change in (("old", _TAKE_OUT), ("new", _ADD)):
            self.db.execute("delete from temp.piece")
            edited = f"(select seq, {version} as by from temp.edits)"
            self.db.execute(_TAKE.format(source=_EDITED_IN, edited=edited), (number * VOLUME_EVENTS + 1, upto))
            self.db.execute(change.format(name))

    def _begin_of_piece(self, number: int, first: int) -> int:
        """Return where the piece begins that gets the events from ``first`` on: that of the event before, if short."""
        before = self.db.execute("select max(first), last from pieces where first < ?", (first,)).fetchone()
        if before[1] == first - 1 and number * VOLUME_EVENTS < before[0] > first - PIECE_EVENTS:
            return int(before[0])
        return first

    def _merge(self) -> bool:
        """Merge a little of a volume, so that a search has few b-trees to look into: one, if the volume is full."""
        for number in self._unmerged:
            full = self.upto[number] == (number + 1) * VOLUME_EVENTS
            ((merged,),) = self.db.execute("select merged from volumes where number = ?", (number,)).fetchall()
            before = self.db.total_changes
            # Spec: SQLite FTS5, "The 'merge' Command": a negative number begins a merge of everything, and nothing is
            # left to merge when the change counter grows by less than 2.
            begins = full and merged is None
            pages = -MERGE_PAGES if begins else MERGE_PAGES
            self.db.execute(f"insert into volume_{number} (volume_{number}, rank) values ('merge', ?)", (pages,))
            done = not begins and self.db.total_changes - before < 2
            if full:
                self.db.execute("update volumes set merged = ? where number = ?", (done, number))
            if done:
                self._unmerged.discard(number)
            return True
        return False

    # Erased messages

    def forget(self, positions: Sequence[int]) -> None:
        """Note that the log has erased the messages at these positions: :meth:`tidy` takes out their words."""
        new = self._new
        for seq in positions:
            number = (seq - 1) // VOLUME_EVENTS
            if seq <= self.upto.get(number, 0):
                self._stale.setdefault(number, set()).add(seq)
                if new is not None and new.number == number and new.upto < seq:
                    new.without.add(seq)

    def is_stale(self, seq: int) -> bool:
        """Return whether the file may have words of the erased message at a position."""
        return seq in self._stale.get((seq - 1) // VOLUME_EVENTS, ())

    def _remake(self, listed: int) -> bool:
        """Make a piece of a volume again, beside the old one, in which searches find everything meanwhile.

        FTS5 cannot overwrite the words of one message before SQLite 3.42.
        """
        if not self._stale:
            return False
        new = self._new
        if new is None:
            number = max(self._stale)
            self._create("new")
            self._new = _New(number, number * VOLUME_EVENTS, self._stale[number].copy())
            return True
        first, last = new.upto + 1, min(new.upto + PIECE_EVENTS, self.upto[new.number], listed)
        if first <= last:
            self._check_log(first, last)
            with Transaction(self.db):
                self._write("new", _FROM_LOG, (first, last))
            self._new = new._replace(upto=last)
        else:
            self._exchange(new)
        return True

    def _exchange(self, new: _New) -> None:
        """Put a volume that was made again in the place of the old one, which is overwritten (``secure_delete``)."""
        number, db = new.number, self.db
        with Transaction(db):
            db.execute(f"drop table volume_{number}")
            db.execute(f"alter table volume_new rename to volume_{number}")
            db.execute(_REACHES, (number, new.upto, new.upto))
        self.upto[number] = new.upto
        self._unmerged.add(number)
        self._new = None
        self._empty_wal()
        self._stale[number] -= new.without
        if not self._stale[number]:
            del self._stale[number]

    def _empty_wal(self) -> None:
        self.db.execute("delete from temp.piece")
        self.db.execute("pragma main.wal_checkpoint(truncate)")

    def _drop(self, number: int) -> None:
        first, last = number * VOLUME_EVENTS + 1, (number + 1) * VOLUME_EVENTS
        with Transaction(self.db):
            if self._new is not None and self._new.number == number:
                self.db.execute("drop table volume_new")
                self._new = None
            self.db.execute(f"drop table if exists volume_{number}")
            self.db.execute("delete from volumes where number = ?", (number,))
            self.db.execute("delete from pieces where first between ? and ?", (first, last))
        self.upto.pop(number, None)
        self._unmerged.discard(number)
        self._stale.pop(number, None)

    def check_log(self) -> None:
        """Delete all volumes if one is of another log, such as one that a restore has replaced.

        Delete those with erased messages too. A volume is of this log if the log has the volume's last event at the
        same position.
        """
        known = "select json_extract(event, '$[1]') = last_id from volumes join chat.log on seq = upto where number = ?"
        if any(self.db.execute(known, (number,)).fetchall() != [(1,)] for number in self.upto):
            for number in list(self.upto):  # also volumes of this log may have texts of edits that are only in another
                self._drop(number)
            self.db.execute("delete from edited")
        self.db.execute("drop table if exists volume_new")
        erased = [seq for (seq,) in self.db.execute("select seq from chat.erasing where seq > 0")]
        self.forget(erased)
        for number in list(self._stale):
            self._drop(number)
        if erased:
            self._empty_wal()


class Transaction:
    """A transaction of the index: committed at the end of the ``with`` block, rolled back if an exception leaves it."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db

    def __enter__(self) -> None:
        self.db.execute("begin immediate")

    def __exit__(self, error_type: object, *_: object) -> None:
        try:
            if error_type is None:
                self.db.execute("commit")
        finally:
            if self.db.in_transaction:
                self.db.execute("rollback")
