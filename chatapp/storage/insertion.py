"""Inserting a batch of events into the table ``log``, in one step of SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from itertools import accumulate, count

import msgspec

from chatapp.model.events import AnyEvent, encode
from chatapp.storage.checksums import checksums_of

# Parameters: the position of the first event, the events as one blob, their checksums, and a JSON array with the place
# of each event in the blob: where it begins (from 1), shifted left by _SIZE_BITS, plus its size in bytes. If SQLite
# took a JSON array of the events apart, it would take twice as long.
_SIZE_BITS = 24
_INSERT = f"""
    insert into log (seq, event, checksum) select
        ? + key, cast(substr(?, value >> {_SIZE_BITS}, value & {(1 << _SIZE_BITS) - 1}) as text),
        substr(?, key * 4 + 1, 4)
    from json_each(?)
"""
_as_json = msgspec.json.Encoder().encode


def insert(db: sqlite3.Connection, first: int, events: Sequence[AnyEvent]) -> None:
    """Insert events, the first at the position ``first``, each with its checksum. Raises sqlite3.Error."""
    lines = [*map(encode, events)]
    sizes = [*map(len, lines)]
    begins = accumulate(sizes, initial=1)
    places = [begin << _SIZE_BITS | size for begin, size in zip(begins, sizes, strict=False)]
    db.execute(_INSERT, (first, b"".join(lines), checksums_of(lines, count(first)), _as_json(places).decode()))
