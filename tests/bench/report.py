"""Figures as people read them: one table with ratios, what must be reached, and the same in Markdown and JSON."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.bench.attack import ATTACKS
from tests.bench.measure import noisy
from tests.bench.runner import Row
from tests.bench.sign_ins import FLOODS

PEERS = ("ngircd", "inspircd")
GENERATOR_FULL, SERVER_IDLE = 0.95, 0.9  # shares of a core: the generator had no time left, the server had

HEADER = (
    "scenario", "server", "result", "x best peer", "CPU us each", "x best", "p50 ms", "x best", "p99 ms", "max ms",
    "peak MB", "rounds +-",
)  # fmt: skip


@dataclass(frozen=True)
class Target:
    """What chatapp must reach: a figure, or its ratio to the best peer's, at least or at most."""

    scenario: str
    figure: str
    must: float
    aim: float | None
    what: str
    at_least: bool = False
    ratio: bool = True


TARGETS = (
    Target("fan-out-100", "rate", 1.0, 2.0, "deliveries/s, times the best peer's", at_least=True),
    Target("fan-out-100", "cpu_us", 2.0, 1.0, "CPU per delivery, times the best peer's"),
    Target("fan-out-1000", "rate", 1.0, 2.0, "deliveries/s, times the best peer's", at_least=True),
    Target("fan-out-1000", "cpu_us", 1.3, 1.0, "CPU per delivery, times the best peer's"),
    Target("one-at-a-time", "p50_ms", 2.0, 1.3, "p50, times the best peer's"),
    Target("direct-8", "rate", 0.2, 0.5, "deliveries/s, times the best peer's", at_least=True),
    Target("direct-burst-8", "rate", 0.2, 0.5, "deliveries/s, times the best peer's", at_least=True),
    Target("capabilities", "cost_ratio", 1.5, None, "times the CPU of a delivery without capabilities", ratio=False),
    Target("ws-fan-out", "cost_ratio", 1.5, None, "times the CPU of a delivery over TLS alone", ratio=False),
    Target("idle", "client_kb", 4.0, None, "KB of an idle client", ratio=False),
    *(
        Target("sign-in-flood", f"wait_{name}_s", 3.0, None, f"s, the longest wait beside a {name} flood", ratio=False)
        for name in FLOODS
    ),
    Target("sign-in-tokens", "all_in_s", 10.0, None, "s until all are in and have caught up", ratio=False),
    Target("start-up", "start_s", 1.0, None, "s to start", ratio=False),
    Target("history", "p99_ms", 5.0, None, "ms p99 of a history page", ratio=False),
    Target("history-remarks", "p99_ms", 20.0, None, "ms p99 of a page with reactions and edits", ratio=False),
    *(
        Target("search", f"{kind}_p99_ms", 20.0, None, f"ms p99 of a search for a {kind}", ratio=False)
        for kind in ("common", "rare", "phrase")
    ),
    *(
        Target(f"abuse-{kind}", "p99_ratio", 2.0, None, f"times the p99 before: {attack.title}", ratio=False)
        for kind, attack in ATTACKS.items()
    ),
)


def best_peer(rows: Sequence[Row], scenario: str, figure: str, at_least: bool) -> float | None:
    """Find the best figure of the peers in a scenario: the greatest, or the smallest where less is better."""
    values = [
        row.figures[figure] for row in rows if _is(row, scenario) and row.server in PEERS and figure in row.figures
    ]
    if not values:
        return None
    return max(values) if at_least else min(values)


def ratio(rows: Sequence[Row], row: Row, figure: str, at_least: bool) -> float | None:
    """Divide a row's figure by the best peer's; ``None`` where one of them is missing."""
    best = best_peer(rows, row.scenario.name, figure, at_least)
    if not best or figure not in row.figures:
        return None
    return row.figures[figure] / best


def verdicts(rows: Sequence[Row], server: str = "chatapp") -> list[tuple[Target, float | None, bool]]:
    """Judge each target that can be judged: what was measured (``None`` after an error) and whether it is reached."""
    found = []
    for target in TARGETS:
        for row in rows:
            if not _is(row, target.scenario) or row.server != server:
                continue
            value = row.figures.get(target.figure)
            if target.ratio:
                value = ratio(rows, row, target.figure, target.at_least)
            if value is None and not row.error:
                continue  # there is no peer to compare with
            compare = operator.ge if target.at_least else operator.le
            found.append((target, value, value is not None and bool(compare(value, target.must))))
    return found


def _is(row: Row, scenario: str) -> bool:
    return row.scenario.name == scenario


def short(value: float) -> str:
    """Write a number with three digits that count, in thousands or millions where it is large."""
    for limit, unit in ((1e6, " M"), (1e4, " k")):
        if abs(value) >= limit:
            return f"{value / (limit if limit > 1e5 else 1e3):.3g}{unit}"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def result(row: Row) -> str:
    """Write the figure that a scenario is about."""
    figures = row.figures
    if "client_kb" in figures:
        return f"{short(figures['client_kb'])} KB each of {figures['clients']:,.0f}"
    if "p99_ratio" in figures:
        return f"p99 {figures['p99_ratio']:.2f} times the {short(figures['before_p99_ms'])} ms before"
    if "cost_ratio" in figures:
        return f"CPU {figures['cost_ratio']:.2f} times the {short(figures['without_cpu_us'])} us without"
    if "wasted" in figures or row.scenario.name == "sign-in-tokens":
        return f"{short(figures['all_in_s'])} s until all {figures['clients']:,.0f} are in"
    if "wait_hasty_s" in figures:
        return f"{short(figures['max_ms'] / 1000)} s at most"
    if "start_s" in figures:
        return f"{figures['start_s']:.2f} s with {short(figures['messages'])} messages"
    if "rate" in figures:
        return f"{'>= ' if limited(row) else ''}{short(figures['rate'])} {row.scenario.unit}"
    return ""


def limited(row: Row) -> bool:
    """Tell whether the generator was the limit: the server could do more."""
    figures = row.figures
    return figures.get("generator_share", 0) > GENERATOR_FULL and figures.get("server_share", 1) < SERVER_IDLE


def cells(rows: Sequence[Row], row: Row) -> list[str]:
    """Write one line of the table."""
    if row.error:
        return [row.scenario.name, row.server, f"ERROR: {row.error}", *[""] * (len(HEADER) - 3)]

    def number(figure: str) -> str:
        return short(row.figures[figure]) if figure in row.figures else ""

    def times(figure: str, at_least: bool = False) -> str:
        value = ratio(rows, row, figure, at_least)
        return "" if value is None else f"{value:.2f}"

    rate = "client_kb" if "client_kb" in row.figures else "rate"
    return [
        row.scenario.name, row.server, result(row), times(rate, at_least=rate == "rate"),
        number("cpu_us"), times("cpu_us"), number("p50_ms"), times("p50_ms"), number("p99_ms"), number("max_ms"),
        number("peak_mb"), spread(row),
    ]  # fmt: skip


def spread(row: Row) -> str:
    """Tell how far apart the rates of the rounds were, in percent of the median; marked where others were at work."""
    figures = row.figures
    if not figures.get("rate") or row.scenario.rounds == 1:
        return ""
    percent = (figures["rate_high"] - figures["rate_low"]) / 2 / figures["rate"] * 100
    return f"{percent:.0f}%" + (" (noisy)" if noisy(figures) else "")


def notes(rows: Sequence[Row]) -> list[str]:
    """Say what the table has no column for."""
    said = []
    for row in rows:
        figures = row.figures
        if "start_replay_s" in figures:
            said.append(
                f"start-up: {figures['start_killed_s']:.2f} s after kill -9,"
                f" {figures['start_replay_s']:.2f} s when the whole log is replayed without a snapshot."
            )
        if "wasted" in figures:
            said.append(
                f"sign-in-restart: {figures['wasted']:,.0f} hashes were wasted; {figures['clients']:,.0f} accounts"
                f" made {figures['connections']:,.0f} connections."
            )
        if row.scenario.name == "sign-in-again" and "hashes" in figures:
            said.append(
                f"sign-in-again: {figures['clients']:,.0f} connections in {short(figures['all_in_s'])} s,"
                f" {figures['hashes']:,.0f} hashes."
            )
    if any(limited(row) for row in rows):
        said.append(">=: the load generator was the limit, the server could do more.")
    if any(noisy(row.figures) for row in rows):
        said.append("noisy: other programs used more than 15% of a core during the median run.")
    return said


def text(rows: Sequence[Row]) -> str:
    """Write the report for a terminal."""
    table = [list(HEADER), *(cells(rows, row) for row in rows)]
    widths = [
        max(len(line[column]) for line in table if not line[2].startswith("ERROR")) for column in range(len(HEADER))
    ]
    lines = ["  ".join(_pad(cell, widths[at], at) for at, cell in enumerate(line)).rstrip() for line in table]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join([*lines, *_after(rows, lambda told: told)])


def markdown(rows: Sequence[Row]) -> str:
    """Write the report for README.md here."""
    rule = ["---" if column < 3 else "--:" for column in range(len(HEADER))]
    table = [list(HEADER), rule, *(cells(rows, row) for row in rows)]
    lines = ["| " + " | ".join(cell.replace("|", "/") for cell in line) + " |" for line in table]
    return "\n".join([*lines, *_after(rows, lambda told: f"- {told}" if told else told)])


def _pad(cell: str, width: int, column: int) -> str:
    return cell.ljust(width) if column < 3 else cell.rjust(width)


def _after(rows: Sequence[Row], item: Callable[[str], str]) -> list[str]:
    lines = [""]
    for target, value, reached in verdicts(rows):
        measured = "nothing measured" if value is None else short(value)
        bound = f"{'at least' if target.at_least else 'at most'} {target.must:g}"
        aim = "" if target.aim is None else f", aim {target.aim:g}"
        verdict = "reached" if reached else "MISSED"
        lines.append(item(f"{target.scenario}: {measured} {target.what} ({bound}{aim}): {verdict}"))
    return lines + [item(note) for note in notes(rows)]


def as_json(rows: Sequence[Row], machine: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    """Put everything that was measured into plain values."""
    return {
        "machine": machine,
        "settings": settings,
        "rows": [
            {
                "scenario": row.scenario.name,
                "title": row.scenario.title,
                "server": row.server,
                "error": row.error or None,
                "figures": row.figures,
                "rate_ratio": ratio(rows, row, "rate", True),
                "cpu_ratio": ratio(rows, row, "cpu_us", False),
                "p50_ratio": ratio(rows, row, "p50_ms", False),
            }
            for row in rows
        ],
        "targets": [
            {
                "scenario": target.scenario,
                "what": target.what,
                "must": target.must,
                "aim": target.aim,
                "measured": value,
                "reached": reached,
            }
            for target, value, reached in verdicts(rows)
        ],
    }
