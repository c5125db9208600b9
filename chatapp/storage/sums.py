"""The sums in the table ``listed``, which tell whether the index is as it was written.

For each table of the index, ``listed`` has a sum over all its rows, and in ``total`` the sum of these numbers and of
the position. A start compares: a changed bit, a row that is missing, and a page that was never written give another
sum. A sum needs no column in the tables, and a new row only adds to it.

The sums of most tables add up the CRC-32 of each row. The table ``runs`` is by far the largest, and Python would take
long for its rows, so it has two sums that need few steps of Python: SQLite adds up the numbers in the rows, and
``zlib.adler32`` adds up the bytes of all ``places``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple
from zlib import adler32, crc32

from chatapp.storage.damage import damaged

PART_ROWS = 32_768  # rows that a start reads at once: about 8 MB of the largest table
_CRC = 1 << 32
_PRIME = 4_294_967_291  # the greatest below 2**32: a changed bit of a number changes the remainder
_ADLER = 65_521  # the lower half of an Adler-32 is the sum of the bytes and 1, modulo this. Spec: RFC 1950, section 9

# The number of a run. SQLite adds up the numbers of each stream; the sum is weighted with the CRC-32 of the stream.
_NUMBER = f"(time * 8191 + first * 4097 + last * 131 + texts * 37 + tags * 17) % {_PRIME}"
_NUMBERS = f"""
    select cast(group_concat(stream || ' ' || number, char(10)) as blob)
    from (select stream, sum({_NUMBER}) as number from runs group by stream)
"""
_RUN_KEY = "stream, time, first"


class _Sum(NamedTuple):
    """A sum: its table, what a row (its columns in order) adds, and how to read it from the table. All is modulo
    ``modulus``.
    """

    table: str
    of: Callable[..., int]
    read: Callable[[sqlite3.Connection], int]
    modulus: int = _CRC


def sum_of(name: str, rows: Iterable[Sequence[object]]) -> int:
    """Return what rows of a table add to the sum ``name``."""
    of = _SUMS[name].of
    return sum(of(*row) for row in rows)


def add_to(db: sqlite3.Connection, name: str, more: int) -> None:
    """Add to a sum, in the transaction that changes the rows. Raises sqlite3.Error."""
    db.execute(f"update listed set {name} = {name} + :more, total = total + :more", {"more": more})


def check_sums(db: sqlite3.Connection) -> None:
    """Check that the tables of the index are as they were written. Raises sqlite3.Error.

    ``integrity_check`` must have passed: it checks that the rows of each table are in order.
    """
    found = db.execute(f"select {', '.join(_SUMS)}, total = {TOTAL} from listed").fetchall()
    if len(found) != 1 or found[0][-1] != 1:
        raise damaged("the index does not say how far it goes")
    for each, expected in zip(_SUMS.values(), found[0], strict=False):
        if not isinstance(expected, int) or (each.read(db) - expected) % each.modulus:
            raise damaged(f"rows of the index are missing, or have changed: the table {each.table}")


def _run_number(stream: str, time: int, first: int, last: int, texts: int, tags: int, _places: str) -> int:
    number = (time * 8191 + first * 4097 + last * 131 + texts * 37 + tags * 17) % _PRIME
    return _weight(stream.encode()) * number % _CRC


def _weight(stream: bytes) -> int:
    return crc32(stream) | 1  # an odd weight loses no bit of a number


def _read_numbers(db: sqlite3.Connection) -> int:
    ((text,),) = db.execute(_NUMBERS).fetchall()
    total = 0
    for line in text.split(b"\n") if text is not None else ():
        stream, _, number = line.rpartition(b" ")
        if not number.isdigit():
            raise damaged("a row of the table runs has no numbers")
        total += _weight(stream) * int(number)
    return total


def _run_places(*columns: object) -> int:
    return _bytes_of(str(columns[-1]).encode())


def _bytes_of(text: bytes) -> int:
    return (adler32(text) & 0xFFFF) - 1


def _read_places(db: sqlite3.Connection) -> int:
    return sum(_bytes_of(text) for _, text in _parts(db, "runs", _RUN_KEY, "places", ""))


def _crc_sum(table: str, key: str, sql: str, text: Callable[..., str]) -> _Sum:
    """Return the sum of the CRC-32 of a table's rows; ``key`` is the primary key.

    The text of a row is made by ``sql``, and by ``text`` from its columns. It puts numbers together first, because
    texts take SQLite longer; a changed bit of a number changes the result.
    """
    return _Sum(table, lambda *row: crc32(text(*row).encode()), partial(_read_crcs, table=table, key=key, sql=sql))


def _read_crcs(db: sqlite3.Connection, table: str, key: str, sql: str) -> int:
    total = 0
    for count, texts in _parts(db, table, key, sql, "char(10)"):
        lines = texts.split(b"\n")
        total += sum(map(crc32, lines)) if len(lines) == count else -1
    return total


def _parts(db: sqlite3.Connection, table: str, key: str, sql: str, between: str) -> Iterator[tuple[int, bytes]]:
    """Yield the texts of a table's rows, up to PART_ROWS together: the number of rows, and the texts as one.

    ``key`` is the primary key; ``between`` is SQL for what is put between two texts, empty for nothing. Each part is
    one step of SQLite, because after a step the thread must wait for the GIL.
    """
    marks = ", ".join("?" * (key.count(",") + 1))
    begin: tuple[object, ...] = ()  # the key after which the part begins
    while True:
        rows = f"{table} where ({key}) > ({marks}) order by {key}" if begin else f"{table} order by {key}"
        part = f"select coalesce({sql}, '') as text from {rows} limit {PART_ROWS}"
        joined = f"cast(group_concat(text, {between or chr(39) * 2}) as blob)"
        ((count, texts),) = db.execute(f"select count(*), {joined} from ({part})", begin).fetchall()
        if count:
            yield count, texts
        ends = db.execute(f"select {key} from {rows} limit 1 offset {PART_ROWS - 1}", begin).fetchall()
        if not ends:
            return
        (begin,) = ends


_SUMS = {
    "runs": _Sum("runs", _run_number, _read_numbers),
    "places": _Sum("runs", _run_places, _read_places, _ADLER),
    "ids": _crc_sum("ids", "node, id", "node || id || seq", lambda node, id, seq: f"{node}{id}{seq}"),
    "crossed": _crc_sum("crossed", "id", "id || seq", lambda id, seq: f"{id}{seq}"),
    "notes": _crc_sum(
        "notes",
        "seq",
        "seq * 8191 + coalesce(time, -1)",
        lambda seq, time: str(seq * 8191 + (-1 if time is None else time)),
    ),
    "remarks": _crc_sum(
        "remarks",
        "target, edit, seq",
        "target || (seq * 2 + edit)",
        lambda target, edit, seq: f"{target}{seq * 2 + edit}",
    ),
}
TOTAL = " + ".join(("seq", *_SUMS))  # what ``total`` is
