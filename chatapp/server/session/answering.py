"""Long answers of a session: they are made in pieces, in turn with the long answers of other sessions.

A page of the past takes megabytes while it is made. So at most ``pages_at_once_max`` sessions make pages at the same
time. A page begins when the peer has read the earlier answers and the session has its turn; before that, nothing of the
page is read. While the peer reads slowly, the session gives its turn to others. It keeps the rest of its page, and the
server counts the memory of the rest among the bytes that wait for slow readers (``send_buffers_bytes_max``).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TypeVar

import msgspec

from chatapp.model.events import PastEvent
from chatapp.server import capabilities as cap
from chatapp.server.delivery.origin import Proposer
from chatapp.server.delivery.response import Response
from chatapp.server.limits.fair_semaphore import FairSemaphore
from chatapp.server.services import Services
from chatapp.server.wire import Wire

PIECE = 100  # items of a long answer that one turn of the event loop handles
_LABEL_BYTES_MAX = 64  # Spec: IRCv3 labeled-response, "label values MUST NOT exceed 64 bytes"
_EVENT_BYTES = 600  # memory of an event, in addition to its texts
_Item = TypeVar("_Item")


class Answering(Proposer):
    """A recipient that gets long answers."""

    services: Services
    __slots__ = ("_reading", "_semaphore", "_turn")

    def __init__(self, services: Services, wire: Wire) -> None:
        super().__init__(services, wire)
        self._semaphore: FairSemaphore | None = None  # of the page that is being made
        self._turn: contextlib.AsyncExitStack | None = None  # holds the semaphore, while the session has it
        self._reading: asyncio.Future[None] | None = None  # set while a long answer waits for a slow reader

    def bound_memory(self) -> None:
        """Close the slowest readers, if more waits for all of them than may. The session implements it."""
        raise NotImplementedError

    # Pages of the past

    @contextlib.asynccontextmanager
    async def turn(self, semaphore: FairSemaphore) -> AsyncIterator[None]:
        """Make a page of the past in the ``async with`` block: read it there, and send it with :meth:`pieces`.

        Other tasks run while this waits: the caller must read the state after it. The session may be closed by then.
        """
        self._semaphore = semaphore
        try:
            await self._begin_turn(semaphore)
            yield
        finally:
            await self._end_turn()
            self._semaphore = None
            self.services.limits.pages_held.pop(self.wire, None)

    async def _begin_turn(self, semaphore: FairSemaphore) -> None:
        """Wait until the peer has read, and then for a turn, until both hold at the same time."""
        while True:
            await self._until_read()
            self._turn = contextlib.AsyncExitStack()
            await self._turn.enter_async_context(semaphore.of(self.uid, self.wire.address))
            if not self.wire.slow or self.closed:
                return
            await self._end_turn()

    async def _end_turn(self) -> None:
        turn, self._turn = self._turn, None
        if turn is not None:
            await turn.aclose()

    async def hold(self, page: Sequence[PastEvent]) -> None:
        """Count the memory of a page that was read in this turn, until the page is sent.

        A page may have megabytes, so each turn of the event loop counts one piece.
        """
        memory = 0
        for start in range(0, len(page), PIECE):
            if start:
                await self.services.round_robin.wait()
            memory += memory_of(page[start : start + PIECE])
        self.services.limits.pages_held[self.wire] = memory
        self.bound_memory()

    # Pieces

    async def pieces(self, items: Sequence[_Item]) -> AsyncIterator[Sequence[_Item]]:
        """Yield the items of a long answer: ``PIECE`` per turn of the event loop, and none while the peer is slow.

        What was sent of an answer with a label is written before the next piece.
        """
        for start in range(0, len(items), PIECE):
            if start:
                self._send_part()
            await self.services.round_robin.wait()
            while self.wire.slow and not self.closed:
                await self._pause()
                await self.services.round_robin.wait()
            if self.closed:
                return
            yield items[start : start + PIECE]

    def _send_part(self) -> None:
        """Send what the labelled response, if any, has collected until now."""
        response = self.response
        if response is not None and response.items:
            self.deliver(response.part(self.services.host, self.batch_reference()))

    async def _pause(self) -> None:
        """Wait until the peer has read. If the session has a turn, others use it meanwhile."""
        if self._semaphore is None:
            await self._until_read()
            return
        await self._end_turn()
        await self._begin_turn(self._semaphore)

    async def _until_read(self) -> None:
        while self.wire.slow and not self.closed:
            self._reading = self.services.loop.create_future()
            await self._reading

    def _go_on_answering(self) -> None:
        reading, self._reading = self._reading, None
        if reading is not None and not reading.done():
            reading.set_result(None)

    # Labels

    def begin_response(self, tags: Mapping[str, str]) -> Response | None:
        """Start the response to a labelled command, if the session has labeled-response and batch."""
        label, both = tags.get("label"), cap.LABELED_RESPONSE | cap.BATCH
        if label and self.caps & both == both and len(label.encode()) <= _LABEL_BYTES_MAX:
            self.response = Response(label)
        return self.response


def memory_of(page: Sequence[PastEvent]) -> int:
    """Return about how many bytes of memory a page of events takes."""
    return len(msgspec.json.encode(page)) + _EVENT_BYTES * len(page)
