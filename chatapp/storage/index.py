"""The index of the log: the positions of a stream's messages, and the position of the event with a given id.

A row of the index is for many events, not for one.

- Runs: a row has the positions of some consecutive messages of a stream, and the time of the first message. Within a
  stream, times grow with the positions (DESIGN R6: "Times never go backwards"; section 4: "Within a stream no two
  messages share a time"). So a message whose time is between the first message of a run and the first message of the
  next run is in the first of these runs.
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

import msgspec

from chatapp.model.events import CHANNEL_EVENTS, AnyEvent, MessageSent
from chatapp.model.messages import is_in_pages
from chatapp.model.remarks import TEXTLESS, target_of
from chatapp.storage.damage import check_places

RUN_MESSAGES_MAX = 32
EVENTS_OF = "~"  # before a channel's uid: the stream of the runs of its other events (joins and so on)
SPAN_EVENTS = 64  # a search reads this many events: every event is less than this after an indexed id of its node

# A listing is inserted into this view as one row, so that it is one step of SQLite. The columns: the position up to
# which the index goes then; a JSON array of the runs; a JSON array with a [position, time] for each note (the time is
# null for a refused event); a JSON array of the positions whose ids go into the index; and a JSON array with a
# [msgid, whether it is an edit, position] for each remark.
SCHEMA = """
    create temp view listing as select 0 as upto, '' as runs, '' as notes, '' as places, '' as remarks;
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
            select substr(json_extract(event, '$[1]'), -2), json_extract(event, '$[1]'), seq from log
            where seq in (select value from json_each(new.places));
        insert into remarks (target, edit, seq)
            select json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]')
            from json_each(new.remarks);
        update listed set
            seq = new.upto, ids = ids + json_array_length(new.places),
            remarks = remarks + json_array_length(new.remarks),
            messages = messages + (
                select coalesce(sum(json_extract(value, '$[4]') + json_extract(value, '$[5]')), 0)
                from json_each(new.runs)
            );
    end
"""
_LIST = "insert into listing values (?, ?, ?, ?, ?)"

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
# Whether pages have an event: it is no erased message, and no CTCP. See ``is_in_pages`` in model/messages.py.
_IN_PAGES = """(
    json_extract(log.event, '$[9]') >= char(2) or json_extract(log.event, '$[9]') glob char(1) || 'ACTION*'
    or (json_extract(log.event, '$[9]') = '' and json_extract(log.event, '$[10]') is not null)
    or json_extract(log.event, '$[0]') not like 'message-%'
)"""
# Whether a message is a text of its own; see ``TEXTLESS`` in model/remarks.py.
_IS_TEXT = "json_extract(log.event, '$[7]') not in ('TAGMSG', 'EDIT')"
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
# The position of the event with the id `:id`, up to the position `:upto`.
FIND_ID = f"""
    select seq from crossed where id = :id and seq <= :upto
    union
    select log.seq from ({_SPANS}) as span join log on log.seq between span.first and span.last
        where json_extract(event, '$[1]') = :id
"""
_READ_SPANS = f"""
    select first, last, (select json_group_array(seq) from (
        select seq from log where seq between first and last order by seq
    )) from ({_SPANS})
"""
# For each node: the last id in the index, and its position.
LAST_IDS = "select node, max(id), max(seq) from ids where id <> 'g' group by node"
# The message or channel event with the id `:id`, up to the position `:upto`, in the channel or conversation `:within`
# (empty: anywhere): the columns of a `Found`, and the run to
# which its time points: what comes before the stream in the run's stream, and a JSON array with a [position, time] for
# each event of the run; the time is null if the event is missing from the log. The event that created a channel was
# proposed without a stream; its id is the channel's uid.
_CHANNEL_TAGS = ", ".join(f"'{kind.__struct_config__.tag}'" for kind in CHANNEL_EVENTS)
FIND_MESSAGE = f"""
    select stream, time, seq, author, of, erased, prefix, (
        select json_group_array(json_array(place.value, {TIME})) from (
            select places from runs where runs.stream = message.prefix || message.stream and runs.time <= message.time
            order by runs.time desc limit 1
        ) as run
        cross join json_each(run.places) as place left join log on log.seq = place.value
        left join notes on notes.seq = place.value
        where log.seq is null or {TIME} is not null
    ) from (
        select coalesce(nullif(json_extract(event, '$[6]'), ''), json_extract(event, '$[1]')) as stream, {TIME} as time,
            log.seq as seq, json_extract(event, '$[3]') as author, not {_HAS_CONTENT} as erased,
            case when json_extract(event, '$[0]') like 'message-%' then '' else '{EVENTS_OF}' end as prefix,
            case when json_extract(event, '$[0]') like 'message-edited/%' then json_extract(event, '$[12]') else '' end
                as of
        from {LOG} where log.seq in ({FIND_ID}) and (
            json_extract(event, '$[0]') like 'message-%' or json_extract(event, '$[0]') in ({_CHANNEL_TAGS})
        )
    ) as message where time is not null
        and :within in ('', stream, case when substr(stream, 2, 1) = ':' then substr(stream, 3) end)
"""
# The run with the message at the position `:seq`: its stream and time, the number of messages that it counts, and the
# right numbers of messages with and without text. Erased messages and CTCP are in the run, but do not count.
_RECOUNT = f"""
    select stream, run.time, texts + tags,
        count(*) filter (where {_IS_TEXT} and {_IN_PAGES}),
        count(*) filter (where not {_IS_TEXT} and {_IN_PAGES})
    from (
        select runs.* from (
            select json_extract(event, '$[6]') as stream, {TIME} as time from {LOG} where log.seq = :seq
        ) as message join runs on runs.stream = message.stream and runs.time <= message.time
        order by runs.time desc limit 1
    ) as run cross join json_each(run.places) as place join log on log.seq = place.value
    group by stream, run.time
"""


# The remarks about the messages in the JSON array `:targets` of [msgid, stream], up to the position `:upto`, as one
# JSON array of [position, time, event]; without `:edits`, only the reactions. A remark is in the stream of its message.
# A remark that is missing from the log has the time 0 and the event ``null``. Erased remarks are left out.
REMARKS = f"""
    select '[' || coalesce(group_concat('[' || seq || ',' || found || ']'), '') || ']' from (
        select remarks.seq as seq, coalesce({TIME} || ',' || log.event, '0,null') as found
        from (select value ->> 0 as target, value ->> 1 as stream from json_each(:targets)) as wanted
        cross join remarks on remarks.target = wanted.target and remarks.edit <= :edits
        left join log on log.seq = remarks.seq left join notes on notes.seq = remarks.seq
        where remarks.seq <= :upto and (log.seq is null or (
            json_extract(log.event, '$[6]') = wanted.stream and {TIME} is not null and {_HAS_CONTENT}
        ))
    )
"""
# The newest edits of the messages with the ids in the JSON array `:targets`, all in the stream `:stream`, as above.
# `:lowest` and `:highest` are the outermost of these ids: if no message between them has a remark, none is looked for.
EDITS = f"""
    select '[' || coalesce(group_concat(edit), '') || ']' from (
        select (
            select '[' || remarks.seq || ',' || coalesce({TIME} || ',' || log.event, '0,null') || ']' from remarks
            left join log on log.seq = remarks.seq left join notes on notes.seq = remarks.seq
            where remarks.target = wanted.value and remarks.edit = 1 and remarks.seq <= :upto and (log.seq is null or (
                json_extract(log.event, '$[6]') = :stream and {TIME} is not null and {_HAS_CONTENT}
            ))
            order by remarks.seq desc limit 1
        ) as edit from json_each(:targets) as wanted
        where exists (select 1 from remarks where target between :lowest and :highest)
    ) where edit is not null
"""
# The number of remarks about each message of `:targets`, as above, as a JSON array in the same order.
REMARK_COUNTS = """
    select json_group_array(count) from (
        select (select count(*) from remarks where target = value ->> 0 and edit <= :edits) as count
        from json_each(:targets) order by key
    )
"""
COUNT_REMARKS = "select count(*) from remarks where target in (select value from json_each(?))"
# The positions of the remarks about the messages at the positions in the JSON array `?`, listed or not.
_TARGET = """
    case when json_extract(remark.event, '$[0]') like 'message-edited/%' then json_extract(remark.event, '$[12]')
        when json_extract(remark.event, '$[7]') = 'TAGMSG' then coalesce(
            nullif(json_extract(remark.event, '$[10]."+reply"'), ''), json_extract(remark.event, '$[10]."+draft/reply"')
        ) end
"""
REMARKS_ON = f"""
    with targets as (
        select json_extract(event, '$[1]') as id from log where seq in (select value from json_each(?))
            and json_extract(event, '$[0]') like 'message-%'
    )
    select seq from remarks where target in (select id from targets)
    union
    select seq from log as remark where seq > (select seq from listed)
        and json_extract(remark.event, '$[0]') like 'message-%' and {_TARGET} in (select id from targets)
"""


def check_span(db: sqlite3.Connection, id: str, upto: int) -> None:
    """Check that no event is missing from the spans that would have the event with this id, up to position ``upto``.

    Call this for an id that was not found, because its event may have been lost. Raises sqlite3.Error.
    """
    for first, last, places in db.execute(_READ_SPANS, {"id": id, "upto": upto}).fetchall():
        check_places(msgspec.json.decode(places), first, last)


def page_query(newest: bool) -> str:
    """Return the SQL that reads a page as one JSON array of [position, time, event], in any order.

    The SQL has these named parameters: ``stream``; ``tags``, whether to include messages without text; the times
    ``after`` and ``before`` and the position ``after_seq``, all exclusive; the position ``upto_seq``, inclusive; and
    ``limit``, the maximum number of messages. An event that is missing from the log has the time 0 and the event
    ``null``. Erased messages and CTCP are left out; the counts of the runs do not include them.
    """
    order = "desc" if newest else "asc"
    # The query reads only as many runs as the page needs, and one more, because all messages of the first run may be
    # outside the bounds.
    return f"""
        select '[' || coalesce(group_concat('[' || seq || ',' || found || ']'), '') || ']' from (
            select place.value as seq, coalesce({TIME} || ',' || log.event, '0,null') as found
            from (
                select places, sum(messages) over (order by time {order} rows unbounded preceding) - messages as earlier
                from (
                    select time, places, texts + tags * :tags as messages from runs
                    where stream = :stream and time < :before
                        and time >= coalesce((select max(time) from runs where stream = :stream and time <= :after), 0)
                        and time >= coalesce((
                            select time from runs where :after_seq > 0 and stream = :stream and first <= :after_seq
                            order by time desc limit 1
                        ), 0)
                        and last > :after_seq and first <= :upto_seq and messages > 0
                    order by time {order} limit :limit + 1
                )
            ) as run
            cross join json_each(run.places) as place left join log on log.seq = place.value
            left join notes on notes.seq = place.value
            where run.earlier < :limit + {RUN_MESSAGES_MAX}
                and place.value > :after_seq and place.value <= :upto_seq
                and (
                    log.seq is null
                    or ((:tags or {_IS_TEXT}) and {TIME} > :after and {TIME} < :before and {_IN_PAGES})
                )
            order by place.value {order} limit :limit
        )
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
    remarks: list[tuple[str, bool, int]] = []  # the msgid that a remark is about, whether it is an edit, its position
    growing: dict[str, _Run] = {}  # by stream
    seq = after
    for seq, event in enumerate(events, after + 1):
        if isinstance(event, MessageSent):
            stream, textless, text = event.stream, event.verb in TEXTLESS, event.text
            # ``is_in_pages``, mostly without a call
            counts = text[0] != "\x01" or is_in_pages(event) if text else event.tags is not None
            if textless and (target := target_of(event)):
                remarks.append((target, event.verb == "EDIT", seq))
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
    places = known_ids.choose(after, events, crossed)
    rows = [each.row() for each in runs]
    db.execute(_LIST, (seq, *(_as_json(list(each)).decode() for each in (rows, times, places, remarks))))
    return seq


def leave_out(db: sqlite3.Connection, seq: int) -> None:
    """Count the messages of a run again, after the message at position ``seq`` was erased. Raises sqlite3.Error.

    Without this, a page of a stream with many erased messages would be too short.
    """
    for stream, time, counted, texts, tags in db.execute(_RECOUNT, {"seq": seq}).fetchall():
        db.execute("update runs set texts = ?, tags = ? where stream = ? and time = ?", (texts, tags, stream, time))
        db.execute("update listed set messages = messages - ?", (counted - texts - tags,))


_as_json = msgspec.json.Encoder().encode
