"""One job of each key at a time, in the order in which they ask."""

from __future__ import annotations

import asyncio

from chatapp.server.limits.key_locks import KeyLocks


def test_one_job_of_a_key_at_a_time():
    """The others wait in their order; jobs of other keys do not wait; nothing is kept in the end."""

    async def run() -> list[str]:
        locks, told = KeyLocks(), []
        ends = {name: asyncio.Event() for name in ("a1", "a2", "a3", "b1")}

        async def job(name: str) -> None:
            async with locks.of(name[0]):
                told.append(f"{name} begins")
                await ends[name].wait()
                told.append(f"{name} ends")

        jobs = {}
        for name in ends:
            jobs[name] = asyncio.ensure_future(job(name))
            await asyncio.sleep(0)
        assert (told, len(locks)) == (["a1 begins", "b1 begins"], 4)
        jobs["a2"].cancel()
        await asyncio.wait([jobs["a2"]])
        for name in ("b1", "a3", "a1"):
            ends[name].set()
        await asyncio.gather(jobs["a1"], jobs["a3"], jobs["b1"])
        assert len(locks) == 0
        return told

    assert asyncio.run(run()) == [
        "a1 begins", "b1 begins", "b1 ends", "a1 ends", "a3 begins", "a3 ends",
    ]  # fmt: skip


def test_a_job_that_fails_gives_the_lock_back():
    """The next one begins."""

    async def run() -> bool:
        locks = KeyLocks()
        try:
            async with locks.of("a"):
                raise ValueError
        except ValueError:
            pass
        async with locks.of("a"):
            return True

    assert asyncio.run(run())
