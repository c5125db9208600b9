"""Connections that are answered once and never become sessions."""

from __future__ import annotations

import asyncio
from typing import cast

from chatapp.server.services import Services


class OneShot(asyncio.Protocol):
    """Takes over a connection, says one thing, and closes.

    How many there are, and for how long, is bounded by ``Services.one_shots``.

    What the peer still sends after the answer is read and dropped: closing a socket with bytes unread would let the
    system throw away the answer too.
    """

    def __init__(self, services: Services) -> None:
        self.services = services
        self.answered = False
        self._transport: asyncio.Transport | None = None

    def take_over(self, transport: asyncio.Transport, data: bytes) -> None:
        """Go on with a connection that has sent ``data``."""
        transport.set_protocol(self)
        self.connection_made(transport)
        self.data_received(data)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin (called by the event loop)."""
        self._transport = cast(asyncio.Transport, transport)
        oldest = self.services.one_shots.add(self, self.services.loop.time())
        if oldest is not None:
            oldest.close()

    def connection_lost(self, exc: BaseException | None) -> None:
        """End (called by the event loop)."""
        self._transport = None
        self.services.one_shots.forget(self)

    def answer(self, data: bytes) -> None:
        """Say it, and wait for the peer to close (or for the end of its time)."""
        transport = self._transport
        if transport is None or self.answered:
            return
        self.answered = True
        transport.write(data)
        if transport.can_write_eof():
            transport.write_eof()
        else:
            transport.close()

    def close(self) -> None:
        """End now: its time is over, or the server stops."""
        if self._transport is not None:
            self._transport.abort()
