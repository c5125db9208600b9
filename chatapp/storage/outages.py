"""Pure: groups repeated failures into outages, so that each error text is logged once per outage."""

from __future__ import annotations

from typing import NamedTuple

QUIET_S = 60.0  # an outage has ended after this time without a failure
_TEXTS_MAX = 10  # different texts logged in one outage; failures with further texts are only counted


class Ended(NamedTuple):
    """An outage that has ended: the number of failures, and the time from the first to the last."""

    failures: int
    seconds: float


class Outage:
    """The outages of one kind of failure. An outage lasts until nothing has failed for ``quiet_s`` seconds.

    Times are seconds of a monotonic clock. Without the quiet time, a disk that fails every second write would be logged
    at every second write.
    """

    __slots__ = ("_began_s", "_failures", "_last_s", "_quiet_s", "_texts")

    def __init__(self, quiet_s: float = QUIET_S) -> None:
        self._quiet_s = quiet_s
        self._failures = 0  # in the current outage; 0: there is no outage
        self._began_s = self._last_s = 0.0
        self._texts: set[str] = set()

    def failed(self, text: str, now_s: float, count: int = 1) -> bool:
        """Count ``count`` failures, and return whether to log ``text``: it is new in this outage."""
        if not self._failures or now_s - self._last_s >= self._quiet_s:
            self._failures, self._began_s = 0, now_s
            self._texts.clear()
        self._failures += count
        self._last_s = now_s
        if text in self._texts or len(self._texts) >= _TEXTS_MAX:
            return False
        self._texts.add(text)
        return True

    def take_ended(self, now_s: float) -> Ended | None:
        """Return the outage if it has ended by ``now_s`` and was not returned before."""
        if not self._failures or now_s - self._last_s < self._quiet_s:
            return None
        ended = Ended(self._failures, self._last_s - self._began_s)
        self._failures = 0
        return ended
