"""A small blocking client that speaks raw IRC: what a test sends and sees is exactly what goes over the wire."""

from __future__ import annotations

import base64
import contextlib
import itertools
import re
import socket
import ssl
import time
from types import TracebackType

from tests.support.server import PASSWORD, PATIENCE_S, Address

CAPS = "message-tags server-time echo-message labeled-response batch account-tag standard-replies draft/chathistory"
_tokens = itertools.count()


def tls_context() -> ssl.SSLContext:
    """Accept any certificate; a test that cares looks at it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def plain(name: str, password: str) -> str:
    """Write the payload of SASL PLAIN."""
    return base64.b64encode(f"\0{name}\0{password}".encode()).decode()


class Client:
    """One connection, for the time of a ``with`` block. Whatever does not come in ``PATIENCE_S`` fails the test."""

    def __init__(
        self, address: Address, tls: bool | ssl.SSLContext = False, source: str | None = None, small: bool = False
    ) -> None:
        """``source``: the local address to come from; ``small``: with the smallest buffer for what comes."""
        family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
        self.sock: socket.socket = socket.socket(family, socket.SOCK_STREAM)
        self.sock.settimeout(PATIENCE_S)
        if small:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        try:
            if source is not None:
                self.sock.bind((source, 0))
            self.sock.connect(address)
            if tls:
                context = tls if isinstance(tls, ssl.SSLContext) else tls_context()
                self.sock = context.wrap_socket(self.sock, server_hostname=address.host)
        except BaseException:
            self.sock.close()
            raise
        self._rest = b""
        self.heard: list[str] = []

    # Bytes and lines

    def send(self, *lines: str) -> None:
        """Send lines, all in one piece."""
        self.sock.sendall("".join(line + "\r\n" for line in lines).encode())

    def line(self) -> str:
        """Receive one line."""
        line = self.line_or_end()
        assert line is not None, f"The server closed the connection. Before that: {self.heard[-5:]}"
        return line

    def line_or_end(self) -> str | None:
        """Receive one line, or ``None`` when the server has closed the connection."""
        deadline = time.monotonic() + PATIENCE_S
        while b"\n" not in self._rest:
            assert time.monotonic() < deadline, f"No line came, only {self._rest!r}, after {self.heard[-5:]}"
            try:
                data = self.sock.recv(65536)
            except TimeoutError:
                raise AssertionError(f"Nothing came; the last was {self.heard[-5:]}") from None
            except (ConnectionResetError, ssl.SSLEOFError, BrokenPipeError):
                data = b""
            if not data:
                return None
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        self.heard.append(line.removesuffix(b"\r").decode())
        return self.heard[-1]

    def until(self, pattern: str) -> list[str]:
        """Receive lines up to the first one in which ``pattern`` (a regular expression) is found, and return them."""
        lines = []
        while True:
            lines.append(self.line())
            if re.search(pattern, lines[-1]):
                return lines

    def wait_for(self, pattern: str) -> str:
        """Receive lines up to the first one in which ``pattern`` is found; return that one."""
        return self.until(pattern)[-1]

    def ask(self, line: str, pattern: str) -> str:
        """Send a line and wait for its answer."""
        self.send(line)
        return self.wait_for(pattern)

    def sync(self) -> list[str]:
        """Return all that came until now: the answer to a PING comes after it."""
        token = f"sync{next(_tokens)}"
        self.send(f"PING {token}")
        return self.until(f" PONG .*{token}$")[:-1]

    def end(self) -> list[str]:
        """Return all that comes until the server closes the connection."""
        lines = []
        while (line := self.line_or_end()) is not None:
            lines.append(line)
        return lines

    def end_of_bytes(self) -> bytes:
        """Return all bytes that come until the server closes the connection."""
        data = b""
        with contextlib.suppress(ConnectionResetError):
            while more := self.sock.recv(65536):
                data += more
        return data

    # Talk

    def sign_in(self, name: str, password: str = PASSWORD, caps: str = CAPS) -> Client:
        """Sign in with SASL, be welcomed, and hear all that comes at first."""
        self.send("CAP LS 302", f"NICK {name}", f"USER {name} 0 * :{name}", f"CAP REQ :sasl {caps}".rstrip())
        self.send("AUTHENTICATE PLAIN")
        self.wait_for("^AUTHENTICATE ")
        answer = self.ask(f"AUTHENTICATE {plain(name, password)}", r" 90[34] ")
        assert " 903 " in answer, answer
        self.send("CAP END")
        self.wait_for(" (422|376) ")
        self.sync()
        return self

    def say(self, target: str, text: str, tags: str = "") -> str:
        """Send a message and return its echo, which proves that it is stored."""
        self.send(f"{'@' + tags + ' ' if tags else ''}PRIVMSG {target} :{text}")
        return self.wait_for(f" PRIVMSG {re.escape(target)} :{re.escape(text)}$")

    def history(self, target: str, limit: int = 1000, before: str = "") -> list[str]:
        """Return the last messages of a channel or conversation, or the last before a msgid, as lines."""
        self.send(
            f"CHATHISTORY BEFORE {target} msgid={before} {limit}"
            if before
            else f"CHATHISTORY LATEST {target} * {limit}"
        )
        begin = self.wait_for(r" (BATCH \+\S+ chathistory |FAIL CHATHISTORY )")
        reference = re.search(r"BATCH \+(\S+)", begin)
        assert reference is not None, begin
        return self.until(f" BATCH -{reference[1]}$")[:-1]

    # As a context

    def close(self) -> None:
        """Close the connection, in no polite way."""
        with contextlib.suppress(OSError):
            self.sock.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
        if error is not None and self.heard:
            error.add_note("A client heard last:\n  " + "\n  ".join(self.heard[-8:]))


def text_of(line: str) -> str:
    """Return the text of a message."""
    return re.split(r" (?:PRIVMSG|NOTICE) \S+ :", line, maxsplit=1)[1]


def msgid_of(line: str) -> str:
    """Return the msgid of a line."""
    found = re.match(r"@(?:[^ ]*;)?msgid=([^; ]+)", line)
    assert found is not None, line
    return found[1]
