"""``python -m tests.bench.in_process``: what a message costs on its way through the server, without sockets and disk.

Bytes go into connections as the event loop would hand them over; a log in memory commits each batch at once; what the
server writes is thrown away. What is left is the path of a message: parse, check, propose, apply, render, deliver.

A figure is processor time, the least of many short repetitions: what disturbs a run can only add to it. Each checkout
is measured in processes of its own, in turn (``--checkout DIR``), so that a disturbance meets all of them.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatapp.model.events import AnyEvent
from chatapp.storage.log import Committed, OnCommitted, Record

REPOSITORY = Path(__file__).resolve().parents[2]
PAIRS = 100
MEMBERS, SPEAKERS, BURST = 100, 10, 20
TEXT = "a text of forty characters, as people do"
SECONDS = 1.0  # of processor time for each load, in one process
ROUNDS = 5  # processes for each checkout


class InstantLog:
    """An event log, and a history, that commits what was proposed when it is told to, and keeps nothing."""

    room = 100_000

    def __init__(self, last_seq: int, on_committed: OnCommitted) -> None:
        self.last_seq = last_seq
        self._on_committed = on_committed
        self._pending: list[AnyEvent] = []

    def propose(self, *events: AnyEvent) -> None:
        """Take events for the next commit."""
        self._pending += events

    def place(self, seq: int, event: AnyEvent | None) -> None:
        """Forget what applying made of an event."""

    def save_snapshot(self, seq: int, state: bytes) -> None:
        """Forget a snapshot."""

    def commit(self) -> None:
        """Hand over all that was proposed, as one batch."""
        events, self._pending = self._pending, []
        batch: Committed = [Record(seq, event) for seq, event in enumerate(events, self.last_seq + 1)]
        self.last_seq += len(events)
        self._on_committed(batch)


class Ear:
    """The transport of a connection to nobody: it counts the lines that are written to it."""

    def __init__(self) -> None:
        self.lines = 0

    def write(self, data: bytes) -> None:
        """Count what is written."""
        self.lines += data.count(b"\n")

    def get_write_buffer_size(self) -> int:
        """Tell that nothing waits."""
        return 0


@dataclass
class Load:
    """What is sent in one repetition, and how many lines everybody together receives of it."""

    name: str
    count: int
    sends: list[tuple[Any, bytes]]


def _prepare(folder: Path) -> tuple[Any, InstantLog, list[Ear], list[Load]]:
    """Start a server with guests: pairs who write to each other, and a channel."""
    from tests.server.world import World

    world = World(folder, guests=True, rate_limits=False)
    pairs = [(world.guest(f"from{n}"), world.guest(f"to{n}")) for n in range(PAIRS)]
    members = [world.guest(f"member{n}") for n in range(MEMBERS)]
    world.channel("#room", " ".join(member.name for member in members))
    log = InstantLog(world.log.last_seq, world.log._on_committed)
    world.services.proposals._log = world.services.proposals._history = log
    loop: Any = world.loop
    loop.call_soon = lambda *_args, **_kw: None  # the log's commit is the turn of the loop
    ears = []
    for actor in world.actors.values():
        ears.append(Ear())
        actor.connection._transport = actor.connection._out = ears[-1]

    def direct(count: int) -> list[tuple[Any, bytes]]:
        return [(one.connection, f"PRIVMSG {other.name} :{TEXT}\r\n".encode() * count) for one, other in pairs]

    burst = f"PRIVMSG #room :{TEXT}\r\n".encode() * BURST
    deliveries = SPEAKERS * BURST * (MEMBERS - 1)
    return world, log, ears, [
        Load("direct-1", PAIRS, direct(1)),
        Load("direct-8", PAIRS * 8, direct(8)),
        Load("fan-out-100", deliveries, [(one.connection, burst) for one in members[:SPEAKERS]]),
    ]  # fmt: skip


def _repeat(load: Load, commit: Callable[[], None], seconds: float) -> tuple[float, int]:
    """Repeat a load for ``seconds`` of processor time; return the least time of a repetition (s), and how many."""
    least, total, repetitions = float("inf"), 0, 0
    while total < seconds * 1e9:
        began = time.process_time_ns()
        for connection, data in load.sends:
            connection.data_received(data)
        commit()
        took = time.process_time_ns() - began
        least, total, repetitions = min(least, took), total + took, repetitions + 1
    return least / 1e9, repetitions


def measure(seconds: float = SECONDS) -> dict[str, float]:
    """Measure the checkout that this process runs: microseconds of each load's unit.

    Raises RuntimeError when a message was lost or came twice.
    """
    with tempfile.TemporaryDirectory() as folder:
        world, log, ears, loads = _prepare(Path(folder))
        gc.collect()
        gc.freeze()
        figures = {}
        for load in loads:
            before = sum(ear.lines for ear in ears)
            least_s, repetitions = _repeat(load, log.commit, seconds)
            figures[load.name] = least_s / load.count * 1e6
            heard = sum(ear.lines for ear in ears) - before
            if heard != load.count * repetitions:
                raise RuntimeError(f"{load.name}: {heard} lines came, not {load.count * repetitions}.")
        del world
    return figures


def measure_in(checkout: Path = REPOSITORY, seconds: float = SECONDS) -> dict[str, float]:
    """Measure a checkout in a process of its own: microseconds of each load's unit."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.bench.in_process", "--once", "--seconds", str(seconds)],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout), "PYTHONHASHSEED": "0"},
        stdout=subprocess.PIPE,
        check=True,
    )
    figures: dict[str, float] = json.loads(run.stdout)
    return figures


def compare(checkouts: Sequence[Path], rounds: int) -> list[dict[str, float]]:
    """Measure checkouts in turn; of each load the least of the rounds."""
    runs: list[list[dict[str, float]]] = [[] for _ in checkouts]
    for number in range(rounds):
        order = list(range(len(checkouts)))
        for index in order[number % len(order) :] + order[: number % len(order)]:
            runs[index].append(measure_in(checkouts[index]))
    return [{name: min(run[name] for run in found) for name in found[0]} for found in runs]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure this checkout, and others beside it; the last column compares the last one with the first one."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.in_process", description=main.__doc__)
    parser.add_argument("--checkout", action="append", default=[], type=Path, metavar="DIR", help="one more checkout")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"processes for each (default {ROUNDS})")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="for each load")
    parser.add_argument("--once", action="store_true", help="measure in this process, and print JSON")
    options = parser.parse_args(arguments)
    if options.once:
        print(json.dumps(measure(options.seconds)))
        return 0
    checkouts = [*(path.resolve() for path in options.checkout), REPOSITORY]
    found = compare(checkouts, options.rounds)
    for index, checkout in enumerate(checkouts):
        print(f"{index + 1}: {checkout}")
    for name in found[0]:
        figures = "  ".join(f"{one[name]:8.4f}" for one in found)
        print(f"in-process {name:12} us each: {figures}  last/first {found[-1][name] / found[0][name]:.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
