"""The server's end of the control socket: one request for each connection, with bounds in number, size and time."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import socket
from pathlib import Path
from typing import Any

from chatapp.errors import ChatError
from chatapp.server.control import place
from chatapp.server.control.requests import REQUESTS
from chatapp.server.watch import SessionWatch

log = logging.getLogger(__name__)

REQUEST_BYTES_MAX = 64 * 1024
TIMEOUT_S = 5.0  # for reading the request, and again for writing the answer
CONNECTIONS_MAX = 8
LOOK_S = 1.0  # interval of the check whether the socket is still there


class ControlListener:
    """Answers requests on the socket in a data folder, from ``start`` to ``stop``."""

    def __init__(self, watch: SessionWatch, folder: Path) -> None:
        self._watch = watch
        self._folder = folder
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._watching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to listen. If the folder's file system has no sockets, log a warning and run without one.

        Raises DataError if a file that is not a socket has the socket's name.
        """
        try:
            sock = place.bind(self._folder)
        except OSError as error:
            log.warning(
                "The folder %s cannot have a socket (%s); chat status and chat sign-up cannot reach this server.",
                self._folder, error.strerror,
            )  # fmt: skip
            return
        self._server = await self._listen(sock)
        self._watching = asyncio.create_task(self._watch_socket())

    async def _listen(self, sock: socket.socket) -> asyncio.Server:
        return await asyncio.start_unix_server(self._serve, sock=sock, limit=REQUEST_BYTES_MAX)

    async def _watch_socket(self) -> None:
        """Make the socket again whenever somebody has removed it: without it, commands find no running server."""
        while True:
            await asyncio.sleep(LOOK_S)
            if self._server is None or os.path.lexists(self._folder / place.NAME):
                continue
            with contextlib.suppress(OSError, ChatError):
                removed, self._server = self._server, await self._listen(place.bind(self._folder))
                removed.close()
                log.warning("Another program removed %s. It is there again.", self._folder / place.NAME)

    async def stop(self) -> None:
        """Stop listening, cancel the requests that are running, and remove the socket."""
        if self._server is None or self._watching is None:
            return
        self._watching.cancel()
        self._server.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        with contextlib.suppress(OSError, ChatError):
            place.remove(self._folder)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection (called by asyncio, in a new task)."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            if len(self._tasks) > CONNECTIONS_MAX:
                answer: dict[str, object] = {"error": "Too many requests at once. Try again."}
            else:
                async with asyncio.timeout(TIMEOUT_S):
                    line = await reader.readline()
                answer = await self._answer(line)
            async with asyncio.timeout(TIMEOUT_S):
                writer.write((await asyncio.to_thread(json.dumps, answer)).encode() + b"\n")
                await writer.drain()
        except (TimeoutError, OSError, ValueError):  # ValueError: a line over the limit
            pass
        except asyncio.CancelledError:
            if not task.cancelling():
                raise
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _answer(self, line: bytes) -> dict[str, object]:
        """Run one request (a JSON line), and return the answer."""
        try:
            arguments = json.loads(line)
            handler = REQUESTS[arguments.pop("request")]
        except (ValueError, KeyError, TypeError, AttributeError):
            return {"error": f"The server does not know this request. It knows: {', '.join(REQUESTS)}."}
        try:
            return {"ok": await handler(self._watch, arguments)}
        except ChatError as error:
            return {"error": str(error)}
        except Exception:
            log.exception("a bug in a request to the control socket")
            return {"error": "The server has made a mistake; its log says which. Please report it."}
