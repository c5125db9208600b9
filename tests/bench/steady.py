"""Steady talk at a human pace, and how long each message takes: before an attack, and during it."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from typing import Any

from tests.bench import measure, wire
from tests.bench.measure import Meter

CLIENTS = 40
CHANNELS = 4
INTERVAL_S = 0.01  # between two messages, of all clients together
SIGN_IN_S = 60.0
LAST_S = 10.0  # how long the last messages may take
_MESSAGE = re.compile(rb"PRIVMSG \S+ :m(\d+) ")
_FILLER = "the quick brown fox jumps over the lazy dog"


class Talk:
    """The messages of one phase."""

    def __init__(self, crowd: wire.Crowd) -> None:
        self.crowd = crowd
        self.sent_at: list[float] = []
        self.took: list[float] = []
        self.expected = 0

    def run(self, seconds: float) -> list[float]:
        """Let the clients talk in turn; return how long each delivery took, in seconds."""
        began = time.perf_counter()
        first = len(self.sent_at)
        self.took = []
        while (now := time.perf_counter()) < began + seconds:
            if now >= began + (len(self.sent_at) - first) * INTERVAL_S:
                self.say()
            self.listen(INTERVAL_S / 2)
        deadline = time.perf_counter() + LAST_S
        while len(self.took) < (len(self.sent_at) - first) * (CLIENTS // CHANNELS - 1):
            if time.perf_counter() > deadline:
                raise wire.WireError(f"{len(self.took)} messages arrived; the others did not, {LAST_S:.0f} s later.")
            self.listen(0.1)
        return self.took

    def say(self) -> None:
        """Let the next client say something in its channel."""
        number = len(self.sent_at)
        client = self.crowd.clients[number % CLIENTS]
        self.sent_at.append(time.perf_counter())
        line = f"PRIVMSG #bench{number % CLIENTS % CHANNELS} :m{number} {_FILLER}\r\n"
        self.crowd.send(client, line.encode())

    def listen(self, timeout_s: float) -> None:
        """Take what arrives."""
        for client, lines in self.crowd.incoming(timeout_s):
            now = time.perf_counter()
            for line in lines:
                if line.startswith(b"ERROR"):
                    raise wire.WireError(f"{client.nick} was thrown out: {line.decode(errors='replace').strip()}")
                if line.startswith(b"PING"):
                    self.crowd.send(client, line.replace(b"PING", b"PONG", 1) + b"\n")
                elif found := _MESSAGE.search(line):
                    self.took.append(now - self.sent_at[int(found[1])])


def steady(job: dict[str, Any], tell: Callable[[dict[str, Any]], None]) -> dict[str, float]:
    """Talk, wait for the attack to begin, and talk on."""
    crowd = wire.Crowd()
    try:
        wire.sign_in(crowd, CLIENTS, job["host"], job["port"], False, 10, SIGN_IN_S)
        joins = [(client, b"JOIN #bench%d\r\n" % (at % CHANNELS), b" 366 ") for at, client in enumerate(crowd.clients)]
        wire.ask_all(crowd, joins, SIGN_IN_S, 10)
        wire.fall_silent(crowd, SIGN_IN_S)
        talk = Talk(crowd)
        talk.run(job["warm_up_s"])
        before = measure.latencies(talk.run(job["seconds"]))
        tell({"at": "attack"})
        sys.stdin.readline()
        talk.run(job["warm_up_s"])
        meter = Meter(job["pids"])
        during = talk.run(job["seconds"])
        figures = {**meter.read(len(during)), **measure.latencies(during)}
    finally:
        crowd.close()
    for name in ("p50_ms", "p99_ms"):
        figures["before_" + name] = before[name]
    return {**figures, "p99_ratio": figures["p99_ms"] / before["p99_ms"]}
