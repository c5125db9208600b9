"""What others do to people who talk: their latency before and during an attack, in one run."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from tests.bench import measure, peers
from tests.bench.drive import Generator
from tests.bench.peers import Chatapp, Place, Running, Server

if TYPE_CHECKING:
    from tests.bench.scenarios import Setting

END_S = 20.0
LONGER = 3  # than other runs: of 200 messages, the second worst would be their p99


class AsItComes(Chatapp):
    """chatapp with the limits that it has by default."""

    def command(self, place: Place) -> list[str]:
        """Tell how it is started."""
        return [word for word in super().command(place) if word != "--no-rate-limits"]


@contextlib.contextmanager
def attacked(one: Running, kind: str) -> Iterator[dict[str, float]]:
    """Let an attack go on for the time of the block; afterwards its figures are in the dictionary."""
    job = {"kind": kind, "host": peers.HOST, "port": one.place.port}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.attack", json.dumps(job)],
        cwd=peers.REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    figures: dict[str, float] = {}
    try:
        assert process.stdout is not None
        process.stdout.readline()  # all of it is going on
        yield figures
        figures.update(json.loads(process.communicate(timeout=END_S)[0]))
    finally:
        process.kill()
        process.communicate()


def under(kind: str) -> Callable[[Setting, Server], dict[str, float]]:
    """Make a run of an attack."""

    def run(setting: Setting, server: Server) -> dict[str, float]:
        times: dict[str, Any] = {"warm_up_s": setting.warm_up_s, "seconds": setting.seconds * LONGER}
        with (
            peers.running(AsItComes(), setting.place(quiet=True)) as one,
            Generator(one, "steady", **times) as generator,
        ):
            generator.hear()
            with attacked(one, kind) as harm:
                generator.tell({})
                figures = generator.figures()
            figures["others_share"] = max(0.0, figures["others_share"] - harm["attack_share"])
            return {**figures, **harm, "peak_mb": measure.memory_kb(one.pids, "VmHWM") / 1024}

    return run
