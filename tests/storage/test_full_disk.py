"""A full disk makes the log read-only, not broken: see ``full_disk.py``, which a process of its own runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-ec")
MOUNT = 'mount -t tmpfs -o size=1m tmpfs "$1"; '


def keeps_promises(command: tuple[str, ...]) -> None:
    """Run the process and expect it to find nothing wrong."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "kept its promises\n"), done.stderr


def test_a_file_that_may_not_grow(tmp_path: Path) -> None:
    """An error in writing refuses what it hits and nothing else; the log goes on when it is over."""
    keeps_promises((sys.executable, "-m", "tests.storage.full_disk", str(tmp_path), "limit"))


def can_mount(folder: Path) -> bool:
    """Tell whether this user may mount a small file system."""
    try:
        return subprocess.run((*NAMESPACE, MOUNT, "sh", folder), capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


def test_a_full_disk(tmp_path: Path) -> None:
    """A disk without room refuses what does not fit and nothing else; the log goes on when there is room."""
    if not can_mount(tmp_path):
        pytest.skip("this user cannot mount a small file system")
    script = MOUNT + 'cd "$2"; exec "$3" -m tests.storage.full_disk "$1" tmpfs'
    keeps_promises((*NAMESPACE, script, "sh", str(tmp_path), str(ROOT), sys.executable))
