"""A line connection: it turns the bytes of a socket into IRC lines, and bounds the bytes that wait to be written.

A slow reader loses its connection, so that it cannot fill the server's memory. It catches up from history.
"""

from __future__ import annotations

import asyncio
import fcntl
import termios
from collections.abc import Callable
from typing import Protocol

from chatapp.protocol.framing import LineBuffer
from chatapp.protocol.message import CLIENT_LINE_BYTES_MAX
from chatapp.server.services import Services
from chatapp.server.session.session import Session
from chatapp.server.wire import Wire

LINGER_S = 2.0  # after the server closes a connection, the time the peer has to read the bytes that still wait
PIECE_BYTES = 4096  # received bytes processed per turn of the event loop; more would delay other connections


NewSession = Callable[[Wire], Session]


class LineReader(Protocol):
    """What turns received bytes into lines."""

    def feed(self, data: bytes) -> list[bytes | None]:
        """Add bytes, and return the lines that they complete; ``None`` stands for a line over the limit."""


class LineConnection(asyncio.Protocol):
    """One connection that speaks IRC lines. It is the ``Wire`` of its session; TLS, if any, is below it."""

    __slots__ = (
        "_allowance", "_allowance_s", "_ended", "_going_on", "_lines", "_out", "_paused", "_rest", "_services",
        "_session", "_slowed", "_transport", "address", "certificate", "tls",
    )  # fmt: skip

    def __init__(self, services: Services, address: str, tls: bool, certificate: str | None = None) -> None:
        """``address``, ``tls`` and ``certificate`` are those of ``wire.py``."""
        self._services = services
        self.address = address
        self.tls = tls
        self.certificate = certificate
        self._allowance = (
            services.limits.receive_bytes_burst
        )  # token bucket: bytes the peer may send before it is slowed down
        self._allowance_s = services.loop.time()  # when the token bucket was last refilled
        self._slowed = False  # a call of _have_allowance is scheduled
        self._rest = b""  # bytes received but not yet processed; reading is paused meanwhile
        self._going_on = False  # a call of _go_on is scheduled
        self._lines: LineReader = LineBuffer(CLIENT_LINE_BYTES_MAX)
        self._paused = False
        self._ended = False  # the peer has closed its side
        self._transport: asyncio.Transport | None = None
        self._out: asyncio.Transport | None = None  # the transport; None while the peer is slow, or when closing
        self._session: Session | None = None

    def take_over(self, transport: asyncio.Transport, data: bytes, new_session: NewSession) -> None:
        """Take the transport over, create the session, and process ``data``, the bytes received so far."""
        transport.set_protocol(self)
        self._transport = self._out = transport
        transport.set_write_buffer_limits(high=self._services.limits.send_buffer_slow_bytes)
        self._session = new_session(self)
        self.data_received(data)

    def data_received(self, data: bytes) -> None:
        """Cut bytes into lines and give them to the session (called by the event loop)."""
        session = self._session
        if session is None:
            return
        session.heard_s = self._services.loop.time()
        self._allowance -= len(data)
        if self._allowance < 0:
            self._slow_down()
        if len(data) > PIECE_BYTES or self._rest:
            self._rest += data
            self._take_piece(session)
        elif lines := self._lines.feed(data):
            session.receive(lines)

    def pause_writing(self) -> None:
        """Note the peer as a slow reader (called when more than ``send_buffer_slow_bytes`` wait to be written)."""
        self._out = None
        config = self._services.config
        # One long answer may have filled the buffer, and even a fast reader needs a moment for that. So the limit is
        # counted from the bytes that wait now.
        more = config.send_buffer_bytes_max - self._services.limits.send_buffer_slow_bytes
        self._services.limits.slow_readers[self] = self.waiting_bytes + more

    def resume_writing(self) -> None:
        """Stop watching the peer, which has caught up (called by the event loop)."""
        if self in self._services.limits.slow_readers:
            del self._services.limits.slow_readers[self]
            self._out = self._transport
            if self._session is not None:
                self._session.caught_up()

    @property
    def slow(self) -> bool:
        """Return whether the peer reads slower than the server sends."""
        return self._out is None

    @property
    def waiting_bytes(self) -> int:
        """Return how many bytes wait to be written."""
        return self._transport.get_write_buffer_size() if self._transport is not None else 0

    def eof_received(self) -> bool:
        """Close, after the session has run the lines that wait (called by the event loop when the peer has closed)."""
        session = self._session
        if session is None:
            return False
        session.note_arrived()
        # asyncio has no half-closed TLS connections. With WEBIRC, ``tls`` may be False although there is TLS here.
        encrypted = self._transport is not None and self._transport.get_extra_info("ssl_object") is not None
        if encrypted or not session.end_of_input():
            return False
        self._ended = True
        return True

    @property
    def all_arrived(self) -> bool:
        """Return whether the peer's system has acknowledged every byte sent; unacknowledged bytes may be lost."""
        transport = self._transport
        if transport is None or transport.get_write_buffer_size():
            return False
        sock = transport.get_extra_info("socket")
        try:
            return sock is None or not any(fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(4)))
        except OSError:  # this system does not support TIOCOUTQ
            return True

    def connection_lost(self, exc: BaseException | None) -> None:
        """Tell the session that the connection is closed (called by the event loop, once)."""
        if self._session is not None:
            self._session.gone()
            self._session = None
        self._transport = self._out = None
        self._services.limits.slow_readers.pop(self, None)

    def write(self, data: bytes) -> None:
        """Send bytes, unless the connection is closing; drop a slow reader for whom too many bytes wait."""
        if self._out is not None:
            self._out.write(data)
        elif self in self._services.limits.slow_readers and self._transport is not None:
            self._transport.write(data)
            if self.waiting_bytes > self._services.limits.slow_readers[self]:
                self.abort()

    def close(self) -> None:
        """Send the bytes that wait, then close; after ``LINGER_S`` close in any case."""
        if self._transport is not None:
            self._transport.close()
            self._out = None
            self._services.limits.slow_readers.pop(self, None)
            self._services.loop.call_later(LINGER_S, self.abort)

    def abort(self) -> None:
        """Close now; bytes that wait to be written are lost."""
        if self._transport is not None:
            self._transport.abort()

    @property
    def paused(self) -> bool:
        """Return whether reading from the peer is paused."""
        return self._paused

    def pause(self) -> None:
        """Stop reading until :meth:`resume`."""
        if self._transport is not None and not self._paused and not self._ended:
            self._paused = True
            self._transport.pause_reading()

    def resume(self) -> None:
        """Go on reading in the next turn of the event loop, unless the session or the byte limit still forbids it."""
        if self._paused and not self._going_on:
            self._going_on = True
            self._services.loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        """Process the next piece of the bytes received; when none is left, read from the socket again."""
        self._going_on = False
        session, transport = self._session, self._transport
        if session is None or transport is None or session.closed or session.queue_is_full:
            return
        if self._rest:
            self._take_piece(session)
        elif self._allowance >= 0:
            self._paused = False
            transport.resume_reading()

    def _take_piece(self, session: Session) -> None:
        """Process up to ``PIECE_BYTES`` received bytes, and schedule the next piece for the next turn."""
        piece, self._rest = self._rest[:PIECE_BYTES], self._rest[PIECE_BYTES:]
        self.pause()
        if lines := self._lines.feed(piece):
            session.receive(lines)
        self.resume()

    def _slow_down(self) -> None:
        """Refill the token bucket; if it is still below zero, pause reading until it reaches zero.

        The bucket is refilled only when it is used up, not with every read. So a peer may use it twice in a row after
        some silence.
        """
        if self._slowed:
            return
        config, now = self._services.config, self._services.loop.time()
        refill = (now - self._allowance_s) * config.receive_bytes_per_s
        self._allowance = min(config.receive_bytes_burst, self._allowance + refill)
        self._allowance_s = now
        if self._allowance < 0:
            self._slowed = True
            self.pause()
            self._services.loop.call_later(-self._allowance / config.receive_bytes_per_s, self._have_allowance)

    def _have_allowance(self) -> None:
        self._slowed = False
        self._allowance = max(self._allowance, 0)
        self._allowance_s = self._services.loop.time()
        self.resume()
