"""An event loop whose clock stands still until a test moves it, and whose threads run in turn with all else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any


class ClockLoop(asyncio.SelectorEventLoop):
    """Nothing in it depends on how fast the machine is.

    Jobs for threads run on the loop, each in a turn of its own; while ``jobs_held`` is true they wait.
    ``woken`` is set when a real thread (that of a log) hands something over.
    """

    def __init__(self) -> None:
        self._now = 1_000.0
        super().__init__()
        self.woken = asyncio.Event()
        self._jobs: list[Callable[[], None]] = []
        self._jobs_held = False

    def time(self) -> float:
        """Tell the time of the test."""
        return self._now

    @property
    def idle(self) -> bool:
        """Whether nothing is to be done before time goes on."""
        return not self._ready  # type: ignore[attr-defined]

    def next_timer(self) -> float | None:
        """Tell when time next matters."""
        scheduled = self._scheduled  # type: ignore[attr-defined]
        return min((timer.when() for timer in scheduled if not timer.cancelled()), default=None)

    def set_time(self, now: float) -> None:
        """Move the clock."""
        assert now >= self._now
        self._now = now

    @property
    def jobs_held(self) -> bool:
        """Whether jobs for threads wait."""
        return self._jobs_held

    @jobs_held.setter
    def jobs_held(self, held: bool) -> None:
        self._jobs_held = held
        if not held:
            jobs, self._jobs = self._jobs, []
            for job in jobs:
                self.call_soon(job)

    def run_job(self, job: Callable[[], None]) -> None:
        """Run what is meant for a thread soon."""
        if self._jobs_held:
            self._jobs.append(job)
        else:
            self.call_soon(job)

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        """Run a job soon."""
        future: asyncio.Future[Any] = self.create_future()

        def job() -> None:
            if future.cancelled():
                return
            try:
                result = func(*args)
            except Exception as error:
                future.set_exception(error)
            else:
                future.set_result(result)

        self.run_job(job)
        return future

    def call_soon_threadsafe(self, callback: Any, *args: Any, context: Any = None) -> asyncio.Handle:
        """Run something that a thread hands over."""
        handle = super().call_soon_threadsafe(callback, *args, context=context)
        super().call_soon_threadsafe(self.woken.set)
        return handle


class Jobs(Executor):
    """An executor that has no threads: its jobs are the loop's."""

    def __init__(self, loop: ClockLoop) -> None:
        self._loop = loop
        self._closed = False

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run a job soon."""
        assert not self._closed
        future: Future[Any] = Future()

        def job() -> None:
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(fn(*args, **kwargs))
                except Exception as error:
                    future.set_exception(error)

        self._loop.run_job(job)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more."""
        self._closed = True
