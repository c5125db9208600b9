"""What the figures were measured on and with."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chatapp import __version__
from tests.bench.peers import Chatapp, Inspircd, Ngircd, Server, on_path

FSYNCS = 100


def describe(servers: Sequence[Server], folder: Path) -> dict[str, Any]:
    """Tell the machine, the system, how fast the disk under ``folder`` is, and the version of each server."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "fsync_ms": round(_fsync_s(folder) * 1000, 3),
        "servers": {server.name: _version(server) for server in servers},
    }


def line(told: dict[str, Any]) -> str:
    """Write it in a line."""
    versions = ", ".join(f"{name} {version}".strip() for name, version in told["servers"].items())
    system = f"{told['system']}, Python {told['python']}, fsync {told['fsync_ms']:.2g} ms"
    return f"{told['processor']}, {told['cores']} cores, {system}; {versions}"


def _processor() -> str:
    for entry in Path("/proc/cpuinfo").read_text().splitlines():
        if entry.startswith("model name"):
            return entry.partition(":")[2].strip()
    return platform.machine()


def _fsync_s(folder: Path) -> float:
    """Measure what it takes to have a page on the disk; every message of chatapp waits for that."""
    took = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(FSYNCS):
            began = time.perf_counter()
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())
            took.append(time.perf_counter() - began)
    return statistics.median(took)


def _version(server: Server) -> str:
    if isinstance(server, Chatapp):
        return __version__
    if not isinstance(server, (Ngircd, Inspircd)):
        return ""
    told = subprocess.run([on_path(server.name), "--version"], capture_output=True, text=True, timeout=10, check=False)
    words = told.stdout.replace("-", " ").split()
    return words[1] if len(words) > 1 else ""
