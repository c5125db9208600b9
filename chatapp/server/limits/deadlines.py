"""Pure: deadlines of connections and sessions, in a table of bounded size."""

from __future__ import annotations

import itertools
from collections.abc import Hashable
from typing import Generic, TypeVar

Waiter = TypeVar("Waiter", bound=Hashable)


class Deadlines(Generic[Waiter]):
    """A table of at most ``size`` waiters, each of which is late ``wait_s`` seconds after it was added.

    Adding or forgetting a waiter takes constant time, and so does :meth:`late` for each waiter that it returns.
    """

    __slots__ = ("_due", "_size", "_wait_s")

    def __init__(self, wait_s: float, size: int) -> None:
        self._wait_s = wait_s
        self._size = size
        self._due: dict[Waiter, float] = {}  # waiter -> its deadline, earliest first

    def __len__(self) -> int:
        return len(self._due)

    def __contains__(self, waiter: Waiter) -> bool:
        return waiter in self._due

    def add(self, waiter: Waiter, now: float) -> Waiter | None:
        """Add a waiter, or start its time again, at ``now`` (seconds).

        Return the oldest waiter if it was removed because the table was full, or ``None``.
        """
        self._due.pop(waiter, None)
        self._due[waiter] = now + self._wait_s
        if len(self._due) <= self._size:
            return None
        oldest = next(iter(self._due))
        del self._due[oldest]
        return oldest

    def forget(self, waiter: Waiter) -> None:
        """Remove a waiter, if it is in the table."""
        self._due.pop(waiter, None)

    def oldest(self, count: int) -> list[Waiter]:
        """Remove and return the ``count`` waiters that have waited longest."""
        oldest = list(itertools.islice(self._due, count))
        for waiter in oldest:
            del self._due[waiter]
        return oldest

    def late(self, now: float, most: int | None = None) -> list[Waiter]:
        """Remove and return the waiters that are late at ``now``: at most ``most`` of them, or all."""
        late = []
        for waiter, due in itertools.islice(self._due.items(), most):
            if due > now:
                break
            late.append(waiter)
        for waiter in late:
            del self._due[waiter]
        return late
