"""How a busy event loop lets the threads that work for it get Python's lock (the GIL).

A free lock goes to whoever is quickest. The loop's thread lets go of it for a moment in each turn, and has it again
before a thread that waits for it has even woken up; and that thread's patience (``sys.setswitchinterval``) begins
anew each time. So a thread may wait for a second and more while the loop is at work in short turns: measured were
1.2 s for one commit. The loop has to stand still for a moment, on purpose: when it hands over a job, until the thread
has taken it; and while a job is under way and the loop was at work for a good part of the last millisecond.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time

LOOK_EVERY_S = 0.001
AT_WORK_S = LOOK_EVERY_S / 4  # of the loop since the last look: less, and the threads have had their chances
GIVE_WAY_S = 0.000_2  # as long as a thread may need to wake up and do its part


class Courtesy:
    """The event loop's courtesy to the threads of one kind. All but ``signal`` is for the loop's thread."""

    def __init__(self) -> None:
        self.jobs = 0  # under way, or waiting for a thread
        self._lock = threading.Lock()  # held while the loop waits for a signal
        self._looking = False
        self._cpu_s = 0.0

    def began(self) -> None:
        """Note that a job was queued for a thread, just now; let the thread take it, where none is under way."""
        self.jobs += 1
        if self.jobs == 1:
            self._give_way()
        if not self._looking:
            self._look_later()

    def ended(self) -> None:
        """Note that the result of a job has come."""
        self.jobs -= 1

    def signal(self) -> None:
        """Let the loop go on: a thread has taken a job, or told its result. To be called by the thread."""
        with contextlib.suppress(RuntimeError):  # nobody waits
            self._lock.release()

    def _look_later(self) -> None:
        self._looking = True
        self._cpu_s = time.thread_time()
        asyncio.get_running_loop().call_later(LOOK_EVERY_S, self._look)

    def _look(self) -> None:
        self._looking = False
        if self.jobs:
            if time.thread_time() - self._cpu_s > AT_WORK_S:
                self._give_way()
            self._look_later()

    def _give_way(self) -> None:
        self._lock.acquire(blocking=False)
        self._lock.acquire(timeout=GIVE_WAY_S)
