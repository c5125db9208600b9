"""Reads pages of events, and the remarks about messages, from the index; ``sqlite_history.py`` runs this in threads.

Everything here raises sqlite3.Error.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import accumulate, takewhile
from typing import NamedTuple, TypeVar

import msgspec

from chatapp.model.event import as_applied
from chatapp.model.events import CHANNEL_EVENTS, AnyMessage, ChannelEvent, MessageSent, PastEvent, is_conversation
from chatapp.model.messages import is_in_pages
from chatapp.model.remarks import TEXTLESS, is_erased, target_of
from chatapp.model.streams import channel_uid
from chatapp.storage.checksums import Stored, check_lines, joined, read, stored
from chatapp.storage.damage import check_times, damaged
from chatapp.storage.history import Found
from chatapp.storage.index import (
    COUNT_REMARKS,
    EDITS,
    EVENTS_OF,
    FIND_MESSAGE,
    REMARK_COUNTS,
    REMARKS,
    check_span,
    page_query,
)

_Result = TypeVar("_Result")
_Text = TypeVar("_Text", bytes, str)
_Past = TypeVar("_Past", bound=PastEvent)
Placed = tuple[int, PastEvent]  # position, event as applied
Remark = tuple[int, MessageSent]  # likewise
_decode_messages = msgspec.json.Decoder(list[AnyMessage]).decode
_decode_channel_events = msgspec.json.Decoder(list[ChannelEvent]).decode
_decode_counts = msgspec.json.Decoder(list[int]).decode
_decode_run = msgspec.json.Decoder(list[AnyMessage | ChannelEvent]).decode
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
    tags = span.tags or span.events
    parameters: dict[str, object] = {
        "stream": stream,
        "tags": tags,
        "after": span.after,
        "before": span.before,
        "after_seq": span.after_seq,
        "upto_seq": upto_seq,
        "limit": limit,
        "cut": span.before < _ALWAYS if span.newest else span.after >= 0,
    }
    shown = _is_shown if tags else _is_text
    found: list[Placed] = [*_taken(_read_page(db, parameters, span), span, limit, _decode_messages, shown)]
    if [event for _, event in found if event.stream != stream]:
        raise damaged("a message is in the place of another")
    if span.events and not is_conversation(stream):
        events = _read_page(db, {**parameters, "stream": EVENTS_OF + stream}, span)
        others = _taken(events, span, limit, _decode_channel_events, lambda event: True)
        # A join is stored with the channel that existed when it was proposed, or with none.
        found += [(seq, msgspec.structs.replace(event, stream=stream)) for seq, event in others]
    return found


def _read_page(db: sqlite3.Connection, parameters: dict[str, object], span: Span) -> Stored:
    """Return the events of a page, and some more. Runs may count messages that were refused after they were listed."""
    events = read(db, page_query(span.newest), parameters)
    refused = [*events.notes.values()].count(None)
    if not refused:
        return events
    return read(db, page_query(span.newest), {**parameters, "cut": True, "limit": len(events.places) + refused})


def _is_shown(message: MessageSent) -> bool:
    # ``is_in_pages``, mostly without a call
    return message.text[0] != "\x01" or is_in_pages(message) if message.text else message.tags is not None


def _is_text(message: MessageSent) -> bool:
    return message.verb not in TEXTLESS and _is_shown(message)


def _taken(
    events: Stored, span: Span, limit: int, decode: Callable[[bytes], list[_Past]], shown: Callable[[_Past], bool]
) -> list[tuple[int, _Past]]:
    """Return the first ``limit`` events of a span that are ``shown``, from the end from which it takes them, in order.

    Raises sqlite3.Error when an event is of another kind, or has a time that is out of order.
    """
    rest = sorted(zip(events.places, events.lines, strict=True), reverse=span.newest)
    notes = events.notes
    taken: list[tuple[int, _Past]] = []
    times: list[int] = []
    while rest and len(taken) < limit:
        part, rest = rest[: limit - len(taken)], rest[limit - len(taken) :]
        for (seq, _), event in zip(part, _decoded(joined([line for _, line in part]), decode), strict=True):
            time = event.time
            if seq in notes:
                if (noted := notes[seq]) is None:
                    continue
                if noted != time:
                    time, event = noted, as_applied(event, noted)
            times.append(time)
            if shown(event) and span.holds(seq, time):
                taken.append((seq, event))
    if span.newest:
        taken.reverse()
        times.reverse()
    check_times(times)
    return taken


def _decoded(text: _Text, decode: Callable[[_Text], _Result]) -> _Result:
    """Decode something from the log's file. Raises sqlite3.Error when it is of another kind."""
    try:
        return decode(text)
    except msgspec.DecodeError as error:
        raise damaged("an event that was stored is missing or cannot be read") from error


def find(db: sqlite3.Connection, msgid: str, upto: int, within: str) -> Found | None:
    """Return the message or channel event with this id, up to position ``upto``; see HistoryStore.find.

    The index must find the event by its time: a client pages from there. Raises sqlite3.Error.
    """
    rows = db.execute(FIND_MESSAGE, {"id": msgid, "upto": upto, "within": within}).fetchall()
    if not rows:
        for event, applied in check_span(db, msgid, upto):
            is_past = isinstance(event, (MessageSent, *CHANNEL_EVENTS)) and applied is not None
            if is_past and within in ("", channel_uid(event.stream or event.id)):
                raise damaged("an event is not found in its place")
        return None
    stream, time, seq, author, erased, is_message, of, line, checksum, *run_columns = rows[0]
    check_lines([line], [seq], checksum)
    found = Found(stream, time, seq, author, bool(erased), bool(is_message), of)
    run = stored(*run_columns)
    events = zip(run.places, _decoded(joined(run.lines), _decode_run), strict=True)
    placed = [(seq, run.notes.get(seq, event.time)) for seq, event in events]
    check_times([time for _, time in sorted(placed) if time is not None])
    if (seq, time) in placed:
        return found
    if is_message:
        raise damaged("the time of a message is wrong")
    return None  # an older version stored it, or its channel died before it was applied


def remarks_of(db: sqlite3.Connection, messages: Mapping[str, str], upto: int, edits: bool = True) -> list[Remark]:
    """Return the remarks about messages (msgid -> stream) up to position ``upto`` that the index lists.

    Without ``edits``, only the reactions. A remark counts only if it is in the stream of its message. Raises
    sqlite3.Error.
    """
    targets = encode(list(messages))
    return _remarks(read(db, REMARKS, {"targets": targets, "upto": upto, "edits": edits}), messages)


def newest_edits(db: sqlite3.Connection, stream: str, msgids: Collection[str], upto: int) -> list[Remark]:
    """Return the newest edit of each message of a stream, up to position ``upto``; perhaps with other remarks.

    Raises sqlite3.Error.
    """
    bounds = {"lowest": min(msgids), "highest": max(msgids)}
    found = read(db, EDITS, {"targets": encode(list(msgids)), "upto": upto, **bounds})
    messages = dict.fromkeys(msgids, stream)
    edits = _remarks(found, messages) if found.places else []
    return edits if len(edits) == len(found.places) else remarks_of(db, messages, upto)


def _remarks(found: Stored, messages: Mapping[str, str]) -> list[Remark]:
    """Return the remarks that count. Erased remarks are left out."""
    remarks = []
    for seq, event in zip(found.places, _decoded(joined(found.lines), _decode_messages), strict=True):
        time = found.notes.get(seq, event.time)
        if time is not None and not is_erased(event) and messages.get(target_of(event)) == event.stream:
            remarks.append((seq, as_applied(event, time)))
    return remarks


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
