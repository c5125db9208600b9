"""The entrance of a connection: its first bytes tell an IRC client, a browser, or a client that must use TLS first.

TLS, if any, is below: ``listener.py`` detects it by the very first byte. A session is created only when the first
bytes are known to be IRC.
"""

from __future__ import annotations

import asyncio
from typing import NamedTuple, cast

from chatapp.server import refusals
from chatapp.server.client_certificates import fingerprint_of
from chatapp.server.edge.connection import LineConnection, NewSession
from chatapp.server.edge.http_or_irc import after_empty_line, looks_like_http, may_become_http
from chatapp.server.edge.one_shot import OneShot
from chatapp.server.edge.tls_only import TlsOnly
from chatapp.server.services import Services

_SILENT = f"ERROR :{refusals.SAID_NOTHING}\r\n".encode()


class Security(NamedTuple):
    """Whether a connection is encrypted, and whether the server has asked the client for a certificate."""

    tls: bool
    asks: bool = False


class Entrance(asyncio.Protocol):
    """An accepted connection until its first bytes are known; then another protocol takes the transport over.

    ``secure``: whether the peer may send passwords over this connection. ``address``: the peer's IP address, for the
    limits per address. ``Services.limits.entrants`` bounds the number of Entrances and how long each may stay.
    """

    __slots__ = ("_first", "_new_session", "_services", "_transport", "address", "local_port", "secure", "security")

    def __init__(
        self,
        services: Services,
        new_session: NewSession,
        address: str,
        local_port: int,
        secure: bool,
        security: Security,
    ) -> None:
        self._services = services
        self._new_session = new_session
        self._first = b""  # the bytes received so far
        self._transport: asyncio.Transport | None = None
        self.address = address
        self.local_port = local_port
        self.secure = secure
        self.security = security

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the connection's time limit (called by the event loop). If there are too many, close the oldest."""
        self._transport = cast(asyncio.Transport, transport)
        oldest = self._services.limits.entrants.add(self, self._services.loop.time())
        if oldest is not None:
            oldest.close()

    def data_received(self, data: bytes) -> None:
        """Hand the first bytes to the right protocol as soon as they identify it (called by the event loop)."""
        transport = self._transport
        if transport is None:
            return
        data = self._first + data
        if may_become_http(data) or (looks_like_http(data) and not self._can_answer_http(transport)):
            self._first = data
            return
        self._leave()
        if looks_like_http(data):
            self._http(transport).take_over(transport, after_empty_line(data))
        elif not self.secure:
            TlsOnly(self._services, self.local_port).take_over(transport, data)
        else:
            connection = LineConnection(self._services, self.address, self.security.tls, self._certificate(transport))
            connection.take_over(transport, data, self._new_session)

    def _can_answer_http(self, transport: asyncio.Transport) -> bool:
        """Return whether the server has loaded what answers HTTP; if not, go on with the first bytes when it has.

        The first request loads the modules and the page, in a thread: that takes too long for the event loop.
        """
        services = self._services
        if not services.config.web:
            return True
        if services.web is None:
            services.web = services.in_thread(lambda: _load(services))
        if services.web.done():
            return True
        transport.pause_reading()
        services.web.add_done_callback(lambda _: self._go_on(transport))
        return False

    def _go_on(self, transport: asyncio.Transport) -> None:
        if self._transport is not None:
            transport.resume_reading()
            self.data_received(b"")

    def _http(self, transport: asyncio.Transport) -> OneShot:
        """Return what answers HTTP."""
        if not self._services.config.web:
            from chatapp.server.edge.no_web import NoWeb

            return NoWeb(self._services)
        from chatapp.server.edge.http import HttpConnection, Peer

        peer = Peer(self.address, self.local_port, self.secure, self.security.tls, self._certificate(transport))
        return HttpConnection(self._services, self._new_session, peer)

    def _certificate(self, transport: asyncio.Transport) -> str | None:
        return fingerprint_of(transport) if self.security.asks else None

    def eof_received(self) -> bool:
        """Close: the peer has closed its side before it could be identified (called by the event loop)."""
        return False

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget the connection (called by the event loop)."""
        self._leave()

    def close(self) -> None:
        """Close the connection: its time is over, a newer one needs its place, or the server stops."""
        transport = self._transport
        if transport is not None:
            self._leave()
            if not looks_like_http(self._first):  # a browser that waits for the page has sent something
                transport.write(_SILENT)
            transport.close()

    def _leave(self) -> None:
        self._transport = None
        self._services.limits.entrants.forget(self)


def _load(services: Services) -> object:
    """Return what all HTTP connections share. It is imported only now, so that a start is faster."""
    from chatapp.server.edge.http import Shared

    return Shared(services)
