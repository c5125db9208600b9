"""Makes the ids and times of events, and detects a clock that cannot be right."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

from chatapp.counting import counted
from chatapp.model.events import NODES_MAX
from chatapp.protocol.timestamps import format_time

LATEST_MS = 4_102_444_800_000  # the year 2100: a clock beyond it is wrong, and ids end in 2109
BEYOND = "The clock of this machine shows a time after the year 2100. Set it, then start again."
BEHIND_MS = 60_000  # no warning for a clock less behind the log: a burst of messages may put the log so far ahead
AHEAD_MS = 24 * 3600 * 1000  # a clock this far ahead of the log may be wrong

# An id has 42 bits of milliseconds, 14 bits to count within one, and 8 bits of the node (events.NODE_DIGITS).
_TIME_SHIFT = 22
_NODE_BITS = 8
ID_STEP = 1 << _NODE_BITS  # difference between two consecutive ids of one node
_RANDOM_BITS = 12  # random start of the count in a millisecond; the other 2 of the 14 bits leave room to count on


def now_ms() -> int:
    """Return the time in milliseconds since 1970 (UTC); 0 for a clock that shows an earlier time.

    Such a clock is not used: :class:`Stamps`.
    """
    return max(0, time.time_ns() // 1_000_000)


def doubts(clock_ms: int, last_ms: int) -> str:
    """Return a warning that says why the clock may be wrong and what follows, or an empty text.

    ``clock_ms`` is the time of the clock, ``last_ms`` the time of the last event in the log (0 for none), both in
    milliseconds since 1970.
    """
    shown, last = format_time(min(clock_ms, LATEST_MS)), format_time(last_ms)
    if clock_ms >= LATEST_MS:
        return (
            "The clock of this machine shows a time after the year 2100, so it is not used. Messages get the time of"
            f" the last one ({last}) until the clock is set right."
        )
    if clock_ms <= 0:
        return (
            "The clock of this machine shows a time before the year 1970, so it is not used. Messages get"
            f" {f'the time of the last one ({last})' if last_ms else 'times of 1970'} until the clock is set right."
        )
    if clock_ms < last_ms - BEHIND_MS:
        return (
            f"The clock of this machine ({shown}) is behind the last message ({last}). Times never go back, so"
            " messages get the time of the last one until the clock has caught up."
        )
    if last_ms and clock_ms > last_ms + AHEAD_MS:
        return (
            f"The clock of this machine ({shown}) is {counted((clock_ms - last_ms) // AHEAD_MS, 'day')} ahead of"
            f" the last message ({last}). If that cannot be, stop the server and set the clock before anybody writes:"
            " times never go back."
        )
    return ""


def stepped(clock_ms: int, before_ms: int, last_ms: int) -> str:
    """Return a warning that the clock was set far ahead while the server runs.

    ``clock_ms`` is the time of the clock, ``before_ms`` the time that it would show without the step, ``last_ms`` the
    time of the last event in the log, all in milliseconds since 1970.
    """
    if clock_ms >= LATEST_MS:
        return doubts(clock_ms, last_ms)
    shown, before = format_time(clock_ms), format_time(before_ms)
    return (
        f"The clock of this machine moved {counted((clock_ms - before_ms) // AHEAD_MS, 'day')} ahead at once: it"
        f" shows {shown}, and without that step it would show {before}. If {shown} is wrong, stop the server and"
        " set the clock before anybody writes: times never go back."
    )


class Stamps:
    """Makes an id and a time for each event that is proposed.

    An id has 16 hexadecimal digits. Each id is greater than all earlier ids of this server, also those of earlier runs.
    The last two digits are the node's, so that two nodes never make the same id.

    A time is the clock's (ms since 1970), but times never go back, whatever the clock does. Two events of a stream
    never share a time, so that applying an event rarely has to change its time. While the clock is behind a time that
    it showed before, or is not used (before 1970, or beyond LATEST_MS), no two events of any streams share a time: a
    client that asks for everything after the last time it has seen must get all of it.
    """

    __slots__ = ("_at_latest", "_clock", "_highest", "_last_id", "_latest", "_node", "doubting")

    def __init__(self, last_id: str, latest_ms: int, clock: Callable[[], int] = now_ms, node: int = 0) -> None:
        """Start after ``last_id`` (empty for none) and ``latest_ms``, the greatest id and time in the log.

        ``node`` is the number of this server, from 0 to 255, among the servers that share the log.
        """
        assert 0 <= node < NODES_MAX
        self._clock = clock
        self._node = node
        self._last_id = int(last_id, 16) if last_id else 0
        self._latest = latest_ms
        self._highest = latest_ms  # the greatest time that the clock has shown
        self._at_latest: set[str] = set()  # streams that have an event with the time _latest
        self.doubting = False  # do not use a clock that is more than AHEAD_MS ahead; set while the server starts

    @property
    def node(self) -> int:
        """The number of this server among the servers that share the log."""
        return self._node

    def now(self) -> int:
        """Return the clock's time (ms since 1970), or the latest time in the log while the clock cannot be trusted."""
        return self._trusted(self._clock())

    def _trusted(self, now: int) -> int:
        if not 0 < now < LATEST_MS or (self.doubting and 0 < self._latest < now - AHEAD_MS):
            return self._latest
        return now

    def new(self, stream: str) -> tuple[str, int]:
        """Return an id and a time for a new event of a stream."""
        number, time = self.several(stream, 1)
        return id_of(number), time

    def several(self, stream: str, count: int) -> tuple[int, int]:
        """Reserve ids and times for ``count`` events of a stream; return the first id, as a number, and the first time.

        Each further id is ID_STEP greater, each further time 1 ms later. :func:`id_of` turns a number into an id.
        ``stream`` is empty for an event without a stream, or if the event begins one: the id of the JOIN that creates a
        channel is the channel's stream.
        """
        now = self._clock()
        usable = 0 < now < LATEST_MS
        if not usable or self.doubting:
            now = self._trusted(now)
        number = now << _TIME_SHIFT | self._node  # the smallest id of this node in this millisecond
        if number > self._last_id:
            number |= secrets.randbits(_RANDOM_BITS) << _NODE_BITS
        else:
            number = (self._last_id // ID_STEP + 1) * ID_STEP + self._node
        self._last_id = number + (count - 1) * ID_STEP
        latest = self._latest
        if now > latest:
            time = now
        elif now < self._highest or not usable or (stream and stream in self._at_latest):
            time = latest + 1
        else:
            time = latest
        if now > self._highest:
            self._highest = now
        last = time + count - 1
        stream = stream or id_of(number)
        if last > latest:
            self._latest = last
            self._at_latest = {stream}
        else:
            self._at_latest.add(stream)
        return number, time


def id_of(number: int) -> str:
    """Return the 16 hexadecimal digits of an id."""
    return number.to_bytes(8, "big").hex()
