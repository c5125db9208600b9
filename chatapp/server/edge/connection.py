"""A line connection: a socket <-> lines of IRC, and the limit of what waits to be written.

A peer that reads slower than it is sent to loses its connection, never the server's memory; it catches up from history.
"""

from __future__ import annotations

import asyncio
import fcntl
import termios
from collections.abc import Callable

from chatapp.protocol.framing import LineBuffer
from chatapp.protocol.message import CLIENT_LINE_BYTES_MAX
from chatapp.server.services import Services
from chatapp.server.session.session import Session
from chatapp.server.wire import Wire

PIECE_BYTES = 4096  # of what was read, looked at in one turn of the event loop; more keeps the others waiting


class LineConnection(asyncio.Protocol):
    """One connection that speaks lines of IRC (TLS, if any, is below it). It is the ``Wire`` of its session."""

    __slots__ = (
        "_allowance", "_allowance_s", "_ended", "_going_on", "_lines", "_out", "_paused", "_rest", "_services",
        "_session", "_transport", "address", "tls",
    )  # fmt: skip

    def __init__(self, services: Services, address: str, tls: bool) -> None:
        """``address`` is the peer's IP address."""
        self._services = services
        self.address = address
        self.tls = tls
        self._allowance = services.receive_bytes_burst  # bytes it may still send before it is slowed down
        self._allowance_s = services.loop.time()  # when that was so
        self._rest = b""  # what has been read and not been looked at, while reading pauses
        self._going_on = False  # in the loop's next turn
        self._lines = LineBuffer(CLIENT_LINE_BYTES_MAX)
        self._paused = False
        self._ended = False  # nothing more comes
        self._transport: asyncio.Transport | None = None
        self._out: asyncio.Transport | None = None  # where to write, until it is closing
        self._session: Session | None = None

    def take_over(self, transport: asyncio.Transport, data: bytes, new_session: Callable[[Wire], Session]) -> None:
        """Go on with a connection that has sent ``data``, which begins its session."""
        transport.set_protocol(self)
        self._transport = self._out = transport
        transport.set_write_buffer_limits(high=self._services.send_buffer_slow_bytes)
        self._session = new_session(self)
        self.data_received(data)

    def data_received(self, data: bytes) -> None:
        """Cut bytes into lines for the session (called by the event loop)."""
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
        """Watch a peer that reads slowly (called when ``send_buffer_slow_bytes`` are waiting)."""
        self._out = None
        config = self._services.config
        # What made it slow may be one long answer, which the fastest reader takes a moment for: more has to come.
        more = config.send_buffer_bytes_max - self._services.send_buffer_slow_bytes
        self._services.slow_readers[self] = self.waiting_bytes + more

    def resume_writing(self) -> None:
        """Watch it no more (called when it has caught up)."""
        if self in self._services.slow_readers:
            del self._services.slow_readers[self]
            self._out = self._transport
            if self._session is not None:
                self._session.caught_up()

    @property
    def slow(self) -> bool:
        """Tell whether the peer reads slower than it is sent to."""
        return self._out is None

    @property
    def waiting_bytes(self) -> int:
        """Count what waits to be written."""
        return self._transport.get_write_buffer_size() if self._transport is not None else 0

    def eof_received(self) -> bool:
        """Close when the peer has closed its side, after what it said before (called by the event loop)."""
        session = self._session
        if session is None:
            return False
        session.note_arrived()
        if self.tls or not session.end_of_input():  # TLS has no half of a connection
            return False
        self._ended = True
        return True

    @property
    def all_arrived(self) -> bool:
        """Tell whether the peer's system has taken all that was sent; what is still under way may never be read."""
        transport = self._transport
        if transport is None or transport.get_write_buffer_size():
            return False
        sock = transport.get_extra_info("socket")
        try:
            return sock is None or not any(fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(4)))
        except OSError:  # a system that does not tell
            return True

    def connection_lost(self, exc: BaseException | None) -> None:
        """Tell the session (called by the event loop, once)."""
        if self._session is not None:
            self._session.gone()
            self._session = None
        self._transport = self._out = None
        self._services.slow_readers.pop(self, None)

    def write(self, data: bytes) -> None:
        """Send bytes, unless the connection is closing."""
        if self._out is not None:
            self._out.write(data)
        elif self in self._services.slow_readers and self._transport is not None:
            self._transport.write(data)
            if self.waiting_bytes > self._services.slow_readers[self]:
                self.abort()

    def close(self) -> None:
        """Send what waits, then close; at once when the peer does not read."""
        if self._transport is not None:
            self._transport.close()
            self._out = None
            self._services.slow_readers.pop(self, None)
            self._services.loop.call_later(self._services.config.linger_s, self.abort)

    def abort(self) -> None:
        """Close now; what waits is lost."""
        if self._transport is not None:
            self._transport.abort()

    @property
    def paused(self) -> bool:
        """Tell whether nothing is read."""
        return self._paused

    def pause(self) -> None:
        """Read no more until :meth:`resume`."""
        if self._transport is not None and not self._paused and not self._ended:
            self._paused = True
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read on, as far as nothing else holds that up."""
        if self._paused and not self._going_on:
            self._going_on = True
            self._services.loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        """Take the next piece of what was read; when there is no more, read on."""
        self._going_on = False
        session, transport = self._session, self._transport
        if session is None or transport is None or session.closed or session.has_enough:
            return
        if self._rest:
            self._take_piece(session)
        elif self._allowance >= 0:
            self._paused = False
            transport.resume_reading()

    def _take_piece(self, session: Session) -> None:
        """Look at so much as does not keep the others waiting, and at more of it in the loop's next turn."""
        piece, self._rest = self._rest[:PIECE_BYTES], self._rest[PIECE_BYTES:]
        self.pause()
        if lines := self._lines.feed(piece):
            session.receive(lines)
        self.resume()

    def _slow_down(self) -> None:
        """Read on when the peer has an allowance again.

        It is counted when it is used up, not with every read, so a peer may have it twice after some silence.
        """
        config, now = self._services.config, self._services.loop.time()
        refill = (now - self._allowance_s) * config.receive_bytes_per_s
        self._allowance = min(config.receive_bytes_burst, self._allowance + refill)
        self._allowance_s = now
        if self._allowance < 0:
            self.pause()
            self._services.loop.call_later(-self._allowance / config.receive_bytes_per_s, self._have_allowance)

    def _have_allowance(self) -> None:
        self._allowance = max(self._allowance, 0)
        self._allowance_s = self._services.loop.time()
        self.resume()
