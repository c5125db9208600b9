"""Pure: what is new in the conversations, for a view that tells each thing once (``stream``)."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from chatapp.client.fronts.full.buffers import Buffer
from chatapp.client.fronts.full.entries import Entry

NEWS_MAX = 10_000  # beyond this number, the oldest news are dropped, and counted


class Came(NamedTuple):
    """Somebody came to a channel, or went (not ``there``)."""

    nick: str
    there: bool


class Remark(NamedTuple):
    """What somebody did to a message, in words: a correction, a reaction, a deletion."""

    text: str


class News(NamedTuple):
    """What is new in a conversation; ``missed``: it happened while there was no connection."""

    buffer: Buffer
    what: Entry | Came | Remark
    missed: bool = False


class Journal:
    """The news that no view has taken yet, the oldest first."""

    def __init__(self) -> None:
        self._news: deque[News] = deque(maxlen=NEWS_MAX)
        self._dropped = 0

    def add(self, news: News) -> None:
        """Keep news."""
        self._dropped += len(self._news) == NEWS_MAX
        self._news.append(news)

    def take(self) -> tuple[list[News], int]:
        """Return the news, once, and how many were dropped before them."""
        found, dropped = list(self._news), self._dropped
        self._news.clear()
        self._dropped = 0
        return found, dropped
