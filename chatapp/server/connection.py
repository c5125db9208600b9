"""A socket <-> lines, and the limit of what waits to be written.

A peer that reads slower than it is sent to loses its connection, never the server's memory; it catches up from history.
"""

from __future__ import annotations

import asyncio
import fcntl
import termios
from typing import TYPE_CHECKING, cast

from chatapp.protocol.framing import LineBuffer
from chatapp.protocol.message import CLIENT_LINE_BYTES_MAX
from chatapp.server.http import HttpPage, looks_like_http, may_become_http
from chatapp.server.plaintext import TlsOnly
from chatapp.server.session import Session
from chatapp.server.visitor import Visitor

if TYPE_CHECKING:
    from chatapp.server.hub import Hub

PIECE_BYTES = 4096  # of what was read, looked at in one turn of the event loop; more keeps the others waiting


class Connection(asyncio.Protocol):
    """One accepted connection that speaks in plain bytes (TLS, if any, is below it).

    ``secure`` tells that passwords may come over it; where they may not, no session hears what comes.
    ``address`` is the peer's, for the slowing of guesses.
    """

    __slots__ = (
        "_allowance", "_allowance_s", "_ended", "_first", "_going_on", "_hub", "_lines", "_out", "_paused", "_rest",
        "_transport", "address", "local_port", "secure", "session", "tls",
    )  # fmt: skip

    def __init__(self, hub: Hub, address: str, local_port: int, secure: bool, tls: bool) -> None:
        self._hub = hub
        self.address = address
        self.local_port = local_port
        self.secure = secure
        self.tls = tls
        self._allowance = hub.receive_bytes_burst  # bytes it may still send before it is slowed down
        self._allowance_s = hub.loop.time()  # when that was so
        self._rest = b""  # what has been read and not been looked at, while reading pauses
        self._going_on = False  # in the loop's next turn
        self._first = b""  # too few bytes to tell HTTP from IRC
        self._lines: LineBuffer | None = None
        self._paused = False
        self._ended = False  # nothing more comes
        self._transport: asyncio.Transport | None = None
        self._out: asyncio.Transport | None = None  # where to write, until it is closing
        self.session: Session | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin (called by the event loop)."""
        self._transport = self._out = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=self._hub.send_buffer_slow_bytes)
        self.session = Session(self._hub, self)
        self._hub.newcomer(self.session)

    def data_received(self, data: bytes) -> None:
        """Cut bytes into lines for the session (called by the event loop)."""
        session = self.session
        assert session is not None
        if self._lines is None:
            data = self._first + data
            if may_become_http(data):
                self._first = data
                return
            self._first = b""
            if looks_like_http(data):
                self._hand_over(HttpPage(self._hub, self.local_port, self.tls), data)
                return
            if not self.secure:
                self._hand_over(TlsOnly(self._hub, self.local_port), data)
                return
            self._lines = LineBuffer(CLIENT_LINE_BYTES_MAX)
        session.heard_s = self._hub.loop.time()
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
        config = self._hub.config
        # What made it slow may be one long answer, which the fastest reader takes a moment for: more has to come.
        more = config.send_buffer_bytes_max - self._hub.send_buffer_slow_bytes
        self._hub.slow_readers[self] = self.waiting_bytes + more

    def resume_writing(self) -> None:
        """Watch it no more (called when it has caught up)."""
        if self in self._hub.slow_readers:
            del self._hub.slow_readers[self]
            self._out = self._transport
            if self.session is not None:
                self.session.caught_up()

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
        session = self.session
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
        if self.session is not None:
            self.session.gone()
            self.session = None
        self._transport = self._out = None
        self._hub.slow_readers.pop(self, None)

    def write(self, data: bytes) -> None:
        """Send bytes, unless the connection is closing."""
        if self._out is not None:
            self._out.write(data)
        elif self in self._hub.slow_readers and self._transport is not None:
            self._transport.write(data)
            if self.waiting_bytes > self._hub.slow_readers[self]:
                self.abort()

    def close(self) -> None:
        """Send what waits, then close; at once when the peer does not read."""
        if self._transport is not None:
            self._transport.close()
            self._out = None
            self._hub.slow_readers.pop(self, None)
            if self.session is not None:
                self.session.closed = True
                self._hub.closing(self.session)
            self._hub.loop.call_later(self._hub.config.linger_s, self.abort)

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
            self._hub.loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        """Take the next piece of what was read; when there is no more, read on."""
        self._going_on = False
        session, transport = self.session, self._transport
        if session is None or transport is None or session.closed or session.has_enough:
            return
        if self._rest:
            self._take_piece(session)
        elif self._allowance >= 0:
            self._paused = False
            transport.resume_reading()

    def _take_piece(self, session: Session) -> None:
        """Look at so much as does not keep the others waiting, and at more of it in the loop's next turn."""
        assert self._lines is not None
        piece, self._rest = self._rest[:PIECE_BYTES], self._rest[PIECE_BYTES:]
        self.pause()
        if lines := self._lines.feed(piece):
            session.receive(lines)
        self.resume()

    def _slow_down(self) -> None:
        """Read on when the peer has an allowance again.

        It is counted when it is used up, not with every read, so a peer may have it twice after some silence.
        """
        config, now = self._hub.config, self._hub.loop.time()
        refill = (now - self._allowance_s) * config.receive_bytes_per_s
        self._allowance = min(config.receive_bytes_burst, self._allowance + refill)
        self._allowance_s = now
        if self._allowance < 0:
            self.pause()
            self._hub.loop.call_later(-self._allowance / config.receive_bytes_per_s, self._have_allowance)

    def _have_allowance(self) -> None:
        self._allowance = max(self._allowance, 0)
        self._allowance_s = self._hub.loop.time()
        self.resume()

    def _hand_over(self, visitor: Visitor, data: bytes) -> None:
        """Leave the connection to a visitor: it has no session any more."""
        transport, session = self._transport, self.session
        assert transport is not None
        assert session is not None
        self.session = self._transport = self._out = None
        session.gone()
        visitor.take_over(transport, data)
