"""Connections that the server answers once and closes; they never become sessions."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from typing import cast

from chatapp.server.services import Services

# What is read and dropped after the answer. More stays in the buffers of the system until the time of the connection is
# over: to read it would take time from those who talk.
DROPPED_BYTES_MAX = 64 * 1024


class OneShot(asyncio.Protocol):
    """Takes over a connection, sends one answer, and closes.

    ``Services.one_shots`` bounds the number of these connections and how long each may stay.

    The server reads and drops what the peer sends after the answer, up to DROPPED_BYTES_MAX. If a socket is closed with
    unread bytes, the system may discard the answer as well.
    """

    def __init__(self, services: Services) -> None:
        self.services = services
        self.answered = False
        self._dropped_bytes = 0  # after the answer
        self._transport: asyncio.Transport | None = None

    def take_over(self, transport: asyncio.Transport, data: bytes) -> None:
        """Take the transport over and process ``data``, the bytes received so far."""
        transport.set_protocol(self)
        self.connection_made(transport)
        self.data_received(data)

    def data_received(self, data: bytes) -> None:
        """Process what arrives before the answer, and drop the rest (called by the event loop)."""
        if not self.answered:
            self.process(data)
            return
        before, self._dropped_bytes = self._dropped_bytes, self._dropped_bytes + len(data)
        if before <= DROPPED_BYTES_MAX < self._dropped_bytes and self._transport is not None:
            self._transport.pause_reading()

    @abstractmethod
    def process(self, data: bytes) -> None:
        """Take bytes that arrive before the answer; call :meth:`answer` when it is due."""

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
