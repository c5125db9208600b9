"""The queue for hashing passwords: turns are fair by account and by address, and one hash runs for each process.

A sign-in whose connection is closed leaves the queue at once, and nothing is hashed for it. Every TELL_EVERY_S the
server tells a waiting client roughly how much longer it must wait, so that the client knows that it is not forgotten.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Protocol

from chatapp.errors import ChatError
from chatapp.server import refusals
from chatapp.server.limits.fair_queue import FairQueue

TELL_S = 2.0  # the server does not announce a shorter wait
TELL_EVERY_S = 20.0
_SMOOTHING = 0.1  # weight of the last turn in the moving average of the time of a turn
_WAIT = "Many people are signing in at this moment. Please wait: your turn comes in about {seconds} seconds."


class BusyError(ChatError):
    """The queue is full, or there were too many sign-ups from one address."""


class Pause(Protocol):
    """A function that lets a connection wait."""

    async def __call__(self, seconds: float, words: str, until: asyncio.Future[None] | None = None) -> None:
        """Send ``words`` to the client, if not empty, then wait for ``seconds`` or until ``until`` is done.

        Raises CancelledError when the connection is closed.
        """


class HashQueue:
    """At most ``at_once`` turns at a time, and at most ``size`` sign-ins that wait for one.

    ``hash_s`` is the first estimate of the time of a turn, in seconds. ``clock`` gives seconds that never go back.
    """

    def __init__(self, at_once: int, size: int, hash_s: float, clock: Callable[[], float]) -> None:
        self._at_once = at_once
        self._free = at_once
        self._queue: FairQueue[asyncio.Future[None]] = FairQueue(size)
        self._mean_s = hash_s
        self._clock = clock

    def __len__(self) -> int:
        """Return how many sign-ins wait for a turn."""
        return len(self._queue)

    @contextlib.asynccontextmanager
    async def turn(self, account: str, address: str, pause: Pause) -> AsyncIterator[None]:
        """Wait for a turn, which lasts as long as the ``async with`` block.

        ``account`` is a casefolded name, ``address`` a key from ``address_key``. Raises BusyError if the queue is
        full and this sign-in is dropped from it, and CancelledError when the connection is closed.
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
            loser.set_exception(BusyError(refusals.BUSY))
        try:
            while not turn.done():
                wait_s = self._queue.ahead(turn) * self._mean_s / self._at_once
                words = _WAIT.format(seconds=max(1, round(wait_s))) if wait_s >= TELL_S else ""
                await pause(TELL_EVERY_S, words, turn)
            turn.result()
        except asyncio.CancelledError:
            self._queue.discard(turn)
            if turn.done() and turn.exception() is None:  # the turn began just before the cancellation
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        """End a turn: the next sign-in in the queue gets it."""
        following = self._queue.take()
        if following is None:
            self._free += 1
        else:
            following.set_result(None)
