"""Floods of sign-ins from one address, in a process of its own with the lowest priority.

It tells when the flood is going on (a line ``{"at": "full"}``), ends when its standard input does, and tells then what
it has done.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import sys
import time
from typing import Any

from tests.bench import limits
from tests.bench.sign_in_jobs import hello
from tests.bench.wire import RESET_AT_CLOSE

ADDRESS = "127.0.6.6"
HASTE_S = 0.4  # after which a hasty connection closes


class Flood:
    """Connections that sign in; what each account is called, and its password, are the job's."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.host, self.port = job["host"], job["port"]
        self.names, self.password = job["names"], job["password"]
        self.at_once: int = job["at_once"]
        self.seconds: float = job["seconds"]
        self.connections = self.answers = 0
        self.crowd: set[asyncio.Task[None]] = set()

    async def hasty(self) -> None:
        """Keep ``at_once`` connections that sign in to one account, and close after HASTE_S; then they come again."""

        async def again_and_again() -> None:
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(HASTE_S):
                        await self.sign_in(self.names[0])
                        await asyncio.Event().wait()

        self.crowd = {asyncio.create_task(again_and_again()) for _ in range(self.at_once)}
        await asyncio.Event().wait()

    async def patient(self) -> None:
        """Make ``at_once`` connections, spread over the time, that sign in to different accounts and stay."""
        began = time.monotonic()
        for number in range(self.at_once):
            name = self.names[number % len(self.names)]
            self.crowd.add(asyncio.create_task(self.sign_in(name)))
            await asyncio.sleep(max(0.0, began + number * self.seconds / self.at_once - time.monotonic()))
        await asyncio.Event().wait()

    async def sign_in(self, name: str) -> None:
        """Say all that is needed, and read until the end."""
        loop = asyncio.get_running_loop()
        with socket.socket() as sock:
            sock.setblocking(False)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
            with contextlib.suppress(OSError):
                sock.bind((ADDRESS, 0))
                await loop.sock_connect(sock, (self.host, self.port))
                self.connections += 1
                await loop.sock_sendall(sock, hello(name, self.password))
                while data := await loop.sock_recv(sock, 65536):
                    self.answers += b" 903 " in data or b" 904 " in data

    async def run(self, kind: str) -> None:
        """Go on until standard input ends."""
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        loop.add_reader(sys.stdin.fileno(), lambda: os.read(sys.stdin.fileno(), 4096) or ended.set())
        flood = asyncio.create_task({"hasty": self.hasty, "patient": self.patient}[kind]())
        print(json.dumps({"at": "full"}), flush=True)
        await ended.wait()
        for task in (flood, *self.crowd):
            task.cancel()
        await asyncio.gather(flood, *self.crowd, return_exceptions=True)


def main() -> None:
    """Do the job that stands on the first line of standard input."""
    limits.raise_open_files()
    job = json.loads(sys.stdin.readline())
    os.nice(19)
    flood = Flood(job)
    began = time.monotonic()
    asyncio.run(flood.run(job["kind"]))
    share = time.process_time() / (time.monotonic() - began)
    print(json.dumps({"connections": flood.connections, "answers": flood.answers, "attack_share": share}))


if __name__ == "__main__":
    main()
