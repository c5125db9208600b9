"""The sums in the table ``listed``, which tell whether the index is as it was written.

For each table of the index, ``listed`` has the sum of the CRC-32 of all its rows, and in ``total`` the sum of these
numbers and of the position. A start compares: a changed bit, a row that is missing, and a page that was never written
give another sum. A sum needs no column in the tables, and a new row only adds to it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import NamedTuple
from zlib import crc32

from chatapp.storage.damage import damaged


class _Table(NamedTuple):
    """A table of the index: the text of which a row has the CRC-32, in SQL, and made from the row's columns in order.

    Numbers are put together first, because texts take SQLite longer. A changed bit of a number changes the result.
    """

    sql: str
    text: Callable[..., str]


_TABLES = {
    "runs": _Table(
        "stream || places || (time * 8191 + first * 4097 + last * 131 + texts * 37 + tags)",
        lambda stream, time, first, last, texts, tags, places: (
            f"{stream}{places}{time * 8191 + first * 4097 + last * 131 + texts * 37 + tags}"
        ),
    ),
    "ids": _Table("node || id || seq", lambda node, id, seq: f"{node}{id}{seq}"),
    "crossed": _Table("id || seq", lambda id, seq: f"{id}{seq}"),
    "notes": _Table(
        "seq * 8191 + coalesce(time, -1)", lambda seq, time: str(seq * 8191 + (-1 if time is None else time))
    ),
    "remarks": _Table("target || (seq * 2 + edit)", lambda target, edit, seq: f"{target}{seq * 2 + edit}"),
}
_TOTAL = " + ".join(("seq", *_TABLES))
_ADD = "update listed set {0} = {0} + :more, total = total + :more"


def sum_of(table: str, rows: Iterable[Sequence[object]]) -> int:
    """Return the sum for rows of a table."""
    text = _TABLES[table].text
    return sum(crc32(text(*row).encode()) for row in rows)


def add_to(db: sqlite3.Connection, table: str, more: int) -> None:
    """Add to the sum of a table, in the transaction that changes its rows. Raises sqlite3.Error."""
    db.execute(_ADD.format(table), {"more": more})


def check_sums(db: sqlite3.Connection) -> None:
    """Check that the tables of the index are as they were written. Raises sqlite3.Error."""
    found = db.execute(f"select {', '.join(_TABLES)}, total = {_TOTAL} from listed").fetchall()
    if len(found) != 1 or found[0][-1] != 1:
        raise damaged("the index does not say how far it goes")
    for (table, (sql, _)), expected in zip(_TABLES.items(), found[0], strict=False):
        texts = db.execute(f"select coalesce(cast({sql} as blob), x'') from {table}")
        if sum(map(crc32, map(itemgetter(0), texts))) != expected:
            raise damaged(f"rows of the index are missing, or have changed: the table {table}")
