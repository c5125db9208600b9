"""Pure: pages of the history in the conversations, and what was changed while there was no connection.

What was shown before a connection was lost is stale: its author may have edited it, others may have deleted it or
reacted to it. When a stale conversation is shown, pages from its newest stale message backwards tell how its messages
are now; the catch-up has told what is newer. A stale message that is missing in them was deleted. What is older than
PAGES_MAX pages, and than what somebody has on the screen, is forgotten, and fetched again when it is shown. (The page
for browsers has a like rule: ``web/history.js``.)
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from chatapp.client.core.capabilities import AGGREGATE, CHATHISTORY, REDACTION
from chatapp.client.core.events import Blocked, Deleted, Edited, History, Reaction, Said
from chatapp.client.core.reading import action
from chatapp.client.fronts.full.actions import FullActions
from chatapp.client.fronts.full.buffers import Buffer
from chatapp.client.fronts.full.entries import Entry
from chatapp.client.fronts.full.journal import Remark
from chatapp.client.fronts.full.state import State
from chatapp.client.fronts.sentences import sentences
from chatapp.protocol import masks
from chatapp.protocol.names import fold
from chatapp.protocol.timestamps import TIME_MS_MAX

PAGE_MESSAGES = 200  # messages in a page that renews what was shown
PAGES_MAX = 5
SHOWN_MAX = 100  # messages above the last row of a screen that may be on it
WAS_CHARACTERS_MAX = 60  # of a text that names a message
BLOCKED_MAX = 1_000  # masks that are remembered


class Past:
    """Takes pages of the history; renews the conversations that are stale."""

    def __init__(self, state: State, actions: FullActions) -> None:
        self._state = state
        self._actions = actions
        self._blocked: dict[str, None] = {}  # masks that we blocked in this run; the pages have no messages of theirs

    def blocked(self, event: Blocked) -> None:
        """Note whom we block: messages that were shown are then missing in the pages, and were not deleted."""
        self._blocked.pop(event.nick, None)
        if event.on and len(self._blocked) < BLOCKED_MAX:
            self._blocked[event.nick] = None

    # Renewing

    def doubt(self) -> None:
        """Note that there was no connection: all that is shown is stale."""
        keeps = CHATHISTORY in self._state.session.account.enabled
        for buffer in self._state.buffers:
            buffer.fetching = False
            buffer.stale_until = max((each.time for each in buffer.entries if each.msgid), default=0) if keeps else 0
            buffer.pages = 0

    def renew(self, buffer: Buffer) -> None:
        """Ask for the newest page of what is stale in a conversation. What came after it was told by the catch-up."""
        waits = buffer.fetching or self._state.session.catching_up.active
        if buffer.stale_until and not waits and self._actions.has_history:
            self._ask(buffer, buffer.stale_until + 1)

    def _ask(self, buffer: Buffer, before: int) -> None:
        buffer.fetching = True
        buffer.pages += 1
        self._state.session.ask_history(buffer.name, PAGE_MESSAGES, before)

    def refused(self, buffer: Buffer) -> None:
        """Note that the server gives no page of a conversation."""
        buffer.fetching, buffer.is_whole = False, True
        buffer.stale_until = buffer.pages = 0

    def take(self, event: History) -> Buffer | None:
        """Take a page; return its conversation, None if a further page was asked for."""
        buffer = self._state.buffers.get(event.conversation)
        buffer.fetching = False
        if not buffer.pages:
            self._add(buffer, event)
            self.renew(buffer)
            return buffer
        self._judge(buffer, event)
        oldest = buffer.entries.first_said
        if oldest is not None and oldest.time < event.since < TIME_MS_MAX:
            if buffer.pages < PAGES_MAX or _shown_since(buffer) < event.since:
                self._ask(buffer, event.since)
                return None
            buffer.entries.drop_before(event.since)
            buffer.oldest, buffer.is_whole = event.since, False
        buffer.stale_until = buffer.pages = 0
        return buffer

    def _add(self, buffer: Buffer, event: History) -> None:
        """Add a page of older messages."""
        lines, told_since = event.in_order(), self._state.session.catching_up.acts.told_since(buffer.name)
        buffer.entries.add_page(event.messages)
        for act in event.acts:
            if act.time <= told_since or act.time <= buffer.entries.forgotten_until:
                for sentence in sentences(act.what):
                    buffer.entries.past(sentence, act.time)
        if lines and (not buffer.oldest or lines[0].time < buffer.oldest):
            buffer.oldest = lines[0].time
        else:
            buffer.is_whole = True

    # What has changed

    def _judge(self, buffer: Buffer, event: History) -> None:
        """Take a page that renews: give its messages their new texts, mark those as deleted that are missing in it."""
        session = self._state.session
        there = {said.msgid for said in event.messages}
        for said in event.messages:
            entry = buffer.entries.find(said.msgid)
            if entry is None or entry.gone:
                buffer.entries.say(said)
            else:
                self._renew(buffer, entry, said)
        since = max(event.since, buffer.unsure_until + 1)
        for entry in buffer.entries.since(since) if REDACTION in session.account.enabled else ():
            if entry.msgid and not entry.gone and entry.time <= buffer.stale_until and entry.msgid not in there:
                self._delete(buffer, entry)
        buffer.stale_until = min(buffer.stale_until, event.since - 1)

    def _renew(self, buffer: Buffer, entry: Entry, said: Said) -> None:
        was = _named(entry)
        if entry.text != said.text:
            edited = Edited(buffer.name, entry.sender, entry.own, entry.msgid, said.text, entry.sender, was)
            for sentence in sentences(edited):
                self._tell(buffer, sentence)
            buffer.entries.edit(edited)
        aggregates = AGGREGATE in self._state.session.account.enabled
        if aggregates and _counts(entry.reactions) != _counts(said.reactions):
            entry.reactions = said.reactions
            found = ", ".join(f"{each.text} {each.users}" for each in said.reactions)
            self._tell(buffer, f'reactions to "{_named(entry)}": {found or "none"}')

    def _delete(self, buffer: Buffer, entry: Entry) -> None:
        name = fold(entry.sender)
        if any(masks.is_about(masks.parse(mask), name, name) for mask in self._blocked):
            return
        self._tell(buffer, f'"{_named(entry)}" by {entry.sender} was deleted.')
        deleted = Deleted(buffer.name, entry.sender, entry.own, entry.msgid, "")
        buffer.entries.delete(deleted)
        self._state.session.recent.take([deleted])

    def _tell(self, buffer: Buffer, sentence: str) -> None:
        self._state.tell(buffer, Remark(f"Meanwhile: {sentence}"), missed=True)


def _shown_since(buffer: Buffer) -> int:
    """Return the time (ms) of the oldest message that somebody who reads older messages may have on the screen."""
    if buffer.anchor is None:
        return TIME_MS_MAX
    entries = buffer.entries.all
    at = bisect_left(entries, buffer.anchor[0].time, key=lambda entry: entry.time)
    return entries[max(0, at - SHOWN_MAX)].time


def _named(entry: Entry) -> str:
    """Return the beginning of a message, in one line."""
    text = (action(entry.text, notice=entry.notice) or entry.text).replace("\n", " ")
    return text if len(text) <= WAS_CHARACTERS_MAX else f"{text[: WAS_CHARACTERS_MAX - 3]}..."


def _counts(reactions: Iterable[Reaction]) -> dict[str, int]:
    return {each.text: each.users for each in reactions}
