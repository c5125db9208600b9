"""Erases messages from the table ``log``: their text and tags, and those of all remarks about them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import msgspec

from chatapp.model.events import MessageSent, decode, encode
from chatapp.model.messages import is_in_pages
from chatapp.model.remarks import TEXTLESS, erased, is_erased
from chatapp.storage.checksums import checksums_of
from chatapp.storage.index import events_of
from chatapp.storage.sums import add_to, sum_of

# The positions of the remarks about the messages with the ids in the JSON array `:ids`, listed or not.
_TARGET = """
    case when json_extract(remark.event, '$[0]') like 'message-edited/%' then json_extract(remark.event, '$[12]')
        when json_extract(remark.event, '$[7]') = 'TAGMSG' then coalesce(
            nullif(json_extract(remark.event, '$[10]."+reply"'), ''), json_extract(remark.event, '$[10]."+draft/reply"')
        ) end
"""
_REMARKS_ON = f"""
    select seq from remarks where target in (select value from json_each(:ids))
    union
    select seq from log as remark where seq > (select seq from listed)
        and json_extract(remark.event, '$[0]') like 'message-%' and {_TARGET} in (select value from json_each(:ids))
"""
# The run that may have the message of the stream `:stream` at the time `:time`.
_RUN_AT = """
    select stream, time, first, last, texts, tags, places from runs where stream = :stream and time <= :time
    order by time desc, first desc limit 1
"""


def erase(db: sqlite3.Connection, places: Sequence[int]) -> None:
    """Erase the text and tags of the messages at these positions, and of the remarks on them, in a transaction.

    Nothing is written for messages that are erased already. Raises sqlite3.Error and DataError.
    """
    events = [decode(line) for line in events_of(db, places).lines]
    ids = [event.id for event in events if isinstance(event, MessageSent)]
    remarks = db.execute(_REMARKS_ON, {"ids": _as_json(ids).decode()}).fetchall()
    found = events_of(db, sorted({*places, *(seq for (seq,) in remarks)}))
    for seq, line in zip(found.places, found.lines, strict=True):
        event = decode(line)
        if isinstance(event, MessageSent) and not is_erased(event):
            line = encode(erased(event))
            db.execute(
                "update log set event = ?, checksum = ? where seq = ?",
                (line.decode(), checksums_of([line], [seq]), seq),
            )
            db.execute("insert or ignore into erasing (seq) values (?)", (seq,))
            time = found.notes.get(seq, event.time)
            if time is not None:
                _leave_out(db, event.stream, time)


def _leave_out(db: sqlite3.Connection, stream: str, time: int) -> None:
    """Count the messages of a run again, after its message at a time (ms) was erased. Raises sqlite3.Error.

    Without this, a page of a stream with many erased messages would be too short.
    """
    for *begin, texts, tags, places in db.execute(_RUN_AT, {"stream": stream, "time": time}).fetchall():
        events = [decode(line) for line in events_of(db, msgspec.json.decode(places, type=list[int])).lines]
        shown = [event.verb in TEXTLESS for event in events if isinstance(event, MessageSent) and is_in_pages(event)]
        counts = (shown.count(False), shown.count(True))
        if counts != (texts, tags):
            stream, time, first, _ = begin
            key = (stream, time, first)
            db.execute("update runs set texts = ?, tags = ? where (stream, time, first) = (?, ?, ?)", (*counts, *key))
            before, after = ((*begin, *each, places) for each in ((texts, tags), counts))
            add_to(db, "runs", sum_of("runs", [after]) - sum_of("runs", [before]))


_as_json = msgspec.json.Encoder().encode
