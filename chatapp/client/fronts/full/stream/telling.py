"""Pure: tells the conversations as lines: each new message once, in order, and older messages when they are asked for.

Messages of the conversation that is shown follow one another. Of the other conversations, messages for the person are
told with their place; the rest waits until the person goes there.
"""

from __future__ import annotations

from collections.abc import Sequence

from chatapp.client.fronts.full.buffers import Buffer
from chatapp.client.fronts.full.columns import buffer_name
from chatapp.client.fronts.full.entries import FOLDED_MAX, Entry, Fold
from chatapp.client.fronts.full.journal import Came, Journal, News, Remark
from chatapp.client.fronts.full.lines import Look, fold_words
from chatapp.client.fronts.full.state import State
from chatapp.client.fronts.full.stream import words
from chatapp.client.fronts.full.stream.output_lines import OutputLines
from chatapp.client.fronts.full.stream.places import Kept, Place, Places, is_unread
from chatapp.client.fronts.full.stream.words import NOTE, safe

EARLIER = 10  # messages that are told of a conversation when the person goes there for the first time
AT_ONCE_MAX = 50  # new messages that are told when the person goes to a conversation
PAGE = 20  # messages that PgUp tells
OPENING_S = 5.0  # how long messages of the server are waited for, before those that are here are told
CAME_S = 2.0  # people who come and go within this time are told in one line


class Telling:
    """Makes ``lines`` of what is new in the conversations of the state."""

    def __init__(self, state: State, look: Look, lines: OutputLines) -> None:
        self._state = state
        self._look = look
        self._lines = lines
        self._places = Places()
        self._journal = state.journal = Journal()
        self._here = state.buffer
        self._places.of(self._here).is_open = True
        self._since_s = 0.0  # when the person came here
        self._came: dict[str, bool] = {}  # who came here, and who went, and is not told yet
        self._came_more = 0  # further people, who are only counted
        self._came_s = 0.0
        self._day = ""
        self._back: tuple[Buffer, int, bool] | None = None  # messages that are asked for; see ask_back
        self._catch_ups = 0  # after how many of them it was told what is unread

    def update(self, *, urgent: bool) -> None:
        """Tell what is new; ``urgent``: it follows from what the person did."""
        before = len(self._lines)
        if self._state.buffer is not self._here:
            self._go()
        news, dropped = self._journal.take()
        if dropped:
            self._lines.dropped(dropped)
        for each in news:
            self._take(each)
        if not self._places.of(self._here).is_open and not self._is_fetching:
            self._open()
        if self._came and self._state.now_s - self._came_s >= CAME_S:
            self._tell_came()
        self._go_back()
        self._tell_unread()
        self._lines.is_urgent = self._lines.is_urgent or (urgent and len(self._lines) > before)

    @property
    def _is_fetching(self) -> bool:
        """Tell whether earlier messages of the conversation are on their way."""
        waits = self._here.fetching or self._state.session.catching_up.active
        return bool(self._here.name) and waits and self._state.now_s - self._since_s < OPENING_S

    def _note(self, text: str) -> None:
        self._lines.add(NOTE + text)

    # New messages

    def _take(self, news: News) -> None:
        place = self._places.of(news.buffer)
        what = news.what
        if news.buffer is self._here and place.is_open:
            self._tell(what)
        elif isinstance(what, Came):
            pass
        elif isinstance(what, Entry) and self._is_announced(news, what):
            self._tell_day(what)
            self._lines.add(words.told(what, self._look, words.where(news.buffer, what)))
            place.announced(what)
        else:
            is_elsewhere = news.buffer is not self._here
            place.keep(Kept(what, self._state.now_ms if is_elsewhere and not news.missed else None))
            if isinstance(what, Entry) and not what.note and not what.own and not news.missed:
                self._begin_unread(news.buffer)

    def _is_announced(self, news: News, entry: Entry) -> bool:
        """Tell whether a message of another conversation is told now."""
        if news.buffer is self._here:
            return False
        if entry.note:
            return entry.bad
        is_quiet = news.buffer.key in self._state.buffers.quiet
        for_us = (entry.mention or not news.buffer.is_channel) and not is_quiet
        return bool(entry.own or entry.why or for_us) and not news.missed

    def _begin_unread(self, buffer: Buffer) -> None:
        place = self._places.of(buffer)
        if buffer is not self._here and not place.is_unread_told and buffer.key not in self._state.buffers.quiet:
            place.is_unread_told = True
            self._note(f"Unread messages in {safe(buffer.name)}.")

    def _tell(self, what: Entry | Came | Remark, time: int | None = None) -> None:
        """Tell something of the conversation that is shown; ``time`` (ms): when it happened, if that was before."""
        if isinstance(what, Came):
            self._take_came(what)
            return
        self._tell_came()
        if isinstance(what, Remark):
            self._note(f"{self._clock(time)}{safe(what.text)}")
            return
        self._tell_day(what)
        self._lines.add(words.told(what, self._look, time=time))
        place = self._places.of(self._here)
        place.oldest = place.oldest or what

    def _clock(self, time: int | None) -> str:
        return "" if time is None else f"{self._look.clock(time)} "

    def _take_came(self, came: Came) -> None:
        self._came_s = self._came_s if self._came else self._state.now_s
        if came.nick not in self._came and len(self._came) >= FOLDED_MAX:
            self._came_more += 1
            return
        self._came.pop(came.nick, None)
        self._came[came.nick] = came.there

    def _tell_day(self, entry: Entry) -> None:
        if entry.note and not entry.act:
            return
        day = self._look.day(entry.time)
        if day != (self._day or self._look.day(self._state.now_ms)):
            self._note(day)
        self._day = day

    def _tell_came(self) -> None:
        if self._came:
            self._note(fold_words(Fold(0, "", "", people=self._came, more=self._came_more)))
            self._came, self._came_more = {}, 0

    # Going to a conversation

    def _go(self) -> None:
        """Tell where the person is now."""
        self._tell_came()
        self._here = self._state.buffer
        self._since_s = self._state.now_s
        if self._back is not None and self._back[0] is not self._here:
            self._back = None
        name = safe(buffer_name(self._state, self._here))
        self._note(f"Now {'in' if self._here.is_channel or not self._here.name else 'with'} {name}.{self._about()}")
        if self._places.of(self._here).is_open:
            self._tell_waiting()
        self._places.of(self._here).is_open |= not self._here.name

    def _about(self) -> str:
        """Return the topic of the conversation, or that the person is away."""
        if self._here.name and not self._here.is_channel:
            return f" {safe(self._here.name)} is away." if self._state.is_away(self._here.name) else ""
        found = self._state.session.conversations.get(self._here.name) if self._here.name else None
        return f" Topic: {safe(found.topic)}" if found is not None and found.topic else ""

    def _tell_waiting(self) -> None:
        """Tell what is new in a conversation to which the person comes back."""
        place = self._places.of(self._here)
        new, unread = self._take_new(place)
        if unread:
            place.oldest = None  # the first that is told now
        self._tell_new(new, unread)

    def _open(self) -> None:
        """Tell the last messages of a conversation where the person has not been yet."""
        place = self._places.of(self._here)
        place.is_open = True
        waiting, unread = self._take_new(place)
        new = [each for each in waiting if isinstance(each.what, Entry)]
        entries = self._here.entries.all
        among = {id(each.what) for each in new}
        asked = self._back is not None
        count = EARLIER if self._back is None else self._back[1]
        past = [each for each in _past(entries, len(entries), count + len(new)) if id(each) not in among]
        earlier = [each for each in past[-count:] if asked or not place.was_announced(each)]
        if unread and not asked:  # what is before the new messages is unread too
            earlier = []
        if earlier or any(_is_message(each) for each in new):
            self._back = None
        if earlier:
            self._note("Earlier messages:")
        for each in earlier:
            self._tell(each)
        self._tell_new(new, unread, "New messages:" if earlier else "")
        told = [*earlier, *(each.what for each in new)]
        place.oldest = next((each for each in told if isinstance(each, Entry)), None)

    def _take_new(self, place: Place) -> tuple[list[Kept], str]:
        """Take what waits of the conversation that is shown, with the newest AT_ONCE_MAX messages.

        If more are unread, also return a sentence that sums them up; otherwise an empty text.
        """
        waiting, dropped = place.take()
        messages = [at for at, each in enumerate(waiting) if is_unread(each.what)]
        begin = messages[-AT_ONCE_MAX] if len(messages) > AT_ONCE_MAX else 0
        return waiting[begin:], self._unread(len(messages) + dropped, min(len(messages), AT_ONCE_MAX))

    def _unread(self, messages: int, shown: int) -> str:
        """Return a sentence that says of how many unread messages only ``shown`` are told; empty: all are told.

        ``messages`` are those that the client has; of many missed messages, it fetches only the newest.
        """
        missed, self._here.missed = self._here.missed, None
        total = messages + (missed.messages - missed.shown if missed else 0)
        if total == shown:
            return ""
        number = f"More than {total}" if missed and missed.more else str(total)
        return f"{number} unread, the newest {shown} shown. PgUp tells what is before them."

    def _tell_new(self, new: Sequence[Kept], unread: str, title: str = "") -> None:
        """Tell new messages, with a title before the first of them and a sentence after the last."""
        messages = [at for at, each in enumerate(new) if _is_message(each)]
        for at, each in enumerate(new):
            if title and messages[:1] == [at]:
                self._note(title)
            self._tell(each.what, each.time)
            if unread and messages[-1:] == [at]:
                self._note(unread)

    def _tell_unread(self) -> None:
        """Tell once what is unread elsewhere: when the session has caught up, after the messages of the place."""
        if self._catch_ups < self._state.catch_ups and self._places.of(self._here).is_open:
            self._catch_ups = self._state.catch_ups
            shown = self._here.missed.shown if self._here.missed else 0
            if words_here := self._unread(shown, shown):
                self._note(words_here)
            found = self._state.buffers.unread_words()
            if found:
                self._note(f"Unread: {safe(found)}. F4 leads there.")

    # Older messages

    def ask_back(self, messages: int, *, from_end: bool = False) -> None:
        """Tell older messages of the conversation, as soon as they are here; ``from_end``: the last messages.

        The person may just have gone to that conversation, so that ``update`` tells first what is new there.
        """
        self._back = self._state.buffer, messages, from_end

    def older(self) -> int:
        """Return how many messages are here that are older than those that were told."""
        oldest = self._places.of(self._here).oldest
        return len(self._here.entries) if oldest is None else self._here.entries.position(oldest)

    def _go_back(self) -> None:
        if self._back is None or self._here.fetching or not self._places.of(self._here).is_open:
            return
        _, messages, from_end = self._back
        self._back = None
        entries = self._here.entries.all
        end = len(entries) if from_end else self.older()
        found = _past(entries, end, messages)
        if not found:
            nothing = "No messages are here." if from_end else "Nothing is older here."
            self._lines.add(NOTE + nothing, urgent=True)
            return
        place = self._places.of(self._here)
        position = self._here.entries.position
        if place.oldest is None or position(found[0]) < position(place.oldest):
            place.oldest = found[0]
        self.tell_again(found, "Earlier messages:")

    def tell_again(self, entries: list[Entry], title: str) -> None:
        """Tell messages that the person asks for, between a title and an end."""
        self._lines.add(NOTE + title)
        day = ""
        for each in entries:
            if (each.act or not each.note) and self._look.day(each.time) != day:
                day = self._look.day(each.time)
                self._note(day)
            self._lines.add(words.told(each, self._look))
        self._lines.add(f"{NOTE}End of them.", urgent=True)


def _is_message(kept: Kept) -> bool:
    """Tell whether something is a message, or was done to a message."""
    return not isinstance(kept.what, Entry) or not kept.what.note


def _past(entries: list[Entry], end: int, count: int) -> list[Entry]:
    """Return the last messages before a position, and what was done between them; no notes of the client itself."""
    found: list[Entry] = []
    while end and len(found) < count:
        end -= 1
        if not entries[end].note or entries[end].act:
            found.append(entries[end])
    return found[::-1]
