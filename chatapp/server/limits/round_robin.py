"""Hard work in small pieces, one in each turn of the event loop, so that talk goes on in between."""

from __future__ import annotations

import asyncio
from collections import deque


class RoundRobin:
    """Lets those who wait go on one at a time, in the order in which they came.

    One who waits is a task of a session, which has one at most, or of a connection that begins.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def wait(self) -> None:
        """Wait for a turn of the loop in which nothing else is done that is hard. Look everything up anew after it."""
        turn = self._loop.create_future()
        if not self._waiting:
            self._loop.call_soon(self._next)
        self._waiting.append(turn)
        await turn

    def _next(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():  # it may have been given up
                turn.set_result(None)
                break
        if self._waiting:
            self._loop.call_soon(self._next)
