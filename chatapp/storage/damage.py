"""Finding damage to the log's file, and the error for it.

SQLite notices few kinds of damage by itself. If a page has lost a row, or two pages were exchanged, SQLite reads the
table without the lost rows. So this program checks that every row is there that the index or the numbering of the
events promises. A missing row raises :func:`damaged`; no query gives an incomplete answer.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from operator import ge

# The tables of the index, each with the condition that all its rows must meet: SQLite reads a page of another table
# without complaint. Each start checks these tables whole, because no query would notice that one of their rows is
# missing. They are small beside the log: for a million messages it takes about 30 ms. `:last` is the position of the
# last event.
_INDEX_ROWS = {
    "runs": """
        typeof(stream) = 'text' and typeof(time) = 'integer' and typeof(first) = 'integer' and typeof(last) = 'integer'
        and first between 1 and last and last <= :last and typeof(texts) = 'integer' and typeof(tags) = 'integer'
        and typeof(places) = 'text'
    """,
    "ids": """
        typeof(node) = 'text' and length(node) in (0, 2) and typeof(id) = 'text' and typeof(seq) = 'integer'
        and (length(id) = 16 and seq between 1 and :last or (node || id) = 'g' and seq between 1 and :last + 1)
    """,
    "crossed": "typeof(id) = 'text' and length(id) = 16 and typeof(seq) = 'integer' and seq between 1 and :last",
    "notes": "typeof(time) in ('integer', 'null') and seq between 1 and :last",
    "remarks": "typeof(target) = 'text' and edit in (0, 1) and typeof(seq) = 'integer' and seq between 1 and :last",
    "erasing": "seq between 0 and :last",
    "listed": "typeof(seq) = 'integer' and seq between 0 and :last",
    "snapshot": "typeof(checksum) = 'integer' and typeof(state) = 'blob' and seq between 0 and :last",
}


def damaged(what: str) -> sqlite3.DatabaseError:
    """Return an error for damage that SQLite does not notice; it is like SQLite's own error for a damaged file."""
    error = sqlite3.DatabaseError(what)
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def check_start(db: sqlite3.Connection) -> None:
    """Check the index, and after a crash the pages of the log. Raises sqlite3.Error.

    The index promises the events up to the position in ``listed``; after a regular stop this is the last event. After a
    crash nothing promises the last events, so all pages of the log are checked (about 0.4 s for a million messages).
    """
    ((last,),) = db.execute("select coalesce(max(seq), 0) from log").fetchall()
    for table, form in _INDEX_ROWS.items():
        _check_pages(db, table, "integrity_check")  # unlike quick_check, it also checks the order of rows
        ((wrong,),) = db.execute(f"select count(*) from {table} where not ({form})", {"last": last}).fetchall()
        if wrong:
            raise damaged(f"the table {table} has rows that are wrong, or that are of events that are missing")
    if db.execute("select count(*) from listed").fetchall() != [(1,)]:
        raise damaged("the index does not say how far it goes")
    counted = """
        (select coalesce(sum(texts + tags), 0) from runs), (select count(*) from ids), (select count(*) from remarks)
    """
    if db.execute(f"select (messages, ids, remarks) = ({counted}) from listed").fetchall() != [(1,)]:
        raise damaged("rows of the index are missing")
    ends = db.execute("select max(seq) from listed union all select max(seq) from snapshot").fetchall()
    if any(end != last for (end,) in ends):
        _check_pages(db, "log", "quick_check")


def _check_pages(db: sqlite3.Connection, table: str, check: str) -> None:
    ((words,),) = db.execute(f"pragma {check}({table})").fetchmany(1)
    if words != "ok":  # SQLite's own text would not help an administrator
        raise damaged(f"pages of the table {table} are not whole")


def check_times(times: Sequence[int]) -> None:
    """Check that the times (ms) of a stream's messages, in the order of their positions, ascend. Raises sqlite3.Error.

    "Within a stream no two messages share a time" (DESIGN section 4), so that a time is enough to page by.
    """
    if any(map(ge, times, times[1:])):
        raise damaged("the time of a message is wrong")


def check_places(places: Sequence[object], first: int, last: int) -> None:
    """Check that ``places`` are all positions from ``first`` to ``last``, in order. Raises sqlite3.Error."""
    for expected, found in enumerate(places, first):
        if found != expected:
            raise damaged(f"events are missing after number {expected - 1}")
    if len(places) != last - first + 1:
        raise damaged(f"events are missing after number {first + len(places) - 1}")
