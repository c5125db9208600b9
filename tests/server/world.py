"""A whole server without sockets, threads and time of day: its sessions, its log, and the people connected to it.

Every method leaves the server settled: nothing is left to do before something else comes, or time goes on. So what
nobody has been sent by then, nobody is sent.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
import re
from collections import deque
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from chatapp.auth import PasswordFile, hash_password, hashing, whole_file
from chatapp.config import Config, Listen
from chatapp.errors import LogUnavailableError
from chatapp.protocol import sasl
from chatapp.server.capabilities import EVENT_PROFILE
from chatapp.server.edge.entrance import Entrance, Security
from chatapp.server.joining import Keys
from chatapp.server.running import Sessions, replay, settle_in
from chatapp.server.services import Services
from chatapp.storage.sqlite import SqliteLog
from chatapp.storage.sqlite_history import SqliteHistory
from tests.fakes.clock_loop import ClockLoop, Jobs
from tests.fakes.memory_history import MemoryHistory
from tests.fakes.memory_log import MemoryDisk, MemoryLog
from tests.fakes.shared_log import SharedDisk, SharedLog
from tests.fakes.transport import FakeTransport
from tests.server import script

HOST = "s"
STANDARD = "standard-replies chatapp/account"
PASSWORD = "sesame"
HASH = hash_password(PASSWORD, 4)
CLOSED = "<closed>"
MIDNIGHT_MS = 1_767_225_600_000  # 2026-01-01
PORT = 5000
LINE_BYTES_MAX, TAGS_BYTES_MAX = 512, 8191
TAG_DATA_BYTES_MAX = 4094  # of a client's tags, and of the server's
KEYS = Keys("SHA256:" + base64.b64encode(bytes(32)).decode(), bytes(32), self_signed=True)
FULL_DISK = LogUnavailableError("Not stored: the server's disk is full.")


class Hashing:
    """What hashes, without processes of its own; it works out once whether a password is the one of a hash."""

    hash_password = staticmethod(hashing.hash_password)
    verify_evenly = staticmethod(cache(hashing.verify_evenly))


class Actor:
    """One connection, seen from the other end; keeps what it is sent until that is looked at."""

    def __init__(
        self, world: World, name: str, address: str, secure: bool, tls: bool, certificate: bytes | None
    ) -> None:
        self.name = name
        self.world = world
        security = Security(tls, tls and certificate is not None)
        self.entrance = Entrance(world.services, world.sessions.begin, address, PORT, secure, security)
        self.heard: deque[str] = deque()
        self.answers_pings = False  # as clients do by themselves; then a PING is not heard
        self.is_browser = False  # hears HTTP, which has empty lines
        self.transport = FakeTransport(world.loop, self.entrance, self._received, certificate)
        self._half = b""
        self._told_closed = False
        self.entrance.connection_made(self.transport)

    @property
    def connection(self) -> Any:
        """What the server has made of the connection by now."""
        return self.transport.protocol

    @property
    def closed(self) -> bool:
        """Whether the server has ended the connection."""
        return self.transport.lost or self.transport.ended

    def say(self, *lines: str) -> None:
        """Send lines together, and let the server settle."""
        self.feed("".join(f"{line}\r\n" for line in lines).encode())

    def feed(self, data: bytes) -> None:
        """Send bytes, and let the server settle."""
        self.transport.feed(data)
        self.world.settle()

    def hear(self) -> list[str]:
        """Take all lines that came since the last look; the last one is CLOSED where the connection has ended."""
        heard = list(self.heard)
        self.heard.clear()
        return heard

    def ask(self, *lines: str) -> list[str]:
        """Send lines, and take what comes."""
        self.say(*lines)
        return self.hear()

    def quit(self) -> None:
        """Say QUIT a moment after all was heard, as a person does who has read it."""
        self.world.advance(2.5)
        self.ask("QUIT")

    def hang_up(self) -> None:
        """Close this end as a program does that ends."""
        self._told_closed = True
        self.transport.end()
        self.world.settle()

    def vanish(self) -> None:
        """Be gone without a word, as when the network fails."""
        self._told_closed = True
        self.transport.reset()
        self.world.settle()

    def check_closed(self) -> None:
        """Note the end of the connection as something heard."""
        if (self.transport.lost or self.transport.ended) and not self._told_closed:
            self._told_closed = True
            assert not self._half, "the last line is cut"
            self.heard.append(CLOSED)

    def _received(self, data: bytes) -> None:
        *lines, self._half = (self._half + data).split(b"\r\n")
        for line in lines:
            # What every line that leaves the server keeps to, whatever the test is about.
            tags, space, rest = line.partition(b" ") if line.startswith(b"@") else (b"", b"", line)
            if len(rest) > LINE_BYTES_MAX - 2 or len(tags + space) > TAGS_BYTES_MAX:
                self.world.violations.append(f"too long: {line!r}")
            if any(len(part) > TAG_DATA_BYTES_MAX for part in server_and_client_tags(tags)):
                self.world.violations.append(f"too many tags: {line!r}")
            # Spec: IRCv3 message-tags: "Any server-initiated tags attached to messages MUST be included before
            # client-only tags".
            if re.search(rb"[@;]\+[^;]*;[^+]", tags):
                self.world.violations.append(f"a tag of the server is after a tag of a client: {line!r}")
            if (not rest and not self.is_browser) or {0, 10, 13} & set(line):
                self.world.violations.append(f"no line: {line!r}")
            if self.answers_pings and rest.startswith(b"PING :"):
                self.world.loop.call_soon(self.transport.feed, b"PONG " + rest.removeprefix(b"PING ") + b"\r\n")
            else:
                self.heard.append(line.decode())


def server_and_client_tags(tags: bytes) -> tuple[bytes, bytes]:
    """Divide the tags of a line (``@tags``) into those that a server adds and those that clients add."""
    server, client = list[bytes](), list[bytes]()
    for tag in tags[1:].split(b";"):
        (client if tag[:1] == b"+" else server).append(tag)
    return b";".join(server), b";".join(client)


class _Complaints(logging.Handler):
    """Keeps what the server logs as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(self.format(record))


class World:
    """A server and who is connected to it."""

    def __init__(
        self,
        folder: Path,
        *,
        accounts: str = "",
        sqlite: bool = False,
        shared: SharedDisk | None = None,
        loop: ClockLoop | None = None,
        node: int | None = None,
        **settings: Any,
    ) -> None:
        """``accounts`` are names; all have PASSWORD. ``settings`` are those of Config.

        Servers that share a log have the same ``shared`` and ``loop``, and a number each.
        """
        self.folder = folder
        self.config = Config(
            listens=(Listen("127.0.0.1", 0),),
            data=folder,
            **{"server_name": HOST, "network_name": "Net", "bcrypt_cost": 4, "lobby": None, **settings},
        )
        self.loop = ClockLoop() if loop is None else loop
        self.node = node
        self.clock_error_ms = 0
        self.actors: dict[str, Actor] = {}
        self.disk: MemoryDisk | None = None if sqlite else shared or MemoryDisk()
        self._complaints = _Complaints()
        logging.getLogger("chatapp").addHandler(self._complaints)
        self.loop.set_exception_handler(lambda _, context: self._complaints.texts.append(repr(context)))
        self.bugs: list[BaseException] = []
        self.violations: list[str] = []
        if accounts:
            self.write_passwords(*accounts.split())
        self._start()

    # Time, and the order of things

    def settle(self) -> None:
        """Let the server do all that is to be done now."""
        self.run(asyncio.sleep(0))

    def run(self, work: Any) -> Any:
        """Let a coroutine end, and the server settle."""

        async def watched() -> Any:
            result = await work
            await self._settled()
            return result

        try:
            return self.loop.run_until_complete(watched())
        finally:
            for actor in self.actors.values():
                actor.check_closed()

    def advance(self, seconds: float) -> None:
        """Let time go by; what is due happens in its order."""
        until = self.loop.time() + seconds
        while (due := self.loop.next_timer()) is not None and due <= until:
            self.loop.set_time(max(due, self.loop.time()))
            self.settle()
        self.loop.set_time(until)
        self.settle()

    def now_ms(self) -> int:
        """Tell the time of day, as the server's clock shows it."""
        return MIDNIGHT_MS + round(self.loop.time() * 1000) + self.clock_error_ms

    async def _settled(self) -> None:
        while True:
            await asyncio.sleep(0)
            due = self.loop.next_timer()
            if not self.loop.idle or (due is not None and due <= self.loop.time()):
                continue
            if not isinstance(self.log, SqliteLog) or (self.log._work is None and not self.log._pending):
                return
            self.loop.woken.clear()
            if self.log._work is not None or self.log._pending:
                await self.loop.woken.wait()

    def play(self, text: str, **known: str) -> dict[str, str]:
        """Play a conversation; see ``script.py``."""
        __tracebackhide__ = True
        return script.play(self, text, **known)

    # The server

    def _start(self) -> None:
        if isinstance(self.disk, SharedDisk):
            self.log: Any = SharedLog(self.disk)
            self.history: Any = MemoryHistory(self.disk)
        elif self.disk is not None:
            self.log = MemoryLog(self.disk)
            self.history = MemoryHistory(self.disk)
        else:
            self.log = SqliteLog(self.config.log_path, self.config.log_pending_max)
            self.history = SqliteHistory(self.log)
        self.run(self._begin())

    def _at_once(self, job: Callable[[], object]) -> asyncio.Future[object]:
        done: asyncio.Future[object] = self.loop.create_future()
        done.set_result(job())
        return done

    async def _begin(self) -> None:
        state, _ = replay(self.log, self.history)
        passwords = PasswordFile(self.config.password_path, clock=self.loop.time)
        self.services = Services(
            self.config, state, self.log, self.history, passwords, self.loop, self.bugs.append, self.now_ms, self.node
        )
        self.sessions = Sessions(self.services)
        self.watch = self.sessions.watch
        self.services.accounts._threads = Jobs(self.loop)  # type: ignore[assignment]
        self.services.accounts._hasher = Hashing()  # type: ignore[assignment]
        self.services.in_thread = self._at_once  # type: ignore[method-assign]
        self.services.keys = lambda: KEYS
        self.services.place = lambda: (HOST, PORT)
        self.log.start(self.services.proposals.committed, self.services.proposals.failed)
        await settle_in(self.services)
        self.watch.start()

    def stop(self) -> None:
        """Stop the server as SIGTERM does."""
        stopping = self.loop.create_task(self.watch.stop("The server is stopping."))
        self.settle()
        for _ in range(20):
            if not stopping.done():
                self.advance(0.5)
        self.loop.run_until_complete(stopping)
        self.services.proposals.snapshot()
        self._end()

    def crash(self) -> None:
        """Stop the server as a failure of power does; nobody hears of it, and nothing is noted."""
        for actor in self.actors.values():
            actor.transport.lose_power()
        if self.watch._timer is not None:
            self.watch._timer.cancel()
        self._end()

    def start_again(self) -> None:
        """Start a new server over what the last one left."""
        self.actors.clear()
        self._start()

    def _end(self) -> None:
        self.services.accounts._threads.shutdown()
        self.run(self.history.close())
        self.run(self.log.close())

    def __enter__(self) -> World:
        return self

    def __exit__(self, error_type: type[BaseException] | None, *_: object) -> None:
        if error_type is None:
            self.close()
        else:  # what is wrong is known already
            with contextlib.suppress(Exception, AssertionError):
                self.close()

    def close(self) -> None:
        """End the test; nothing may have gone wrong unnoticed."""
        try:
            self.check_presence()
            self.stop()
            for task in asyncio.all_tasks(self.loop):
                task.cancel()
            self.run(asyncio.sleep(0))
        finally:
            logging.getLogger("chatapp").removeHandler(self._complaints)
            self.loop.close()
        assert self.complaints() == []
        assert self.bugs == []
        assert self.violations == []

    def check_presence(self) -> None:
        """Who hears what agrees with who is where: all sessions of the members of a channel hear it, nobody else."""
        state, presence = self.services.state, self.services.presence
        hears = {
            (uid, session, caps)
            for uid, groups in presence._channels.items()
            for caps, group in groups.items()
            for session in group
        }
        should = {
            (uid, session, session.caps & EVENT_PROFILE)
            for uid, channel in state.channels.items()
            for member in channel.members
            for session in presence.sessions(member)
        }
        assert hears == should

    def forget_complaints(self) -> None:
        """Listen to what the server logs no more."""
        logging.getLogger("chatapp").removeHandler(self._complaints)

    def complaints(self) -> list[str]:
        """Take what the server has logged as errors."""
        texts, self._complaints.texts = self._complaints.texts, []
        return texts

    # Who is there

    def write_passwords(self, *names: str) -> None:
        """Write the password file as ``chat adduser`` does: the names given, each with an id of its own."""
        text = "".join(f"{name}:{HASH}:id={account_id(name)}\n" for name in names)
        with whole_file.locked(self.config.password_path, 5.0) as lock:
            whole_file.replace(self.config.password_path, text.encode(), lock)

    def connect(
        self,
        name: str,
        address: str = "127.0.0.1",
        *,
        secure: bool = True,
        tls: bool = False,
        certificate: bytes | None = None,
        says: str = "",
    ) -> Actor:
        """Open a connection; ``says`` are its first lines.

        ``certificate`` is what the client presents (empty: nothing); with ``None`` the server does not ask for it.
        """
        tls = tls or certificate is not None
        actor = self.actors[name] = Actor(self, name, address, secure, tls, certificate)
        self.settle()
        for line in says.strip().splitlines():
            actor.say(line.strip())
        return actor

    def enter(
        self,
        name: str,
        caps: str = "",
        *,
        as_: str = "",
        address: str = "127.0.0.1",
        certificate: bytes | None = None,
        old: bool = False,
    ) -> Actor:
        """Let an account sign in with what it negotiates; it has heard its welcome already.

        With ``old`` it knows no standard replies (FAIL) and no answers in our own forms, which all others know.
        """
        actor = self.connect(as_ or name, address, certificate=certificate)
        actor.say(
            f"CAP REQ :sasl {'' if old else STANDARD} {caps}".rstrip(), f"NICK {name}", f"USER {name} 0 * :{name}"
        )
        assert any(" ACK " in line for line in actor.heard), actor.heard
        actor.say("AUTHENTICATE PLAIN", *(f"AUTHENTICATE {part}" for part in plain(name)))
        actor.say("CAP END")
        assert f":{HOST} 903 {name} :You have signed in." in actor.heard, actor.heard
        assert any(line.startswith(f":{HOST} 001 ") for line in actor.hear())
        return actor

    def guest(self, name: str, caps: str = "") -> Actor:
        """Let a guest in; it has heard its welcome already."""
        actor = self.connect(name)
        actor.say(f"CAP REQ :{STANDARD} {caps}".rstrip(), "CAP END")
        actor.say(f"NICK {name}", f"USER {name} 0 * :{name}")
        assert any(line.startswith(f":{HOST} 001 ") for line in actor.hear())
        return actor

    def channel(self, name: str, members: str) -> None:
        """Let actors join a channel, and forget that they heard of it."""
        for member in members.split():
            self.actors[member].say(f"JOIN {name}")
        self.deaf()

    def deaf(self) -> None:
        """Let everyone forget what was heard."""
        for actor in self.actors.values():
            actor.hear()


def account_id(name: str) -> str:
    """Tell the id that an account of this name has in the password file."""
    return f"{int.from_bytes(name.encode()[:8]):016x}"


def plain(name: str, password: str = PASSWORD, authzid: str = "") -> list[str]:
    """Write the payload of SASL PLAIN as the parameters of its lines."""
    return sasl.chunks(sasl.encode_plain(name, password, authzid))


def b64(text: str) -> str:
    """Write text in Base64."""
    return base64.b64encode(text.encode()).decode()
