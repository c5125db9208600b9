"""Pure: a fair queue, in which each key gets its share, however many items other keys add.

Start-time fair queuing: each new item gets a tag. The tag is one more than the greatest of its keys' tags and the tag
of the last item taken. The item with the smallest tag is taken next. So an item whose keys have no other item in the
queue waits for at most two items of each other key.

Source: Goyal, Vin, Cheng, "Start-time Fair Queuing" (1996), with one flow for each key of an item.
"""

from __future__ import annotations

import bisect
from collections.abc import Hashable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item", bound=Hashable)


class _Flow:
    """One key in the queue: how many items it has there, and the greatest of their tags."""

    __slots__ = ("items", "tag")

    def __init__(self) -> None:
        self.items = 0
        self.tag = 0


class FairQueue(Generic[Item]):
    """A queue of at most ``size`` items in fair order."""

    __slots__ = ("_added", "_flows", "_order", "_place", "_served", "_size")

    def __init__(self, size: int) -> None:
        self._size = size
        self._added = 0
        self._served = 0  # tag of the last item taken
        self._order: list[tuple[int, int, Item]] = []  # (tag, number, item), sorted
        self._place: dict[Item, tuple[int, int, Sequence[Hashable]]] = {}  # (tag, number, keys)
        self._flows: dict[Hashable, _Flow] = {}  # only of keys that have items in the queue

    def __len__(self) -> int:
        return len(self._order)

    def add(self, item: Item, keys: Sequence[Hashable]) -> Item | None:
        """Add an item under its keys. Return the item that was dropped because the queue was full, or ``None``.

        The last item in the order is dropped, even if one of its keys has no other item in the queue.
        """
        assert item not in self._place
        flows = [self._flows.setdefault(key, _Flow()) for key in keys]
        tag = max(self._served, *(flow.tag for flow in flows)) + 1
        self._added += 1
        bisect.insort(self._order, (tag, self._added, item), key=_order_of)
        self._place[item] = (tag, self._added, keys)
        for flow in flows:
            flow.tag = tag
            flow.items += 1
        if len(self._order) <= self._size:
            return None
        last = self._order[-1][2]
        self.discard(last)
        return last

    def take(self) -> Item | None:
        """Remove and return the next item; ``None`` if the queue is empty."""
        if not self._order:
            return None
        tag, _, item = self._order[0]
        self._served = tag
        self.discard(item)
        return item

    def discard(self, item: Item) -> None:
        """Remove an item, if it is in the queue."""
        place = self._place.pop(item, None)
        if place is None:
            return
        tag, number, keys = place
        del self._order[bisect.bisect_left(self._order, (tag, number), key=_order_of)]
        for key in keys:
            self._flows[key].items -= 1
            if not self._flows[key].items:
                del self._flows[key]

    def ahead(self, item: Item) -> int:
        """Return how many items come before ``item``, which must be in the queue."""
        tag, number, _ = self._place[item]
        return bisect.bisect_left(self._order, (tag, number), key=_order_of)


def _order_of(entry: tuple[int, int, object]) -> tuple[int, int]:
    return entry[0], entry[1]
