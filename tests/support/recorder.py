"""Stands between a client and a server, over TLS on both sides, and writes down every line."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import NamedTuple

from tests.support.certificate import Pair
from tests.support.irc import tls_context
from tests.support.server import PATIENCE_S, Address


class Line(NamedTuple):
    """A line, and whether the server sent it."""

    from_server: bool
    text: str


class Recorder:
    """Passes connections on, in a thread of its own, for the time of a ``with`` block."""

    def __init__(self, server: Address, pair: Pair) -> None:
        self.lines: list[Line] = []
        self._server = server
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(pair.cert, pair.key)
        self._ready = threading.Event()
        self._changed = threading.Condition()
        self._open = True
        self._writers: set[asyncio.StreamWriter] = set()
        self._taking: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    def __enter__(self) -> Recorder:
        self._thread.start()
        assert self._ready.wait(PATIENCE_S)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._done.set)
        self._thread.join(PATIENCE_S)
        if error is not None:
            error.add_note("Recorded:\n  " + "\n  ".join(f"{'<' if told else '>'} {text}" for told, text in self.lines))

    def said(self, from_server: bool) -> list[str]:
        """Return what one side has said."""
        return [line.text for line in list(self.lines) if line.from_server == from_server]

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until something is so, of which the recorded lines tell."""
        deadline = time.monotonic() + PATIENCE_S
        with self._changed:
            while not condition():
                assert self._changed.wait(max(0.0, deadline - time.monotonic())), f"did not happen: {what}"

    def cut(self) -> None:
        """Break all connections, as a network does that goes away; refuse further ones."""
        asyncio.run_coroutine_threadsafe(self._cut(), self._loop).result(PATIENCE_S)

    def mend(self) -> None:
        """Accept connections again."""
        self._open = True

    async def _cut(self) -> None:
        self._open = False
        for writer in self._writers:
            writer.transport.abort()

    async def _run(self) -> None:
        self._loop, self._done = asyncio.get_running_loop(), asyncio.Event()
        listening = await asyncio.start_server(self._take, "127.0.0.1", 0, ssl=self._context)
        self.address = Address(*listening.sockets[0].getsockname())
        self._ready.set()
        await self._done.wait()
        listening.close()
        await self._cut()
        if self._taking:
            await asyncio.wait(self._taking, timeout=PATIENCE_S)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._taking.add(task)
        self._writers.add(writer)
        with contextlib.suppress(OSError):
            if self._open:
                server_reader, server_writer = await asyncio.open_connection(*self._server, ssl=tls_context())
                self._writers.add(server_writer)
                await asyncio.gather(
                    self._pass_on(reader, server_writer, False), self._pass_on(server_reader, writer, True)
                )
            else:
                writer.transport.abort()
                await writer.wait_closed()
        self._taking.discard(task)

    async def _pass_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, from_server: bool) -> None:
        with contextlib.suppress(OSError):
            while line := await source.readline():
                with self._changed:
                    self.lines.append(Line(from_server, line.decode(errors="replace").rstrip("\r\n")))
                    self._changed.notify_all()
                sink.write(line)
                await sink.drain()
        sink.close()
        with contextlib.suppress(OSError):
            await sink.wait_closed()
