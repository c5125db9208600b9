"""A server in a process of its own, where somebody says very much: ``python -m tests.cli.flooding``.

It writes its port to standard output. When somebody says "begin", it says a thousand messages a second until somebody
says "end". At "fill 100000", it says 100,000 messages at once. The messages are numbered; the last one tells how many
there were: "that was all of 100000".
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import subprocess
import sys
from collections.abc import Iterator

from tests.client.fake_server import FakeServer, Peer
from tests.client.fronts.full.conftest import ALL
from tests.support.server import REPOSITORY

RATE = 1_000
STEP_S = 0.01
CHUNK = 500  # messages that are sent at once


class Flood:
    """Says messages to all who are connected."""

    def __init__(self) -> None:
        self.server = FakeServer({"alice": "secret", "bob": "secret"}, offers=ALL)
        self.writers: dict[Peer, asyncio.StreamWriter] = {}
        self.task: asyncio.Task[None] | None = None
        self.said = 0

    async def steadily(self) -> None:
        """Say messages at a steady rate."""
        loop = asyncio.get_running_loop()
        begin = loop.time()
        while True:
            await self.say(int((loop.time() - begin) * RATE) - self.said)
            await asyncio.sleep(STEP_S)

    async def fill(self, count: int) -> None:
        """Say many messages at once."""
        while self.said < count:
            await self.say(min(CHUNK, count - self.said))
        self.server.say("bob", "#lobby", f"that was all of {self.said}")
        await self.flush()

    async def say(self, count: int) -> None:
        """Say some messages; the log does not keep them."""
        for _ in range(count):
            self.said += 1
            self.server.say("bob", "#lobby", f"message {self.said} with the words that people write in a chat")
        self.server.log.clear()
        await self.flush()

    async def flush(self) -> None:
        """Send what waits to all."""
        for peer in self.server.peers:
            self.writers[peer].write(b"".join(peer.out))
            peer.out.clear()
            with contextlib.suppress(ConnectionError):
                await self.writers[peer].drain()

    async def obey(self, line: bytes) -> None:
        """Do what somebody says."""
        if line.endswith(b" begin\r\n"):
            self.task = asyncio.create_task(self.steadily())
        elif line.endswith(b" end\r\n") and self.task is not None:
            self.task.cancel()
            await self.fill(0)
        elif found := re.search(rb"fill (\d+)\r\n$", line):
            self.task = asyncio.create_task(self.fill(int(found[1])))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a connection."""
        peer = self.server.connect()
        self.writers[peer] = writer
        with contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                peer.feed(line)
                await self.flush()
                await self.obey(line)
        peer.close()


@contextlib.contextmanager
def flooding() -> Iterator[str]:
    """Run the server; yield its port."""
    line = [sys.executable, "-m", "tests.cli.flooding"]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


async def main() -> None:
    """Serve until the process is ended."""
    listener = await asyncio.start_server(Flood().serve, "127.0.0.1", 0)
    print(listener.sockets[0].getsockname()[1], flush=True)
    await listener.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
