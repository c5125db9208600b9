"""Those who mean harm, in a process of their own: many connections that do one bad thing over and over.

The process has the lowest priority, so that it takes from the server what the network could bring it, and not the
processor that it runs on. It tells when all of it is going on (a line ``{"at": "full"}``), ends when its standard input
does, and tells then what it has done.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import ssl
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.bench import limits
from tests.bench.wire import RESET_AT_CLOSE, tls_context

CONNECTS_AT_ONCE = 50  # between two looks at the connections
CONNECTS_PER_S = 2_000.0


@dataclass(frozen=True)
class Attack:
    """What each of ``count`` connections does: say ``hello``, then ``stream`` for as long as it is taken."""

    title: str
    count: int
    hello: Callable[[int], bytes] = lambda number: b""
    stream: bytes = b""
    reads: bool = True
    hangs_up: bool = False  # when it has been answered, or at once where it said nothing; then it comes again


def _as_guest(number: int) -> bytes:
    return f"NICK evil{number}\r\nUSER evil 0 * :evil\r\n".encode()


def _deaf_guest(number: int) -> bytes:
    return _as_guest(number) + b"JOIN #bench0\r\n"


def _wrong_password(number: int) -> bytes:
    # A nameless account and a wrong password, in the form of SASL PLAIN.
    return b"CAP LS 302\r\nAUTHENTICATE PLAIN\r\nAUTHENTICATE AGFkbWluAGd1ZXNz\r\n"


def client_hello() -> bytes:
    """Make the first bytes of a TLS handshake."""
    outgoing = ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        tls_context().wrap_bio(ssl.MemoryBIO(), outgoing).do_handshake()
    return outgoing.read()


_HELLO = client_hello()
_GET = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

ATTACKS: dict[str, Attack] = {
    "silent": Attack("10,000 connections say nothing", 10_000),
    "connects": Attack("connections come and go", 100, hangs_up=True),
    "half-tls": Attack("2,000 half TLS handshakes", 2_000, lambda number: _HELLO[: len(_HELLO) // 2]),
    "handshakes": Attack("TLS handshakes that stop half way", 100, lambda number: _HELLO, hangs_up=True),
    "long-lines": Attack("20 guests send over-long lines", 20, _as_guest, (b"x" * 6_000 + b"\n") * 20),
    "no-newline": Attack("20 guests send lines without end", 20, _as_guest, b"x" * 100_000),
    "garbage": Attack("20 guests send NUL and invalid UTF-8", 20, _as_guest, b"\0\r\nPRIVMSG \xff\xfe :x\r\n" * 2_000),
    "commands": Attack("20 guests send commands all the time", 20, _as_guest, b"PING x\r\nNAMES #bench0\r\n" * 500),
    "newlines": Attack("20 strangers send empty lines", 20, lambda number: b"", b"\r\n" * 50_000),
    "deaf": Attack("50 guests ask for much and never read", 50, _deaf_guest, b"WHO *\r\nLIST\r\n" * 20, reads=False),
    "http": Attack("200 connections ask for the page all the time", 200, lambda number: _GET, _GET * 20),
    "log-ins": Attack("50 wrong passwords at a time", 50, _wrong_password, hangs_up=True),
}


class Crowd:
    """The connections of an attack."""

    def __init__(self, attack: Attack, count: int, host: str, port: int) -> None:
        self.attack = attack
        self.count = count
        self.address = (host, port)
        self.full = False
        self.epoll = select.epoll()
        self.epoll.register(sys.stdin.fileno(), select.EPOLLIN)
        self.sockets: dict[int, tuple[socket.socket, bytes]] = {}  # and what is still to be sent
        self.made = self.sent_bytes = 0
        self.began = time.monotonic()

    def run(self) -> None:
        """Go on until standard input ends."""
        buffer = bytearray(1 << 16)
        while True:
            self.connect()
            if not self.full and self.made >= self.count:
                self.full = True
                print(json.dumps({"at": "full"}), flush=True)
            for fileno, mask in self.epoll.poll(0.01):
                if fileno == sys.stdin.fileno():
                    if not os.read(fileno, 4096):
                        return
                elif mask & (select.EPOLLHUP | select.EPOLLERR):
                    self.drop(fileno)
                else:
                    self.serve(fileno, mask, buffer)

    def connect(self) -> None:
        """Make what connections are missing, a few at a time."""
        allowed = (time.monotonic() - self.began) * CONNECTS_PER_S
        for _ in range(CONNECTS_AT_ONCE):
            if len(self.sockets) >= self.count or self.made >= allowed:
                return
            sock = socket.socket()
            sock.setblocking(False)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
            if not self.attack.reads:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.connect_ex(self.address)
            self.sockets[sock.fileno()] = (sock, self.attack.hello(self.made))
            self.epoll.register(sock.fileno(), select.EPOLLOUT)
            self.made += 1

    def serve(self, fileno: int, mask: int, buffer: bytearray) -> None:
        """Read what came, and send on."""
        attack = self.attack
        sock, rest = self.sockets[fileno]
        try:
            if mask & select.EPOLLIN and (not sock.recv_into(buffer) or attack.hangs_up):
                self.drop(fileno)
                return
            if mask & select.EPOLLOUT:
                if attack.hangs_up and not rest and not attack.hello(0):
                    self.drop(fileno)
                    return
                rest = rest or attack.stream
                sent = sock.send(rest)
                self.sent_bytes += sent
                self.sockets[fileno] = (sock, rest[sent:])
                if sent == len(rest) and not attack.stream:
                    self.epoll.modify(fileno, select.EPOLLIN)
                else:
                    self.epoll.modify(fileno, select.EPOLLOUT | (select.EPOLLIN if attack.reads else 0))
        except BlockingIOError:
            pass
        except OSError:
            self.drop(fileno)

    def drop(self, fileno: int) -> None:
        """Close a connection; another one takes its place."""
        sock, _ = self.sockets.pop(fileno)
        self.epoll.unregister(fileno)
        sock.close()


def main() -> None:
    """Do the job that stands in the first argument."""
    limits.raise_open_files()
    job = json.loads(sys.argv[1])
    os.nice(19)
    attack = ATTACKS[job["kind"]]
    crowd = Crowd(attack, job.get("count", attack.count), job["host"], job["port"])
    crowd.run()
    took = time.monotonic() - crowd.began
    figures = {"connections": crowd.made, "sent_mb": crowd.sent_bytes / 1e6, "attack_share": time.process_time() / took}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
