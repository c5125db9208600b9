"""What is measured of a process, and how many figures become one."""

from __future__ import annotations

import contextlib
import math
import os
import statistics
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

NOISY = 0.15  # of one core, used during a run by programs that are no part of it
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def cpu_s(pids: Iterable[int]) -> float:
    """Add up the user and system time that processes, and those that they started, have used.

    In seconds, precise to one tick (10 ms).
    """
    return sum(_cpu_ticks(each) for each in {each for pid in pids for each in family(pid)}) / TICKS_PER_S


def _cpu_ticks(pid: int) -> int:
    # The command's name, in brackets, may hold spaces: count from the last bracket. utime and stime are fields 14, 15.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def machine_busy_s() -> float:
    """Tell how long the machine's cores have been busy, or taken away by its host, in seconds."""
    user, nice, system, _idle, _wait, irq, softirq, steal = map(
        int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    )
    return (user + nice + system + irq + softirq + steal) / TICKS_PER_S


def memory_kb(pids: Iterable[int], field: str) -> int:
    """Add up ``VmRSS`` (now) or ``VmHWM`` (the most so far) of processes, in KB.

    A process that has ended, as a server's for passwords does after a minute without work, has none.
    """
    return sum(_status_kb(pid, field) for pid in pids)


def _status_kb(pid: int, field: str) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    values = dict(line.split(":", 1) for line in status.splitlines())
    if values["State"].split()[0] in "ZX":  # it has ended, and its parent has not asked yet how
        return 0
    if field not in values:
        raise ValueError(f"/proc/{pid}/status has no {field}.")
    return int(values[field].split()[0])


def settled_rss_kb(pids: Sequence[int], quiet_s: float = 0.4, timeout_s: float = 5.0) -> int:
    """Wait until the resident memory has not changed for ``quiet_s`` (or ``timeout_s`` is over); return it in KB."""
    deadline = time.monotonic() + timeout_s
    last, since = memory_kb(pids, "VmRSS"), time.monotonic()
    while (now := time.monotonic()) < deadline and now - since < quiet_s:
        time.sleep(0.05)  # there is nothing to wait for but the memory itself
        if (rss := memory_kb(pids, "VmRSS")) != last:
            last, since = rss, now
    return last


def await_rest(pids: Sequence[int], quiet_s: float = 0.5, timeout_s: float = 60.0) -> None:
    """Wait until processes work for at most a twentieth of ``quiet_s``, or ``timeout_s`` is over."""
    deadline = time.monotonic() + timeout_s
    before = cpu_s(pids)
    while time.monotonic() < deadline:
        time.sleep(quiet_s)  # there is nothing to wait for but the time that they use
        if (now := cpu_s(pids)) - before <= quiet_s / 20:
            return
        before = now


def family(pid: int) -> list[int]:
    """List a process and all that descend from it."""
    found = [pid]
    for parent in found:
        with contextlib.suppress(FileNotFoundError):  # a process that has ended meanwhile
            for task in Path(f"/proc/{parent}/task").iterdir():
                with contextlib.suppress(FileNotFoundError):  # a thread that has
                    found += [int(child) for child in (task / "children").read_text().split()]
    return found


def workers_answers(pid: int) -> int:
    """Count the hashes that a server's processes have answered: each of them writes once for each, and nothing else.

    ``pid`` is the server's. A process that has ended, as one does after a minute without work, does not count.
    """
    count = 0
    for worker in family(pid)[1:]:
        fields = dict(line.split(": ") for line in Path(f"/proc/{worker}/io").read_text().splitlines())
        count += int(fields["syscw"])
    return count


class Meter:
    """What happens between its making and :meth:`read`: time, and who used how much of the processors."""

    def __init__(self, pids: Sequence[int]) -> None:
        """Begin; ``pids`` are the server's, the generator is this process."""
        self.pids = pids
        self.server_s, self.machine_s, self.own_s = cpu_s(pids), machine_busy_s(), time.process_time()
        self.began = self.ended = time.perf_counter()

    def read(self, count: int) -> dict[str, float]:
        """End; ``count`` things were done. Shares are of one core; ``others_share`` is what neither of us used."""
        self.ended = time.perf_counter()
        took = self.ended - self.began
        server, machine = cpu_s(self.pids) - self.server_s, machine_busy_s() - self.machine_s
        own = time.process_time() - self.own_s
        return {
            "rate": count / took,
            "cpu_us": server / max(1, count) * 1e6,
            "server_share": server / took,
            "generator_share": own / took,
            "others_share": max(0.0, machine - server - own) / took,
        }


def noisy(figures: Mapping[str, float]) -> bool:
    """Tell whether other programs used so much of the processors during a run that its figures may be too bad."""
    return figures.get("others_share", 0.0) > NOISY


def percentile(ordered: Sequence[float], share: float) -> float:
    """Pick the smallest value that at least ``share`` (0 to 1) of all are not above (nearest rank).

    ``ordered`` is in ascending order and not empty.
    """
    if not ordered:
        raise ValueError("There is no percentile of nothing.")
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def latencies(seconds: Iterable[float]) -> dict[str, float]:
    """Sum up latencies as ``p50_ms``, ``p99_ms`` and ``max_ms``; nothing when there are none."""
    ordered = sorted(seconds)
    if not ordered:
        return {}
    return {
        "p50_ms": percentile(ordered, 0.50) * 1000,
        "p99_ms": percentile(ordered, 0.99) * 1000,
        "max_ms": ordered[-1] * 1000,
    }


def combine(runs: Sequence[dict[str, float]]) -> dict[str, float]:
    """Make one set of figures of several rounds: of each the median, but the greatest of what is a maximum.

    ``rate_low`` and ``rate_high`` are added: how far the rounds were apart.
    """
    names = {name for run in runs for name in run}
    one = {}
    for name in sorted(names):
        values = [run[name] for run in runs if name in run]
        one[name] = max(values) if name in ("max_ms", "peak_mb") else statistics.median(values)
    rates = [run["rate"] for run in runs if "rate" in run]
    if rates:
        one["rate_low"], one["rate_high"] = min(rates), max(rates)
    return one
