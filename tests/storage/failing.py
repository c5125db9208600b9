"""Writers that fail when they are told to, as a full disk or a bug makes them."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from chatapp.model.events import AnyEvent
from chatapp.storage import opening
from chatapp.storage.log import Committed
from chatapp.storage.writer import Writer

if TYPE_CHECKING:
    import pytest

Write = tuple[Committed, bool]
Failures = type["FailingWriter"]


class FailingWriter(Writer):
    """Raises an error instead of doing its work, while one is set; ``listing`` is cleared to hold up a listing."""

    error: BaseException | None = None  # of storing
    listing_error: BaseException | None = None
    snapshot_error: BaseException | None = None
    erasure_error: BaseException | None = None
    listings = 0  # how many were tried
    may_list = threading.Event()

    def write(self, events: Sequence[AnyEvent], freed: Sequence[int]) -> Write:
        """See Writer."""
        if self.error is not None and (events or freed):
            raise self.error
        return super().write(events, freed)

    def update_index(self, events: Sequence[AnyEvent | None], notes: Mapping[int, AnyEvent | None]) -> None:
        """See Writer."""
        assert self.may_list.wait(30)
        type(self).listings += 1
        if self.listing_error is not None:
            raise self.listing_error
        super().update_index(events, notes)

    def erase(self, places: Sequence[int]) -> None:
        """See Writer."""
        if self.erasure_error is not None:
            raise self.erasure_error
        super().erase(places)

    def save_snapshot(self, seq: int, state: bytes) -> None:
        """See Writer."""
        if self.snapshot_error is not None:
            raise self.snapshot_error
        super().save_snapshot(seq, state)


def failing_logs(monkeypatch: pytest.MonkeyPatch) -> Failures:
    """Make logs opened from now on use a writer that fails when told; return that, to be told."""

    class Failing(FailingWriter):
        may_list = threading.Event()

    Failing.may_list.set()
    monkeypatch.setattr(opening, "Writer", Failing)
    return Failing


def sqlite_error(code: int) -> sqlite3.OperationalError:
    """Make an error as SQLite reports it."""
    error = sqlite3.OperationalError("what SQLite says")
    error.sqlite_errorcode = code
    return error


FULL = sqlite_error(sqlite3.SQLITE_FULL)
