"""Round robin for long work: one piece in each turn of the event loop, so that messages are delivered in between."""

from __future__ import annotations

import asyncio
from collections import deque


class RoundRobin:
    """Resumes one waiting task in each turn of the event loop, in the order in which the tasks began to wait.

    The queue is bounded: each session has at most one waiting task, and so does each connection without a session.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def wait(self) -> None:
        """Wait for a turn of the event loop that no other long work uses.

        Other tasks run meanwhile: the caller must read the state again after the wait.
        """
        turn = self._loop.create_future()
        if not self._waiting:
            self._loop.call_soon(self._next)
        self._waiting.append(turn)
        await turn

    def _next(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():  # a cancelled task no longer waits
                turn.set_result(None)
                break
        if self._waiting:
            self._loop.call_soon(self._next)
