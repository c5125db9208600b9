"""Runs scenarios: the servers in turn, several rounds, so that what disturbs the machine disturbs all of them."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.bench import measure
from tests.bench.peers import BenchError, Chatapp, Server
from tests.bench.scenarios import Figures, Scenario, Setting


@dataclass
class Row:
    """What a scenario came to with one server: figures, or why there are none."""

    scenario: Scenario
    server: str
    figures: Figures = field(default_factory=dict)
    error: str = ""


def run(setting: Setting, scenarios: Sequence[Scenario], servers: Sequence[Server]) -> list[Row]:
    """Run all scenarios, each with all servers that it is for."""
    rows = []
    for scenario in scenarios:
        able = [server for server in servers if _fits(scenario, server)]
        rows += _run_scenario(setting, scenario, able)
    return rows


def _fits(scenario: Scenario, server: Server) -> bool:
    if scenario.only_chatapp and not isinstance(server, Chatapp):
        return False
    return server.tls or not scenario.tls


def _run_scenario(setting: Setting, scenario: Scenario, servers: Sequence[Server]) -> list[Row]:
    runs: dict[str, list[Figures]] = {server.name: [] for server in servers}
    errors: dict[str, str] = {}
    rounds = scenario.rounds or setting.rounds
    for number in range(rounds):
        first = number % max(1, len(servers))  # nobody is always the first after a pause
        for server in [*servers[first:], *servers[:first]]:
            if server.name in errors:
                continue
            _say(f"{scenario.name}: {server.name}, round {number + 1} of {rounds}")
            try:
                runs[server.name].append(_run_quietly(setting, scenario, server))
            except (BenchError, OSError) as error:
                errors[server.name] = str(error)
                _say(f"{scenario.name}: {server.name} failed: {error}")
    return [
        Row(scenario, name, {}, errors[name]) if name in errors else Row(scenario, name, measure.combine(figures))
        for name, figures in runs.items()
    ]


def _run_quietly(setting: Setting, scenario: Scenario, server: Server) -> Figures:
    """Run; again where others were at work and retries are left. The least disturbed run counts."""
    best: Figures = {}
    for _ in range(1 + setting.retries):
        try:
            figures = scenario.run(setting, server)
        finally:
            _clean(setting)
        if not best or figures.get("others_share", 0) < best.get("others_share", 0):
            best = figures
        if not measure.noisy(best):
            break
    return best


def _clean(setting: Setting) -> None:
    for folder in setting.folder.glob("run*"):
        shutil.rmtree(folder, ignore_errors=True)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
