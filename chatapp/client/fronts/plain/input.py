"""Reads lines from a file descriptor (a pipe, a file or a terminal), one chunk each time the caller wants more."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator

from chatapp.protocol.framing import LineBuffer

_CHUNK_BYTES = 64 * 1024


class LinesIn:
    """Reads in a daemon thread, because the event loop cannot wait for a regular file.

    It calls ``os.read`` and not ``sys.stdin``: a thread that waits in ``sys.stdin`` holds a lock that the process needs
    to end.
    """

    def __init__(self, descriptor: int, line_bytes_max: int) -> None:
        self._descriptor = descriptor
        self._buffer = LineBuffer(line_bytes_max)
        self._wanted = threading.Semaphore(0)
        self._loop = asyncio.get_running_loop()
        self._chunk: asyncio.Future[bytes] | None = None
        self._ended = False

    async def __aiter__(self) -> AsyncIterator[bytes | None]:
        """Yield the lines without their line ends; leave out empty lines; None for a line that is too long."""
        threading.Thread(target=self._read, daemon=True, name="stdin").start()
        while True:
            self._chunk = self._loop.create_future()
            self._wanted.release()
            data = await self._chunk
            # At the end of the input, "\n" ends a last line that has no line end.
            for line in self._buffer.feed(data or b"\n"):
                yield line
            if not data:
                return

    def end(self) -> None:
        """Stop reading; the iteration ends."""
        self._ended = True
        self._wanted.release()
        self._got(b"")

    def _read(self) -> None:
        data = b"-"
        while data:
            self._wanted.acquire()
            if self._ended:
                return
            try:
                data = os.read(self._descriptor, _CHUNK_BYTES)
            except OSError:
                data = b""
            try:
                self._loop.call_soon_threadsafe(self._got, data)
            except RuntimeError:  # the event loop has ended meanwhile
                return

    def _got(self, data: bytes) -> None:
        if self._chunk is not None and not self._chunk.done():
            self._chunk.set_result(data)
