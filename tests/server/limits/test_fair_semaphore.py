"""A few hold the semaphore at once, one of each account, in fair order."""

from __future__ import annotations

import asyncio

from chatapp.server.limits.fair_semaphore import FairSemaphore


class Jobs:
    """Jobs that want the semaphore; each holds it until it is told to end."""

    def __init__(self, most, waiting_max=100):
        self.semaphore = FairSemaphore(asyncio.get_running_loop(), most, waiting_max)
        self.begun = []
        self.tasks, self._ends = {}, {}

    async def begin(self, *names):
        """Let jobs ask for the semaphore. A name is an account, its address, and a number."""
        for name in names:
            self._ends[name] = asyncio.Event()
            self.tasks[name] = asyncio.ensure_future(self._job(name))
        await self.rest()

    async def _job(self, name):
        async with self.semaphore.of(name[0], name[1]):
            self.begun.append(name)
            await self._ends[name].wait()

    async def end(self, *names):
        """Let jobs end."""
        for name in names:
            self._ends[name].set()
            await self.rest()

    async def rest(self):
        """Let all others do what they can."""
        for _ in range(10):
            await asyncio.sleep(0)


def test_a_few_at_once():
    """One of each account; accounts of one address are one key among others."""

    async def run():
        jobs = Jobs(2)
        await jobs.begin("ax1", "ax2", "bx1", "cx1", "dx1", "ey1")
        assert jobs.begun == ["ax1", "bx1"]
        await jobs.end("bx1")
        assert jobs.begun == ["ax1", "bx1", "cx1"]
        await jobs.end("cx1")
        assert jobs.begun[3:] == ["ey1"], "the other address has its turn before the second of the first"
        await jobs.end("ey1", "ax1", "dx1", "ax2")
        assert sorted(jobs.begun[4:]) == ["ax2", "dx1"]
        assert len(jobs.semaphore) == 0

    asyncio.run(run())


def test_who_gives_up():
    """A job that is cancelled while it waits, or when it has just got the semaphore, does not keep it."""

    async def run():
        jobs = Jobs(1)
        await jobs.begin("ax1", "bx1", "cx1", "dx1")
        jobs.tasks["bx1"].cancel()
        await jobs.rest()
        jobs._ends["ax1"].set()
        while not jobs.tasks["ax1"].done():
            await asyncio.sleep(0)
        jobs.tasks["cx1"].cancel()
        await jobs.rest()
        assert jobs.begun == ["ax1", "dx1"] or jobs.begun == ["ax1", "cx1", "dx1"]
        await jobs.end("dx1")
        await jobs.begin("ex1")
        assert jobs.begun[-1] == "ex1"
        await jobs.end("ex1")
        assert len(jobs.semaphore) == 0

    asyncio.run(run())


def test_too_many_who_wait():
    """The last in the order is cancelled; all others get the semaphore."""

    async def run():
        jobs = Jobs(1, waiting_max=2)
        await jobs.begin("ax1", "bx1", "cx1", "dy1")
        assert jobs.tasks["cx1"].cancelled()
        await jobs.end("ax1", "bx1", "dy1")
        assert sorted(jobs.begun) == ["ax1", "bx1", "dy1"]
        assert len(jobs.semaphore) == 0

    asyncio.run(run())
