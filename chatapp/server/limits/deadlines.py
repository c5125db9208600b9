"""Pure: who has to have done something by when, and how many may be waiting at once."""

from __future__ import annotations

import itertools
from collections.abc import Hashable
from typing import Generic, TypeVar

Waiter = TypeVar("Waiter", bound=Hashable)


class Deadlines(Generic[Waiter]):
    """Waiters that all have the same time, ``wait_s``, from when they were added; at most ``size`` of them.

    Adding, forgetting and looking cost the same however many there are.
    """

    __slots__ = ("_due", "_size", "_wait_s")

    def __init__(self, wait_s: float, size: int) -> None:
        self._wait_s = wait_s
        self._size = size
        self._due: dict[Waiter, float] = {}  # in the order of their times

    def __len__(self) -> int:
        return len(self._due)

    def __contains__(self, waiter: Waiter) -> bool:
        return waiter in self._due

    def add(self, waiter: Waiter, now: float) -> Waiter | None:
        """Begin a waiter's time at ``now`` (seconds); returns the one that has to go to make room, if any."""
        self._due.pop(waiter, None)
        self._due[waiter] = now + self._wait_s
        if len(self._due) <= self._size:
            return None
        oldest = next(iter(self._due))
        del self._due[oldest]
        return oldest

    def forget(self, waiter: Waiter) -> None:
        """End a waiter's time; nothing happens if it has none."""
        self._due.pop(waiter, None)

    def oldest(self, count: int) -> list[Waiter]:
        """Take out those who have waited longest, so many of them."""
        oldest = list(itertools.islice(self._due, count))
        for waiter in oldest:
            del self._due[waiter]
        return oldest

    def late(self, now: float, most: int | None = None) -> list[Waiter]:
        """Take out all whose time is over, or ``most`` of them."""
        late = []
        for waiter, due in itertools.islice(self._due.items(), most):
            if due > now:
                break
            late.append(waiter)
        for waiter in late:
            del self._due[waiter]
        return late
