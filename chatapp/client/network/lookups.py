"""Looks up host names in daemon threads, so that the client can end while a lookup still waits for its answer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Lookups(ThreadPoolExecutor):
    """An executor for an event loop's name lookups; neither the end of the loop nor of the process waits for a lookup.

    A lookup cannot be cancelled, and takes half a minute if no name server answers. Each lookup has its own thread.
    The threads are few: an attempt to connect makes one lookup, and the system ends a lookup by itself.
    """

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call ``fn`` in its own daemon thread."""
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
