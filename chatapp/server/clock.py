"""Where event ids and times come from."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

_RANDOM_BITS = 22  # behind 42 bits of milliseconds, which last until 2109


def now_ms() -> int:
    """Tell the time in milliseconds since 1970 (UTC)."""
    return time.time_ns() // 1_000_000


class Ids:
    """Makes event ids: 16 hexadecimal digits, each greater than the one before, in this run and all runs before."""

    __slots__ = ("_clock", "_last")

    def __init__(self, last: str, clock: Callable[[], int] = now_ms) -> None:
        """Go on after ``last``, the greatest id in the log (empty for none)."""
        self._last = int(last, 16) if last else 0
        self._clock = clock

    def new(self) -> str:
        """Make one."""
        start = self._clock() << _RANDOM_BITS
        if start > self._last:
            self._last = start | secrets.randbits(_RANDOM_BITS - 2)  # leaves room to count on in this millisecond
        else:
            self._last += 1
        return f"{self._last:016x}"


class Times:
    """Makes event times: the clock's, but never one twice in a stream, so that applying rarely has to move it."""

    __slots__ = ("_clock", "_given", "_latest")

    def __init__(self, clock: Callable[[], int] = now_ms) -> None:
        self._clock = clock
        self._latest = 0
        self._given: dict[str, int] = {}  # stream -> last time; emptied when the clock has passed them all

    def new(self, stream: str) -> int:
        """Make a time (ms) for an event of this stream."""
        now = self._clock()
        if now > self._latest:
            self._given.clear()
            self._latest = self._given[stream] = now
            return now
        last = self._given.get(stream, 0)
        given = self._given[stream] = now if now > last else last + 1
        if given > self._latest:
            self._latest = given
        return given
