"""A server that means harm, on a port of this machine: it signs anybody in, and then says what a test tells it to."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from types import TracebackType

from chatapp.protocol.message import Message, parse
from tests.support.server import PATIENCE_S

OFFERS = (
    "account-tag away-notify batch chatapp/account draft/account-registration=before-connect draft/chathistory"
    " draft/read-marker echo-message extended-join labeled-response message-tags sasl=PLAIN server-time"
    " standard-replies"
)


class Visit:
    """One connection of a client, as the server sees it."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._file = sock.makefile("rb")

    def send(self, *lines: str) -> None:
        """Send lines."""
        self._socket.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def until(self, *verbs: str) -> Message:
        """Read lines until one with a verb, and answer the others with nothing. Raises ConnectionError at the end."""
        while line := self._file.readline():
            message = parse(line.rstrip(b"\r\n"))
            if message.verb in verbs:
                return message
            if message.verb == "PING":
                self.send(f":s PONG s :{message.param(0)}")
            elif "label" in message.tags:
                self.send(f"@label={message.tags['label']} :s ACK")
        raise ConnectionError

    def offer(self, offers: str = OFFERS) -> None:
        """Answer CAP LS and CAP REQ."""
        self.until("USER")
        self.send(f":s CAP * LS :{offers}")
        self.send(f":s CAP * ACK :{self.until('CAP').param(1)}")

    def authenticate(self) -> None:
        """Go as far as the password of SASL PLAIN; the account is known."""
        self.send(f":s ACCOUNT {self.until('ACCOUNT').param(0)} known")
        self.until("AUTHENTICATE")
        self.send("AUTHENTICATE +")
        self.until("AUTHENTICATE")

    def sign_in(self, *tokens: str, nick: str = "alice") -> None:
        """Sign the client in, as far as the PONG after which it begins to talk."""
        self.offer()
        self.authenticate()
        self.send(":s 903 * :ok")
        self.until("CAP")
        tokens = tokens or ("LOBBY=#lobby",)
        self.send(f":s 001 {nick} :Welcome.", *(f":s 005 {nick} {token} :are supported" for token in tokens))
        self.send(f":{nick}!u@h JOIN #lobby")
        self.send(f":s PONG s :{self.until('PING').param(0)}")

    def linger(self) -> None:
        """Read until the client has gone."""
        with contextlib.suppress(ConnectionError):
            self.until("NEVER")


class HostileServer:
    """Runs ``script`` for each connection, in a thread of its own, for the time of a ``with`` block."""

    def __init__(self, script: Callable[[Visit], None]) -> None:
        self._script = script
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self._sockets: list[socket.socket] = []
        self.port = str(self._socket.getsockname()[1])
        self.args = ("127.0.0.1", self.port, "alice")

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # the listener is closed
            while True:
                sock, _ = self._socket.accept()
                self._sockets.append(sock)
                self._start(lambda sock=sock: self._run(sock))

    def _run(self, sock: socket.socket) -> None:
        with sock, contextlib.suppress(OSError):  # the client has gone
            visit = Visit(sock)
            self._script(visit)
            sock.shutdown(socket.SHUT_WR)
            visit.linger()

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def __enter__(self) -> HostileServer:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for sock in self._sockets:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE_S)
            assert not thread.is_alive()
