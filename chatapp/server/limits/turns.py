"""Turns: the expensive jobs of one key run one after the other, so that no key fills the queue of all."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Hashable


class Turns:
    """Gives each key one turn at a time, in the order in which the jobs ask."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, list[asyncio.Event]] = {}  # jobs of each key, the running job first

    def __len__(self) -> int:
        """Return how many jobs run or wait."""
        return sum(map(len, self._waiting.values()))

    @contextlib.asynccontextmanager
    async def of(self, key: Hashable) -> AsyncIterator[None]:
        """Wait until no earlier job of ``key`` runs or waits; the turn ends with the block."""
        turn = asyncio.Event()
        line = self._waiting.setdefault(key, [])
        line.append(turn)
        try:
            if line[0] is not turn:
                await turn.wait()
            yield
        finally:
            was_first = line[0] is turn
            line.remove(turn)
            if not line:
                del self._waiting[key]
            elif was_first:
                line[0].set()
