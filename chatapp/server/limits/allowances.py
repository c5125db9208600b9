"""Pure: token buckets, which limit how often a client may do something."""

from __future__ import annotations

from typing import NamedTuple

_ROUNDING = 1e-9  # added before rounding down: a bucket that has refilled to 0.9999999999 holds one token


class Rate(NamedTuple):
    """The size of a token bucket (``burst``, in tokens) and how fast it refills (``per_s``, tokens per second)."""

    burst: int
    per_s: float

    def left(self, of: float, after_s: float) -> float:
        """Return how many tokens a bucket that held ``of`` holds after ``after_s`` seconds: ``burst`` at most."""
        return min(float(self.burst), of + after_s * self.per_s)


class Allowance:
    """One token bucket, full at first. ``now`` is a time in seconds that never goes back."""

    __slots__ = ("_left", "_rate", "_then")

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._left = float(rate.burst)
        self._then = 0.0

    def take(self, most: int, now: float) -> int:
        """Take ``most`` tokens, or as many whole tokens as the bucket holds; return how many were taken."""
        left = self._rate.left(self._left, now - self._then)
        self._then = now
        taken = max(0, min(most, int(left + _ROUNDING)))
        self._left = left - taken
        return taken

    def charge(self, cost: float) -> None:
        """Take ``cost`` tokens, even if the bucket goes below zero; a negative cost gives tokens back."""
        self._left -= cost

    @property
    def wait_s(self) -> float:
        """Return the seconds from the last :meth:`take` until the bucket holds one token; 0 if it holds one already."""
        return max(0.0, (1.0 - self._left) / self._rate.per_s)


class JointAllowance(Allowance):
    """A token bucket whose tokens count only together with those of a bucket that it has in common with others."""

    __slots__ = ("common",)

    def __init__(self, rate: Rate) -> None:
        super().__init__(rate)
        self.common: Allowance | None = None  # None: there is no such bucket yet

    def take(self, most: int, now: float) -> int:
        """Take ``most`` tokens from both, or as many as both hold; return how many were taken from each."""
        taken = super().take(most, now)
        if self.common is not None and taken:
            from_both = self.common.take(taken, now)
            self._left += taken - from_both
            return from_both
        return taken

    def charge(self, cost: float) -> None:
        """Take ``cost`` tokens from both, even if a bucket goes below zero; a negative cost gives tokens back."""
        self._left -= cost
        if self.common is not None:
            self.common.charge(cost)

    @property
    def wait_s(self) -> float:
        """Return the seconds from the last :meth:`take` until both hold one token; 0 if both hold one already."""
        own = super().wait_s
        return own if self.common is None else max(own, self.common.wait_s)


class Allowances:
    """One token bucket of the same rate for each key. ``now`` is a time in seconds that never goes back.

    Remembers at most ``size`` keys. Beyond that it forgets the least recently used key; that bucket is full again then.
    """

    __slots__ = ("_left", "_rate", "_size")

    def __init__(self, rate: Rate, size: int) -> None:
        assert rate.burst >= 1
        assert rate.per_s > 0
        self._rate = rate
        self._size = size
        self._left: dict[str, tuple[float, float]] = {}  # key -> (tokens, time of the last take), oldest first

    def __len__(self) -> int:
        return len(self._left)

    def wait_s(self, key: str, now: float) -> float:
        """Return the seconds until the bucket of ``key`` holds one token; 0 if it holds one now."""
        return max(0.0, (1.0 - self._of(key, now)) / self._rate.per_s)

    def take(self, key: str, now: float) -> None:
        """Take one token from the bucket of ``key``, even if the bucket goes below zero."""
        left = self._of(key, now) - 1.0
        self._left.pop(key, None)
        self._left[key] = (left, now)
        if len(self._left) > self._size:
            del self._left[next(iter(self._left))]

    def _of(self, key: str, now: float) -> float:
        left, then = self._left.get(key, (float(self._rate.burst), now))
        return self._rate.left(left, now - then)


class SharedAllowances:
    """One bucket of the same rate for each key, shared by all sessions that ask for it.

    Remembers at most ``size`` buckets, and beyond that forgets the bucket that was asked for least recently.
    """

    __slots__ = ("_buckets", "_rate", "_size")

    def __init__(self, rate: Rate, size: int) -> None:
        self._rate = rate
        self._size = size
        self._buckets: dict[str, Allowance] = {}  # least recently asked for first

    def of(self, key: str) -> Allowance:
        """Return the bucket of ``key``; a new one is full."""
        bucket = self._buckets.pop(key, None) or Allowance(self._rate)
        self._buckets[key] = bucket
        if len(self._buckets) > self._size:
            del self._buckets[next(iter(self._buckets))]
        return bucket
