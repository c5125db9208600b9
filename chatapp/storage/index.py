"""The index of the log: where in it a stream's messages are, and where an event with some id is.

A row is not for one event but for many. A stream's messages stand in runs: a row has the places of some of them, one
after the other, and the time of the first. Within a stream times grow with the places (DESIGN section 4: "Within a
channel or conversation times never go back and no two messages share one"), so all messages between the first one of a
run and the first one of the next run are in it. The ids that one node makes grow with the places too, so it is enough
to know some of them, and to look through the events behind one; those that were stored behind a greater one of their
node are known each.

What applying made of an event, where it made something of it, stands beside all this, by place.

The index is brought up to date for many events at once: one by one each would touch pages of its own. That is one step
of SQLite, and so is each query; ``writer.py`` and ``history.py`` say why.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Container, Mapping, Sequence

import msgspec

from chatapp.model.events import AnyEvent, MessageSent
from chatapp.storage.damage import check_places

RUN_MESSAGES_MAX = 32
SPAN_EVENTS = 64  # looked through for an id: each event of a node is less than so many places behind a known one

# A view to which a listing is handed as one row, so that it is one step: how far the index goes then, a JSON array of
# the runs, one of a [place, time] for each note (the time is null for an event that was refused), and one of the places
# of which the ids are to be known.
SCHEMA = """
    create temp view listing as select 0 as upto, '' as runs, '' as notes, '' as places;
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
        update listed set
            seq = new.upto, ids = ids + json_array_length(new.places),
            messages = messages + (
                select coalesce(sum(json_extract(value, '$[4]') + json_extract(value, '$[5]')), 0)
                from json_each(new.runs)
            );
    end
"""
_LIST = "insert into listing values (?, ?, ?, ?)"

# The events with their notes, and the time of each as applied; null for one that was refused. An event's form is that
# of model/events.py.
LOG = "log left join notes on notes.seq = log.seq"
TIME = "case when notes.seq is null then json_extract(log.event, '$[2]') else notes.time end"
# The first and the last place among which an event with the id `:id` may be, up to the place `:upto`: as one that was
# made before there were nodes, as one that its node made, and among those that are not in the index yet.
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
# The place of the event with the id `:id`, up to the place `:upto`.
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
# Of each node the place of the last id that is known, and that id.
LAST_IDS = "select node, max(id), max(seq) from ids where id <> 'g' group by node"
# The stream and time of the message with the id `:id`, up to the place `:upto`.
FIND_MESSAGE = f"""
    select stream, time from (
        select json_extract(event, '$[6]') as stream, {TIME} as time
        from {LOG} where log.seq in ({FIND_ID}) and json_extract(event, '$[0]') like 'message-sent/%'
    ) where time is not null
"""


def check_span(db: sqlite3.Connection, id: str, upto: int) -> None:
    """Check that no event is missing of those among which one with this id would be, up to the place ``upto``.

    For an id that was not found: the event may have been lost. Raises sqlite3.Error.
    """
    for first, last, places in db.execute(_READ_SPANS, {"id": id, "upto": upto}).fetchall():
        check_places(msgspec.json.decode(places), first, last)


def page_query(newest: bool) -> str:
    """Write the query for a page as one JSON array of [place, time, event], in no certain order.

    Its parameters, by name: ``stream``; ``tags``, whether messages without text are wanted; the times ``after`` and
    ``before`` and the place ``after_seq``, all exclusive; the place ``upto_seq``, inclusive; and ``limit``, how many
    messages at most. A place that the log does not have is told with the time 0 and the event ``null``.
    """
    order = "desc" if newest else "asc"
    # Only as many runs are looked at as the page needs. Of the first one, all messages may be outside the bounds.
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
                    json_extract(log.event, '$[2]') is null
                    or ({TIME} > :after and {TIME} < :before and (:tags or json_extract(log.event, '$[7]') <> 'TAGMSG'))
                )
            order by place.value {order} limit :limit
        )
    """


class _Run:
    """Messages of one stream, one after the other."""

    __slots__ = ("places", "stream", "tags", "time")

    def __init__(self, stream: str, time: int) -> None:
        self.stream = stream
        self.time = time  # of the first one
        self.tags = 0  # how many have no text
        self.places: list[int] = []

    def row(self) -> tuple[str, int, int, int, int, int, str]:
        """Give the values of a row of the table."""
        places = self.places
        texts = len(places) - self.tags
        return self.stream, self.time, places[0], places[-1], texts, self.tags, _as_json(places).decode()


class KnownIds:
    """Which ids are to be known in the index: of each node one in every SPAN_EVENTS places at least."""

    def __init__(self, places: Mapping[str, int]) -> None:
        """``places`` has the place of the last known id of each node."""
        self._places = dict(places)

    def choose(self, after: int, events: Sequence[AnyEvent | None], crossed: Container[int]) -> list[int]:
        """Choose places behind ``after``; not those that ``crossed``, which are known anyway.

        A refused event (``None``) is chosen: nobody knows whose it is.
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
    """Bring the index up to date with the events behind the place ``after``, as applied (``None``: refused).

    ``notes`` are of these events and of any before them: what applying made of the one at that place. ``crossed`` are
    places of events whose ids are known each. Returns how far the index goes then. Raises sqlite3.Error, and then
    nothing was done.
    """
    runs: list[_Run] = []
    growing: dict[str, _Run] = {}  # by stream
    seq = after
    for seq, event in enumerate(events, after + 1):
        if type(event) is MessageSent:
            run = growing.get(event.stream)
            if run is None or len(run.places) == RUN_MESSAGES_MAX:
                run = growing[event.stream] = _Run(event.stream, event.time)
                runs.append(run)
            run.places.append(seq)
            if event.verb == "TAGMSG":
                run.tags += 1
    times = [(place, None if event is None else event.time) for place, event in notes.items()]
    places = known_ids.choose(after, events, crossed)
    rows = [each.row() for each in runs]
    db.execute(_LIST, (seq, *(_as_json(list(each)).decode() for each in (rows, times, places))))
    return seq


_as_json = msgspec.json.Encoder().encode
