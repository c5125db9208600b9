"""Pure: a fault that comes and goes is one outage, of which each text is told once."""

from __future__ import annotations

from typing import NamedTuple

QUIET_S = 60.0  # without a failure: then an outage has ended
_TEXTS_MAX = 10  # different texts told in one outage; the next ones are only counted


class Ended(NamedTuple):
    """An outage that has ended: the number of failures, and the time from the first to the last."""

    failures: int
    seconds: float


class Outage:
    """One kind of fault. It lasts until nothing has failed for ``quiet_s``. Times are seconds and never go back.

    Without the quiet time, a disk that fails every other write would be told of as often.
    """

    __slots__ = ("_began_s", "_failures", "_last_s", "_quiet_s", "_texts")

    def __init__(self, quiet_s: float = QUIET_S) -> None:
        self._quiet_s = quiet_s
        self._failures = 0  # of the outage that lasts; 0: none does
        self._began_s = self._last_s = 0.0
        self._texts: set[str] = set()

    def failed(self, text: str, now_s: float, count: int = 1) -> bool:
        """Note ``count`` failures; return whether to tell ``text``, which this outage has not told yet."""
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
