"""The process that hashes; see ``hasher.py``, which starts it.

Each line of standard input is a JSON array, the name of a function of ``hashing.py`` and its arguments; each is
answered with a line, the JSON of the result. It ends with its input, and when nothing has come for a while.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import sys
from collections.abc import Callable

from chatapp.auth.hashing import hash_password, verify_evenly

IDLE_S = 60.0
NICENESS = 10  # added to that of the server

_FUNCTIONS: dict[str, Callable[..., object]] = {"hash_password": hash_password, "verify_evenly": verify_evenly}


def main() -> None:
    """Answer until the input ends."""
    with contextlib.suppress(OSError):  # where it is not allowed, hashing is no nicer than the rest
        os.nice(NICENESS)
    # One request is under way at a time, so none is left in a buffer while this waits.
    while select.select([sys.stdin.buffer], [], [], IDLE_S)[0]:
        line = sys.stdin.buffer.readline()
        if not line:
            return
        function, *args = json.loads(line)
        sys.stdout.buffer.write(json.dumps(_FUNCTIONS[function](*args)).encode() + b"\n")
        sys.stdout.buffer.flush()


def run() -> None:
    """Run :func:`main`, and end quietly when the server is gone."""
    with contextlib.suppress(BrokenPipeError):
        main()
