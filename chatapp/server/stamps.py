"""Where event ids and times come from, and what is said when the machine's clock cannot be right."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

from chatapp.model.events import NODES_MAX
from chatapp.protocol.timestamps import format_time

LATEST_MS = 4_102_444_800_000  # the year 2100: a clock beyond it is wrong, and ids end in 2109
BEHIND_MS = 60_000  # a clock that is less behind needs no words: a burst of messages may be so much ahead
AHEAD_MS = 24 * 3600 * 1000

# An id has 42 bits of milliseconds, 14 bits to count within one, and 8 bits of the node (events.NODE_DIGITS).
_TIME_SHIFT = 22
_NODE_BITS = 8
ID_STEP = 1 << _NODE_BITS  # from an id to the next one of the same node
_RANDOM_BITS = 12  # of the first count in a millisecond, so that the rest can be counted on from there


def now_ms() -> int:
    """Tell the time in milliseconds since 1970 (UTC)."""
    return time.time_ns() // 1_000_000


def doubts(clock_ms: int, last_ms: int) -> str:
    """Say why a clock may be wrong, and what follows; empty when there is no reason.

    ``clock_ms`` is what it shows, ``last_ms`` the time of the last event in the log (0 for none), both in milliseconds
    since 1970.
    """
    shown, last = format_time(min(clock_ms, LATEST_MS)), format_time(last_ms)
    if clock_ms >= LATEST_MS:
        return (
            "The clock of this machine shows a time after the year 2100, so it is not used. Messages get the time of"
            f" the last one ({last}) until the clock is set right."
        )
    if clock_ms < last_ms - BEHIND_MS:
        return (
            f"The clock of this machine ({shown}) is behind the last message ({last}). Times never go back, so"
            " messages get the time of the last one until the clock has caught up."
        )
    if last_ms and clock_ms > last_ms + AHEAD_MS:
        return (
            f"The clock of this machine ({shown}) is {(clock_ms - last_ms) // AHEAD_MS} days ahead of the last message"
            f" ({last}). If that cannot be, stop the server and set the clock before anybody writes: times never go"
            " back."
        )
    return ""


class Stamps:
    """Makes an id and a time for each event that is proposed.

    Ids are 16 hexadecimal digits, each greater than the one before, in this run and all runs before; the last two are
    the node's, so that no two nodes make the same id. Times are the
    clock's (ms), but never go back, whatever the clock does, and never meet in a stream, so that applying rarely has to
    move one. While the clock is behind what it showed before, no two events share a time at all: whoever asks for
    everything after the last time that it saw must get all of it.
    """

    __slots__ = ("_at_latest", "_clock", "_highest", "_last_id", "_latest", "_node", "doubting")

    def __init__(self, last_id: str, latest_ms: int, clock: Callable[[], int] = now_ms, node: int = 0) -> None:
        """Go on after ``last_id`` (empty for none) and ``latest_ms``, the greatest id and time in the log.

        ``node`` is the number of this server among those that share the log, from 0 to 255.
        """
        assert 0 <= node < NODES_MAX
        self._clock = clock
        self._node = node
        self._last_id = int(last_id, 16) if last_id else 0
        self._latest = latest_ms
        self._highest = latest_ms  # that the clock has shown
        self._at_latest: set[str] = set()  # streams that have an event of this time
        self.doubting = False  # a clock that is days ahead is not believed: nobody has looked at the warning yet

    def now(self) -> int:
        """Tell the time (ms since 1970), as far as the clock can be believed; else the latest time in the log."""
        now = self._clock()
        if now >= LATEST_MS or (self.doubting and 0 < self._latest < now - AHEAD_MS):
            return self._latest
        return now

    def new(self, stream: str) -> tuple[str, int]:
        """Make an id, and a time for an event of this stream."""
        number, time = self.several(stream, 1)
        return id_of(number), time

    def several(self, stream: str, count: int) -> tuple[int, int]:
        """Make ids and times for ``count`` events of this stream: the first of each, those that follow are one greater.

        The ids are numbers, of which :func:`id_of` makes ids; each is ID_STEP greater than the one before.
        """
        now = self._clock()
        if now >= LATEST_MS or self.doubting:
            now = self.now()
        number = now << _TIME_SHIFT | self._node  # the least of this node in this millisecond
        if number > self._last_id:
            number |= secrets.randbits(_RANDOM_BITS) << _NODE_BITS
        else:
            number = (self._last_id // ID_STEP + 1) * ID_STEP + self._node
        self._last_id = number + (count - 1) * ID_STEP
        latest = self._latest
        if now > latest:
            time = now
        elif now < self._highest or (stream and stream in self._at_latest):
            time = latest + 1
        else:
            time = latest
        if now > self._highest:
            self._highest = now
        last = time + count - 1
        if last > latest:
            self._latest = last
            self._at_latest = {stream}
        else:
            self._at_latest.add(stream)
        return number, time


def id_of(number: int) -> str:
    """Write an id."""
    return number.to_bytes(8, "big").hex()
