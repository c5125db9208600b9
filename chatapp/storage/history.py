"""The history as the rest of the program sees it: pages, times and positions of messages.

The history is a projection of the log: each node builds its own from the events that the log reports, and from what
applying made of them. It is never asked what a user may read; whoever asks has decided that (``model/messages.py``).
"""

from __future__ import annotations

from typing import Protocol

from chatapp.model.events import MessageSent


class HistoryStore(Protocol):
    """Queries over the messages of streams, as applied and in order.

    Times are milliseconds since 1970 and exclusive; ``upto_seq`` is the last position that counts, inclusive; ``limit``
    is how many messages are wanted at most. Messages without text (TAGMSG) are left out, but by :meth:`missed`. Every
    query raises LogUnavailableError when the history cannot be read.
    """

    async def latest(self, stream: str, *, after: int | None, limit: int, upto_seq: int) -> list[MessageSent]:
        """Return the last messages, of those after a time if one is given."""

    async def missed(self, stream: str, *, after_seq: int, limit: int, upto_seq: int) -> list[MessageSent]:
        """Return the last messages behind the position ``after_seq``, also those without text."""

    async def before(self, stream: str, time: int, limit: int, upto_seq: int) -> list[MessageSent]:
        """Return the last messages before a time."""

    async def after(self, stream: str, time: int, limit: int, upto_seq: int) -> list[MessageSent]:
        """Return the first messages after a time."""

    async def between(self, stream: str, start: int, end: int, limit: int, upto_seq: int) -> list[MessageSent]:
        """Return the messages between two times that are nearest to ``start``."""

    async def around(self, stream: str, time: int, limit: int, upto_seq: int) -> list[MessageSent]:
        """Return the messages around a time."""

    async def find(self, msgid: str) -> tuple[str, int] | None:
        """Return the stream and the time of a message; ``None`` where no message has this id."""

    async def close(self) -> None:
        """End; queries under way are answered or cancelled."""
