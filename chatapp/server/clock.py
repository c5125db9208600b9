"""Where event ids and times come from."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

_RANDOM_BITS = 22  # behind 42 bits of milliseconds, which last until 2109


def now_ms() -> int:
    """Tell the time in milliseconds since 1970 (UTC)."""
    return time.time_ns() // 1_000_000


class Stamps:
    """Makes an id and a time for each event that is proposed.

    Ids are 16 hexadecimal digits, each greater than the one before, in this run and all runs before. Times are the
    clock's (ms), but never one twice in a stream, so that applying rarely has to move one.
    """

    __slots__ = ("_clock", "_given", "_last_id", "_latest")

    def __init__(self, last_id: str, clock: Callable[[], int] = now_ms) -> None:
        """Go on after ``last_id``, the greatest id in the log (empty for none)."""
        self._clock = clock
        self._last_id = int(last_id, 16) if last_id else 0
        self._latest = 0
        self._given: dict[str, int] = {}  # stream -> last time; emptied when the clock has passed them all

    def new(self, stream: str) -> tuple[str, int]:
        """Make an id, and a time for an event of this stream."""
        number, time = self.several(stream, 1)
        return id_of(number), time

    def several(self, stream: str, count: int) -> tuple[int, int]:
        """Make ids and times for so many events of this stream: the first of each, those that follow are one greater.

        The ids are numbers, of which :func:`id_of` makes ids.
        """
        now = self._clock()
        number = now << _RANDOM_BITS  # the least of this millisecond
        if number > self._last_id:
            number |= secrets.randbits(_RANDOM_BITS - 2)  # leaves room to count on in this millisecond
        else:
            number = self._last_id + 1
        self._last_id = number + count - 1
        if now > self._latest:
            self._given.clear()
            time = self._latest = now
        else:
            time = self._given.get(stream, 0) + 1
            if time < now:
                time = now
        self._given[stream] = last = time + count - 1
        if last > self._latest:
            self._latest = last
        return number, time


def id_of(number: int) -> str:
    """Write an id."""
    return number.to_bytes(8, "big").hex()
