"""Pages of several streams as one: a channel, and the roles in it to which something was said.

The streams of a channel have one clock (``Channel.time``), so their messages have different times. Usually there is one
stream, and then each query is that of the history.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TypeVar

from chatapp.model.events import MessageSent, PastEvent
from chatapp.storage.history import HistoryStore

_Event = TypeVar("_Event", bound=PastEvent)


class Pages:
    """The queries of a HistoryStore for some streams. The user who asks may read all of these streams."""

    def __init__(self, history: HistoryStore, streams: Sequence[str]) -> None:
        self._history = history
        self._streams = streams

    async def latest(self, *, after: int | None, limit: int, upto_seq: int, events: bool = False) -> list[PastEvent]:
        """See HistoryStore."""
        ask = self._history.latest
        found = [ask(each, after=after, limit=limit, upto_seq=upto_seq, events=events) for each in self._streams]
        return _newest(await asyncio.gather(*found), limit)

    async def missed(self, *, after_seq: int, limit: int, upto_seq: int) -> list[MessageSent]:
        """See HistoryStore."""
        ask = self._history.missed
        found = [ask(each, after_seq=after_seq, limit=limit, upto_seq=upto_seq) for each in self._streams]
        return _newest(await asyncio.gather(*found), limit)

    async def after(self, time: int, limit: int, upto_seq: int, events: bool = False) -> list[PastEvent]:
        """See HistoryStore."""
        found = [self._history.after(each, time, limit, upto_seq, events) for each in self._streams]
        return _oldest(await asyncio.gather(*found), limit)

    async def between(self, start: int, end: int, limit: int, upto_seq: int, events: bool = False) -> list[PastEvent]:
        """See HistoryStore."""
        found = [self._history.between(each, start, end, limit, upto_seq, events) for each in self._streams]
        return (_newest if start > end else _oldest)(await asyncio.gather(*found), limit)

    async def around(
        self, time: int, limit: int, upto_seq: int, events: bool = False, after: int = -1
    ) -> list[PastEvent]:
        """See HistoryStore."""
        found = [self._history.around(each, time, limit, upto_seq, events, after) for each in self._streams]
        every = _merged(await asyncio.gather(*found))
        earlier = [each for each in every if each.time < time]
        later = every[len(earlier) :]
        wanted = max(limit // 2, limit - len(later))
        earlier = earlier[max(0, len(earlier) - wanted) :]
        return earlier + later[: limit - len(earlier)]


def _merged(pages: Sequence[list[_Event]]) -> list[_Event]:
    if len(pages) == 1:
        return pages[0]
    return sorted((each for page in pages for each in page), key=lambda each: each.time)


def _newest(pages: Sequence[list[_Event]], limit: int) -> list[_Event]:
    every = _merged(pages)
    return every[max(0, len(every) - limit) :]


def _oldest(pages: Sequence[list[_Event]], limit: int) -> list[_Event]:
    return _merged(pages)[:limit]
