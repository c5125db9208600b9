"""The event log as the rest of the program sees it.

A log reports events in two ways. The callback of :meth:`EventLog.start` gets each event once, after it is on disk, in
log order; :meth:`EventLog.read` returns the same events again, after a restart. This interface does not say where the
log is, nor who else adds events to it.

The log stores each event as proposed; only :meth:`EventLog.erase` changes it later. The history (``history.py``) stores
the results of applying the events: times, refusals, and snapshots of the state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

import msgspec

from chatapp.errors import LogUnavailableError
from chatapp.model.events import AnyEvent


class LogDiedError(RuntimeError):
    """A bug ended the log's thread: the log stores nothing more until it is opened again."""


class Record(msgspec.Struct, frozen=True, gc=False):
    """An event and its position ``seq`` in the log. Positions count from 1 and have no gaps."""

    seq: int
    event: AnyEvent


class Repeat(msgspec.Struct, frozen=True, gc=False):
    """An event that was not stored, because ``first`` (as applied) has the same key or id."""

    event: AnyEvent
    first: Record


Committed = list[Record | Repeat]
OnCommitted = Callable[[Committed], None]
OnFailed = Callable[[Sequence[AnyEvent], LogUnavailableError], None]


class ErasureWatcher(Protocol):
    """Keeps words of the log's messages elsewhere, and must lose those of erased messages."""

    def will_erase(self, positions: Sequence[int]) -> None:
        """Note that the messages at these positions are about to be erased. The event loop calls this."""

    def erased(self, positions: Sequence[int]) -> None:
        """Erase the messages at these positions too: the log has erased them. The event loop calls this."""

    @property
    def holds_erased(self) -> bool:
        """Whether words of an erased message may be left. Any thread may ask."""


class EventLog(Protocol):
    """Stores events in one order. Call all methods on the event loop's thread."""

    last_seq: int
    """Position of the last event given to ``on_committed``; before :meth:`start`, of the last event stored."""

    last_id: str
    """Greatest event id that was stored when the log was opened; empty if the log was empty."""

    def start(self, on_committed: OnCommitted, on_failed: OnFailed) -> None:
        """Begin to store events. The log calls both functions on the running event loop, in log order.

        ``on_committed`` gets what is on disk; ``on_failed`` gets events of which none was stored, and the reason.
        """

    @property
    def room(self) -> int:
        """How many events :meth:`propose` takes now."""

    def propose(self, *events: AnyEvent) -> None:
        """Queue the events to be stored soon, in this order.

        Raises LogUnavailableError, and takes none of the events, when there are more than :attr:`room`, or when the log
        is closing or broken.
        """

    def read(self, after: int) -> Iterator[Sequence[Record]]:
        """Return all events after position ``after``, as proposed, in order, without gaps.

        Raises DataError when they cannot be read.
        """

    def erase(self, messages: Mapping[int, str]) -> None:
        """Erase the text and tags of messages, and of all remarks about them (``model/remarks.py``), for good.

        ``messages`` has the msgid of each message by its position. Every answer is without them at once, and soon no
        file holds them. All other fields stay, so that a replay gives the same state. Positions of events other than
        messages, and of messages that are erased already, are ignored. If the process dies before the log has erased
        them, the replay at the next start asks again. So after an erasure has failed, no snapshot is saved until it
        succeeds.
        """

    async def close(self) -> None:
        """Store the queued events, then end. Events that cannot be stored are given to ``on_failed``."""
