"""Finding messages with the search index: first the positions of a page, then its messages, from the log."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from chatapp.model.event import as_applied
from chatapp.model.events import AnyMessage, MessageEdited, MessageSent
from chatapp.model.remarks import corrected
from chatapp.protocol.search_words import Term
from chatapp.storage import search_index
from chatapp.storage.checksums import joined
from chatapp.storage.damage import damaged
from chatapp.storage.index import events_of
from chatapp.storage.search import LATEST, Matches, Search, match_expression, names_of, spaced, words_expression
from chatapp.storage.search_index import STREAM_BIT, SearchIndex

# A search looks at this many positions first, because a common word is usually among them.
BEGIN_EVENTS = 8_192
FEW_MESSAGES = 250  # messages that a search for the beginning of a word looks at one by one, before it uses the index
FEW_TIMES = 8  # how often it does so, as long as half of what it lacks is among them
# With more streams than this, a search for a prefix or a rare phrase makes one query over all streams, not one per
# stream.
SPANS_MAX = 2
_POSITION_MAX = (1 << STREAM_BIT) - 1
_LOOK_OPS = 2_000  # operations of SQLite between two looks at the clock

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
# The same for many streams at once. FTS5 collects all documents that match a prefix, or each word of a phrase. One
# query per span would repeat this.
_FIND_AT_ONCE = f"""
    select json_array(json_group_array(place)) from (
        select rowid & {_POSITION_MAX} as place from volume_{{number}} where volume_{{number}} match :match
            and rowid >> {STREAM_BIT} in (select value from json_each(:streams))
            and rowid & {_POSITION_MAX} >= :first and rowid & {_POSITION_MAX} <= :last
        order by place {{order}} limit :limit
    )
"""
# For each edited message: the position of the edit whose text the index has.
_EDITED = "select json_group_object(seq, by) from edited where seq in (select value from json_each(?))"
# For each message, by msgid: the position of its last edit that the log's own index has.
_LAST_EDITS = """
    select json_group_object(target, last) from (
        select target, max(remarks.seq) as last from json_each(?) as wanted
        cross join chat.remarks on remarks.target = wanted.value and remarks.edit = 1 group by target
    )
"""
# For each pair of a stream and a time: the first position of the run that has the last message up to this time.
_BEGINS = """
    select json_extract(value, '$[0]'), (
        select first from chat.runs where stream = json_extract(value, '$[0]') and time <= json_extract(value, '$[1]')
        order by time desc limit 1
    ) from json_each(?)
"""
_FORGET_FEW = "insert into temp.few (few) values ('delete-all')"
_ADD_FEW = "insert into temp.few (rowid, text) select key + 1, spaced(value) from json_each(?)"
_FIND_FEW = "select json_group_array(rowid - 1) from (select rowid from temp.few where few match ? order by rowid)"
Known = Mapping[int, MessageSent | None]
_decode_read = msgspec.json.Decoder(list[AnyMessage]).decode
_decode_edited = msgspec.json.Decoder(dict[int, int]).decode
_decode_edits = msgspec.json.Decoder(dict[str, int]).decode
_decode_places = msgspec.json.Decoder(list[int]).decode
_decode_found = msgspec.json.Decoder(list[list[int]]).decode
_as_json = msgspec.json.Encoder().encode


class SearchTooLongError(Exception):
    """A search was ended because it took too long."""


class Allowance:
    """The time that a search of this thread may take, from now on.

    It is ended after ``cpu_s`` seconds of processor time, so that other work on the machine does not end it, and at
    the latest after ``total_s`` seconds, so that a slow disk does not make the others wait.
    """

    def __init__(self, cpu_s: float, total_s: float) -> None:
        self._cpu_until_s = time.thread_time() + cpu_s
        self._until_s = time.monotonic() + total_s

    def spent(self) -> bool:
        """Return whether the search has taken too long. Only the thread of the search may ask."""
        return time.thread_time() > self._cpu_until_s or time.monotonic() > self._until_s


def find(index: SearchIndex, search: Search, known: Known, allowance: Allowance) -> Matches:
    """Return what matches.

    ``known`` maps positions to messages that the log's own index lacks, and to ``None`` for messages that are being
    erased. These are never read from the log.

    Raises SearchTooLongError if the search is not done when its allowance is spent, and sqlite3.Error.
    """
    index.db.set_progress_handler(allowance.spent, _LOOK_OPS)
    try:
        return _Query(index, search, known, allowance).find()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
            raise SearchTooLongError from error
        raise
    finally:
        index.db.set_progress_handler(None, 0)


class _Query:
    """One search that runs."""

    def __init__(self, index: SearchIndex, search: Search, known: Known, allowance: Allowance) -> None:
        self._db = index.db
        self._upto = index.upto
        self._behind = index.missing(search.upto_seq) > 0
        self._search = search
        self._known = known
        self._allowance = allowance
        self._few = FEW_TIMES  # how often it may look at messages one by one
        self._at_once = any(term.prefix for term in search.terms)  # look through all streams at once
        self._found: list[MessageSent] = []
        self._hidden: set[str] = set()  # authors that the index leaves out

    def find(self) -> Matches:
        search = self._search
        low, high = self._first_after(search.after), min(self._last_before(search.before), search.upto_seq)
        self._streams = self._numbered(low)
        lowest, phrase = LATEST, any(" " in spaced(term.text).strip() for term in search.terms)
        for number, first, last in _windows(low, high, search.newest, at_once=self._at_once):
            lowest = min(lowest, first)
            if number in self._upto:
                self._look_into(number, *self._look_at_few(number, first, last))
            if len(self._found) >= search.limit:
                break
            # The phrase is rare, but its words may be common: from now on search all streams at once.
            self._at_once = self._at_once or phrase
        # Check up to ``upto_seq``, because a later edit may have changed a found message.
        whole = not self._behind or self._has_all(lowest, search.upto_seq)
        found = self._found[: search.limit]
        return Matches(found[::-1] if search.newest else found, whole)

    def _has_all(self, first: int, last: int) -> bool:
        """Return whether the index has the events at all positions from ``first`` to ``last``."""
        size = search_index.VOLUME_EVENTS
        numbers = range((first - 1) // size, (last - 1) // size + 1)
        return all(self._upto.get(number, 0) >= min(last, (number + 1) * size) for number in numbers)

    def _look_into(self, number: int, first: int, last: int) -> None:
        """Add what matches in a volume between two positions, until there is enough."""
        search = self._search
        while (wanted := search.limit - len(self._found)) > 0:
            if self._allowance.spent():
                raise SearchTooLongError
            match = match_expression(search, self._hidden)
            places = self._places(number, first, last, wanted, match, at_once=self._at_once)
            messages = self._read(places)
            self._found += [each for each in messages if each.text and search.may_find(each)]
            # A hidden author may have many matches: the next query leaves this author out.
            self._hidden |= {each.actor for each in messages} & search.hidden
            if len(places) < wanted:
                return
            first, last = (first, places[-1] - 1) if search.newest else (places[-1] + 1, last)

    def _look_at_few(self, number: int, first: int, last: int) -> tuple[int, int]:
        """Look at messages between two positions one by one, a few at a time; return the positions that are left.

        FTS5 finds the beginning of a word in the time of all documents that have it. If they are many, enough of them
        are among a few messages; if they are few, FTS5 is quick.
        """
        search = self._search
        beginnings = [term for term in search.terms if term.prefix]
        others = match_expression(search._replace(terms=tuple(term for term in search.terms if not term.prefix)))
        while beginnings and self._few > 0 and (wanted := search.limit - len(self._found)) > 0:
            places = self._places(number, first, last, FEW_MESSAGES, others, at_once=False)
            found = [each for each in self._beginning(beginnings, self._read(places)) if search.may_find(each)]
            self._found += found
            if len(places) < FEW_MESSAGES:
                return first, first - 1
            first, last = (first, places[-1] - 1) if search.newest else (places[-1] + 1, last)
            self._few -= 1 if 2 * len(found) >= wanted else self._few
        return first, last

    def _beginning(self, beginnings: Sequence[Term], messages: Sequence[MessageSent]) -> list[MessageSent]:
        """Return the messages that have words with these beginnings."""
        texts = [message.text.replace("\x01ACTION ", "") for message in messages]
        self._db.execute(_FORGET_FEW)
        self._db.execute(_ADD_FEW, (_as_json(texts).decode(),))
        ((found,),) = self._db.execute(_FIND_FEW, (words_expression(beginnings),)).fetchall()
        self._db.execute(_FORGET_FEW)
        return [messages[index] for index in _decode_places(found)]

    def _places(self, number: int, first: int, last: int, limit: int, match: str, *, at_once: bool) -> list[int]:
        """Return the positions of the first ``limit`` matches in a volume, from the newest or the oldest."""
        if first > last:
            return []
        newest = self._search.newest
        how = {"number": number, "order": "desc" if newest else "asc"}
        parameters = {"match": match, "limit": limit}
        begun = [stream for stream, begin in self._streams if begin <= first]
        begun = begun if at_once and len(begun) > SPANS_MAX else []
        spans = [
            (stream << STREAM_BIT | max(first, begin), stream << STREAM_BIT | last)
            for stream, begin in self._streams
            if begin <= last and (begin > first or not begun)
        ]
        found: list[list[int]] = []
        if spans:
            ((text,),) = self._db.execute(
                _FIND.format(**how), {**parameters, "spans": _as_json(spans).decode()}
            ).fetchall()
            found += _decode_found(text)
        if begun:
            within = {"streams": _as_json(begun).decode(), "first": first, "last": last}
            ((text,),) = self._db.execute(_FIND_AT_ONCE.format(**how), {**parameters, **within}).fetchall()
            found += _decode_found(text)
        return sorted({place & _POSITION_MAX for span in found for place in span}, reverse=newest)[:limit]

    def _read(self, places: Sequence[int]) -> list[MessageSent]:
        """Return the messages at these positions, as applied, in this order, each with the text that the index has.

        Leaves out messages that are being erased, and messages with a later edit that the index lacks.
        """
        ((text,),) = self._db.execute(_EDITED, (_as_json(places).decode(),)).fetchall()
        edited = _decode_edited(text)
        found = self._read_events([*places, *edited.values()])
        messages = []
        for seq in places:
            message, edit = found[seq], found.get(edited.get(seq, 0))
            if message is not None and isinstance(edit, MessageEdited):
                message = corrected(message, edit) if edit.text else None
            if message is not None:
                messages.append((seq, message))
        later = self._last_edits([message.id for _, message in messages]) if self._behind else {}
        return [message for seq, message in messages if later.get(message.id, 0) <= edited.get(seq, 0)]

    def _last_edits(self, msgids: Sequence[str]) -> dict[str, int]:
        """Return the position of the last edit of each message that was edited, by msgid."""
        ((text,),) = self._db.execute(_LAST_EDITS, (_as_json(msgids).decode(),)).fetchall()
        return _decode_edits(text) | {
            edit.msgid: seq for seq, edit in self._known.items() if isinstance(edit, MessageEdited)
        }

    def _read_events(self, places: Sequence[int]) -> dict[int, MessageSent | None]:
        """Return the messages and edits at these positions, as applied; ``None``: it is being erased."""
        known = self._known
        found: dict[int, MessageSent | None] = {seq: known[seq] for seq in places if seq in known}
        listed = [seq for seq in places if seq not in found]
        if listed:
            stored = events_of(self._db, listed)
            try:
                events = _decode_read(joined(stored.lines))
            except msgspec.DecodeError as error:
                raise damaged("the search index is not of this log") from error
            for seq, event in zip(listed, events, strict=True):
                time = stored.notes.get(seq, event.time)
                if time is None:
                    raise damaged("the search index is not of this log")
                found[seq] = as_applied(event, time)
        if len(found) < len(places):
            raise damaged("the search index is not of this log")
        return found

    def _numbered(self, low: int) -> list[tuple[int, int]]:
        """Return the number of each stream that is searched, with the position from which on it is searched.

        The log's own index gives a position near the first message that may be read.
        """
        search = self._search
        partly = [(stream, after) for stream, after in search.readable.items() if after > search.after]
        begins: dict[str, int | None] = {}
        if partly:
            begins = dict(self._db.execute(_BEGINS, (_as_json(partly).decode(),)).fetchall())
        names = names_of(search)
        numbers = self._db.execute(
            "select number, name from streams where name in (select value from json_each(?))",
            (_as_json(names).decode(),),
        ).fetchall()
        return [(number, max(low, begins.get(name) or 0)) for number, name in numbers]

    def _first_after(self, time_ms: int) -> int:
        """Return a lower bound, close to exact, of the position of the first message later than a time."""
        if time_ms < 0:
            return 1
        query = """
            select coalesce(max(last), 0) + 1 from pieces
            where last < coalesce((select min(first) from pieces where latest > ?), 1 << 62)
        """
        ((position,),) = self._db.execute(query, (time_ms,)).fetchall()
        return int(position)

    def _last_before(self, time_ms: int) -> int:
        """Return an upper bound, close to exact, of the position of the last message earlier than a time."""
        if time_ms >= LATEST:
            return LATEST
        query = """
            select coalesce(min(first) - 1, 1 << 62) from pieces
            where first > coalesce((select max(last) from pieces where earliest < ?), 0)
        """
        ((position,),) = self._db.execute(query, (time_ms,)).fetchall()
        return int(position)


def _windows(low: int, high: int, newest: bool, at_once: bool) -> Iterator[tuple[int, int, int]]:
    """Yield (volume, first, last) for the positions from ``low`` to ``high``, in the order of the search.

    With ``at_once``, no window is smaller than a volume.
    """
    size = search_index.VOLUME_EVENTS
    step = size if at_once else BEGIN_EVENTS
    while low <= high:
        number = ((high if newest else low) - 1) // size
        begin, end = number * size + 1, (number + 1) * size
        first = max(low, begin, high - step + 1) if newest else low
        last = high if newest else min(high, end, low + step - 1)
        yield number, first, last
        low, high = (low, first - 1) if newest else (last + 1, high)
        step = size
