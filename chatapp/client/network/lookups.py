"""Looking up the names of hosts, in threads that nobody waits for when it is too late for an answer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Lookups(ThreadPoolExecutor):
    """What an event loop looks names up with, so that its end, and that of the process, does not wait for an answer.

    A look-up cannot be stopped, and takes half a minute where no name server answers. There is one thread for each;
    they are few, for each attempt to connect makes one, and the system gives it up by itself.
    """

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call ``fn`` in a thread of its own."""
        future: Future[T] = Future()
        threading.Thread(target=_call, args=(future, lambda: fn(*args, **kwargs)), daemon=True).start()
        return future


def _call(future: Future[T], function: Callable[[], T]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(function())
    except Exception as error:
        future.set_exception(error)
