"""A busy event loop gives way to threads."""

from __future__ import annotations

import asyncio
import threading
import time
from queue import SimpleQueue

import pytest

from chatapp.storage import gil_yield
from chatapp.storage.gil_yield import GilYield
from tests.storage.support import run


class Worker:
    """A thread that does jobs; it counts those it has taken and those it has done."""

    def __init__(self, manners: GilYield) -> None:
        self.taken = self.done = 0
        self.go_on = threading.Event()
        self._manners = manners
        self._jobs: SimpleQueue[bool] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def put(self) -> None:
        """Hand over a job; it is under way until ``go_on`` is set."""
        self._manners.hand_over(lambda: self._jobs.put(True))

    def end(self) -> None:
        """Let the thread end with what it has, and take the results."""
        self.go_on.set()
        self._jobs.put(False)
        self._thread.join()
        while self._manners.jobs:
            self._manners.ended()

    def _work(self) -> None:
        while self._jobs.get():
            self.taken += 1
            self._manners.taken()
            self.go_on.wait()
            self.done += 1
            self._manners.told()


class Gate:
    """What the loop waits at when it stands still: tells when it does, and whether it was let go on."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.opened: list[bool] = []
        self._lock = threading.Lock()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """See threading.Lock."""
        if not blocking:
            return self._lock.acquire(blocking=False)
        self.entered.set()
        self.opened.append(self._lock.acquire(timeout=timeout))
        return self.opened[-1]

    def release(self) -> None:
        """See threading.Lock."""
        self._lock.release()


def work(seconds: float) -> None:
    """Keep the loop's thread at work."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def test_a_job_is_taken_when_it_was_handed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Handing over returns when an idle thread has taken the job, and does not wait for a thread that has one."""
    monkeypatch.setattr(gil_yield, "GIVE_WAY_S", 20.0)

    async def scenario() -> None:
        worker = Worker(manners := GilYield())
        worker.put()
        assert worker.taken == 1
        worker.put()
        assert (worker.taken, worker.done, manners.jobs) == (1, 0, 2)
        worker.end()
        assert (worker.taken, worker.done, manners.jobs) == (2, 2, 0)

    run(scenario)


def test_a_job_that_cannot_be_queued_is_none() -> None:
    """What queueing raises goes through, and nothing is counted."""

    async def scenario() -> None:
        def put() -> None:
            raise RuntimeError("closed")

        manners = GilYield()
        with pytest.raises(RuntimeError, match="closed"):
            manners.hand_over(put)
        assert manners.jobs == 0

    run(scenario)


def test_a_busy_loop_waits_for_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    """While a job is under way, a loop that was at work since the last look stands still until the thread tells."""
    monkeypatch.setattr(gil_yield, "GIVE_WAY_S", 20.0)

    async def scenario() -> None:
        worker = Worker(manners := GilYield())
        worker.put()
        gate = manners._gate = Gate()
        ending = threading.Thread(target=lambda: gate.entered.wait(60) and worker.go_on.set())
        ending.start()
        while not worker.done:
            work(gil_yield.AT_WORK_S * 2)
            await asyncio.sleep(0)
        assert gate.opened == [True]  # the job could not be done before the loop stood still
        ending.join()
        worker.end()

    run(scenario)


def test_a_loop_does_not_wait_for_what_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A result that is on its way to the loop is not waited for, however busy the loop is."""
    monkeypatch.setattr(gil_yield, "GIVE_WAY_S", 20.0)

    async def scenario() -> None:
        worker = Worker(GilYield())
        worker.go_on.set()
        worker.put()
        while not worker.done:
            await asyncio.sleep(0)
        for _ in range(20):
            work(gil_yield.LOOK_EVERY_S)
            began_s = time.monotonic()
            await asyncio.sleep(0)
            assert time.monotonic() - began_s < 10
        worker.end()

    run(scenario)


def test_giving_way_is_short() -> None:
    """Where the thread has nothing to tell yet, the loop goes on all the same."""

    async def scenario() -> None:
        worker = Worker(GilYield())
        worker.put()
        for _ in range(20):
            work(gil_yield.LOOK_EVERY_S)
            await asyncio.sleep(0)
        assert worker.done == 0
        worker.end()

    run(scenario)


def test_an_idle_loop_does_not_stand_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """While a job is under way and the loop has little to do, it is never stopped."""
    monkeypatch.setattr(gil_yield, "AT_WORK_S", 1_000.0)  # never as much between two looks
    monkeypatch.setattr(gil_yield, "GIVE_WAY_S", 20.0)

    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        worker = Worker(GilYield())
        worker.put()
        passed = loop.create_future()
        loop.call_later(gil_yield.LOOK_EVERY_S * 10, passed.set_result, None)
        async with asyncio.timeout(60):
            await passed
        assert worker.done == 0
        worker.end()

    run(scenario)
