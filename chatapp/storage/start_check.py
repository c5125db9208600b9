"""Checks the index of the log, before a server uses it."""

from __future__ import annotations

import sqlite3

from chatapp.storage.damage import damaged
from chatapp.storage.sums import check_sums

# Each start checks the tables of the index whole, because no query would notice that one of their rows is missing. They
# are small beside the log: for a million messages it takes 60 to 330 ms, depending on how many rows they have.
_TABLES = ("runs", "ids", "crossed", "notes", "remarks", "erasing", "listed", "snapshot")
# What the rows must be of the tables that have no sum: SQLite reads a page of another table without complaint. `:last`
# is the position of the last event.
_FORMS = {
    "erasing": "seq between 0 and :last",
    "listed": "typeof(seq) = 'integer' and seq between 0 and :last",
    "snapshot": "typeof(checksum) = 'integer' and typeof(state) = 'blob' and seq between 0 and :last",
}


def check_start(db: sqlite3.Connection) -> None:
    """Check the index, and after a crash the pages of the log. Raises sqlite3.Error.

    The index promises the events up to the position in ``listed``; after a regular stop this is the last event. After a
    crash nothing promises the last events, so all pages of the log are checked (about 0.4 s for a million messages).
    """
    ((last,),) = db.execute("select coalesce(max(seq), 0) from log").fetchall()
    for table in _TABLES:
        _check_pages(db, table, "integrity_check")  # unlike quick_check, it also checks the order of rows
    for table, form in _FORMS.items():
        ((wrong,),) = db.execute(f"select count(*) from {table} where not ({form})", {"last": last}).fetchall()
        if wrong:
            raise damaged(f"the table {table} has rows that are wrong, or that are of events that are missing")
    check_sums(db)
    ends = db.execute("select max(seq) from listed union all select max(seq) from snapshot").fetchall()
    if any(end != last for (end,) in ends):
        _check_pages(db, "log", "quick_check")


def _check_pages(db: sqlite3.Connection, table: str, check: str) -> None:
    ((words,),) = db.execute(f"pragma {check}({table})").fetchmany(1)
    if words != "ok":  # SQLite's own text would not help an administrator
        raise damaged(f"pages of the table {table} are not whole")
