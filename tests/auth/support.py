"""Accounts and files for the tests of auth; bcrypt at its least cost, so that a hash takes a millisecond."""

from __future__ import annotations

import os
from pathlib import Path

import bcrypt

# The salt is the same in each process, as the names of tests have to be.
HASH = bcrypt.hashpw(b"correct horse", b"$2b$04$" + b"abcdefghijklmnopqrstuu").decode()
OTHER_HASH = bcrypt.hashpw(b"battery staple", b"$2b$04$" + b"ABCDEFGHIJKLMNOPQRSTUO").decode()


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def put(path: Path, text: str) -> None:
    """Write a file as another program would have, an hour ago: nobody waits for whether it writes on."""
    path.write_bytes(text.encode())
    long_ago(path)


def long_ago(path: Path) -> None:
    """Make a file an hour old."""
    then_ns = path.stat().st_mtime_ns - 3_600_000_000_000
    os.utime(path, ns=(then_ns, then_ns))
