"""The history as the rest of the program sees it: pages of messages, results of applying events, and snapshots.

The history is a projection of the log: each node builds its own from the events that the log reports, and from the
result of applying them. The history does not check what a user may read; the caller must (``model/messages.py``,
``may_read``). ``README.md`` says how the parts behind this interface work together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from chatapp.model.events import AnyEvent, MessageSent, PastEvent
from chatapp.storage.search import Matches, Search


class Found(NamedTuple):
    """Where a message or another event of a channel is, and who caused it."""

    stream: str  # a channel's uid or a conversation
    time: int  # milliseconds since 1970, as applied
    seq: int  # its position in the log
    author: str  # the uid of the user
    erased: bool = False  # whether it is a message whose text was erased; pages leave it out
    is_message: bool = True
    of: str = ""  # of an edit: the msgid of the message that it is about


class Remarks(NamedTuple):
    """The edits of some messages and the reactions to them, the oldest first.

    They are about as many of the messages that were asked for as ``messages`` says: the first ones.
    """

    found: list[MessageSent]
    messages: int


NO_LIMIT = 1 << 62


class HistoryStore(Protocol):
    """Stores the results of applying the log's events, and answers queries about messages.

    The queries return messages as applied, the oldest message first. ``stream`` is a channel's uid or a conversation.
    Times are milliseconds since 1970; the bound itself is excluded. ``upto_seq`` is the last position in the log that
    is included. ``limit`` is the maximum number of messages. With ``events``, a query also returns messages without
    text (TAGMSG), edits, and the other events of a channel (``events.CHANNEL_EVENTS``); they count as messages.
    :meth:`missed` returns messages with and without text, and edits. Every message has the text of its newest edit, and
    the tag ``remarks.EDITED``. Erased messages (``EventLog.erase``) and CTCP (other than ACTION) are left out; only
    :meth:`find` finds them. Every query raises LogUnavailableError when the history cannot be read.
    """

    def place(self, seq: int, event: AnyEvent | None) -> None:
        """Store the result of applying the event at ``seq``, if it differs from the event as proposed.

        Applying may give an event a later time or another stream, or refuse it. ``event`` is the event as applied, of
        which the time and the stream are used. ``None`` means that the event was refused: the history does not show it,
        and its idempotency key is free again. Call this again during a replay.
        """

    def save_snapshot(self, seq: int, state: bytes) -> None:
        """Store ``state``, the state after the event at ``seq``, soon, but after all results of events up to there."""

    def load_snapshot(self) -> tuple[int, bytes] | None:
        """Return the position and the state of the last snapshot that is whole. Raises DataError."""

    async def latest(
        self, stream: str, *, after: int | None, limit: int, upto_seq: int, events: bool = False
    ) -> list[PastEvent]:
        """Return the last messages; with ``after``, only messages after this time."""

    async def missed(self, stream: str, *, after_seq: int, limit: int, upto_seq: int) -> list[MessageSent]:
        """Return the last messages after the position ``after_seq``, including messages without text."""

    async def before(self, stream: str, time: int, limit: int, upto_seq: int, events: bool = False) -> list[PastEvent]:
        """Return the last messages before a time."""

    async def after(self, stream: str, time: int, limit: int, upto_seq: int, events: bool = False) -> list[PastEvent]:
        """Return the first messages after a time."""

    async def between(
        self, stream: str, start: int, end: int, limit: int, upto_seq: int, events: bool = False
    ) -> list[PastEvent]:
        """Return the messages between two times that are nearest to ``start``; ``start`` may be the later time."""

    async def around(
        self, stream: str, time: int, limit: int, upto_seq: int, events: bool = False, after: int = -1
    ) -> list[PastEvent]:
        """Return messages around a time, half of them earlier, and a message at that time; all after ``after``."""

    async def remarks(
        self, messages: Sequence[tuple[str, str]], upto_seq: int, *, most: int = NO_LIMIT, edits: bool = True
    ) -> Remarks:
        """Return the edits of messages, each given by its msgid and its stream, and the reactions to them.

        Without ``edits``, only the reactions. Their time is as applied. If there are more than ``most``, only those
        about the first messages are returned, but at least those about one message.
        """

    async def find(self, msgid: str, within: str = "") -> Found | None:
        """Return where the message or channel event with this id is, and who caused it; ``None`` if there is none.

        ``within`` is the channel (uid, with the roles in it) or the conversation that has the event; empty: any. The
        time of the answer does not tell whether the event is elsewhere or does not exist.
        """

    def start(self) -> None:
        """Begin the work in the background that keeps the search quick."""

    async def search(self, search: Search) -> Matches:
        """Return the messages that match, the oldest first. The search says what its reader may read."""

    async def close(self) -> None:
        """Close the history. Queries that run are answered or cancelled."""
