"""Turns for long answers: a few sessions make a long answer at the same time, and the others wait in fair order.

A long answer takes much memory while it is made. A session that waits for its turn has not begun, so it holds nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Hashable, Sequence

from chatapp.server.limits.fair_queue import FairQueue
from chatapp.server.limits.key_locks import KeyLocks


class Turns:
    """At most ``most`` turns are taken at the same time, and one by each account. The queue is fair to each key."""

    __slots__ = ("_accounts", "_free", "_loop", "_waiting")

    def __init__(self, loop: asyncio.AbstractEventLoop, most: int, waiting_max: int) -> None:
        """``waiting_max``: how many may wait; beyond it the last in the order is cancelled."""
        self._loop = loop
        self._accounts = KeyLocks()
        self._free = most
        self._waiting: FairQueue[asyncio.Future[None]] = FairQueue(waiting_max)

    def __len__(self) -> int:
        """Return how many have a turn or wait for a turn."""
        return len(self._accounts)

    @contextlib.asynccontextmanager
    async def of(self, account: Hashable, address: Hashable) -> AsyncIterator[None]:
        """Wait for a turn, and have it during the ``async with`` block.

        Raises CancelledError, without a turn, if too many wait.
        """
        async with self._accounts.of(account):
            await self._take((account, address))
            try:
                yield
            finally:
                self._give_back()

    async def _take(self, keys: Sequence[Hashable]) -> None:
        if self._free:
            self._free -= 1
            return
        turn = self._loop.create_future()
        dropped = self._waiting.add(turn, keys)
        if dropped is not None:
            dropped.cancel()
        try:
            await turn
        except asyncio.CancelledError:
            self._waiting.discard(turn)
            if not turn.cancelled():  # the task was cancelled after it had got its turn
                self._give_back()
            raise

    def _give_back(self) -> None:
        """Give a turn back: the next in the queue has it."""
        while (turn := self._waiting.take()) is not None:
            if not turn.done():  # a cancelled task no longer waits
                turn.set_result(None)
                return
        self._free += 1
