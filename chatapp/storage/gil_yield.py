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
from collections import deque
from collections.abc import Callable
from typing import TypeVar

_Result = TypeVar("_Result")

LOOK_EVERY_S = 0.001
AT_WORK_S = LOOK_EVERY_S / 4  # of the loop since the last look: less, and the threads have had their chances
GIVE_WAY_S = 0.000_2  # as long as a thread may need to wake up and do its part


class GilYield:
    """Lets the threads of one kind get the GIL. All but ``taken`` and ``told`` is for the loop's thread."""

    def __init__(self) -> None:
        self.jobs = 0  # of which the result has not come to the loop
        self._told: deque[None] = deque()  # one for each of these that is done; threads may append at any moment
        self._gate = threading.Lock()  # held while the loop stands still, or is about to
        self._looking = False
        self._cpu_s = 0.0

    def hand_over(self, put: Callable[[], _Result]) -> _Result:
        """Call ``put``, which queues a job for a thread; where no other is under way, stand still until it is taken."""
        self._gate.acquire(blocking=False)
        result = put()
        self.jobs += 1
        if self.jobs == 1:
            self._gate.acquire(timeout=GIVE_WAY_S)
        if not self._looking:
            self._look_later()
        return result

    def ended(self) -> None:
        """Note that the result of a job has come to the loop."""
        self.jobs -= 1
        self._told.popleft()

    def taken(self) -> None:
        """Let the loop go on. To be called by a thread that begins with a job."""
        with contextlib.suppress(RuntimeError):  # nobody waits
            self._gate.release()

    def told(self) -> None:
        """Let the loop go on. To be called by a thread just before it sends the loop the result of a job."""
        self._told.append(None)
        self.taken()

    def _look_later(self) -> None:
        self._looking = True
        self._cpu_s = time.thread_time()
        asyncio.get_running_loop().call_later(LOOK_EVERY_S, self._look)

    def _look(self) -> None:
        self._looking = False
        if not self.jobs:
            return
        if time.thread_time() - self._cpu_s > AT_WORK_S:
            self._gate.acquire(blocking=False)
            if self.jobs > len(self._told):
                self._gate.acquire(timeout=GIVE_WAY_S)
        self._look_later()
