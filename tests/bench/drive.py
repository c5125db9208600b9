"""The load generator as seen from the outside: started with a job, listened to, and always ended."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import time
from types import TracebackType
from typing import Any

from tests.bench.peers import HOST, REPOSITORY, BenchError, Running

SPARE_S = 150.0  # beyond the time of measuring: signing in, draining, checking


class Generator:
    """One run of the generator, as a context; it is gone after it."""

    def __init__(self, one: Running, kind: str, tls: bool = False, seconds: float = 0.0, **job: Any) -> None:
        self.one = one
        self.deadline = time.monotonic() + seconds + SPARE_S
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.generator"],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.received = b""
        self.tell(
            {
                "kind": kind,
                "host": HOST,
                "port": one.port(tls),
                "tls": tls,
                "pids": one.pids,
                "newcomers": one.server.newcomers,
                "seconds": seconds,
                **job,
            }
        )

    def __enter__(self) -> Generator:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()

    def tell(self, what: dict[str, Any]) -> None:
        """Write a line to it."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(what).encode() + b"\n")
        self.process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        """Wait for its next line; raises BenchError for an error, for its end, and when its time is over."""
        assert self.process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while b"\n" not in self.received:
                if not selector.select(self.deadline - time.monotonic()):
                    raise BenchError("The load generator did not finish in time.")
                data = os.read(self.process.stdout.fileno(), 65536)
                if not data:
                    raise BenchError("The load generator ended without a result.")
                self.received += data
        line, _, self.received = self.received.partition(b"\n")
        told: dict[str, Any] = json.loads(line)
        if "error" in told:
            raise BenchError(f"{told['error']} ({self.one.server.name}: {self.one.complaint()})")
        return told

    def figures(self) -> dict[str, float]:
        """Wait for what it has measured."""
        found: dict[str, float] = self.hear()["figures"]
        return found
