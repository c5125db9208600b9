"""The worker process that hashes passwords; ``hasher.py`` starts it.

Each line of standard input is a request: a JSON array with the name of a function of ``hashing.py`` and its arguments.
The worker answers each request with one line on standard output: the result as JSON. The worker ends at the end of its
input, and after ``IDLE_S`` seconds without a request.
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
NICENESS = 10  # added to the niceness of the server

_FUNCTIONS: dict[str, Callable[..., object]] = {"hash_password": hash_password, "verify_evenly": verify_evenly}


def main() -> None:
    """Answer requests until the input ends, or no request comes for ``IDLE_S`` seconds."""
    with contextlib.suppress(OSError):  # if the system forbids it, the worker keeps the priority of the server
        os.nice(NICENESS)
    # select() does not see requests in Python's read buffer. There are none: the server waits for each answer before
    # it sends the next request.
    while select.select([sys.stdin.buffer], [], [], IDLE_S)[0]:
        line = sys.stdin.buffer.readline()
        if not line:
            return
        function, *args = json.loads(line)
        sys.stdout.buffer.write(json.dumps(_FUNCTIONS[function](*args)).encode() + b"\n")
        sys.stdout.buffer.flush()


def run() -> None:
    """Run :func:`main`, and end without a traceback when the server is gone."""
    with contextlib.suppress(BrokenPipeError):
        main()
