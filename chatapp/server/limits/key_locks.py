"""A lock for each key: the expensive jobs of one user run one after the other, so they do not fill the queue of all."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Hashable


class KeyLocks:
    """The locks, by key. Jobs with equal keys get the lock in the order in which they ask."""

    def __init__(self) -> None:
        self._jobs: dict[Hashable, list[asyncio.Event]] = {}  # jobs of each key; the first one has the lock

    def __len__(self) -> int:
        """Return how many jobs have a lock or wait for one."""
        return sum(map(len, self._jobs.values()))

    @contextlib.asynccontextmanager
    async def of(self, key: Hashable) -> AsyncIterator[None]:
        """Wait for the lock of ``key``, and hold it during the ``async with`` block."""
        mine = asyncio.Event()  # set when this job has the lock
        jobs = self._jobs.setdefault(key, [])
        jobs.append(mine)
        try:
            if jobs[0] is not mine:
                await mine.wait()
            yield
        finally:
            was_first = jobs[0] is mine
            jobs.remove(mine)
            if not jobs:
                del self._jobs[key]
            elif was_first:
                jobs[0].set()
