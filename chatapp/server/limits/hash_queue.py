"""Who may hash a password next: fair turns by account and by address, for as many at once as there are processes.

A sign-in whose connection has gone leaves the queue at once and costs nothing. A sign-in that has to wait is told
roughly for how long, again and again, so that its client knows that it is not forgotten.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Protocol

from chatapp.errors import ChatError
from chatapp.server.limits.fair_queue import FairQueue

TELL_S = 2.0  # a shorter wait is not worth words
TELL_EVERY_S = 20.0
_SMOOTHING = 0.1  # weight of the last turn in the mean
_BUSY = "Too many people are signing in at this moment. Try again in a few seconds."
_WAIT = "Many people are signing in at this moment. Please wait: your turn comes in about {seconds} seconds."


class BusyError(ChatError):
    """Too many sign-ins wait, or too many sign-ups came from one address."""


class Pause(Protocol):
    """Waiting on behalf of a connection."""

    async def __call__(self, seconds: float, words: str, until: asyncio.Future[None] | None = None) -> None:
        """Tell ``words``, if any, then wait for ``seconds``, or until ``until`` is done.

        Raises CancelledError when the connection has gone, so that nobody waits any more.
        """


class HashQueue:
    """The turns. ``clock`` gives seconds that never go back; ``hash_s`` is how long one turn takes at first."""

    def __init__(self, at_once: int, size: int, hash_s: float, clock: Callable[[], float]) -> None:
        self._at_once = at_once
        self._free = at_once
        self._queue: FairQueue[asyncio.Future[None]] = FairQueue(size)
        self._mean_s = hash_s
        self._clock = clock

    def __len__(self) -> int:
        """Count those that wait."""
        return len(self._queue)

    @contextlib.asynccontextmanager
    async def turn(self, account: str, address: str, pause: Pause) -> AsyncIterator[None]:
        """Wait for a turn, which lasts as long as the ``async with`` block.

        ``account`` is a folded name, ``address`` what counts as one address. Raises BusyError when too many wait, and
        CancelledError when the connection has gone.
        """
        if self._free > 0:
            self._free -= 1
        else:
            await self._wait_for_turn(account, address, pause)
        began_s = self._clock()
        try:
            yield
        finally:
            self._mean_s += _SMOOTHING * (self._clock() - began_s - self._mean_s)
            self._pass_on()

    async def _wait_for_turn(self, account: str, address: str, pause: Pause) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        loser = self._queue.add(turn, (("account", account), ("address", address)))
        if loser is not None:
            loser.set_exception(BusyError(_BUSY))
        try:
            while not turn.done():
                wait_s = self._queue.ahead(turn) * self._mean_s / self._at_once
                words = _WAIT.format(seconds=max(1, round(wait_s))) if wait_s >= TELL_S else ""
                await pause(TELL_EVERY_S, words, turn)
            turn.result()
        except asyncio.CancelledError:
            self._queue.discard(turn)
            if turn.done() and turn.exception() is None:  # its turn had come at that moment
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        """Give the turn that ends to the next in the queue."""
        following = self._queue.take()
        if following is None:
            self._free += 1
        else:
            following.set_result(None)
