"""The listening port, which takes both TLS and plain text. The server peeks at the first byte to tell them apart.

A TLS ClientHello begins with byte 22; no IRC line and no HTTP request does. The byte stays unread. Inside TLS, or in
plain text, ``entrance.py`` then tells IRC from HTTP by the first bytes. No browser is asked for a client
certificate, so the server first waits for the whole ClientHello (``client_hello.py``).

Spec: RFC 8446, section 5.1 (ContentType ``handshake`` is 22).
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import itertools
import logging
import resource
import socket
import ssl
import sys
from collections.abc import Callable

from chatapp.auth import address_key
from chatapp.config import Config, Listen
from chatapp.errors import ConfigError
from chatapp.protocol.addresses import parse_address
from chatapp.server import client_certificates
from chatapp.server.edge import client_hello
from chatapp.server.edge.connection import NewSession
from chatapp.server.edge.entrance import Entrance, Security
from chatapp.server.gateways import may_send_passwords
from chatapp.server.limits.deadlines import Deadlines
from chatapp.server.services import Services

log = logging.getLogger(__name__)

SYSTEM_RECEIVE_BUFFER_BYTES = 32 * 1024  # the kernel's receive buffer of a connection; a read returns at most this much
SYSTEM_SEND_BUFFER_BYTES = 128 * 1024  # the kernel's send buffer of a connection; it holds bytes for a slow reader
ACCEPTS_AT_ONCE = 4  # connections accepted in one turn of the event loop
ACCEPT_PAUSE_S = 0.001  # pause between two turns that accept connections, in which sessions are served
DROPS_AT_ONCE = 16  # silent connections closed in one turn of the event loop

_BACKLOG = 4096  # connections that the kernel holds until the listener accepts them
_TLS_HANDSHAKE = b"\x16"
_NO_MORE_FILES = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}  # accept(): no free descriptor or memory
_PAUSE_S = 0.1  # pause in accepting after such an error
_LOOK_S = 1.0  # time between two checks for silent connections
_COMPLAIN_S = 60.0  # least time between two log lines about _NO_MORE_FILES


def bind(config: Config) -> list[socket.socket]:
    """Open the listening sockets of all configured addresses, or none of them.

    Raises ConfigError, with a text for the user, if an address cannot be bound (port in use, not allowed, no such
    address).
    """
    with contextlib.ExitStack() as opened:
        sockets = [opened.enter_context(sock) for listen in config.listens for sock in _bind(listen)]
        for sock in sockets:  # connections inherit these sizes; by default a buffer may grow to several megabytes
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SYSTEM_RECEIVE_BUFFER_BYTES)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SYSTEM_SEND_BUFFER_BYTES)
        opened.pop_all()
    return sockets


def _bind(listen: Listen) -> list[socket.socket]:
    """Open the sockets of one configured address. An empty host means all addresses: an IPv4 and an IPv6 socket."""
    host = listen.host
    wanted = [(socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")] if not host else _resolve(host, listen.port)
    sockets: list[socket.socket] = []
    port = listen.port
    for family, address in wanted:
        try:
            sock = _bind_one(family, address, port)
        except OSError as error:
            # On a machine without IPv6, the IPv4 socket alone covers all addresses.
            if not host and family == socket.AF_INET6 and error.errno in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL):
                continue
            for opened in sockets:
                opened.close()
            raise ConfigError(_why(error, address, port)) from error
        port = sock.getsockname()[1]
        sockets.append(sock)
    return sockets


def _resolve(host: str, port: int) -> list[tuple[socket.AddressFamily, str]]:
    try:
        # Of a `str`, getaddrinfo makes `bytes` with the codec of international names, whose import is slow.
        wanted = host if parse_address(host) is None else host.encode()
        found = socket.getaddrinfo(wanted, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise ConfigError(f"Cannot listen on {host}: {error.strerror}.") from error
    except UnicodeError as error:
        raise ConfigError(f"Cannot listen on {host}: that is neither an address nor the name of a host.") from error
    return list(dict.fromkeys((family, str(address[0])) for family, _, _, _, address in found))


def _bind_one(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.setblocking(False)
        sock.bind((address, port))
        sock.listen(_BACKLOG)
    except OSError:
        sock.close()
        raise
    return sock


def _why(error: OSError, address: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is in use on {address}, perhaps by another chat server. Stop that, or take another port."
    if error.errno == errno.EACCES:
        return f"Port {port} is not allowed: ports below 1024 are the system's. Take a greater one."
    return f"Cannot listen on {address} port {port}: {error.strerror}."


def written(host: str, port: int) -> str:
    """Return an address as ``host:port``, with an IPv6 host in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _files_allowed() -> int:
    """Return how many files this process may have open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if soft == resource.RLIM_INFINITY else soft


class Listener:
    """Accepts connections on one socket and gives each to an Entrance, inside TLS if the peer speaks TLS."""

    def __init__(
        self,
        services: Services,
        sock: socket.socket,
        context: Callable[[bool], ssl.SSLContext],
        new_session: NewSession,
    ) -> None:
        """``context`` returns the TLS context for a new connection, ``new_session`` makes the session of a wire.

        The argument of ``context`` is whether to ask the client for a certificate.
        """
        self._services = services
        self._new_session = new_session
        self._sock = sock
        self._context = context
        self._loop = services.loop
        self._port: int = sock.getsockname()[1]
        self._silent: Deadlines[socket.socket] = Deadlines(services.config.first_byte_s, services.config.silent_max)
        # If a new descriptor has this number or more, the oldest connections that have not begun are closed.
        self._files_max = _files_allowed() * 7 // 8
        self._handshakes: Deadlines[asyncio.Task[None]] = Deadlines(
            services.config.tls_handshake_s, services.config.newcomers_max
        )
        self._held: dict[socket.socket, asyncio.TimerHandle] = {}  # sockets whose address connects too often
        self._starting: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        self._complained_s = -_COMPLAIN_S

    def start(self) -> None:
        """Start to accept connections."""
        self._loop.add_reader(self._sock.fileno(), self._accept)
        self._look()

    async def stop(self) -> None:
        """Stop accepting. Close the silent and the held connections, and cancel all TLS handshakes.

        On return, no connection is still starting.
        """
        self._closed = True
        self._loop.remove_reader(self._sock.fileno())
        self._sock.close()
        if self._timer is not None:
            self._timer.cancel()
        for sock in self._silent.late(float("inf")):
            self._drop(sock)
        for sock, timer in self._held.items():
            timer.cancel()
            sock.close()
        self._held.clear()
        for task in self._handshakes.late(float("inf")):
            task.cancel()
        if self._starting:
            await asyncio.wait(self._starting)

    def _look(self) -> None:
        """Drop connections that were silent for too long, at most ``DROPS_AT_ONCE`` per turn of the event loop."""
        late = self._silent.late(self._loop.time(), DROPS_AT_ONCE)
        for sock in late:
            self._drop(sock)
        self._timer = self._loop.call_later(0.0 if late else _LOOK_S, self._look)

    def _accept(self) -> None:
        for _ in range(ACCEPTS_AT_ONCE):
            try:
                sock, _ = self._sock.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno in _NO_MORE_FILES:
                    self._make_room(error)
                    return
                log.warning("a connection was not accepted: %s", error)
                return
            sock.setblocking(False)
            self._loop.add_reader(sock.fileno(), self._first_byte, sock)
            oldest = self._silent.add(sock, self._loop.time())
            if oldest is not None:
                text = f"more than {self._services.config.silent_max} connections say nothing; the oldest was closed"
                self._services.activity.limit_reached("silent_max", "", text)
                self._drop(oldest)
            elif sock.fileno() >= self._files_max:  # the lowest free number is this high, so few are left
                self._drop_oldest()
        # More may wait in the backlog. The pause lets the server first serve the connections it has.
        self._pause_accepting(ACCEPT_PAUSE_S)

    def _pause_accepting(self, seconds: float) -> None:
        self._loop.remove_reader(self._sock.fileno())
        self._loop.call_later(seconds, self._resume_accepting)

    def _drop_oldest(self) -> None:
        """Close the oldest held connections and the oldest silent ones, at most ``DROPS_AT_ONCE`` of each."""
        for sock, timer in list(itertools.islice(self._held.items(), DROPS_AT_ONCE)):
            timer.cancel()
            self._turn_away(sock)
        for sock in self._silent.oldest(DROPS_AT_ONCE):
            self._drop(sock)

    def _make_room(self, error: OSError) -> None:
        """Close old connections and pause accepting, because the system has no more sockets to give."""
        now = self._loop.time()
        if now > self._complained_s + _COMPLAIN_S:
            self._complained_s = now
            log.error("no more connections can be accepted for now: %s", error.strerror)
        self._drop_oldest()
        self._pause_accepting(_PAUSE_S)

    def _resume_accepting(self) -> None:
        if not self._closed:
            self._loop.add_reader(self._sock.fileno(), self._accept)

    def _drop(self, sock: socket.socket) -> None:
        self._loop.remove_reader(sock.fileno())
        sock.close()

    def _first_byte(self, sock: socket.socket) -> None:
        """Peek at the first bytes, which tell whether the peer speaks TLS, and then whether it is a browser."""
        try:
            first = sock.recv(client_hello.RECORD_BYTES_MAX, socket.MSG_PEEK)
            address = sock.getpeername()[0]
            tls = first[:1] == _TLS_HANDSHAKE
            if tls and self._waits_for_more(sock, first):
                return
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            first = b""
        self._loop.remove_reader(sock.fileno())
        self._silent.forget(sock)
        if not first:
            sock.close()
            return
        asks = tls and client_certificates.CAN_ASK and not client_hello.offers_http(first)
        self._admit(sock, address, Security(tls, asks))

    def _waits_for_more(self, sock: socket.socket, first: bytes) -> bool:
        """Return whether a part of the ClientHello is missing; the system then waits for it.

        After the system has waited once, the ClientHello is taken as it is: the peer may have closed its side, or the
        system may not support waiting (SO_RCVLOWAT). Raises OSError.
        """
        if sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT) > 1:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)
            return False
        needed = client_hello.record_bytes(first)
        if len(first) >= needed:
            return False
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, needed)
        return True

    def _admit(self, sock: socket.socket, address: str, security: Security) -> None:
        """Start a connection now. If its address connects too often, start it later, or close it.

        If too many wait, it is closed at once; if its wait is over ``connect_wait_s``, after ``connect_wait_s``.
        """
        services, now = self._services, self._loop.time()
        if not services.rate_limits or services.gateways.lists(address):  # WEBIRC charges the client's address
            self._let_in(sock, address, security)
            return
        key = address_key(address)
        wait_s = services.limits.connects.wait_s(key, now)
        if wait_s:
            text = "too many connections from one address at once; more of them wait, or are closed"
            services.activity.limit_reached("connects_per_address_burst", address, text)
        if not wait_s:
            services.limits.connects.take(key, now)
            self._let_in(sock, address, security)
        elif len(self._held) >= services.config.newcomers_max:
            sock.close()
        elif wait_s > services.config.connect_wait_s:  # after an early close, its client would reconnect at once
            self._held[sock] = self._loop.call_later(services.config.connect_wait_s, self._turn_away, sock)
        else:
            services.limits.connects.take(key, now)
            self._held[sock] = self._loop.call_later(wait_s, self._let_in, sock, address, security)

    def _turn_away(self, sock: socket.socket) -> None:
        del self._held[sock]
        sock.close()

    def _let_in(self, sock: socket.socket, address: str, security: Security) -> None:
        """Start the task that makes the connection's Entrance, after the TLS handshake if there is one."""
        self._held.pop(sock, None)
        task = self._loop.create_task(self._begin(sock, address, security))
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)
        # A task that is cancelled before its first step runs nothing of ``_begin``, so the socket is closed here.
        task.add_done_callback(lambda ended: sock.close() if ended.cancelled() else None)
        if security.tls:
            task.add_done_callback(self._handshakes.forget)
            slowest = self._handshakes.add(task, self._loop.time())
            if slowest is not None:
                text = f"more than {self._services.config.newcomers_max} TLS handshakes at once; the slowest was closed"
                self._services.activity.limit_reached("newcomers_max", "", text)
                slowest.cancel()

    async def _begin(self, sock: socket.socket, address: str, security: Security) -> None:
        services, config = self._services, self._services.config

        def entrance() -> Entrance:
            secure = security.tls or may_send_passwords(config, address)
            return Entrance(services, self._new_session, address, self._port, secure, security)

        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await services.round_robin.wait()
            if security.tls:
                context = self._context(security.asks)
                await self._loop.connect_accepted_socket(
                    entrance, sock, ssl=context, ssl_handshake_timeout=config.tls_handshake_s
                )
            else:
                await self._loop.connect_accepted_socket(entrance, sock)
        # Reached if the peer went away, sent invalid TLS (an SSLError is an OSError), or took too long with TLS.
        # Without TLS, never cancel this task (it is quick): uvloop would not tell the connection of its end.
        except (OSError, asyncio.CancelledError) as error:
            log.debug("a connection from %s did not begin: %s", address, str(error) or type(error).__name__)
            sock.close()
