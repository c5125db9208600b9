"""Pure: how often somebody may do something: token buckets."""

from __future__ import annotations

from typing import NamedTuple

_ROUNDING = 1e-9  # after just the time for one there is one, whatever the sum of fractions is


class Rate(NamedTuple):
    """So many at once, and then so many a second."""

    burst: int
    per_s: float

    def left(self, of: float, after_s: float) -> float:
        """Tell how many there are of ``of`` that were left, after so many seconds."""
        return min(float(self.burst), of + after_s * self.per_s)


class Allowance:
    """What is left of a rate for one. Pure: ``now`` is a time in seconds, never going back."""

    __slots__ = ("_left", "_rate", "_then")

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._left = float(rate.burst)
        self._then = 0.0

    def take(self, most: int, now: float) -> int:
        """Take so many as there are, ``most`` at most; return how many."""
        left = self._rate.left(self._left, now - self._then)
        self._then = now
        taken = max(0, min(most, int(left + _ROUNDING)))
        self._left = left - taken
        return taken

    def charge(self, cost: float) -> None:
        """Take what something costs, though there be less; a negative cost gives back."""
        self._left -= cost

    @property
    def wait_s(self) -> float:
        """Tell how long after the last :meth:`take` there is one."""
        return max(0.0, (1.0 - self._left) / self._rate.per_s)


class Allowances:
    """So many at once for each key, and then so many a second. Pure: ``now`` is a time in seconds, never going back.

    At most ``size`` keys are remembered; of too many, the one used longest ago is forgotten, and has all again.
    """

    __slots__ = ("_left", "_rate", "_size")

    def __init__(self, rate: Rate, size: int) -> None:
        assert rate.burst >= 1
        assert rate.per_s > 0
        self._rate = rate
        self._size = size
        self._left: dict[str, tuple[float, float]] = {}  # key -> what was left, and when; the latest last

    def __len__(self) -> int:
        return len(self._left)

    def wait_s(self, key: str, now: float) -> float:
        """Tell in how many seconds there is one for this key; 0 when there is one now."""
        return max(0.0, (1.0 - self._of(key, now)) / self._rate.per_s)

    def take(self, key: str, now: float) -> None:
        """Take one, at the cost of the next ones where there is none now."""
        left = self._of(key, now) - 1.0
        self._left.pop(key, None)
        self._left[key] = (left, now)
        if len(self._left) > self._size:
            del self._left[next(iter(self._left))]

    def _of(self, key: str, now: float) -> float:
        left, then = self._left.get(key, (float(self._rate.burst), now))
        return self._rate.left(left, now - then)
