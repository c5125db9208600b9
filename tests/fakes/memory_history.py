"""The queries of a HistoryStore over a MemoryDisk, for tests that need what was said and no file."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Container, Sequence

from chatapp.errors import LogUnavailableError
from chatapp.model.events import CHANNEL_EVENTS, MessageEdited, MessageSent, PastEvent
from chatapp.model.messages import is_in_pages
from chatapp.model.remarks import TEXTLESS, is_erased, newest, target_of, with_texts
from chatapp.model.streams import channel_uid
from chatapp.protocol.search_words import Term
from chatapp.storage.history import NO_LIMIT, Found, Remarks
from chatapp.storage.search import Matches, Search
from tests.fakes.memory_log import MemoryDisk


class MemoryHistory:
    """Answers as ``chatapp.storage.history.HistoryStore`` does.

    While ``held`` is true every query waits; while ``failure`` is set, every query fails with it.
    """

    def __init__(self, disk: MemoryDisk) -> None:
        self.failure: LogUnavailableError | None = None
        self._disk = disk
        self.place, self.save_snapshot = disk.place, disk.save_snapshot
        self.load_snapshot = disk.load_snapshot
        self._open = asyncio.Event()
        self._open.set()

    @property
    def held(self) -> bool:
        """Whether every query waits."""
        return not self._open.is_set()

    @held.setter
    def held(self, held: bool) -> None:
        (self._open.clear if held else self._open.set)()

    async def latest(
        self, stream: str, *, after: int | None, limit: int, upto_seq: int, events: bool = False
    ) -> list[PastEvent]:
        """See HistoryStore."""
        return (await self._page(stream, lambda _, time: after is None or time > after, upto_seq, events))[-limit:]

    async def missed(self, stream: str, *, after_seq: int, limit: int, upto_seq: int) -> list[MessageSent]:
        """See HistoryStore."""
        wanted = await self._page(stream, lambda seq, _: seq > after_seq, upto_seq, events=True)
        return [event for event in wanted if isinstance(event, MessageSent)][-limit:]

    async def before(self, stream: str, time: int, limit: int, upto_seq: int, events: bool = False) -> list[PastEvent]:
        """See HistoryStore."""
        return (await self._page(stream, lambda _, at: at < time, upto_seq, events))[-limit:]

    async def after(self, stream: str, time: int, limit: int, upto_seq: int, events: bool = False) -> list[PastEvent]:
        """See HistoryStore."""
        return (await self._page(stream, lambda _, at: at > time, upto_seq, events))[:limit]

    async def between(
        self, stream: str, start: int, end: int, limit: int, upto_seq: int, events: bool = False
    ) -> list[PastEvent]:
        """See HistoryStore."""
        low, high = min(start, end), max(start, end)
        wanted = await self._page(stream, lambda _, at: low < at < high, upto_seq, events)
        return wanted[:limit] if start <= end else wanted[-limit:]

    async def around(
        self, stream: str, time: int, limit: int, upto_seq: int, events: bool = False, after: int = -1
    ) -> list[PastEvent]:
        """See HistoryStore."""
        earlier = await self._page(stream, lambda _, at: after < at < time, upto_seq, events)
        later = await self._page(stream, lambda _, at: at >= time and at > after, upto_seq, events)
        wanted = max(limit // 2, limit - len(later))
        earlier = earlier[max(0, len(earlier) - wanted) :]
        return earlier + later[: limit - len(earlier)]

    async def find(self, msgid: str, within: str = "") -> Found | None:
        """See HistoryStore."""
        await self._turn()
        for seq, row in enumerate(self._disk.rows, 1):
            event = row.event
            if event.id == msgid and isinstance(event, (MessageSent, *CHANNEL_EVENTS)) and row.stream is not None:
                is_message = isinstance(event, MessageSent)
                erased = isinstance(event, MessageSent) and is_erased(event)
                of = event.msgid if isinstance(event, MessageEdited) else ""
                if within not in ("", channel_uid(row.stream)):
                    return None
                return Found(row.stream, row.time, seq, event.actor, erased, is_message, of)
        return None

    async def remarks(
        self, messages: Sequence[tuple[str, str]], upto_seq: int, *, most: int = NO_LIMIT, edits: bool = True
    ) -> Remarks:
        """See HistoryStore."""
        await self._turn()
        found: list[MessageSent] = []
        for number, (msgid, stream) in enumerate(messages):
            about = self._remarks(stream, (msgid,), upto_seq)
            if number and len(found) + len(about) > most:
                return Remarks(found, number)
            found += [each for each in about if edits or not isinstance(each, MessageEdited)]
        order = {row.event.id: seq for seq, row in enumerate(self._disk.rows)}
        return Remarks(sorted(found, key=lambda each: order[each.id]), len(messages))

    def start(self) -> None:
        """See HistoryStore."""

    async def search(self, search: Search) -> Matches:
        """See HistoryStore. A word is letters, digits and marks; case does not matter."""
        await self._turn()
        rows = self._disk.rows[: search.upto_seq]
        said = [event for row in rows if row.stream is not None and isinstance(event := row.as_applied(), MessageSent)]
        found = [
            event
            for event in with_texts(said, newest(each for each in said if not is_erased(each)))
            if event.text and event.verb not in TEXTLESS
            if search.may_find(event) and search.author in ("", event.actor)
            if all(_has(event.text, term) for term in search.terms) and (not search.link or "http" in event.text)
        ]
        return Matches(found[-search.limit :] if search.newest else found[: search.limit])

    async def close(self) -> None:
        """See HistoryStore."""

    async def _turn(self) -> None:
        await asyncio.sleep(0)
        await self._open.wait()
        if self.failure is not None:
            raise self.failure

    async def _page(
        self, stream: str, wanted: Callable[[int, int], bool], upto_seq: int, events: bool = False
    ) -> list[PastEvent]:
        await self._turn()
        found = [
            (row.time, seq, event)
            for seq, row in enumerate(self._disk.rows, 1)
            if row.stream == stream and seq <= upto_seq and wanted(seq, row.time)
            if isinstance(event := row.as_applied(), (MessageSent, *CHANNEL_EVENTS) if events else MessageSent)
            if not isinstance(event, MessageSent) or (is_in_pages(event) and (events or event.verb not in TEXTLESS))
        ]
        page = [event for _, _, event in sorted(found, key=lambda each: each[:2])]
        return with_texts(page, newest(self._remarks(stream, [event.id for event in page], upto_seq)))

    def _remarks(self, stream: str, msgids: Container[str], upto_seq: int) -> list[MessageSent]:
        rows = (row for row in self._disk.rows[:upto_seq] if row.stream == stream)
        said = [event for row in rows if isinstance(event := row.as_applied(), MessageSent)]
        return [event for event in said if target_of(event) in msgids and not is_erased(event)]


def _has(text: str, term: Term) -> bool:
    """Whether a text has a word or phrase."""
    words = r"[\W_]+".join(map(re.escape, re.findall(r"[^\W_]+", term.text)))
    return re.search(rf"(?<![^\W_]){words}" + ("" if term.prefix else r"(?![^\W_])"), text, re.IGNORECASE) is not None
