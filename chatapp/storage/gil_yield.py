"""How a busy event loop lets its worker threads get the GIL.

The GIL is not fair: the first thread that asks for the free lock gets it. The event loop's thread releases the GIL
briefly in each turn, and takes it again before a waiting thread has woken up. Each release also restarts the waiting
thread's timeout (``sys.setswitchinterval``), after which it could force the loop to release the GIL. So a thread may
wait for more than a second while the loop runs short turns: 1.2 s was measured for one commit.

Therefore the event loop blocks on purpose, for ``GIVE_WAY_S`` at most, in two cases:

- it hands over a job: it blocks until a thread has taken the job;
- a job is under way, and the loop was busy for more than ``AT_WORK_S`` of the last ``LOOK_EVERY_S``: it blocks until a
  thread takes a job or has a result.
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

LOOK_EVERY_S = 0.001  # between two checks of how busy the event loop was
AT_WORK_S = LOOK_EVERY_S / 4  # CPU time of the loop between two checks; below it, threads could get the GIL anyway
GIVE_WAY_S = 0.000_2  # the longest the loop blocks: a thread can wake up and do its part in this time


class GilYield:
    """Blocks the event loop briefly so that the threads of one kind get the GIL.

    Threads call ``taken`` and ``told``; the event loop's thread calls everything else.
    """

    def __init__(self) -> None:
        self.jobs = 0  # jobs whose result has not reached the event loop
        self._told: deque[None] = deque()  # an element for each finished job among `jobs`; threads append at any moment
        self._gate = threading.Lock()  # the loop blocks by taking it a second time; a thread releases it
        self._looking = False
        self._cpu_s = 0.0

    def hand_over(self, put: Callable[[], _Result]) -> _Result:
        """Call ``put``, which queues a job for a thread, and return its result.

        If no other job is under way, block until a thread takes this job, for ``GIVE_WAY_S`` at most.
        """
        self._gate.acquire(blocking=False)
        result = put()
        self.jobs += 1
        if self.jobs == 1:
            self._gate.acquire(timeout=GIVE_WAY_S)
        if not self._looking:
            self._look_later()
        return result

    def ended(self) -> None:
        """Note that the result of a job has reached the event loop. Call it once for each job."""
        self.jobs -= 1
        self._told.popleft()

    def taken(self) -> None:
        """Unblock the event loop. A thread calls this when it starts a job."""
        with contextlib.suppress(RuntimeError):  # the loop is not blocked
            self._gate.release()

    def told(self) -> None:
        """Unblock the event loop. A thread calls this just before it sends the result of a job to the loop."""
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
