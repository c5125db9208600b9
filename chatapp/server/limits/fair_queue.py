"""Pure: a queue in which each key gets its fair share, whatever other keys put in.

Start-time fair queuing: an item gets a tag, one more than the greatest tag among its keys (or than the tag served last,
if that is greater), and the item with the smallest tag is next. So an item whose keys have nothing else in the queue
waits for one item of each other key at most, however many those have.

Source: Goyal, Vin, Cheng, "Start-time Fair Queuing" (1996), with one flow for each key of an item.
"""

from __future__ import annotations

import bisect
from collections.abc import Hashable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item", bound=Hashable)


class _Flow:
    """The items of one key: how many are here, and the greatest tag that one of them got."""

    __slots__ = ("items", "tag")

    def __init__(self) -> None:
        self.items = 0
        self.tag = 0


class FairQueue(Generic[Item]):
    """Items in fair order, ``size`` of them at most."""

    __slots__ = ("_added", "_flows", "_order", "_place", "_served", "_size")

    def __init__(self, size: int) -> None:
        self._size = size
        self._added = 0
        self._served = 0  # tag of the last item taken
        self._order: list[tuple[int, int, Item]] = []  # (tag, number, item), sorted
        self._place: dict[Item, tuple[int, int, Sequence[Hashable]]] = {}  # (tag, number, keys)
        self._flows: dict[Hashable, _Flow] = {}  # of the keys that have items here

    def __len__(self) -> int:
        return len(self._order)

    def add(self, item: Item, keys: Sequence[Hashable]) -> Item | None:
        """Add an item under its keys; return the item that has to leave when there are too many, or ``None``.

        The item that leaves is the last in the order, so one of the keys that have most in the queue.
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
        """Take the next item; ``None`` when there is none."""
        if not self._order:
            return None
        tag, _, item = self._order[0]
        self._served = tag
        self.discard(item)
        return item

    def discard(self, item: Item) -> None:
        """Remove an item, if it is here."""
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
        """Count the items before this one, which is here."""
        tag, number, _ = self._place[item]
        return bisect.bisect_left(self._order, (tag, number), key=_order_of)


def _order_of(entry: tuple[int, int, object]) -> tuple[int, int]:
    return entry[0], entry[1]
