"""``python -m tests.bench``: measure chatapp and its peers."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

from tests.bench import certificate, limits, machine, peers, report, runner
from tests.bench.scenarios import SCENARIOS, Setting


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description="Measure chatapp and, where they are installed, ngircd and inspircd."
    )
    names = [scenario.name for scenario in SCENARIOS]
    parser.add_argument("--only", nargs="+", choices=names, metavar="SCENARIO", help=f"of {', '.join(names)}")
    parser.add_argument("--server", nargs="+", metavar="NAME", help="of chatapp, ngircd, inspircd and those of --also")
    parser.add_argument(
        "--also",
        action="append",
        default=[],
        metavar="NAME=COMMAND",
        help="one more server; {port} stands for its port, {dir} for a folder",
    )
    parser.add_argument("--quick", action="store_true", help="a short run of each, for a first impression")
    parser.add_argument("--seconds", type=float, help="to measure in each run (default 2, with --quick 0.5)")
    parser.add_argument("--rounds", type=int, help="runs of each scenario and server (default 3, with --quick 1)")
    where = "/var/tmp; abuse-*: /dev/shm, which is in memory"
    parser.add_argument("--dir", type=Path, help=f"where the servers keep their data (default {where})")
    parser.add_argument(
        "--retries", type=int, default=0, help="how often to repeat a run that other programs disturbed (default 0)"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON")
    form.add_argument("--markdown", action="store_true", help="print Markdown, as in tests/bench/README.md")
    return parser.parse_args(arguments)


def _disk() -> Path | None:
    """Find a folder for temporary files that is on a disk; /tmp may be in memory, where an fsync costs nothing."""
    var = Path("/var/tmp")
    return var if os.access(var, os.W_OK) else None


@contextlib.contextmanager
def folders(options: argparse.Namespace) -> Iterator[tuple[Path, Path | None]]:
    """Make the folder for the servers' data, and one in memory unless it was said where the data are to be."""
    memory = Path("/dev/shm")
    with contextlib.ExitStack() as stack:

        def make(where: Path | None) -> Path:
            inside = None if where is None else where.resolve()  # servers run in folders of their own
            return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chatapp-bench-", dir=inside)))

        has_memory = options.dir is None and os.access(memory, os.W_OK)
        yield make(options.dir or _disk()), make(memory) if has_memory else None


def choose_servers(options: argparse.Namespace) -> list[peers.Server]:
    """Find the servers to measure. Raises BenchError for one that is not there."""
    known: list[peers.Server] = [peers.Chatapp(), peers.Ngircd(), peers.Inspircd()]
    known += [peers.Also(text) for text in options.also]
    if not options.server:
        return [server for server in known if peers.installed(server)]
    by_name = {server.name: server for server in known}
    for name in options.server:
        if name not in by_name:
            raise peers.BenchError(f"There is no server {name!r}; there are {', '.join(by_name)}.")
        if not peers.installed(by_name[name]):
            raise peers.BenchError(f"{name} is not installed.")
    return [by_name[name] for name in options.server]


def settle(options: argparse.Namespace, folder: Path, quiet: Path | None) -> Setting:
    """Put together what holds for all runs."""
    cert, key = certificate.make(folder)
    setting = Setting(folder, cert, key, quiet)
    if options.quick:
        few: dict[str, Any] = {"rounds": 1, "idle_clients": 1_000, "crowd": 1_000, "messages": 100_000}
        few |= {"returning": 50, "with_tokens": 200, "again": 1_000, "flood_s": 6.0, "flood_share": 0.25}
        setting = Setting(folder, cert, key, quiet, seconds=0.5, warm_up_s=0.2, **few)
    setting.seconds = options.seconds or setting.seconds
    setting.rounds = options.rounds or setting.rounds
    setting.retries = options.retries
    return setting


def _end(*_: object) -> NoReturn:
    raise SystemExit(143)  # so that what was started is ended


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and print its report; 1 when a scenario failed."""
    options = parse(arguments)
    signal.signal(signal.SIGTERM, _end)
    limits.raise_open_files()
    limits.leave_no_cores()
    began = time.monotonic()
    try:
        servers = choose_servers(options)
        with folders(options) as (folder, quiet):
            setting = settle(options, folder, quiet)
            scenarios = [one for one in SCENARIOS if not options.only or one.name in options.only]
            told = machine.describe(servers, setting.folder)
            rows = runner.run(setting, scenarios, servers)
    except peers.BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    if options.json:
        wanted = ("seconds", "warm_up_s", "rounds", "retries", "idle_clients", "messages")
        print(json.dumps(report.as_json(rows, told, {name: getattr(setting, name) for name in wanted}), indent=1))
    else:
        print((report.markdown if options.markdown else report.text)(rows))
        runs = f"{setting.rounds} rounds of {setting.seconds:g} s, in turn"
        print()
        print(f"{machine.line(told)}. {runs}; all took {time.monotonic() - began:.0f} s.")
    return 1 if any(row.error for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
