"""One port for everything: TLS and plain text are told apart by the first byte, which is looked at and left unread.

A TLS ClientHello begins with 22 (RFC 8446, 5.1: ContentType handshake); no line of IRC or HTTP does. What is inside,
of TLS or of plain text, tells ``entrance.py`` by its first bytes.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import itertools
import logging
import socket
import ssl
import sys
from collections.abc import Callable

from chatapp.auth import address_key
from chatapp.config import Config, Listen
from chatapp.errors import ConfigError
from chatapp.protocol.addresses import is_loopback
from chatapp.server.edge.entrance import Entrance, NewSession
from chatapp.server.limits.deadlines import Deadlines
from chatapp.server.services import Services

log = logging.getLogger(__name__)

_TLS_HANDSHAKE = b"\x16"
_NO_MORE_FILES = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_PAUSE_S = 0.1
_LOOK_S = 1.0  # how often deadlines are looked at
_COMPLAIN_S = 60.0


def bind(config: Config) -> list[socket.socket]:
    """Open the listening sockets of all addresses, or none.

    Raises ConfigError in plain words when that cannot be (port in use, not allowed, no such address).
    """
    with contextlib.ExitStack() as opened:
        sockets = [opened.enter_context(sock) for listen in config.listens for sock in _bind(listen, config.backlog)]
        for sock in sockets:  # connections inherit these; a system would let a buffer grow to some megabytes
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, config.system_receive_buffer_bytes)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, config.system_send_buffer_bytes)
        opened.pop_all()
    return sockets


def _bind(listen: Listen, backlog: int) -> list[socket.socket]:
    """Open the sockets of one address: one, or for "all addresses" one each of v4 and v6."""
    host = listen.host
    wanted = [(socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")] if not host else _resolve(host, listen.port)
    sockets: list[socket.socket] = []
    port = listen.port
    for family, address in wanted:
        try:
            sock = _bind_one(family, address, port, backlog)
        except OSError as error:
            # A machine without v6 has all its addresses all the same.
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
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise ConfigError(f"Cannot listen on {host}: {error.strerror}.") from error
    except UnicodeError as error:
        raise ConfigError(f"Cannot listen on {host}: that is neither an address nor the name of a host.") from error
    return list(dict.fromkeys((family, str(address[0])) for family, _, _, _, address in found))


def _bind_one(family: socket.AddressFamily, address: str, port: int, backlog: int) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.setblocking(False)
        sock.bind((address, port))
        sock.listen(backlog)
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
    """Write an address as people write it: a v6 address stands in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def may_speak_plainly(config: Config, address: str) -> bool:
    """Tell whether passwords may come from this address without TLS (DESIGN R7)."""
    return config.plaintext == "any" or (config.plaintext == "loopback" and is_loopback(address))


def _files_allowed() -> int:
    """Tell how many files this process may have open."""
    import resource  # which Windows has not

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if soft == resource.RLIM_INFINITY else soft


class Listener:
    """Accepts on one socket and hands each connection to an Entrance, below TLS where it speaks that."""

    def __init__(
        self,
        services: Services,
        sock: socket.socket,
        context: Callable[[], ssl.SSLContext],
        new_session: NewSession,
    ) -> None:
        """``context`` gives the TLS context for a new connection; ``new_session`` begins a session over a wire."""
        self._services = services
        self._new_session = new_session
        self._sock = sock
        self._context = context
        self._loop = services.loop
        self._port: int = sock.getsockname()[1]
        self._silent: Deadlines[socket.socket] = Deadlines(services.config.first_byte_s, services.config.silent_max)
        self._files_max = _files_allowed() * 7 // 8  # beyond it those that say nothing make room, for files too
        self._handshakes: Deadlines[asyncio.Task[None]] = Deadlines(
            services.config.tls_handshake_s, services.config.newcomers_max
        )
        self._held: dict[socket.socket, asyncio.TimerHandle] = {}  # for more of their address came than may at once
        self._starting: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        self._complained_s = -_COMPLAIN_S

    def start(self) -> None:
        """Begin to accept."""
        self._loop.add_reader(self._sock.fileno(), self._accept)
        self._look()

    async def stop(self) -> None:
        """Accept no more; what has not become a connection is dropped, and gone on return."""
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
        """Drop those who have said nothing for too long, a few in each turn of the loop."""
        late = self._silent.late(self._loop.time(), self._services.config.drops_at_once)
        for sock in late:
            self._drop(sock)
        self._timer = self._loop.call_later(0.0 if late else _LOOK_S, self._look)

    def _accept(self) -> None:
        for _ in range(self._services.config.accepts_at_once):
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
            elif sock.fileno() >= self._files_max:  # the lowest number that was free, so few are left
                self._drop_oldest()
        self._rest(self._services.config.accept_pause_s)  # there may be more, and those who talk come first

    def _rest(self, seconds: float) -> None:
        """Accept nothing for a while."""
        self._loop.remove_reader(self._sock.fileno())
        self._loop.call_later(seconds, self._go_on)

    def _drop_oldest(self) -> None:
        """Let some of those go that wait because too many of their address came, and that have said nothing."""
        for sock, timer in list(itertools.islice(self._held.items(), self._services.config.drops_at_once)):
            timer.cancel()
            self._turn_away(sock)
        for sock in self._silent.oldest(self._services.config.drops_at_once):
            self._drop(sock)

    def _make_room(self, error: OSError) -> None:
        """Where the system has no more sockets to give, let some go that say nothing, and wait."""
        now = self._loop.time()
        if now > self._complained_s + _COMPLAIN_S:
            self._complained_s = now
            log.error("no more connections can be accepted for now: %s", error.strerror)
        self._drop_oldest()
        self._rest(_PAUSE_S)

    def _go_on(self) -> None:
        if not self._closed:
            self._loop.add_reader(self._sock.fileno(), self._accept)

    def _drop(self, sock: socket.socket) -> None:
        self._loop.remove_reader(sock.fileno())
        sock.close()

    def _first_byte(self, sock: socket.socket) -> None:
        """Look at the first byte, which tells TLS from all else."""
        try:
            first = sock.recv(1, socket.MSG_PEEK)
            address = sock.getpeername()[0]
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            first = b""
        self._loop.remove_reader(sock.fileno())
        self._silent.forget(sock)
        if not first:
            sock.close()
            return
        self._slow_down(sock, address, first == _TLS_HANDSHAKE)

    def _slow_down(self, sock: socket.socket, address: str, tls: bool) -> None:
        """Let a connection begin, later where too many of its address do, or not at all."""
        services, now = self._services, self._loop.time()
        if not services.rate_limits:
            self._let_in(sock, address, tls)
            return
        key = address_key(address)
        wait_s = services.connects.wait_s(key, now)
        if wait_s:
            text = "too many connections from one address at once; more of them wait, or are closed"
            services.activity.limit_reached("connects_per_address_burst", address, text)
        if not wait_s:
            services.connects.take(key, now)
            self._let_in(sock, address, tls)
        elif len(self._held) >= services.config.newcomers_max:
            sock.close()
        elif wait_s > services.config.connect_wait_s:  # in vain; told at once, it would come again
            self._held[sock] = self._loop.call_later(services.config.connect_wait_s, self._turn_away, sock)
        else:
            services.connects.take(key, now)
            self._held[sock] = self._loop.call_later(wait_s, self._let_in, sock, address, tls)

    def _turn_away(self, sock: socket.socket) -> None:
        del self._held[sock]
        sock.close()

    def _let_in(self, sock: socket.socket, address: str, tls: bool) -> None:
        """Begin what the first byte calls for."""
        self._held.pop(sock, None)
        task = self._loop.create_task(self._begin(sock, address, tls))
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)
        task.add_done_callback(lambda ended: sock.close() if ended.cancelled() else None)  # before it began
        if tls:
            task.add_done_callback(self._handshakes.forget)
            slowest = self._handshakes.add(task, self._loop.time())
            if slowest is not None:
                text = f"more than {self._services.config.newcomers_max} TLS handshakes at once; the slowest was closed"
                self._services.activity.limit_reached("newcomers_max", "", text)
                slowest.cancel()

    async def _begin(self, sock: socket.socket, address: str, tls: bool) -> None:
        services, config = self._services, self._services.config

        def entrance() -> Entrance:
            secure = tls or may_speak_plainly(config, address)
            return Entrance(services, self._new_session, address, self._port, secure, tls)

        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await services.round_robin.wait()
            if tls:
                await self._loop.connect_accepted_socket(
                    entrance, sock, ssl=self._context(), ssl_handshake_timeout=config.tls_handshake_s
                )
            else:
                await self._loop.connect_accepted_socket(entrance, sock)
        # The peer went away, or its TLS is none (an SSLError is an OSError), or it took too long. Without TLS there is
        # nothing to take long, and nothing may cancel it: uvloop would not tell the connection that it is closed.
        except (OSError, asyncio.CancelledError) as error:
            log.debug("a connection from %s did not begin: %s", address, str(error) or type(error).__name__)
            sock.close()
