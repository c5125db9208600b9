"""Reads pages of events, and the remarks about messages, from the index; ``sqlite_history.py`` runs this in threads.

Everything here raises sqlite3.Error.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import accumulate, takewhile
from operator import itemgetter
from typing import NamedTuple, TypeVar

import msgspec

from chatapp.model.event import as_applied
from chatapp.model.events import AnyMessage, ChannelEvent, MessageSent, PastEvent, is_conversation
from chatapp.storage.damage import check_times, damaged
from chatapp.storage.history import Found
from chatapp.storage.index import COUNT_REMARKS, EVENTS_OF, REMARK_COUNTS, page_query

_Result = TypeVar("_Result")
_Found = list[tuple[int, int, AnyMessage]]  # position, time as applied, event as proposed
_FoundEvents = list[tuple[int, int, ChannelEvent]]  # likewise
Placed = tuple[int, PastEvent]  # position, event as applied
Remark = tuple[int, MessageSent]  # likewise
_decode_page = msgspec.json.Decoder(_Found).decode
_decode_channel_events = msgspec.json.Decoder(_FoundEvents).decode
_decode_counts = msgspec.json.Decoder(list[int]).decode
_decode_run = msgspec.json.Decoder(list[tuple[int, int]]).decode
_ALWAYS = 1 << 62  # later than any time, in milliseconds


class Span(NamedTuple):
    """The messages that a page is taken from, and from which end. All bounds are exclusive."""

    after: int = -1  # time, ms
    before: int = _ALWAYS  # time, ms
    newest: bool = True  # take the page from the newest messages, not from the oldest
    after_seq: int = 0  # position in the log
    tags: bool = False  # include messages without text (TAGMSG)
    events: bool = False  # include these messages, and the channel's other events

    def holds(self, seq: int, time: int) -> bool:
        """Return whether an event at a position and a time (ms) is in the span."""
        return self.after < time < self.before and seq > self.after_seq


def listed_events(db: sqlite3.Connection, stream: str, span: Span, limit: int, upto_seq: int) -> list[Placed]:
    """Return at most ``limit`` events of a span, of each kind, that the index lists. Raises sqlite3.Error.

    The messages come first, in the order of their positions and times, then the channel's other events.
    """
    parameters = {
        "stream": stream,
        "tags": span.tags or span.events,
        "after": span.after,
        "before": span.before,
        "after_seq": span.after_seq,
        "upto_seq": upto_seq,
        "limit": limit,
    }
    ((text,),) = db.execute(page_query(span.newest), parameters).fetchall()
    found: list[Placed] = [(seq, as_applied(event, time)) for seq, time, event in _read_page(text, stream)]
    if span.events and not is_conversation(stream):
        ((text,),) = db.execute(page_query(span.newest), {**parameters, "stream": EVENTS_OF + stream}).fetchall()
        # A join is stored with the channel that existed when it was proposed, or with none.
        others = _decoded(text, _decode_channel_events)
        check_times([time for _, time, _ in sorted(others, key=itemgetter(0))])
        found += [(seq, msgspec.structs.replace(event, time=time, stream=stream)) for seq, time, event in others]
    return found


def _read_page(text: str, stream: str) -> _Found:
    """Decode the result of :func:`page_query` for messages.

    They are in the order of their positions. Raises sqlite3.Error when an event that the index lists is missing from
    the log, is of another stream, or has a time that is out of order.
    """
    found = sorted(_decoded(text, _decode_page), key=itemgetter(0))
    if [event for _, _, event in found if event.stream != stream]:
        raise damaged("a message is in the place of another")
    check_times([time for _, time, _ in found])
    return found


def _decoded(text: str, decode: Callable[[str], _Result]) -> _Result:
    """Decode the result of :func:`page_query`. Raises sqlite3.Error when an event is missing or of another kind."""
    try:
        return decode(text)
    except msgspec.DecodeError as error:
        raise damaged("a message that was stored is missing or cannot be read") from error


def is_in_run(found: Found, run: str) -> bool:
    """Return whether the index finds an event by its time: a client pages from there. Raises sqlite3.Error.

    ``run`` is the run to which the time points, as from FIND_MESSAGE.
    """
    places = _decoded(run, _decode_run)
    check_times([time for _, time in sorted(places)])
    return (found.seq, found.time) in places


def remarks_of(db: sqlite3.Connection, query: str, parameters: Mapping[str, object]) -> list[Remark]:
    """Return the remarks that a query, REMARKS or EDITS, finds in the index. Raises sqlite3.Error."""
    ((text,),) = db.execute(query, parameters).fetchall()
    return [(seq, as_applied(event, time)) for seq, time, event in _decoded(text, _decode_page)]


def counts(db: sqlite3.Connection, parameters: Mapping[str, object]) -> list[int]:
    """Return the number of remarks about each message, as REMARK_COUNTS finds it in the index. Raises sqlite3.Error."""
    ((text,),) = db.execute(REMARK_COUNTS, parameters).fetchall()
    return _decoded(text, _decode_counts)


def within(counts: Iterable[int], most: int) -> int:
    """Return how many of the first counts add up to ``most`` at most; at least one."""
    totals = accumulate(counts)
    return max(1, sum(1 for _ in takewhile(lambda total: total <= most, totals)))


def count_remarks(db: sqlite3.Connection, msgids: Collection[str]) -> int:
    """Return the number of remarks about messages that the index lists. Raises sqlite3.Error."""
    ((count,),) = db.execute(COUNT_REMARKS, (encode(list(msgids)),)).fetchall()
    assert isinstance(count, int)
    return count


def encode(value: object) -> str:
    """Return a value as JSON."""
    return msgspec.json.encode(value).decode()
