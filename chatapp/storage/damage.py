"""Finding damage to the log's file, and the error for it.

SQLite notices few kinds of damage by itself. If a page has lost a row, or two pages were exchanged, SQLite reads the
table without the lost rows. So this program checks that every row is there that the index or the numbering of the
events promises. A missing row raises :func:`damaged`; no query gives an incomplete answer. Nor does it notice a bit
that has changed in a row: ``checksums.py`` finds this in events, and ``start_check.py`` in the index.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from operator import ge
from typing import TypeVar

_Error = TypeVar("_Error", bound=sqlite3.DatabaseError)


def damaged(what: str) -> sqlite3.DatabaseError:
    """Return an error for damage that SQLite does not notice; it is like SQLite's own error for a damaged file."""
    return _marked(sqlite3.DatabaseError(what))


class ChangedEventError(sqlite3.DatabaseError):
    """An event has changed in the log's file: a file that is made from the log is not damaged."""


def changed_event() -> ChangedEventError:
    """Return an error as :func:`damaged`, for an event that is not as it was stored."""
    return _marked(ChangedEventError("an event has changed in the file"))


def _marked(error: _Error) -> _Error:
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def check_times(times: Sequence[int]) -> None:
    """Check that the times (ms) of a stream's messages, in the order of their positions, ascend. Raises sqlite3.Error.

    No two messages of a stream have the same time (``model/state.py``, "Time"), so a time is enough to page by.
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
