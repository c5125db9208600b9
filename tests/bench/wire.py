"""Connections of the load generator: plain sockets, TLS over them, and signing them all in."""

from __future__ import annotations

import select
import socket
import ssl
import struct
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import cast

BUFFER_BYTES = 1 << 20
RESET_AT_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: no port is left in TIME_WAIT


class WireError(Exception):
    """The server did not do what the protocol says, or went away."""


class Client:
    """One connection: what it has received, and what it waits for."""

    mark = b"\n"  # of which each message has one
    __slots__ = (
        "fileno", "left", "nick", "per_round", "received", "recv_into", "rest", "round", "samples", "send_some", "sock",
        "team", "unsent",
    )  # fmt: skip

    def __init__(self, nick: str, host: str, port: int, tls: ssl.SSLContext | None, source: str = "") -> None:
        """Connect, from the address ``source`` where one is given."""
        self.nick = nick
        self.sock = socket.create_connection((host, port), timeout=30, source_address=(source, 0) if source else None)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
        self.fileno = self.sock.fileno()
        self.recv_into: Callable[[bytearray], int] = self.sock.recv_into
        self.send_some: Callable[[bytes], int] = self.sock.send
        if tls is not None:
            layer = TlsLayer(self.sock, tls)
            self.recv_into, self.send_some = layer.recv_into, layer.send
        self.sock.setblocking(False)
        self.rest, self.unsent = b"", b""
        self.received = self.left = self.round = self.per_round = 0
        self.samples: list[tuple[float, bytes]] | None = None
        self.team: object = None

    def send(self, data: bytes) -> bool:
        """Send; ``False`` when the socket did not take all: then call :meth:`send_rest` once it is writable."""
        self.unsent += data
        return self.send_rest()

    def send_rest(self) -> bool:
        """Send what could not be sent before."""
        try:
            self.unsent = self.unsent[self.send_some(self.unsent) :]
        except BlockingIOError:
            pass
        return not self.unsent

    def lines(self, data: bytes) -> list[bytes]:
        """Cut what was received into lines; the start of an unfinished one is kept."""
        lines = (self.rest + data).split(b"\n")
        self.rest = lines.pop()
        return lines


class TlsLayer:
    """TLS between a non-blocking socket and its user: one system call reads as many records as there are."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext) -> None:
        self.sock = sock
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing)
        self.raw = bytearray(1 << 18)
        self._shake_hands()

    def _shake_hands(self) -> None:
        """Shake hands while the socket still blocks."""
        while True:
            try:
                self.tls.do_handshake()
                self.sock.sendall(self.outgoing.read())
                return
            except ssl.SSLWantReadError:
                self.sock.sendall(self.outgoing.read())
                data = self.sock.recv(65536)
                if not data:
                    raise WireError("The server closed the connection during the TLS handshake.") from None
                self.incoming.write(data)

    def recv_into(self, buffer: bytearray) -> int:
        """Receive and decrypt as ``socket.recv_into``; raises BlockingIOError when no whole record has come."""
        size = self.sock.recv_into(self.raw)
        if not size:
            return 0
        self.incoming.write(memoryview(self.raw)[:size])
        view, total, incoming, read = memoryview(buffer), 0, self.incoming, self.tls.read
        try:
            while incoming.pending:
                total += cast(int, read(16384, view[total:]))  # bytes only without a buffer
        except ssl.SSLWantReadError:
            if not total:
                raise BlockingIOError from None
        return total

    def send(self, data: bytes) -> int:
        """Encrypt all and send it; the window is far smaller than a socket's buffer, so this hardly ever blocks."""
        self.tls.write(data)
        encrypted = memoryview(self.outgoing.read())
        while encrypted:
            try:
                encrypted = encrypted[self.sock.send(encrypted) :]
            except BlockingIOError:
                select.select([], [self.sock], [], 1.0)
        return len(data)


def tls_context() -> ssl.SSLContext:
    """Accept any certificate: the benchmark made it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Crowd:
    """All connections of a run and one epoll over them."""

    def __init__(self) -> None:
        self.clients: list[Client] = []
        self.by_fileno: dict[int, Client] = {}
        self.epoll = select.epoll()
        self.buffer = bytearray(BUFFER_BYTES)

    def add(self, client: Client) -> None:
        """Take in a connection."""
        self.clients.append(client)
        self.by_fileno[client.fileno] = client
        self.epoll.register(client.fileno, select.EPOLLIN)

    def send(self, client: Client, data: bytes) -> None:
        """Send, and go on when the socket takes more."""
        if not client.send(data):
            self.epoll.modify(client.fileno, select.EPOLLIN | select.EPOLLOUT)

    def writable(self, client: Client) -> None:
        """Send what was left over."""
        if client.send_rest():
            self.epoll.modify(client.fileno, select.EPOLLIN)

    def incoming(self, timeout_s: float) -> Iterator[tuple[Client, list[bytes]]]:
        """Wait for something and yield who received which lines (the slow way, for signing in)."""
        for fileno, mask in self.epoll.poll(timeout_s):
            client = self.by_fileno[fileno]
            if mask & select.EPOLLOUT:
                self.writable(client)
            if not mask & ~select.EPOLLOUT:
                continue
            try:
                size = client.recv_into(self.buffer)
            except BlockingIOError:
                continue
            if not size:
                raise WireError(f"The server closed the connection of {client.nick}; last: {client.rest!r}")
            yield client, client.lines(bytes(self.buffer[:size]))

    def close(self) -> None:
        """Close all connections."""
        self.epoll.close()
        for client in self.clients:
            client.sock.close()


Ask = tuple[Client, bytes, bytes]  # who, what it sends, and what the answer's line holds


def ask_all(crowd: Crowd, asks: Iterable[Ask], timeout_s: float, in_flight: int) -> None:
    """Let each client send its line and wait for the answer to it, a few clients at a time.

    ``asks`` may make connections as it goes. Raises WireError on ERROR, a closed connection, or when time is over.
    """
    deadline = time.monotonic() + timeout_s
    waiting: dict[Client, bytes] = {}
    source, more = iter(asks), True
    while more or waiting:
        while more and len(waiting) < in_flight:
            ask = next(source, None)
            if ask is None:
                more = False
                break
            client, request, answer = ask
            waiting[client] = answer
            crowd.send(client, request)
        for client, lines in crowd.incoming(0.2):
            for line in lines:
                if line.startswith(b"ERROR") or b" NAK :" in line:
                    raise WireError(f"{client.nick} was refused: {line.decode(errors='replace').strip()}")
                if client in waiting and waiting[client] in line:
                    del waiting[client]
        if time.monotonic() > deadline and waiting:
            client, answer = next(iter(waiting.items()))
            raise WireError(f"{len(waiting)} clients had no answer in time; {client.nick} waits for {answer!r}.")


def sign_in(
    crowd: Crowd,
    count: int,
    host: str,
    port: int,
    tls: bool,
    in_flight: int,
    timeout_s: float,
    capabilities: Sequence[str] = (),
    client_type: type[Client] = Client,
) -> None:
    """Connect ``count`` clients named ``b0``, ``b1`` ... with the capabilities, and wait until each is welcome."""
    context = tls_context() if tls else None
    requests = "".join(f"CAP REQ :{name}\r\n" for name in capabilities)
    negotiation = f"CAP LS 302\r\n{requests}CAP END\r\n" if capabilities else ""

    def newcomers() -> Iterator[Ask]:
        for number in range(count):
            client = client_type(f"b{number}", host, port, context)
            crowd.add(client)
            yield client, f"{negotiation}NICK {client.nick}\r\nUSER bench 0 * :bench\r\n".encode(), b" 001 "

    ask_all(crowd, newcomers(), timeout_s, in_flight)


def fall_silent(crowd: Crowd, timeout_s: float) -> None:
    """Wait until each client has received all that was on its way: the answer to a PING comes after it."""
    ask_all(crowd, [(c, b"PING :quiet\r\n", b"quiet") for c in crowd.clients], timeout_s, in_flight=len(crowd.clients))
