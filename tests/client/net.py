"""The fake server on a port of this machine, and sessions kept connected to it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any

from chatapp.client.core.events import Event
from chatapp.client.core.session import Session
from chatapp.client.network.keeper import Keeper
from chatapp.client.network.link import Link, open_link
from chatapp.client.network.pins import Address
from tests.client.fake_server import FakeServer, Peer

STORY_S = 60


class Net:
    """A listener in front of a fake server; ``silent`` lets nothing more out."""

    def __init__(self, fake: FakeServer) -> None:
        self.fake = fake
        self.address = Address("127.0.0.1", 0)
        self.silent = False
        self.accepted = 0
        self._streams: dict[Peer, asyncio.StreamWriter] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen, on the same port as before."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.address.port)
        self.address = Address("127.0.0.1", self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Listen no more, and end all connections."""
        assert self._server is not None
        self._server.close()
        self.drop()
        await asyncio.gather(*self._tasks)

    def drop(self) -> None:
        """End all connections, with what is on its way."""
        for peer, writer in self._streams.items():
            peer.close()
            writer.transport.abort()

    def flush(self) -> None:
        """Send what the fake server has to send."""
        for peer, writer in self._streams.items():
            lines, peer.out = peer.out, []
            if not self.silent:
                writer.write(b"".join(lines))

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.add(asyncio.create_task(self._talk(reader, writer)))

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        peer = self.fake.connect()
        self._streams[peer] = writer
        with contextlib.suppress(OSError):
            while not peer.closed and (line := await reader.readline()):
                if peer.closed:
                    break
                peer.feed(line)
                self.flush()
        peer.close()
        del self._streams[peer]
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


@asynccontextmanager
async def serving(fake: FakeServer) -> AsyncIterator[Net]:
    """Put a fake server on a port."""
    net = Net(fake)
    await net.start()
    try:
        yield net
    finally:
        await net.stop()


def dial(net: Net) -> Callable[[], Awaitable[Link]]:
    """Return what connects to it, in the clear."""
    return lambda: open_link(net.address, None, STORY_S)


class Listener:
    """A front that writes down what it is told, and signs in with one password."""

    def __init__(self, session: Session, password: str = "secret") -> None:
        self.events: list[Event] = []
        self.session = session
        self.password = password
        self.changed = asyncio.Event()

    def heard(self, events: Sequence[Event]) -> None:
        """Write down."""
        self.events += events
        self.changed.set()
        if self.password and self.session.waits_for_person:
            self.session.sign_in(self.password)

    def of(self, kind: type) -> list[Any]:
        """Return the events of a kind so far."""
        return [event for event in self.events if isinstance(event, kind)]

    async def until(self, kind: type, count: int = 1) -> list[Any]:
        """Wait for so many events of a kind."""
        while len(self.of(kind)) < count:
            self.changed.clear()
            await self.changed.wait()
        return self.of(kind)


def connected(net: Net, name: str = "alice", password: str = "secret", run: str = "run") -> tuple[Keeper, Listener]:
    """Return a connection of a new session with its listener; it is not running yet."""
    session = Session(name, run)
    listener = Listener(session, password)
    return Keeper(session, dial(net), listener.heard, jitter=lambda: 0.5), listener


def run(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a story to its end, in bounded time."""

    async def bounded() -> None:
        async with asyncio.timeout(STORY_S):
            await story()

    asyncio.run(bounded())
