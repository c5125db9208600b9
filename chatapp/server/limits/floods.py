"""Pure: a flood of log lines of one kind becomes some lines and one count, so that a flood cannot fill a disk.

Of each kind the first events of a window are told one by one, up to a limit. The rest are counted by key (an address),
and told as one summary when the window ends.
"""

from __future__ import annotations

from typing import NamedTuple

_KEYS_SHOWN = 3


class Summary(NamedTuple):
    """What was counted of one kind: the number of events, the keys with the most of them, and how many keys in all.

    ``keys`` is a lower bound where more than ``keys_max`` keys were seen.
    """

    kind: str
    events: int
    most: tuple[tuple[str, int], ...]
    keys: int


class _Window:
    """One kind's events since ``began_s``."""

    __slots__ = ("began_s", "by_key", "count", "told")

    def __init__(self, began_s: float) -> None:
        self.began_s = began_s
        self.told = 0
        self.count = 0
        self.by_key: dict[str, int] = {}


class Floods:
    """Decides for each event whether it is told by itself. Times are in seconds and never go back."""

    def __init__(self, window_s: float, keys_max: int) -> None:
        self.window_s = window_s
        self._keys_max = keys_max
        self._windows: dict[str, _Window] = {}  # by kind; the kinds are those of a table, so they are few

    def admit(self, kind: str, key: str, lines_max: int, now_s: float) -> bool:
        """Tell whether this event is among the first ``lines_max`` of its window; otherwise count it under ``key``."""
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
        """Take the summaries of the windows that have ended; a kind of which nothing was counted has none."""
        summaries = []
        for kind, window in list(self._windows.items()):
            if now_s - window.began_s < self.window_s:
                continue
            del self._windows[kind]
            if window.count:
                by_count = sorted(window.by_key.items(), key=lambda item: -item[1])
                summaries.append(Summary(kind, window.count, tuple(by_count[:_KEYS_SHOWN]), len(window.by_key)))
        return summaries
