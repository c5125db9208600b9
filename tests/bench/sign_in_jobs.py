"""Jobs of the load generator: many accounts that sign in at once, and an innocent user beside a flood of them."""

from __future__ import annotations

import asyncio
import base64
import random
import time
from collections.abc import Iterator, Sequence
from typing import Any

from chatapp.client.core.events import CaughtUp, Event, Notice, SignInNeeded
from chatapp.client.core.session import Session
from chatapp.client.network.keeper import Keeper, retry_s
from chatapp.client.network.link import Link
from chatapp.errors import CannotConnectError, ChatError
from tests.bench import measure, wire
from tests.bench.measure import Meter

RETURN_S = 900.0  # until all accounts that return have to be in
AGAIN_S = 120.0
INNOCENT_S = 60.0  # how long an innocent user waits before the run has failed
INNOCENT_PAUSE_S = 0.3  # between two of them
INNOCENT_ADDRESS = "127.0.9.9"
WELCOME = b" 001 "


def source(number: int) -> str:
    """Return one of 10,000 addresses of this machine that clients connect from."""
    return f"127.0.{10 + number // 100}.{1 + number % 100}"


def hello(name: str, password: str) -> bytes:
    """Write all that signs an account in, in one piece."""
    payload = base64.b64encode(f"\0{name}\0{password}".encode()).decode()
    lines = ("CAP REQ :sasl", f"NICK {name}", f"USER {name} 0 * :{name}", "AUTHENTICATE PLAIN")
    return "".join(f"{line}\r\n" for line in (*lines, f"AUTHENTICATE {payload}", "CAP END")).encode()


# A restart: everybody returns at once


class Returning:
    """Accounts that return over the project's own client, each until it is in, however often it has to try."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.host, self.port, self.password = job["host"], job["port"], job["password"]
        self.tokens: dict[str, str] = job.get("tokens", {})  # of accounts that return with one; these also catch up
        self.took: list[float] = []
        self.connections = 0
        self.notices = 0
        self.began = time.perf_counter()
        self.all_in = asyncio.Event()
        self.names: Sequence[str] = job["names"]

    async def run(self) -> None:
        """Let all return, and stay until the last one is in."""
        self.began = time.perf_counter()
        async with asyncio.timeout(RETURN_S), asyncio.TaskGroup() as group:
            for number, name in enumerate(self.names):
                group.create_task(self._return(name, source(number)))

    async def _return(self, name: str, address: str) -> None:
        """Try as the client does after a lost connection."""
        attempt = 0
        while True:
            try:
                await self._talk(name, address)
                return
            except CannotConnectError:
                await asyncio.sleep(retry_s(attempt, random.random()))
                attempt += 1

    async def _talk(self, name: str, address: str) -> None:
        async def dial() -> Link:
            self.connections += 1
            try:
                return Link(*await asyncio.open_connection(self.host, self.port, local_addr=(address, 0)))
            except OSError as error:
                raise CannotConnectError(str(error)) from error

        def heard(events: Sequence[Event]) -> None:
            for event in events:
                self.notices += isinstance(event, Notice)
                if isinstance(event, SignInNeeded):
                    if event.refused:
                        raise wire.WireError(f"{name} was refused: {event.refused}")
                    session.sign_in(self.tokens.get(name, self.password))
                elif isinstance(event, CaughtUp):
                    caught_up.set()

        async def stay() -> None:
            await connection.signed_in()
            if self.tokens:
                await caught_up.wait()
            self.took.append(time.perf_counter() - self.began)
            if len(self.took) == len(self.names):
                self.all_in.set()
            await self.all_in.wait()

        caught_up = asyncio.Event()
        session = Session(name, "bench", catch_up=bool(self.tokens))
        connection = Keeper(session, dial, heard)
        await connection.beside(stay())


def return_at_once(job: dict[str, Any]) -> dict[str, float]:
    """Let all accounts return at the same moment; tell how long it took until each was in."""
    meter = Meter(job["pids"])
    crowd = Returning(job)
    try:
        asyncio.run(crowd.run())
    except TimeoutError:
        missing = len(crowd.names) - len(crowd.took)
        raise wire.WireError(f"{missing} of {len(crowd.names)} were not in after {RETURN_S:.0f} s.") from None
    except ExceptionGroup as error:
        raise wire.WireError(str(error.exceptions[0])) from error
    except ChatError as error:
        raise wire.WireError(str(error)) from error
    figures = {**meter.read(len(crowd.took)), **measure.latencies(crowd.took)}
    more = {"connections": crowd.connections, "notices": crowd.notices, "clients": len(crowd.names)}
    return {**figures, **more, "all_in_s": max(crowd.took)}


# Accounts that the server knows already


def sign_in_again(job: dict[str, Any]) -> dict[str, float]:
    """Sign each account in once, then all of them again, with ``each`` connections that stay."""
    names, password = job["names"], job["password"]
    where = job["host"], job["port"]

    def asks(crowd: wire.Crowd, each: int) -> Iterator[wire.Ask]:
        for _ in range(each):
            for number, name in enumerate(names):
                client = wire.Client(name, *where, None, source=source(number))
                crowd.add(client)
                yield client, hello(name, password), WELCOME

    first, again = wire.Crowd(), wire.Crowd()
    try:
        wire.ask_all(first, asks(first, 1), RETURN_S, job["newcomers"])
        first.close()
        hashes = measure.workers_answers(job["pids"][0])
        meter = Meter(job["pids"])
        wire.ask_all(again, asks(again, job["each"]), AGAIN_S, job["newcomers"])
        figures = meter.read(len(again.clients))
        more = {"clients": len(again.clients), "all_in_s": meter.ended - meter.began}
        return {**figures, **more, "hashes": measure.workers_answers(job["pids"][0]) - hashes}
    finally:
        again.close()


# Beside a flood


def innocent(job: dict[str, Any]) -> dict[str, float]:
    """Sign in one new account after the other from an address of their own, while a flood goes on."""
    took = []
    meter = Meter(job["pids"])
    for name in job["names"]:
        if time.perf_counter() > meter.began + job["seconds"]:
            break
        crowd = wire.Crowd()
        began = time.perf_counter()
        try:
            client = wire.Client(name, job["host"], job["port"], None, source=INNOCENT_ADDRESS)
            crowd.add(client)
            wire.ask_all(crowd, [(client, hello(name, job["password"]), WELCOME)], INNOCENT_S, 1)
        finally:
            crowd.close()
        took.append(time.perf_counter() - began)
        time.sleep(INNOCENT_PAUSE_S)
    return {**meter.read(len(took)), **measure.latencies(took), "innocents": len(took)}
