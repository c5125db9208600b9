"""The web over real connections: HTTP, and IRC over a WebSocket beside line clients."""

from __future__ import annotations

import asyncio
import functools
import http.client
import itertools
import re
import ssl
import subprocess
import sys
import threading
from collections.abc import Coroutine
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin, Subprotocol

from tests.process.irc_framework import IrcFramework
from tests.process.meeting import needs
from tests.support.irc import Client, text_of, tls_context
from tests.support.server import PASSWORD, PATIENCE_S, Address, Server, environment, make_accounts

pytestmark = pytest.mark.once

TEXT, BINARY = Subprotocol("text.ircv3.net"), Subprotocol("binary.ircv3.net")
_tokens = itertools.count()


_Result = TypeVar("_Result")


@functools.cache
def _loop() -> asyncio.AbstractEventLoop:
    """The event loop of the clients, in a thread.

    The blocking client of ``websockets`` reads and writes one TLS connection in two threads, and one of some hundred
    handshakes then never ends.
    """
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="web clients", daemon=True).start()
    return loop


def _run(work: Coroutine[Any, Any, _Result]) -> _Result:
    """Run a coroutine in the loop of the clients, for ``PATIENCE_S`` at most."""
    return asyncio.run_coroutine_threadsafe(asyncio.wait_for(work, PATIENCE_S), _loop()).result()


class WebClient:
    """A client whose WebSocket is that of ``websockets``."""

    def __init__(
        self, address: Address, subprotocol: Subprotocol = TEXT, tls: bool = True, origin: str | None = None
    ) -> None:
        self._uri = f"{'wss' if tls else 'ws'}://{address.host}:{address.port}/ws"
        self._tls = tls_context() if tls else None
        self._origin = Origin(origin) if origin is not None else None
        self._subprotocol = subprotocol
        self.binary = subprotocol is BINARY

    def send(self, *lines: str) -> None:
        """Send lines."""
        for line in lines:
            _run(self._socket.send(line.encode() if self.binary else line))

    def line(self) -> str:
        """Receive one line."""
        message = _run(self._socket.recv())
        assert isinstance(message, bytes) is self.binary
        return message.decode() if isinstance(message, bytes) else message

    def wait_for(self, pattern: str) -> str:
        """Receive lines up to the first one in which ``pattern`` is found; return that one."""
        while not re.search(pattern, line := self.line()):
            pass
        return line

    def sign_in(self, name: str, caps: str = "echo-message server-time message-tags") -> WebClient:
        """Sign in, and hear all that comes at first."""
        self.send(f"CAP REQ :{caps}", f"PASS {name}:{PASSWORD}", f"NICK {name}", f"USER {name} 0 * :{name}", "CAP END")
        self.wait_for(" (422|376) ")
        token = f"sync{next(_tokens)}"
        self.send(f"PING {token}")
        self.wait_for(f" PONG .*{token}$")
        return self

    def ping(self) -> None:
        """Send a ping of the WebSocket, and wait for its pong."""

        async def pinged() -> None:
            await (await self._socket.ping())

        _run(pinged())

    async def _open(self) -> ClientConnection:
        return await connect(
            self._uri, subprotocols=[self._subprotocol], ssl=self._tls, origin=self._origin, proxy=None, max_queue=None
        )

    def __enter__(self) -> WebClient:
        self._socket = _run(self._open())
        assert self._socket.subprotocol == self._subprotocol
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        _run(self._socket.close())


@pytest.mark.parametrize(("subprotocol", "tls"), [(TEXT, True), (BINARY, False)])
def test_talking_with_a_line_client(subprotocol: Subprotocol, tls: bool, tmp_path: Path) -> None:
    """ "Everything said is the same as in a terminal and in IRC clients", both ways, also what was missed."""
    data = tmp_path / "data"
    make_accounts(data, ["alice", "bob"])
    long = "grüße " * 50
    with Server(data) as server:
        origin = f"{'https' if tls else 'http'}://127.0.0.1:{server.address.port}"
        with Client(server.address, tls=True) as bob:
            bob.sign_in("bob")
            with WebClient(server.address, subprotocol, tls, origin) as alice:
                alice.sign_in("alice")
                alice.send(f"PRIVMSG #lobby :{long}")
                said = bob.wait_for(" PRIVMSG #lobby :")
                assert text_of(said) == long
                assert text_of(alice.wait_for(" PRIVMSG #lobby :")) == long
                bob.say("alice", "just for you")
                assert text_of(alice.wait_for(" PRIVMSG alice :")) == "just for you"
                alice.ping()
            bob.say("alice", "while you were away")
            with WebClient(server.address, subprotocol, tls) as alice:
                alice.send("CAP REQ :message-tags", f"PASS alice:{PASSWORD}", "NICK alice", "USER a 0 * :a", "CAP END")
                alice.wait_for(" PRIVMSG alice :while you were away$")  # what came just before the end may come again
                server.stop()
                assert alice.wait_for("^ERROR ").startswith("ERROR :The server is stopping.")
                with pytest.raises(ConnectionClosed) as ended:
                    alice.line()
                assert ended.value.rcvd is not None
                assert ended.value.rcvd.code == 1000


def test_who_may_not_open_a_web_socket(tmp_path: Path) -> None:
    """A page of another site, though its browser reaches the server."""
    with (
        Server(tmp_path / "data") as server,
        pytest.raises(InvalidStatus) as refused,
        WebClient(server.address, origin="https://evil.example"),
    ):
        pass
    assert refused.value.response.status_code == 403


def test_a_browser_asks_for_all_it_needs(tmp_path: Path) -> None:
    """The page and its files come over one connection, which stays open; their paths are those that the page names."""
    with Server(tmp_path / "data") as server:
        context = tls_context()
        context.set_alpn_protocols(["h2", "http/1.1"])
        browser = http.client.HTTPSConnection(*server.address, context=context, timeout=PATIENCE_S)
        sockets = set()
        paths = ["/", "/clients", "/healthz"]
        for path in paths:
            browser.request("GET", path, headers={"Accept-Encoding": "identity"})
            answer = browser.getresponse()
            body = answer.read().decode()
            assert answer.status == 200, path
            sockets.add(browser.sock)
            paths += [each for each in re.findall(r'(?:href|src)="(/assets/[^"]+)"', body) if each not in paths]
        assert len(sockets) == 1
        assert any(path.endswith("/clients.css") for path in paths)
        browser.close()


def test_many_that_never_upgrade(tmp_path: Path) -> None:
    """Connections that begin a request and say no more keep nobody out."""
    data = tmp_path / "data"
    make_accounts(data, ["alice", "bob"])
    with Server(data) as server:
        idle = [Client(server.address) for _ in range(150)]
        for each in idle:
            each.sock.sendall(b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n")
        with WebClient(server.address) as alice, Client(server.address, tls=True) as bob:
            alice.sign_in("alice")
            bob.sign_in("bob")
            alice.send("PRIVMSG bob :here")
            bob.wait_for(" PRIVMSG bob :here$")
        for each in idle:
            each.close()


def test_a_start_imports_nothing_of_http() -> None:
    """ "A start must not get slower": what only browsers need is imported for the first of them."""
    code = "import sys, chatapp.cli.serve, chatapp.server.app, chatapp.server.running; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment(), check=True)
    modules = set(done.stdout.split())
    assert "chatapp.server.edge.entrance" in modules
    assert not {"h11", "websockets", "gzip", "chatapp.server.edge.http", "chatapp.server.edge.files"} & modules


@pytest.mark.irc_clients
@pytest.mark.parametrize("subprotocol", [TEXT, None])
def test_a_web_client_of_others(subprotocol: str | None, tmp_path: Path) -> None:
    """irc-framework, on which The Lounge and Kiwi are built, talks over the WebSocket of the port."""
    needs(IrcFramework)
    data = tmp_path / "data"
    make_accounts(data, ["alice", "bob"])
    with Server(data) as server, Client(server.address, tls=True) as bob:
        bob.sign_in("bob").send("JOIN #room")
        bob.wait_for(" 366 bob #room ")
        with IrcFramework(tmp_path / "home", "alice", server.address, subprotocol, PASSWORD) as alice:
            alice.do("join", "#room")
            bob.wait_for(":alice!alice@[^ ]+ JOIN .*#room")
            alice.sees('"join".*"nick":"alice".*"channel":"#room"')
            alice.do("say", "#room", "hello, room")
            bob.wait_for(" PRIVMSG #room :hello, room$")
            bob.say("#room", "hello, wörld")
            alice.sees('"privmsg".*"nick":"bob".*"target":"#room".*"message":"hello, wörld"')
            alice.do("say", "bob", "just for you")
            bob.wait_for(" PRIVMSG bob :just for you$")
            bob.send("TOPIC #room :all about nothing")
            alice.sees('"topic".*"channel":"#room".*"topic":"all about nothing"')
            alice.do("whois", "bob")
            alice.sees('"whois".*"nick":"bob"')
            bob.send("KICK #room alice :out")
            alice.sees('"kick".*"kicked":"alice".*"channel":"#room".*"message":"out"')
            alice.do("quit", "bye")
            alice.sees('"socket close"')
            errors = {line for line in alice.shown() if '"irc error"' in line}
            assert errors <= {'["irc error",{"error":"irc","reason":"Bye."}]'}  # it may close before it gets that


def test_tls_of_browsers(tmp_path: Path) -> None:
    """A browser offers HTTP/2 too, and gets HTTP/1.1, as the server names no protocol."""
    with Server(tmp_path / "data") as server:
        context = tls_context()
        context.set_alpn_protocols(["h2", "http/1.1"])
        with Client(server.address, tls=context) as browser:
            assert isinstance(browser.sock, ssl.SSLSocket)
            assert browser.sock.selected_alpn_protocol() is None
