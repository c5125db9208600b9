"""Checksums of the log's events, and reading events with them: a changed event raises an error.

The checksum is a CRC-32 whose start value is the event's position, so it also finds an event at a wrong position. A
query returns all its events as one row, and ``zlib.crc32`` checks them: a Python function inside SQL would wait for the
GIL each time.
"""

from __future__ import annotations

import sqlite3
import sys
from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from zlib import crc32

import msgspec

from chatapp.storage.damage import changed_event, damaged

Parameters = Mapping[str, object] | Sequence[object]
_decode_places = msgspec.json.Decoder(list[int]).decode
_decode_notes = msgspec.json.Decoder(dict[int, int | None]).decode


class Stored(NamedTuple):
    """Events as they are stored, in the order in which SQLite reads their rows, with the notes about them."""

    places: list[int]
    lines: list[bytes]  # each event as proposed, as JSON
    notes: dict[int, int | None]  # by position, if applying changed the event: its time as applied, None if refused


def checksums_of(lines: Iterable[bytes], places: Iterable[int]) -> bytes:
    """Return the checksums of events at these positions: 4 bytes for each, the lowest byte first."""
    found = array("I", map(crc32, lines, places))
    if sys.byteorder == "big":
        found.byteswap()
    return found.tobytes()


def check_lines(lines: Sequence[bytes], places: Sequence[int], checksums: bytes) -> None:
    """Check that events have these checksums. Raises sqlite3.Error."""
    if checksums_of(lines, places) != checksums:
        raise changed_event()


# The columns that `stored` reads. No event has a newline, because JSON escapes it.
EVENTS = """
    coalesce('[' || group_concat(place.seq) || ']', '[]'), cast(group_concat(log.event, char(10)) as blob),
    cast(group_concat(log.checksum, '') as blob),
    json_group_object(notes.seq, notes.time) filter (where notes.seq is not null)
"""


def events_at(places: str) -> str:
    """Return the SQL that reads the events at some positions for :func:`read`.

    ``places`` is an SQL query with the column ``seq``, or a table with this column.
    """
    return f"""
        select {EVENTS} from {places} as place
        left join log on log.seq = place.seq left join notes on notes.seq = place.seq
    """


def read(db: sqlite3.Connection, query: str, parameters: Parameters) -> Stored:
    """Return the events that a query with the columns EVENTS finds. Raises sqlite3.Error, as ``stored`` does."""
    (row,) = db.execute(query, parameters).fetchall()
    return stored(*row)


def stored(places: str, events: bytes | None, checksums: bytes | None, notes: str) -> Stored:
    """Return the events of a row with the columns EVENTS. Raises sqlite3.Error if one is missing or has changed."""
    numbers = _decode_places(places)
    lines = events.split(b"\n") if events is not None else []
    if len(lines) != len(numbers):
        raise damaged("an event that was stored is missing")
    check_lines(lines, numbers, checksums or b"")
    return Stored(numbers, lines, _decode_notes(notes))


def joined(lines: Iterable[bytes]) -> bytes:
    """Return events as one JSON array."""
    return b"[" + b",".join(lines) + b"]"
