"""Many who sign in at once: after a restart, again, and as a flood beside an innocent user.

The server has its limits as it comes, and the clients come from many addresses of 127.0.0.0/8, as people do.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chatapp.server.control.asking import ask
from tests.bench import fill, measure, peers, sign_in_jobs, wire
from tests.bench.abuse import END_S, AsItComes
from tests.bench.drive import Generator
from tests.bench.peers import Running, Server

if TYPE_CHECKING:
    from tests.bench.scenarios import Setting

AGAIN_EACH = 50  # connections of one account: as many as a server lets it have
INNOCENTS = 400
MISSED = 50  # messages in the lobby that the accounts with tokens have missed


@dataclass(frozen=True)
class Flood:
    """``kind`` is a method of ``sign_in_flood.Flood``; each of ``accounts`` is one of the flood's."""

    kind: str
    at_once: int
    accounts: int
    password: str = fill.PASSWORD


FLOODS = {
    "hasty": Flood("hasty", 200, 1),
    "guessing": Flood("hasty", 200, 1, "a wrong one"),
    "patient": Flood("patient", 1_115, 1_115),
}


@contextlib.contextmanager
def _server(setting: Setting, names: Sequence[str]) -> Iterator[Running]:
    """Run a server that has just started, with accounts of which it has seen none."""
    place = setting.place()
    data = place.folder / "data"
    fill.write_accounts(data, names, setting.bcrypt_cost)
    with peers.running(AsItComes(data, ("--bcrypt-cost", str(setting.bcrypt_cost))), place) as one:
        yield one


def _peak(one: Running) -> dict[str, float]:
    return {"peak_mb": measure.memory_kb(one.pids, "VmHWM") / 1024}


def restart(setting: Setting, server: Server) -> dict[str, float]:
    """Let accounts return at once to a server that knows no password yet."""
    names = [f"r{number}" for number in range(setting.returning)]
    with _server(setting, names) as one:
        with Generator(one, "return", seconds=setting.return_s, names=names, password=fill.PASSWORD) as generator:
            figures = generator.figures()
        return {**figures, "wasted": measure.workers_answers(one.process.pid) - len(names), **_peak(one)}


def tokens(setting: Setting, server: Server) -> dict[str, float]:
    """Let accounts return at once with device tokens to a server that was restarted, and catch up."""
    names = [f"t{number}" for number in range(setting.with_tokens)]
    place = setting.place()
    data = place.folder / "data"
    fill.write_accounts(data, names, setting.bcrypt_cost)
    comes = AsItComes(data, ("--bcrypt-cost", str(setting.bcrypt_cost)))
    with peers.running(comes, place) as one:
        texts = {name: str(ask(data, "add-token", account=name, name="bench", targets=[])["token"]) for name in names}
        with contextlib.closing(wire.Crowd()) as crowd:  # somebody talks in the lobby while the others are away
            talker = wire.Client(names[0], peers.HOST, place.port, None)
            crowd.add(talker)
            said = "".join(f"PRIVMSG #lobby :message {number}\r\n" for number in range(MISSED)) + "PING :said\r\n"
            hello = sign_in_jobs.hello(names[0], texts[names[0]])
            wire.ask_all(crowd, [(talker, hello, sign_in_jobs.WELCOME)], END_S, 1)
            wire.ask_all(crowd, [(talker, said.encode(), b"said")], END_S, 1)
    with peers.running(comes, place) as one:
        job: dict[str, Any] = {"names": names, "password": "", "tokens": texts}
        with Generator(one, "return", seconds=setting.return_s, **job) as generator:
            return {**generator.figures(), "hashes": measure.workers_answers(one.process.pid), **_peak(one)}


def again(setting: Setting, server: Server) -> dict[str, float]:
    """Let accounts whose passwords are known sign in again, over many connections."""
    names = [f"k{number}" for number in range(setting.again // AGAIN_EACH)]
    with _server(setting, names) as one:
        job: dict[str, Any] = {"names": names, "password": fill.PASSWORD, "each": AGAIN_EACH}
        with Generator(one, "sign-in-again", seconds=setting.return_s, **job) as generator:
            return {**generator.figures(), **_peak(one)}


@contextlib.contextmanager
def _flooded(one: Running, flood: Flood, setting: Setting, names: Sequence[str]) -> Iterator[dict[str, float]]:
    """Let a flood go on for the time of the block; afterwards its figures are in the dictionary."""
    at_once = max(1, round(flood.at_once * setting.flood_share))
    job = {"kind": flood.kind, "host": peers.HOST, "port": one.place.port, "seconds": setting.flood_s}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.sign_in_flood"],
        cwd=peers.REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    figures: dict[str, float] = {}
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        job |= {"names": names, "password": flood.password, "at_once": at_once}
        process.stdin.write(json.dumps(job).encode() + b"\n")
        process.stdin.flush()
        process.stdout.readline()  # it is going on
        yield figures
        figures.update(json.loads(process.communicate(timeout=END_S)[0]))
    finally:
        process.kill()
        process.communicate()


def beside_a_flood(setting: Setting, flood: Flood) -> dict[str, float]:
    """Measure how long innocent users wait beside one flood."""
    innocents = [f"i{number}" for number in range(INNOCENTS)]
    names = [f"f{number}" for number in range(flood.accounts)]
    with _server(setting, [*innocents, *names]) as one, _flooded(one, flood, setting, names) as harm:
        job: dict[str, Any] = {"names": innocents, "password": fill.PASSWORD}
        with Generator(one, "innocent", seconds=setting.flood_s, **job) as generator:
            figures = {**generator.figures(), **_peak(one)}
    return {**figures, **harm, "others_share": max(0.0, figures["others_share"] - harm["attack_share"])}


def floods(setting: Setting, server: Server) -> dict[str, float]:
    """Measure each flood with a server of its own; the figures of the worst one, and the longest wait beside each."""
    runs = {name: beside_a_flood(setting, flood) for name, flood in FLOODS.items()}
    worst = max(runs.values(), key=lambda figures: figures["max_ms"])
    waits = {f"wait_{name}_s": figures["max_ms"] / 1000 for name, figures in runs.items()}
    made = {f"connections_{name}": figures["connections"] for name, figures in runs.items()}
    figures = {name: value for name, value in worst.items() if name not in ("rate", "cpu_us", "connections")}
    return {**figures, **waits, **made, "others_share": max(run["others_share"] for run in runs.values())}
