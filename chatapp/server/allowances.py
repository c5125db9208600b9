"""How often somebody may do something: a token bucket for each key."""

from __future__ import annotations


class Allowances:
    """So many at once for each key, and then so many a second. Pure: ``now`` is a time in seconds, never going back.

    At most ``size`` keys are remembered; of too many, the one used longest ago is forgotten, and has all again.
    """

    __slots__ = ("_burst", "_left", "_per_s", "_size")

    def __init__(self, burst: int, per_s: float, size: int) -> None:
        assert burst >= 1
        assert per_s > 0
        self._burst = float(burst)
        self._per_s = per_s
        self._size = size
        self._left: dict[str, tuple[float, float]] = {}  # key -> what was left, and when; the latest last

    def __len__(self) -> int:
        return len(self._left)

    def wait_s(self, key: str, now: float) -> float:
        """Tell in how many seconds there is one for this key; 0 when there is one now."""
        return max(0.0, (1.0 - self._of(key, now)) / self._per_s)

    def take(self, key: str, now: float) -> None:
        """Take one, at the cost of the next ones where there is none now."""
        left = self._of(key, now) - 1.0
        self._left.pop(key, None)
        self._left[key] = (left, now)
        if len(self._left) > self._size:
            del self._left[next(iter(self._left))]

    def _of(self, key: str, now: float) -> float:
        left, then = self._left.get(key, (self._burst, now))
        return min(self._burst, left + (now - then) * self._per_s)
