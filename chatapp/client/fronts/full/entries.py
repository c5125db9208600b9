"""Pure: the messages of one conversation in the order of time, each once, with what was said about them later."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator

import msgspec

from chatapp.client.core.announced import is_for_role
from chatapp.client.core.events import Deleted, Edited, Reacted, Reaction, Said
from chatapp.client.core.recent import quote
from chatapp.protocol.names import fold

SENDERS_MAX = 10_000  # names that are remembered
DELETED_MAX = 1_000  # deleted messages whose msgids are remembered
FOLDED_MAX = 200  # people in one row about who came and went
DELETED_QUOTE = "a deleted message"
_ENTRY_BYTES, _CHARACTER_BYTES = 400, 4


class Entry(msgspec.Struct, eq=False):
    """A message, or a row of the client's own (``note``); ``time`` (ms) is where it stands.

    ``act``: a note about what was done in the channel, as the history tells it. ``gone``: it was deleted; its ``text``
    says by whom. ``why``: why it was not sent (``to`` somebody, who may have no conversation). ``for_role``: only
    members with a role got it (``@#channel``).
    """

    time: int
    sender: str
    text: str
    msgid: str = ""
    note: bool = False
    act: bool = False
    bad: bool = False
    own: bool = False
    notice: bool = False
    for_role: bool = False
    mention: bool = False
    edited: bool = False
    gone: bool = False
    reply_to: str = ""
    about: str = ""
    why: str = ""
    to: str = ""
    reactions: tuple[Reaction, ...] = ()


class Fold(Entry, eq=False):
    """One row for the people who came and went since the last message: nick -> whether this person is there."""

    people: dict[str, bool] = {}
    more: int = 0  # further news that is only counted


class Entries:
    """The entries of one conversation, the oldest first."""

    def __init__(self) -> None:
        self.all: list[Entry] = []
        self.size_bytes = 0
        self.forgotten_until = 0  # the time (ms) of the newest entry that was forgotten
        self._by_msgid: dict[str, Entry] = {}
        self._deleted: dict[str, None] = {}
        self._senders: dict[str, str] = {}  # each name once, as many messages have the same

    def __len__(self) -> int:
        return len(self.all)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.all)

    def find(self, msgid: str) -> Entry | None:
        """Return the message with a msgid."""
        return self._by_msgid.get(msgid) if msgid else None

    def position(self, entry: Entry) -> int:
        """Return where an entry stands; where it would stand, if it is not there any more."""
        at = bisect_left(self.all, entry.time, key=_time)
        while at < len(self.all) and self.all[at].time == entry.time:
            if self.all[at] is entry:
                return at
            at += 1
        return min(at, max(0, len(self.all) - 1))

    @property
    def last_time(self) -> int:
        """The time of the last entry (ms); 0: there is none."""
        return self.all[-1].time if self.all else 0

    @property
    def first_said(self) -> Entry | None:
        """The oldest message."""
        return next((each for each in self.all if not each.note), None)

    def say(self, said: Said, *, mention: bool = False) -> Entry | None:
        """Take a message; return its entry if it is new."""
        known = self.find(said.msgid)
        if known is not None:
            if said.missed and not known.gone:
                self._change(known, said.text)
                known.edited, known.reactions = said.edited, said.reactions
                known.about = known.about or said.about
            return None
        if said.msgid in self._deleted:
            return None
        entry = self._entry(said, mention=mention)
        self._insert(entry)
        return entry

    def add_page(self, page: Iterable[Said]) -> int:
        """Take messages of the history; return how many are new."""
        return sum(self.say(each) is not None for each in page)

    def note(
        self, text: str, *, bad: bool = False, sender: str = "", why: str = "", to: str = "", now_ms: int = 0
    ) -> Entry:
        """Add a row of the client's own at the end; with ``why``, a text of ours that was not sent."""
        entry = Entry(self.last_time or now_ms, sender, text, note=not why, bad=bad, own=bool(why), why=why, to=to)
        self._insert(entry)
        return entry

    def past(self, text: str, time: int) -> None:
        """Add a row about what was done at a time (ms), as the history tells it."""
        self._insert(Entry(time, "", text, note=True, act=True))

    def came(self, nick: str, *, there: bool) -> None:
        """Note that somebody came, or went (not ``there``); this joins the row before it, if that has such news too."""
        last = self.all[-1] if self.all else None
        if not isinstance(last, Fold):
            last = Fold(self.last_time, "", "", note=True)
            self._insert(last)
        if nick not in last.people and len(last.people) >= FOLDED_MAX:
            last.more += 1
            return
        last.people.pop(nick, None)
        last.people[nick] = there

    def remove(self, entry: Entry) -> None:
        """Remove an entry."""
        at = self.position(entry)
        if at < len(self.all) and self.all[at] is entry:
            self._forget(entry)
            del self.all[at]

    def drop_oldest(self, count: int) -> None:
        """Forget the oldest entries."""
        for entry in self.all[:count]:
            self._forget(entry)
            self.forgotten_until = entry.time
        del self.all[:count]

    def drop_before(self, time: int) -> None:
        """Forget the entries before a time (ms)."""
        self.drop_oldest(bisect_left(self.all, time, key=_time))

    def since(self, time: int) -> list[Entry]:
        """Return the entries from a time (ms) on."""
        return self.all[bisect_left(self.all, time, key=_time) :]

    # What is said about a message

    def edit(self, event: Edited) -> None:
        """Give a message another text."""
        entry = self.find(event.msgid)
        if entry is not None and not entry.gone:
            self._change(entry, event.text)
            entry.edited = True
            self._quote(event.msgid, quote(entry.sender, event.text))

    def delete(self, event: Deleted) -> None:
        """Show that a message was deleted, in its place."""
        entry = self.find(event.msgid)
        by = "" if entry is None or fold(entry.sender) == fold(event.sender) else f" by {event.sender}"
        self._deleted[event.msgid] = None
        if len(self._deleted) > DELETED_MAX:
            del self._deleted[next(iter(self._deleted))]
        if entry is not None:
            self._change(entry, f"deleted{by}" + (f": {event.reason}" if event.reason else ""))
            entry.gone, entry.edited, entry.reactions = True, False, ()
        self._quote(event.msgid, DELETED_QUOTE)

    def _quote(self, msgid: str, about: str) -> None:
        """Name a message in other words where messages answer it."""
        for entry in self.all:
            if msgid and entry.reply_to == msgid:
                entry.about = about

    def react(self, event: Reacted) -> None:
        """Add or remove a reaction; each user counts once."""
        entry = self.find(event.msgid)
        if entry is None or entry.gone:
            return
        before = {each.text: each for each in entry.reactions}
        found = before.pop(event.reaction, Reaction(event.reaction, 0, ()))
        nicks = {fold(nick): nick for nick in found.nicks}
        if event.on == (fold(event.sender) in nicks):
            return
        if event.on:
            nicks[fold(event.sender)] = event.sender
        else:
            del nicks[fold(event.sender)]
        users = found.users + (1 if event.on else -1)
        changed = Reaction(event.reaction, users, tuple(nicks.values()))
        kept = [changed if each.text == event.reaction else each for each in entry.reactions]
        if not any(each.text == event.reaction for each in entry.reactions):
            kept.append(changed)
        entry.reactions = tuple(each for each in kept if each.users > 0)

    def renamed(self, old: str, new: str) -> None:
        """Note that a user has another nick: the reactions stay those of this user."""
        for entry in self.all:
            if any(old in each.nicks for each in entry.reactions):
                entry.reactions = tuple(
                    Reaction(each.text, each.users, tuple(new if nick == old else nick for nick in each.nicks))
                    for each in entry.reactions
                )

    # The tables

    def _entry(self, said: Said, *, mention: bool) -> Entry:
        if len(self._senders) > SENDERS_MAX:
            self._senders.clear()
        sender = self._senders.setdefault(said.sender, said.sender)
        about = DELETED_QUOTE if said.reply_to in self._deleted else said.about or self._held_quote(said.reply_to)
        return Entry(
            said.time, sender, said.text, said.msgid, own=said.own, notice=said.notice, mention=mention,
            for_role=is_for_role(said.target), edited=said.edited, reply_to=said.reply_to, about=about,
            reactions=said.reactions,
        )  # fmt: skip

    def _held_quote(self, msgid: str) -> str:
        """Return the beginning of a message that is here, though it is too old for the session to remember it."""
        found = self.find(msgid)
        return "" if found is None or found.gone else quote(found.sender, found.text)

    def _insert(self, entry: Entry) -> None:
        if not self.all or entry.time >= self.all[-1].time:
            self.all.append(entry)
        else:
            self.all.insert(bisect_right(self.all, entry.time, key=_time), entry)
        self.size_bytes += _size(entry)
        if entry.msgid:
            self._by_msgid[entry.msgid] = entry

    def _forget(self, entry: Entry) -> None:
        self.size_bytes -= _size(entry)
        self._by_msgid.pop(entry.msgid, None)

    def _change(self, entry: Entry, text: str) -> None:
        self.size_bytes -= _size(entry)
        entry.text = text
        self.size_bytes += _size(entry)


def _time(entry: Entry) -> int:
    return entry.time


def _size(entry: Entry) -> int:
    text = entry.text
    return _ENTRY_BYTES + len(text) * (1 if text.isascii() else _CHARACTER_BYTES)
