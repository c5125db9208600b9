"""Pure: a bounded table with the end of each key, soonest first."""

from __future__ import annotations

import heapq
from collections.abc import Collection
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=str)
OUTDATED_MAX = 64  # replaced ends that the heap may hold, besides one for each key


class Ends(Generic[Key]):
    """The end of each key (ms). A key may get another end at any time.

    An end that is replaced stays in the heap until it is due, or until the heap is twice as large as the table.
    """

    __slots__ = ("_ends", "_heap")

    def __init__(self) -> None:
        self._ends: dict[Key, int] = {}
        self._heap: list[tuple[int, Key]] = []

    def __len__(self) -> int:
        """Return how many entries the heap has: at least one for each key."""
        return len(self._heap)

    def set(self, key: Key, end: int) -> None:
        """Set when a key ends (ms); 0: it does not end any more."""
        if self._ends.get(key, 0) == end:
            return
        if not end:
            del self._ends[key]
            return
        self._ends[key] = end
        heapq.heappush(self._heap, (end, key))
        if len(self._heap) > 2 * len(self._ends) + OUTDATED_MAX:
            self._sort()

    def keep(self, keys: Collection[Key]) -> None:
        """Forget all other keys, if they have become many."""
        if len(self._ends) > 2 * len(keys) + OUTDATED_MAX:
            self._ends = {key: end for key, end in self._ends.items() if key in keys}
            self._sort()

    def _sort(self) -> None:
        self._heap = [(end, key) for key, end in self._ends.items()]
        heapq.heapify(self._heap)

    def due(self, now: int, most: int) -> list[Key]:
        """Remove and return the keys that have ended at ``now`` (ms), the first to end first: at most ``most``."""
        found: list[Key] = []
        while self._heap and self._heap[0][0] <= now and len(found) < most:
            end, key = heapq.heappop(self._heap)
            if self._ends.get(key) == end:
                del self._ends[key]
                found.append(key)
        return found
