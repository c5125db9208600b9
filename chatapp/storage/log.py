"""The event log as the rest of the program sees it.

Two ways lead out of a log: :meth:`EventLog.start` tells each event once, after it is on disk, in log order; and
:meth:`EventLog.read` tells the same again, after a restart. Nothing here says where the log is, nor who else adds
to it.

What is stored is what was proposed, and stays so. Applying an event may find that it belongs at a later time or to
another stream, or that it is refused after all; :meth:`EventLog.place` notes that beside the event, for the history.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import msgspec

from chatapp.errors import LogUnavailableError
from chatapp.model.events import AnyEvent


class LogDiedError(RuntimeError):
    """A bug ended the log's work; nothing is stored any more, and it must be opened anew."""


class Record(msgspec.Struct, frozen=True, gc=False):
    """An event in its place in the log. Places count from 1 and have no gaps."""

    seq: int
    event: AnyEvent


class Repeat(msgspec.Struct, frozen=True, gc=False):
    """An event that was not stored, because one with the same key (or the same id) is: ``first``, as applied."""

    event: AnyEvent
    first: Record


Committed = list[Record | Repeat]
OnCommitted = Callable[[Committed], None]
OnFailed = Callable[[Sequence[AnyEvent], LogUnavailableError], None]


class EventLog(Protocol):
    """Where events are kept, in one order. All methods are called on the event loop's thread."""

    last_seq: int
    """Place of the last event that was handed over (or, before :meth:`start`, of the last one stored)."""

    last_id: str
    """Greatest event id that was stored when the log was opened; empty when there was none."""

    def start(self, on_committed: OnCommitted, on_failed: OnFailed) -> None:
        """Begin to store; both functions are called on the running event loop, in log order.

        ``on_committed`` gets what is on disk, ``on_failed`` the events of which nothing was stored, and why.
        """

    @property
    def room(self) -> int:
        """How many events :meth:`propose` takes now."""

    def propose(self, *events: AnyEvent) -> None:
        """Store the events soon, in their order.

        Raises LogUnavailableError, and takes none of them, when too much waits for all of them, and when the log is
        closing or broken.
        """

    def place(self, seq: int, event: AnyEvent | None) -> None:
        """Note what applying made of a stored event, where that differs from the event as proposed.

        ``event`` is the event as applied (its time and stream count); ``None`` when it was refused: then it is not
        history, and its key is free again. Call it again with the same when a replay comes to the same.
        """

    def read(self, after: int) -> Iterator[Sequence[Record]]:
        """Tell all events after place ``after`` as they were proposed, in order, without gaps.

        Raises DataError when they cannot be read.
        """

    def erase(self, positions: Sequence[int]) -> None:
        """Erase what the messages at these positions say, for good and soon: no file holds it any more then.

        Their text and tags are gone from every answer at once; all else of them stays, so that a replay comes to the
        same state. Positions of other events are left as they are.
        """

    def save_snapshot(self, seq: int, state: bytes) -> None:
        """Keep ``state``, which holds all events up to ``seq``, soon; never before all earlier notes are on disk."""

    def load_snapshot(self) -> tuple[int, bytes] | None:
        """Fetch the last snapshot that is whole: its place, and the state. Raises DataError."""

    async def close(self) -> None:
        """Store what waits, then end; what cannot be stored is handed to ``on_failed``."""
