"""A server in a process of its own, where somebody says a thousand messages a second: ``python -m tests.cli.flooding``.

It writes its port to standard output, and begins when somebody says "begin".
"""

from __future__ import annotations

import asyncio
import contextlib

from tests.client.fake_server import FakeServer
from tests.client.fronts.full.conftest import ALL

RATE = 1_000
STEP_S = 0.01


async def _flood(server: FakeServer, writers: dict[object, asyncio.StreamWriter]) -> None:
    """Say messages at a steady rate."""
    loop = asyncio.get_running_loop()
    begin, said = loop.time(), 0
    while True:
        while said < (loop.time() - begin) * RATE:
            said += 1
            server.say("bob", "#lobby", f"message {said} with the words that people write in a chat")
        server.log.clear()
        for peer in server.peers:
            _flush(peer, writers[peer])
        await asyncio.sleep(STEP_S)


def _flush(peer: object, writer: asyncio.StreamWriter) -> None:
    out: list[bytes] = peer.out  # type: ignore[attr-defined]
    writer.write(b"".join(out))
    out.clear()


async def main() -> None:
    """Serve until the process is ended."""
    server = FakeServer({"alice": "secret", "bob": "secret"}, offers=ALL)
    writers: dict[object, asyncio.StreamWriter] = {}
    floods: list[asyncio.Task[None]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = server.connect()
        writers[peer] = writer
        with contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                peer.feed(line)
                _flush(peer, writer)
                if b" begin" in line and not floods:
                    floods.append(asyncio.create_task(_flood(server, writers)))
        peer.close()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(listener.sockets[0].getsockname()[1], flush=True)
    await listener.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
