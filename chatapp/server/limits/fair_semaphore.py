"""A fair semaphore: a few sessions make a long answer at the same time, and the others wait in fair order.

A long answer takes much memory while it is made. A session that waits has not begun, so it takes none.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Hashable, Sequence

from chatapp.server.limits.fair_queue import FairQueue
from chatapp.server.limits.key_locks import KeyLocks


class FairSemaphore:
    """At most ``most`` tasks hold it at the same time, and one of each account. The queue is fair to each key."""

    __slots__ = ("_accounts", "_free", "_loop", "_waiting")

    def __init__(self, loop: asyncio.AbstractEventLoop, most: int, waiting_max: int) -> None:
        """``waiting_max``: how many may wait; beyond it the last in the order is cancelled."""
        self._loop = loop
        self._accounts = KeyLocks()
        self._free = most
        self._waiting: FairQueue[asyncio.Future[None]] = FairQueue(waiting_max)

    def __len__(self) -> int:
        """Return how many tasks hold the semaphore or wait for it."""
        return len(self._accounts)

    @contextlib.asynccontextmanager
    async def of(self, account: Hashable, address: Hashable) -> AsyncIterator[None]:
        """Wait for the semaphore, and hold it during the ``async with`` block.

        Raises CancelledError, without the semaphore, if too many wait.
        """
        async with self._accounts.of(account):
            await self._acquire((account, address))
            try:
                yield
            finally:
                self._release()

    async def _acquire(self, keys: Sequence[Hashable]) -> None:
        if self._free:
            self._free -= 1
            return
        acquired = self._loop.create_future()
        dropped = self._waiting.add(acquired, keys)
        if dropped is not None:
            dropped.cancel()
        try:
            await acquired
        except asyncio.CancelledError:
            self._waiting.discard(acquired)
            if not acquired.cancelled():  # the task was cancelled after it had got the semaphore
                self._release()
            raise

    def _release(self) -> None:
        """Give the semaphore to the next in the queue."""
        while (acquired := self._waiting.take()) is not None:
            if not acquired.done():  # a cancelled task no longer waits
                acquired.set_result(None)
                return
        self._free += 1
