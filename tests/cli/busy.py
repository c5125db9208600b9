"""Measures the full screen when very much comes: ``python -m tests.cli.busy [SECONDS]``.

A client in a terminal of 120 columns and 40 rows gets a thousand messages a second while somebody types. Then it holds
100,000 messages, of which somebody reads pages. A key is echoed when the terminal gets the text with it. A page is
there when the terminal gets the end of its frame. The CPU is what the client uses of one core, while a key is pressed
ten times a second.
"""

from __future__ import annotations

import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.cli.flooding import flooding
from tests.cli.keys import PAGE_UP, ctrl
from tests.cli.screen import Screen
from tests.support.server import PATIENCE_S

ROWS, COLUMNS = 40, 120
SECONDS = 20
KEY_S = 0.1
HELD = 100_000
PAGES = 200
FRAME_END = "\x1b[?2026l"
_STYLE = re.compile(r"\x1b\[[0-9;]*m")


class Measured(Screen):
    """A terminal that only reads what comes, and takes the time; it shows nothing."""

    def press_until(self, keys: str, there: Callable[[str], bool]) -> float:
        """Press keys; return after how many ms what has come since then is as it should be."""
        self.drain()
        begin_s, came = time.perf_counter(), ""
        self.press(keys)
        while not there(came):
            assert time.perf_counter() < begin_s + PATIENCE_S, repr(came[-1_000:])
            came += _STYLE.sub("", self._take())
        return (time.perf_counter() - begin_s) * 1_000

    def drain(self, for_s: float = 0.0) -> None:
        """Read what comes for some time."""
        until_s = time.perf_counter() + for_s
        while time.perf_counter() < until_s:
            self._take(max(0.0, until_s - time.perf_counter()))

    def _take(self, patience_s: float = PATIENCE_S) -> str:
        """Read, and answer what the client asks; return what came."""
        data = self.read(patience_s)
        self.press("\x1b[1;1R" * data.count("\x1b[6n"))
        return data

    @property
    def cpu_s(self) -> float:
        """The CPU time that the client has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def memory_mb(self) -> float:
        """The memory of the client."""
        found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{self.pid}/status").read_text())
        assert found is not None
        return int(found[1]) / 1024


def echoes(alice: Measured, seconds: float) -> tuple[list[float], float]:
    """Type while messages come; return the times (ms) until each key was echoed, and the CPU (% of a core)."""
    letters, times, typed = "abcdefghijklmnopqrstuvwxyz", [], ""
    begin_s, before_s = time.perf_counter(), alice.cpu_s
    while time.perf_counter() < begin_s + seconds:
        if len(typed) == len(letters):
            alice.press(ctrl("u"))
            typed = ""
        typed += letters[len(typed)]
        times.append(alice.press_until(typed[-1], lambda came, typed=typed: f"> {typed}" in came))
        alice.drain(KEY_S - times[-1] / 1_000)
    return times, 100 * (alice.cpu_s - before_s) / (time.perf_counter() - begin_s)


def row(name: str, times: list[float]) -> str:
    """Return a row of figures."""
    p99 = statistics.quantiles(times, n=100)[98]
    return f"{name:28} median {statistics.median(times):5.1f} ms, p99 {p99:5.1f} ms ({len(times)})"


def main(seconds: float) -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as config, flooding() as port:
        env = {"CHAT_CONFIG": config, "TERM_PROGRAM": "", "TMUX": ""}
        line = ("connect", "127.0.0.1", port, "alice", "--plaintext")
        with Measured(*line, env=env, rows=ROWS, columns=COLUMNS, full=True) as alice:
            alice.shows("Password for alice:")
            alice.type("secret")
            alice.shows("F1 shows the keys")
            print(f"{'signed in':28} {alice.memory_mb:.0f} MB")
            alice.type("begin")
            alice.drain(1.0)
            times, cpu = echoes(alice, seconds)
            print(row("key echo, 1,000 messages/s", times))
            print(f"{'CPU, 1,000 messages/s':28} {cpu:.0f} % of a core")
            alice.type(f"{ctrl('u')}end")
            alice.drain(1.0)
            alice.press_until(f"fill {HELD}\r", lambda came: f"that was all of {HELD}" in came)
            print(f"{'100,000 messages held':28} {alice.memory_mb:.0f} MB")
            alice.drain(1.0)
            pages = [alice.press_until(PAGE_UP, lambda came: FRAME_END in came) for _ in range(PAGES)]
            print(row("a page back", pages))


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS)
