"""Connections that the server answers once and closes; they never become sessions."""

from __future__ import annotations

import asyncio
from typing import cast

from chatapp.server.services import Services


class OneShot(asyncio.Protocol):
    """Takes over a connection, sends one answer, and closes.

    ``Services.one_shots`` bounds the number of these connections and how long each may stay.

    The server reads and drops whatever the peer sends after the answer. If a socket is closed with unread bytes, the
    system may discard the answer as well.
    """

    def __init__(self, services: Services) -> None:
        self.services = services
        self.answered = False
        self._transport: asyncio.Transport | None = None

    def take_over(self, transport: asyncio.Transport, data: bytes) -> None:
        """Take the transport over and process ``data``, the bytes received so far."""
        transport.set_protocol(self)
        self.connection_made(transport)
        self.data_received(data)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the connection's time limit (called by the event loop). If there are too many, close the oldest."""
        self._transport = cast(asyncio.Transport, transport)
        oldest = self.services.limits.one_shots.add(self, self.services.loop.time())
        if oldest is not None:
            oldest.close()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget the connection (called by the event loop)."""
        self._transport = None
        self.services.limits.one_shots.forget(self)

    def answer(self, data: bytes) -> None:
        """Send ``data``, then wait until the peer closes or its time is over. Over TLS, close at once."""
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
        """Close now: the connection's time is over, or the server stops."""
        if self._transport is not None:
            self._transport.abort()
