"""Pure: limits the lines of the operational log, so that a flood of events of one kind cannot fill a disk.

In each window of time, the first events of a kind get a log line each, up to a limit. The other events are counted by
key (such as an address), and get one summary line together when the window ends.
"""

from __future__ import annotations

from typing import NamedTuple

_KEYS_SHOWN = 3


class Summary(NamedTuple):
    """The counted events of one kind in one window.

    ``events`` is their number, ``most`` has the keys with the most events and their counts, ``keys`` is the number of
    keys. ``keys`` is a lower bound if there were more than ``keys_max`` keys.
    """

    kind: str
    events: int
    most: tuple[tuple[str, int], ...]
    keys: int


class _Window:
    """The events of one kind since ``began_s``: ``told`` of them got a log line, ``count`` were only counted."""

    __slots__ = ("began_s", "by_key", "count", "told")

    def __init__(self, began_s: float) -> None:
        self.began_s = began_s
        self.told = 0
        self.count = 0
        self.by_key: dict[str, int] = {}


class Floods:
    """Decides which events get a log line of their own. Times are in seconds and never go back."""

    def __init__(self, window_s: float, keys_max: int) -> None:
        self.window_s = window_s
        self._keys_max = keys_max
        self._windows: dict[str, _Window] = {}  # by kind; bounded, as kinds come from a table

    def admit(self, kind: str, key: str, lines_max: int, now_s: float) -> bool:
        """Return whether this event is among the first ``lines_max`` of its window; otherwise count it by ``key``."""
        window = self._windows.get(kind)
        if window is None:
            window = self._windows[kind] = _Window(now_s)
        if window.told < lines_max:
            window.told += 1
            return True
        window.count += 1
        if key in window.by_key or len(window.by_key) < self._keys_max:
            window.by_key[key] = window.by_key.get(key, 0) + 1
        return False

    def ended(self, now_s: float) -> list[Summary]:
        """Close the windows that have ended, and return a summary of each that has counted events."""
        summaries = []
        for kind, window in list(self._windows.items()):
            if now_s - window.began_s < self.window_s:
                continue
            del self._windows[kind]
            if window.count:
                by_count = sorted(window.by_key.items(), key=lambda item: -item[1])
                summaries.append(Summary(kind, window.count, tuple(by_count[:_KEYS_SHOWN]), len(window.by_key)))
        return summaries
