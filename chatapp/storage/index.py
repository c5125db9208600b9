"""The index of the log: the positions of a stream's messages, and the position of the event with a given id.

A row of the index is for many events, not for one.

- Runs: a row has the positions of some consecutive messages of a stream, and the time of the first message. Within a
  stream, times grow with the positions, and no two messages have the same time (``model/state.py``, "Time"). So a
  message whose time is between the first message of a run and the first message of the next run is in the first of
  these runs.
- A channel's other events (``events.CHANNEL_EVENTS``) are in runs of their own, so that a page of messages does not
  read them. They count as messages without text.
- Ids: the ids of one node also grow with the positions. So the index has only some of them; a search for an id reads
  the events after the nearest lower id. An id that was stored after a greater id of its node is ``crossed``: the
  index has each of these.
- Remarks: for each message, the positions of its edits and of the reactions to it. They are also messages of a run,
  counted as messages without text.
- Notes: the result of applying an event, by position, if applying changed the event.

Many events are added to the index at once, because adding each by itself would touch many pages per event. Adding them
is one step of SQLite, and so is each query; ``writer.py`` and ``sqlite_history.py`` say why.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Container, Mapping, Sequence
from functools import cache

import msgspec

from chatapp.model.events import CHANNEL_EVENTS, NODE_DIGITS, AnyEvent, MessageSent, decode
from chatapp.model.messages import is_in_pages
from chatapp.model.remarks import TEXTLESS, target_of
from chatapp.storage.checksums import EVENTS, Stored, events_at, read
from chatapp.storage.damage import check_places
from chatapp.storage.sums import sum_of

RUN_MESSAGES_MAX = 32
EVENTS_OF = "~"  # before a channel's uid: the stream of the runs of its other events (joins and so on)
SPAN_EVENTS = 64  # a search reads this many events: every event is less than this after an indexed id of its node

# A listing is inserted into this view as one row, so that it is one step of SQLite. The columns: the position up to
# which the index goes then; a JSON array of the runs; a JSON array with a [position, time] for each note (the time is
# null for a refused event); a JSON array with an [id, position] for each id that goes into the index; a JSON array
# with a [msgid, whether it is an edit, position] for each remark; and a JSON array with what is added to the sums
# `runs`, `places`, `ids`, `notes` and `remarks`, and how much that is together (sums.py).
SCHEMA = """
    create temp view listing as select 0 as upto, '' as runs, '' as notes, '' as ids, '' as remarks, '' as sums;
    create temp trigger list_events instead of insert on listing
    begin
        insert into runs (stream, time, first, last, texts, tags, places)
            select
                json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
                json_extract(value, '$[3]'), json_extract(value, '$[4]'), json_extract(value, '$[5]'),
                json_extract(value, '$[6]')
            from json_each(new.runs);
        insert or replace into notes (seq, time)
            select json_extract(value, '$[0]'), json_extract(value, '$[1]') from json_each(new.notes);
        insert into ids (node, id, seq)
            select substr(json_extract(value, '$[0]'), -2), json_extract(value, '$[0]'), json_extract(value, '$[1]')
            from json_each(new.ids);
        insert into remarks (target, edit, seq)
            select json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]')
            from json_each(new.remarks);
        update listed set
            seq = new.upto, runs = runs + json_extract(new.sums, '$[0]'),
            places = places + json_extract(new.sums, '$[1]'), ids = ids + json_extract(new.sums, '$[2]'),
            notes = notes + json_extract(new.sums, '$[3]'), remarks = remarks + json_extract(new.sums, '$[4]'),
            total = total + new.upto - seq + json_extract(new.sums, '$[5]');
    end
"""
_LIST = "insert into listing values (?, ?, ?, ?, ?, ?)"

# The events with their notes. model/events.py has the form of an event.
LOG = "log left join notes on notes.seq = log.seq"
# An event's time as applied; null if the event was refused.
TIME = "case when notes.seq is null then json_extract(log.event, '$[2]') else notes.time end"
# Whether an event is no erased message: a message that was not erased has a text or tags. See ``is_erased`` in
# model/remarks.py.
_HAS_CONTENT = """(
    json_extract(log.event, '$[9]') <> '' or json_extract(log.event, '$[10]') is not null
    or json_extract(log.event, '$[0]') not like 'message-%'
)"""
# The spans (first and last position) that may have an event with the id `:id`, up to the position `:upto`. The selects
# are: the span for an id from before there were nodes, the span for an id of its node, and all events that are not in
# the index yet.
_SPANS = f"""
    select first, min(last, :upto) as last from (
        select
            (select seq from ids where node = '' and id <= :id order by id desc limit 1) as first,
            (select seq from ids where node = '' and id > :id order by id limit 1) - 1 as last
        union all
        select
            (select seq from ids where node = substr(:id, -2) and id <= :id order by id desc limit 1),
            (select seq from ids where node = substr(:id, -2) and id <= :id order by id desc limit 1)
                + {SPAN_EVENTS - 1}
        union all
        select (select seq + 1 from listed), :upto
    ) where first <= min(last, :upto)
"""
# The position of the event with the id `:id`, up to the position `:upto`. `instr` passes over the other events without
# taking their JSON apart.
FIND_ID = f"""
    select seq from crossed where id = :id and seq <= :upto
    union
    select log.seq from ({_SPANS}) as span join log on log.seq between span.first and span.last
        where instr(event, :id) and json_extract(event, '$[1]') = :id
"""
_READ_SPANS = f"select first, last from ({_SPANS})"
_READ_SPAN = events_at("(select seq from log where seq between ? and ? order by seq)")
_READ_CROSSED = events_at("(select seq from crossed where id = :id and seq <= :upto)")
# For each node: the last id in the index, and its position.
LAST_IDS = "select node, max(id), max(seq) from ids where id <> 'g' group by node"
# The message or channel event with the id `:id`, up to the position `:upto`, in the channel or conversation `:within`
# (empty: anywhere): the columns of a `Found`; the event with its checksum; and the events of the run to which its time
# points. The event that created a channel was proposed without a stream; its id is the channel's uid.
_CHANNEL_TAGS = ", ".join(f"'{kind.__struct_config__.tag}'" for kind in CHANNEL_EVENTS)
_RUN_STREAM = f"iif(message.is_message, '', '{EVENTS_OF}') || message.stream"
FIND_MESSAGE = f"""
    select place.stream, place.at, place.found, place.author, place.erased, place.is_message, place.of, place.line,
        place.checksum, {EVENTS}
    from (
        select message.*, run_place.value as seq from (
            select coalesce(nullif(json_extract(event, '$[6]'), ''), json_extract(event, '$[1]')) as stream,
                {TIME} as at, log.seq as found, json_extract(event, '$[3]') as author, not {_HAS_CONTENT} as erased,
                json_extract(event, '$[0]') like 'message-%' as is_message,
                case when json_extract(event, '$[0]') like 'message-edited/%' then json_extract(event, '$[12]')
                    else '' end as of,
                cast(event as blob) as line, log.checksum as checksum
            from {LOG} where log.seq in ({FIND_ID}) and json_extract(event, '$[1]') = :id and (
                json_extract(event, '$[0]') like 'message-%' or json_extract(event, '$[0]') in ({_CHANNEL_TAGS})
            )
        ) as message
        left join runs on runs.stream = {_RUN_STREAM} and (runs.time, runs.first) = (
            select time, first from runs as run where run.stream = {_RUN_STREAM} and run.time <= message.at
            order by run.time desc, run.first desc limit 1
        )
        left join json_each(coalesce(runs.places, '[]')) as run_place
        where at is not null
            and :within in ('', message.stream,
                case when substr(message.stream, 2, 1) = ':' then substr(message.stream, 3) end)
    ) as place
    left join log on log.seq = place.seq left join notes on notes.seq = place.seq
    group by place.found
"""
_NOTES_AT = "select seq, time from notes where seq in (select value from json_each(?))"
_EVENTS_AT = events_at("(select value as seq from json_each(?))")
# The remarks about the messages in the JSON array `:targets` of msgids, up to the position `:upto`; without `:edits`,
# only the reactions.
REMARKS = events_at("""(
    select remarks.seq as seq from json_each(:targets) as wanted
    cross join remarks on remarks.target = wanted.value and remarks.edit <= :edits where remarks.seq <= :upto
)""")
# The newest edit of each message of `:targets`, as above. `:lowest` and `:highest` are the outermost of these ids: if
# no message between them has a remark, none is looked for.
EDITS = events_at("""(
    select seq from (
        select (
            select seq from remarks where target = wanted.value and edit = 1 and seq <= :upto order by seq desc limit 1
        ) as seq from json_each(:targets) as wanted
        where exists (select 1 from remarks where target between :lowest and :highest)
    ) where seq is not null
)""")
# The number of remarks about each message of `:targets`, as above, as a JSON array in the same order.
REMARK_COUNTS = """
    select json_group_array(count) from (
        select (select count(*) from remarks where target = value ->> 0 and edit <= :edits) as count
        from json_each(:targets) order by key
    )
"""
COUNT_REMARKS = "select count(*) from remarks where target in (select value from json_each(?))"


def events_of(db: sqlite3.Connection, places: Sequence[int]) -> Stored:
    """Return the events at these positions. Raises sqlite3.Error, also if one is missing or has changed."""
    return read(db, _EVENTS_AT, (_as_json(places).decode(),))


def check_span(db: sqlite3.Connection, id: str, upto: int) -> list[tuple[AnyEvent, int | None]]:
    """Check the spans that would have the event with this id, up to position ``upto``: no event is missing or changed.

    Call this for an id that was not found, because its event may have been lost. Returns what the spans have with this
    id nevertheless: each event as proposed, with its time as applied (ms; ``None``: it was refused). If a page of the
    log does not say rightly where its rows are, SQLite may find a row on the way, and not when it looks for it.

    Raises sqlite3.Error.
    """
    parameters = {"id": id, "upto": upto}
    read_parts = [read(db, _READ_CROSSED, parameters)]
    for first, last in db.execute(_READ_SPANS, parameters).fetchall():
        read_parts.append(read(db, _READ_SPAN, (first, last)))
        check_places(read_parts[-1].places, first, last)
    found, word = [], id.encode()
    for part in read_parts:
        for seq, line in zip(part.places, part.lines, strict=True):
            if word in line and (event := decode(line)).id == id:
                found.append((event, part.notes.get(seq, event.time)))
    return found


@cache
def page_query(newest: bool) -> str:
    """Return the SQL that reads the events of a page, and some more, for :func:`checksums.read`.

    The SQL has these named parameters: ``stream``; ``tags``, whether the runs count messages without text; the times
    ``after`` and ``before`` and the position ``after_seq``, all exclusive; the position ``upto_seq``, inclusive; and
    ``limit``, the number of messages that the runs have together, unless the first run is cut at the bound from which
    the page begins: ``cut`` says whether a time is there. The events that a page does not show are left out by
    ``page_reading.py``: only there the events are known to be whole.
    """
    order, beyond, near = ("desc", "<", "last > :upto_seq") if newest else ("asc", ">", "first <= :after_seq")
    in_bounds = "last > :after_seq and first <= :upto_seq and texts + tags * :tags > 0"
    begin = "(select low from bounds)"
    # One run after the other, because the number of runs is not known: a window function would read many in vain.
    return f"""
        with recursive bounds (low) as (
            select max(
                coalesce((select max(time) from runs where stream = :stream and time <= :after), 0),
                coalesce((
                    select time from runs where :after_seq > 0 and stream = :stream and first <= :after_seq
                    order by time desc limit 1
                ), 0)
            )
        ),
        run (time, first, places, messages) as (
            select * from (
                select time, first, places, (not :cut and not ({near})) * (texts + tags * :tags) from runs
                where stream = :stream and time < :before and time >= {begin} and {in_bounds}
                order by time {order}, first {order} limit 1
            )
            union all
            select runs.time, runs.first, runs.places, run.messages + runs.texts + runs.tags * :tags
            from run join runs on runs.stream = :stream and (runs.time, runs.first) = (
                select time, first from runs where stream = :stream and (time, first) {beyond} (run.time, run.first)
                    and {in_bounds} order by time {order}, first {order} limit 1
            )
            where run.messages < :limit and runs.time < :before and runs.time >= {begin}
        )
        select {EVENTS} from (
            select place.value as seq from run cross join json_each(run.places) as place
            where place.value > :after_seq and place.value <= :upto_seq
        ) as place
        left join log on log.seq = place.seq left join notes on notes.seq = place.seq
    """


class _Run:
    """Consecutive messages of one stream, for one row of the table ``runs``."""

    __slots__ = ("places", "stream", "tags", "texts", "time")

    def __init__(self, stream: str, time: int) -> None:
        self.stream = stream
        self.time = time  # of the first message
        self.texts = 0  # number of messages with text; erased messages and CTCP do not count
        self.tags = 0  # number of messages without text (TAGMSG)
        self.places: list[int] = []

    def row(self) -> tuple[str, int, int, int, int, int, str]:
        """Return the values of the row."""
        places = self.places
        return self.stream, self.time, places[0], places[-1], self.texts, self.tags, _as_json(places).decode()


class KnownIds:
    """Chooses the ids that go into the index: for each node, at least one id in every SPAN_EVENTS positions."""

    def __init__(self, places: Mapping[str, int]) -> None:
        """``places`` has the position of the last id in the index for each node."""
        self._places = dict(places)

    def choose(self, after: int, events: Sequence[AnyEvent | None], crossed: Container[int]) -> list[int]:
        """Return the positions of the chosen ids among ``events``, which begin after the position ``after``.

        Positions in ``crossed`` are left out, because the index has all crossed ids anyway. A refused event (``None``)
        is always chosen, because its node is not known here.
        """
        chosen, places = [], self._places
        for seq, event in enumerate(events, after + 1):
            if seq in crossed:
                continue
            if event is None:
                chosen.append(seq)
            elif seq - places.get(node := event.id[-2:], -SPAN_EVENTS) >= SPAN_EVENTS:
                chosen.append(seq)
                places[node] = seq
        return chosen


def list_events(
    db: sqlite3.Connection,
    after: int,
    events: Sequence[AnyEvent | None],
    notes: Mapping[int, AnyEvent | None],
    known_ids: KnownIds,
    crossed: Container[int],
) -> int:
    """Add the events after the position ``after`` to the index, as applied (``None``: refused).

    ``notes`` has results of applying events, by position; it may also be about earlier events. ``crossed`` has the
    positions of crossed ids. Returns the position up to which the index goes then. Raises sqlite3.Error, and then
    nothing has changed.
    """
    runs: list[_Run] = []
    remarks: list[tuple[str, int, int]] = []  # the msgid that a remark is about, whether it is an edit, its position
    growing: dict[str, _Run] = {}  # by stream
    seq = after
    for seq, event in enumerate(events, after + 1):
        if isinstance(event, MessageSent):
            stream, textless, text = event.stream, event.verb in TEXTLESS, event.text
            # ``is_in_pages``, mostly without a call
            counts = text[0] != "\x01" or is_in_pages(event) if text else event.tags is not None
            if textless and (target := target_of(event)):
                remarks.append((target, int(event.verb == "EDIT"), seq))
        elif isinstance(event, CHANNEL_EVENTS):
            stream, textless, counts = EVENTS_OF + event.stream, True, True
        else:
            continue
        run = growing.get(stream)
        if run is None or len(run.places) == RUN_MESSAGES_MAX:
            run = growing[stream] = _Run(stream, event.time)
            runs.append(run)
        run.places.append(seq)
        if not counts:
            continue
        if textless:
            run.tags += 1
        else:
            run.texts += 1
    times = [(place, None if event is None else event.time) for place, event in notes.items()]
    ids = _ids_of(db, after, events, known_ids.choose(after, events, crossed))
    rows = [each.row() for each in runs]
    sums = [
        sum_of("runs", rows),
        sum_of("places", rows),
        sum_of("ids", ((id[-NODE_DIGITS:], id, seq) for id, seq in ids)),
        sum_of("notes", times) - _sum_of_replaced(db, [place for place in notes if place <= after]),
        sum_of("remarks", remarks),
    ]
    sums.append(sum(sums))
    db.execute(_LIST, (seq, *(_as_json(list(each)).decode() for each in (rows, times, ids, remarks, sums))))
    return seq


def _ids_of(
    db: sqlite3.Connection, after: int, events: Sequence[AnyEvent | None], places: Sequence[int]
) -> list[tuple[str, int]]:
    """Return the id at each of some positions, with the position; ``events`` begin after the position ``after``."""
    refused = [seq for seq in places if events[seq - after - 1] is None]
    ids = dict(zip(refused, (decode(line).id for line in events_of(db, refused).lines), strict=True)) if refused else {}
    return [(ids[seq] if event is None else event.id, seq) for seq in places for event in [events[seq - after - 1]]]


def _sum_of_replaced(db: sqlite3.Connection, places: Sequence[int]) -> int:
    """Return how much of the sum of ``notes`` is for the notes that the index has about events at some positions."""
    if not places:
        return 0
    return sum_of("notes", db.execute(_NOTES_AT, (_as_json(places).decode(),)).fetchall())


_as_json = msgspec.json.Encoder().encode
