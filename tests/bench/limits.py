"""The limits that the system sets to the processes of the benchmark, which its children inherit."""

from __future__ import annotations

import resource


def raise_open_files() -> None:
    """Raise the soft limit of open files, connections among them, to the hard one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def leave_no_cores() -> None:
    """Let a server that crashes leave no core file behind."""
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
