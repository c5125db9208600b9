"""What has happened within a time: used where something may happen once in a while only."""

from __future__ import annotations

from collections.abc import Hashable


class Recent:
    """Remembers keys for a time (s), and at most ``count_max`` of them; the oldest is forgotten first."""

    def __init__(self, seconds: float, count_max: int) -> None:
        self._seconds = seconds
        self._count_max = count_max
        self._times: dict[Hashable, float] = {}  # the oldest first

    def first(self, key: Hashable, now: float) -> bool:
        """Return whether the key was not seen within the time before ``now`` (s); remember it if so."""
        times = self._times
        if key in times and now - times[key] < self._seconds:
            return False
        times.pop(key, None)
        times[key] = now
        while len(times) > self._count_max:
            del times[next(iter(times))]
        return True
