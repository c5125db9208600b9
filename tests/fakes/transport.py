"""A transport without a socket: what the peer would see, and the limits that a real one keeps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any


class FakeTransport(asyncio.Transport):
    """Hands what is written to ``received`` at once, or keeps it while ``reads`` is false.

    As with a socket, closing waits until what was written has been taken; aborting does not.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        protocol: asyncio.Protocol,
        received: Callable[[bytes], None],
        certificate: bytes | None = None,
    ) -> None:
        """``certificate`` is that of the client; ``None`` without TLS."""
        super().__init__()
        self.writes = 0
        self.lost = self.ended = False
        self.protocol = protocol
        self._loop = loop
        self._certificate = certificate
        self._received = received
        self._reads = True
        self._waiting = bytearray()
        self._unread: list[bytes] = []
        self._high = 64 * 1024
        self._closing = self._paused = self._writing_paused = self._dead = False

    # What the server calls

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Know the client's certificate, and nothing else."""
        return self if name == "ssl_object" and self._certificate is not None else default

    def getpeercert(self, binary_form: bool) -> bytes | None:
        """Return the client's certificate, as an SSLObject does."""
        assert binary_form
        return self._certificate or None

    def is_closing(self) -> bool:
        """Tell whether it is closed, or soon will be."""
        return self._closing

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Let another one hear what comes."""
        assert isinstance(protocol, asyncio.Protocol)
        self.protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Tell who hears what comes."""
        return self.protocol

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Set when ``pause_writing`` is called."""
        assert high is not None
        self._high = high

    def get_write_buffer_size(self) -> int:
        """Tell how many bytes the peer has not taken."""
        return len(self._waiting)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send."""
        if self._dead:
            return
        assert not self.ended
        assert not self.lost, "written to a connection that is gone"
        if not data or (self._closing and not self._waiting):
            return  # while something waits, more is taken, as the transports of event loops do
        self.writes += 1
        self._waiting += data
        if self._reads:
            self._hand_over()
        elif len(self._waiting) > self._high and not self._writing_paused:
            self._writing_paused = True
            self.protocol.pause_writing()

    def can_write_eof(self) -> bool:
        """Tell that one side can be closed alone, as plain TCP can."""
        return True

    def write_eof(self) -> None:
        """Send nothing more."""
        self.ended = True

    def close(self) -> None:
        """Close, after what waits is written."""
        if not self._closing:
            self._closing = True
            if not self._waiting:
                self._loop.call_soon(self._lose, None)

    def abort(self) -> None:
        """Close now."""
        self._closing = True
        self._waiting.clear()
        self._loop.call_soon(self._lose, None)

    def pause_reading(self) -> None:
        """Keep what the peer sends."""
        assert not self._paused
        self._paused = True

    def resume_reading(self) -> None:
        """Hand out what the peer has sent."""
        assert self._paused
        self._paused = False
        self._loop.call_soon(self._deliver)

    # What the peer does

    @property
    def reads(self) -> bool:
        """Whether the peer takes what it is sent."""
        return self._reads

    @reads.setter
    def reads(self, reads: bool) -> None:
        self._reads = reads
        if reads:
            self._hand_over()
            if self._closing and not self.lost:
                self._loop.call_soon(self._lose, None)

    def feed(self, data: bytes) -> None:
        """Let the peer send."""
        if not self._closing:
            self._unread.append(data)
            self._deliver()

    def end(self) -> None:
        """Let the peer close its side."""
        if not self._closing and not self.protocol.eof_received():
            self.close()

    def lose_power(self) -> None:
        """Be gone with the whole machine: nobody is told, and what the server still does goes nowhere."""
        self.lost = self._dead = True

    def reset(self) -> None:
        """Let the network fail."""
        self._closing = True
        self._loop.call_soon(self._lose, ConnectionResetError("the network failed"))

    def _deliver(self) -> None:
        while self._unread and not self._paused and not self._closing:
            self.protocol.data_received(self._unread.pop(0))

    def _hand_over(self) -> None:
        data, self._waiting = bytes(self._waiting), bytearray()
        if data:
            self._received(data)
        if self._writing_paused:
            self._writing_paused = False
            self.protocol.resume_writing()

    def _lose(self, error: Exception | None) -> None:
        if not self.lost:
            self.lost = True
            self.protocol.connection_lost(error)
