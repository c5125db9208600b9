"""The checksum of each event of the log, and reading events with it: no event is used whose bits have changed.

The checksum is a CRC-32 that begins with the event's position, so that an event in another place is noticed as well. A
query returns all its events as one row, and they are checked in C: a function of Python inside SQL would wait for the
GIL for each event.
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
    """Events as they are stored, in the order of the query, with the notes about them."""

    places: list[int]
    lines: list[bytes]  # each event as proposed, as JSON
    notes: dict[int, int | None]  # by position: the time at which the event was applied, or None if it was refused


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


# The columns of a query from which `stored` makes events. No event has a newline, because JSON escapes it.
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
    """Return the events that a query of :func:`events_at` finds. Raises sqlite3.Error, also if one is missing."""
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
