"""A busy event loop gives way to threads."""

from __future__ import annotations

import asyncio
import threading
import time
from queue import SimpleQueue

import pytest

from chatapp.storage import courtesy
from chatapp.storage.courtesy import Courtesy
from tests.storage.support import run


class Worker:
    """A thread that does jobs; it counts those it has taken and those it has done."""

    def __init__(self, manners: Courtesy) -> None:
        self.taken = self.done = 0
        self.go_on = threading.Event()
        self._manners = manners
        self._jobs: SimpleQueue[bool] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def put(self) -> None:
        """Queue a job; it is under way until ``go_on`` is set."""
        self._jobs.put(True)

    def end(self) -> None:
        """End the thread."""
        self._jobs.put(False)
        self._thread.join()

    def _work(self) -> None:
        while self._jobs.get():
            self.taken += 1
            self._manners.signal()
            self.go_on.wait()
            self.done += 1
            self._manners.signal()


def work(seconds: float) -> None:
    """Keep the loop's thread at work."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def test_a_job_is_taken_when_it_was_handed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """``began`` returns when an idle thread has taken the job, and does not wait for a thread that has one."""
    monkeypatch.setattr(courtesy, "GIVE_WAY_S", 20.0)

    async def scenario() -> None:
        worker = Worker(manners := Courtesy())
        worker.put()
        manners.began()
        assert worker.taken == 1
        worker.put()
        manners.began()
        assert (worker.taken, worker.done, manners.jobs) == (1, 0, 2)
        manners.ended()
        manners.ended()
        worker.go_on.set()
        worker.end()
        assert worker.done == 2

    run(scenario)


def test_a_busy_loop_waits_for_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    """While a job is under way, a loop that was at work since the last look stands still until the thread signals."""
    monkeypatch.setattr(courtesy, "GIVE_WAY_S", 20.0)

    async def scenario() -> None:
        worker = Worker(manners := Courtesy())
        worker.put()
        manners.began()
        threading.Timer(0.01, worker.go_on.set).start()
        while not worker.done:
            work(courtesy.AT_WORK_S * 2)
            await asyncio.sleep(0)
        manners.ended()
        worker.end()

    run(scenario)


def test_giving_way_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the thread has nothing to tell yet, the loop goes on after GIVE_WAY_S."""

    async def scenario() -> None:
        worker = Worker(manners := Courtesy())
        worker.put()
        manners.began()
        for _ in range(20):
            work(courtesy.LOOK_EVERY_S)
            await asyncio.sleep(0)
        assert worker.done == 0
        worker.go_on.set()
        worker.end()
        manners.ended()

    run(scenario)


def test_an_idle_loop_does_not_stand_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """While a job is under way and the loop has little to do, it is never stopped; without jobs it does not look."""
    monkeypatch.setattr(courtesy, "AT_WORK_S", 1_000.0)  # never as much between two looks
    monkeypatch.setattr(courtesy, "GIVE_WAY_S", 20.0)

    async def scenario() -> None:
        worker = Worker(manners := Courtesy())
        worker.put()
        manners.began()
        timer = asyncio.get_running_loop().call_later(0.02, worker.go_on.set)
        while not worker.done:
            await asyncio.sleep(0.001)
        assert timer.when() <= asyncio.get_running_loop().time()
        manners.ended()
        worker.end()

    run(scenario)
