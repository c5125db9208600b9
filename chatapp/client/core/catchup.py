"""What was said while we were not there: fetched once, told in order, nothing twice.

After sign-in the server is asked which conversations have messages (CHATHISTORY TARGETS), then each of them, one
request at a time, for what came after the last message told. Where nothing was told yet in this run, the account's
read marker says where to begin. What is said live in a conversation that is still behind is held until it is not.

Times never go back within a conversation and no two messages of it share one (DESIGN.md, section 4), so the time of
the last message told is all that has to be remembered of each.

Spec: IRCv3 draft/chathistory, draft/read-marker.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from chatapp.client.core.budget import Budget, texts_bytes
from chatapp.client.core.events import CaughtUp, Earlier, Event, Missed, Said
from chatapp.client.core.replies import OnReply, Reply, refusal
from chatapp.errors import MalformedLineError
from chatapp.protocol.message import Message
from chatapp.protocol.names import fold, is_channel
from chatapp.protocol.timestamps import TIME_MS_MAX, format_time, parse_time

PAGE_MESSAGES = 200
FIRST_PAGE_MESSAGES = 100  # of what is unread in a channel when we begin
EARLIER_MESSAGES = 20  # of a channel that the account has never read
COUNTED_MAX = 1_000  # unread messages of a channel that are counted when we begin; no server gives more at once
TARGETS_PAGE = 500
TARGETS_MAX = 5_000
KNOWN_MAX = 10_000  # conversations that are remembered
SEEN_MAX = 20_000
SEEN_CHARACTERS_MAX = 2 * 1024 * 1024
HELD_MAX = 10_000
SAID_BYTES = 200  # of a message that is held, without its texts
# Of a conversation: its entries in all tables, here and in fronts, and the copies of its name in them, folded or not.
CONVERSATION_BYTES, NAME_COPIES = 1_000, 3

Ask = Callable[[Message, OnReply], None]
Read = Callable[[Reply], list[Said]]


class CatchUp:
    """Remembers what was told of each conversation; ``ask`` sends a request, ``read`` reads a page of history.

    Direct messages are all told, page by page; of channels only the newest unread ones at first, or all that come after
    a read marker (``whole``). In a channel that the account has never read nothing is unread; its newest messages are
    told as earlier ones. So they are for every conversation where there are no read markers.
    """

    def __init__(self, ask: Ask, read: Read, budget: Budget, *, whole: bool = False) -> None:
        self._ask = ask
        self._read = read
        self._budget = budget
        self._whole = whole
        self._page = PAGE_MESSAGES
        self._counted = COUNTED_MAX
        self._has_markers = False
        # The folded names of the conversations that the server has named, the one used last at the end, with the bytes
        # that each takes; every other table has no other keys.
        self._known: dict[str, int] = {}
        self._forgot = False  # some person was forgotten, as there were too many
        # The last message told of each conversation, and the read markers that we were told of.
        self._positions: dict[str, int] = {}
        self._markers: dict[str, int | None] = {}  # None: nothing is read yet
        self._all_known = False
        self._seen: dict[str, None] = {}
        self._seen_characters = 0
        self._unmarked: dict[str, tuple[str, int]] = {}
        self._left: set[str] = set()
        self._held_bytes = 0
        self._begin_anew()

    def _begin_anew(self) -> None:
        self.active = False
        self._queue: deque[str] = deque()
        self._latest: dict[str, int] = {}
        self._behind: set[str] | None = None  # None: it is not known yet which are
        self._held: dict[str, list[Said]] = {}
        self._budget.give(self._held_bytes)
        self._held_bytes = 0
        self._missed: dict[str, Missed] = {}

    def closed(self) -> None:
        """Forget what was under way; what was held will be in the history."""
        self._begin_anew()

    def start(self, channels: Sequence[str], page_max: int, *, has_markers: bool) -> None:
        """Begin, being a member of ``channels``; the server gives at most ``page_max`` messages at once (0: any)."""
        self._page = min(PAGE_MESSAGES, page_max or PAGE_MESSAGES)
        self._counted = min(COUNTED_MAX, page_max or COUNTED_MAX)
        self._has_markers = has_markers
        self._left.difference_update(map(fold, channels))
        self.active = True
        self._ask_targets(list(channels), TIME_MS_MAX, min(TARGETS_PAGE, page_max or TARGETS_PAGE))

    def skip(self) -> list[Event]:
        """Begin without the past: it cannot, or need not, be asked for. Return what was held."""
        self._behind = set()
        return [*self._release_others(), CaughtUp()]

    def know(self, conversation: str) -> str:
        """Return the key of a conversation in all tables.

        Of too many people the one with whom nothing was said for longest is forgotten. Raises CannotConnectError when
        there are too many channels.
        """
        key = fold(conversation)
        if key not in self._known:
            size_bytes = CONVERSATION_BYTES + NAME_COPIES * texts_bytes((conversation,))
            self._budget.take(size_bytes)
            self._known[key] = size_bytes
            if len(self._known) > KNOWN_MAX and not self.active:
                self._forget_oldest()
        return key

    def _forget_oldest(self) -> None:
        """Forget a person. What the server counts as unread is asked for again after a lost connection."""
        oldest = next((key for key in self._known if not is_channel(key)), None)
        if oldest is not None:
            self._forgot = True
            self._budget.give(self._known.pop(oldest))
            for table in (self._positions, self._markers, self._unmarked):
                table.pop(oldest, None)

    def heard(self, said: Said) -> list[Event]:
        """Take a message as it is said; return what to tell now."""
        key = self.know(said.conversation)
        if self._behind is None or key in self._behind:
            held = self._held.setdefault(key, [])
            if len(held) < HELD_MAX:  # beyond it, the history has it
                size_bytes = said_bytes(said)
                self._held_bytes += size_bytes
                self._budget.take(size_bytes)
                held.append(said)
            if key in self._queue:
                self._queue.remove(key)
                self._queue.appendleft(key)
            return []
        return self._tell(said)

    def joined(self, channel: str, time: int) -> None:
        """Note that we are in a channel since ``time``; what came before is not ours to catch up with."""
        key = self.know(channel)
        self._positions.setdefault(key, time)
        self._left.discard(key)

    def left(self, channel: str) -> None:
        """Note that we leave a channel, or have left it: marking it as read would be refused from now on."""
        key = self.know(channel)
        self._left.add(key)
        self._unmarked.pop(key, None)

    def marked(self, conversation: str, text: str) -> None:
        """Note a read marker, as MARKREAD has it (``timestamp=...`` or ``*``)."""
        key = self.know(conversation)
        try:
            self._markers[key] = parse_time(text.removeprefix("timestamp="))
        except MalformedLineError:
            self._markers[key] = None

    def read_until(self, conversation: str) -> int:
        """Return the time (ms) up to which a conversation is read on some device; 0 where that is not known."""
        return self._markers.get(fold(conversation)) or 0

    def take_unmarked(self, most: int | None = None) -> list[Message]:
        """Return the MARKREAD lines for what was told and is not marked yet, ``most`` at once."""
        if not self._has_markers:
            self._unmarked.clear()
        return [Message("MARKREAD", [name, _at(time)]) for name, time in self._pop_unmarked(most)]

    def _pop_unmarked(self, most: int | None) -> list[tuple[str, int]]:
        return [self._unmarked.pop(key) for key in list(self._unmarked)[:most]]

    # Telling

    def _tell(self, said: Said) -> list[Event]:
        if said.msgid:
            if said.msgid in self._seen:
                return []
            self._remember(said.msgid)
        key = self.know(said.conversation)
        self._known[key] = self._known.pop(key)  # to the end
        self._positions[key] = max(said.time, self._positions.get(key, 0))
        if said.time > (self._markers.get(key) or 0) and key not in self._left:
            self._unmarked[key] = (said.conversation, self._positions[key])
        return [said]

    def _remember(self, msgid: str) -> None:
        """Remember that a message was told; forget the oldest ones beyond SEEN_MAX and SEEN_CHARACTERS_MAX."""
        self._seen[msgid] = None
        self._seen_characters += len(msgid)
        while len(self._seen) > SEEN_MAX or self._seen_characters > SEEN_CHARACTERS_MAX:
            oldest = next(iter(self._seen))
            del self._seen[oldest]
            self._seen_characters -= len(oldest)

    # The steps

    def _ask_targets(self, channels: list[str], before: int, limit: int) -> None:
        """List the conversations, from the latest backwards, so that of very many the latest are listed."""
        request = Message("CHATHISTORY", ["TARGETS", _at(before), _at(0), str(limit)])
        self._ask(request, lambda reply: self._on_targets(reply, channels, before, limit))

    def _on_targets(self, reply: Reply, channels: list[str], before: int, limit: int) -> list[Event]:
        page: dict[str, int] = {}
        for message in reply.messages:
            if message.verb == "CHATHISTORY" and message.param(0) == "TARGETS":
                try:
                    page[self.know(message.param(1))] = parse_time(message.param(2).removeprefix("timestamp="))
                except MalformedLineError:
                    continue
        self._latest |= page
        oldest = min(page.values(), default=before)
        full = len(page) >= limit and oldest < before
        if full and len(self._latest) < TARGETS_MAX:
            # One more, as two conversations may share a time, but always less than before.
            self._ask_targets(channels, min(oldest + 1, before - 1), limit)
            return []
        latest, ours = self._latest, [fold(channel) for channel in channels]
        people = sorted((name for name in latest if not is_channel(name)), key=lambda name: -latest[name])
        wanted = [name for name in ours + people if latest.get(name, TIME_MS_MAX) > self._positions.get(name, -1)]
        self._queue.extend(wanted)
        self._behind = set(wanted)
        return self._release_others() + self._next(all_known=self._all_known or (reply.error is None and not full))

    def _release_others(self) -> list[Event]:
        """Tell what was held of the conversations that are not behind."""
        assert self._behind is not None
        return [event for name in list(self._held) if name not in self._behind for event in self._release(name)]

    def _next(self, *, all_known: bool) -> list[Event]:
        """Go on with the next conversation that is behind."""
        if not self._queue:
            self.active = False
            self._all_known = all_known
            return [CaughtUp(tuple(self._missed.values()))]
        name = self._queue.popleft()

        def done() -> list[Event]:
            return self._release(name) + self._next(all_known=all_known)

        if name not in self._positions and self._all_known and not self._forgot:
            self._positions[name] = 0  # it has begun since we first looked
        if name in self._positions:
            self._ask_after(name, done)
        elif name in self._markers or not self._has_markers:
            self._ask_first(name, done)
        else:
            self._ask(Message("MARKREAD", [name]), lambda reply: self._on_marker(name, done))
        return []

    def _on_marker(self, name: str, done: Callable[[], list[Event]]) -> list[Event]:
        self._ask_first(name, done)
        return []

    def _ask_first(self, name: str, done: Callable[[], list[Event]]) -> None:
        """Ask for what is unread in a conversation of which nothing was told in this run."""
        marker = self._markers.get(name)
        if (is_channel(name) and marker is None) or not self._has_markers:
            self._ask_earlier(name, done)
        elif self._whole or not is_channel(name):
            self._positions[name] = marker or 0
            self._ask_after(name, done)
        else:
            self._ask_newest(name, marker or 0, done)

    def _ask_earlier(self, name: str, done: Callable[[], list[Event]]) -> None:
        """Ask for the newest messages of a conversation in which nothing is unread."""
        limit = min(FIRST_PAGE_MESSAGES if self._whole else EARLIER_MESSAGES, self._page)

        def on_page(reply: Reply) -> list[Event]:
            page = self._read(reply)
            events: list[Event] = [Earlier(page[0].conversation)] if page else []
            events += self._tell_page(page, unread=False)
            self._positions.setdefault(name, 0)
            if not page and reply.error is None:
                # From now on, what is said here is unread until it is told.
                self._unmarked.setdefault(name, (name, 0))
            return refusal(f"the history of {name}", reply) + events + done()

        self._ask(Message("CHATHISTORY", ["LATEST", name, "*", str(limit)]), on_page)

    def _ask_newest(self, name: str, marker: int, done: Callable[[], list[Event]]) -> None:
        """Ask for all that is unread in a channel, to count it; tell the newest of it."""

        def on_page(reply: Reply) -> list[Event]:
            page = self._read(reply)
            untold = page[:-FIRST_PAGE_MESSAGES]
            events = self._tell_page(page[len(untold) :])
            self._count(untold, shown=False, more=len(page) >= self._counted)
            self._positions.setdefault(name, marker)
            return refusal(f"the history of {name}", reply) + events + done()

        self._ask(Message("CHATHISTORY", ["LATEST", name, _at(marker), str(self._counted)]), on_page)

    def _ask_after(self, name: str, done: Callable[[], list[Event]]) -> None:
        """Ask for page after page of what came after the last message told, until one is empty."""
        position = self._positions[name]

        def on_page(reply: Reply) -> list[Event]:
            events = self._tell_page(self._read(reply))
            if self._positions[name] <= position:
                return refusal(f"the history of {name}", reply) + events + done()
            self._ask_after(name, done)
            return events

        self._ask(Message("CHATHISTORY", ["AFTER", name, _at(position), str(self._page)]), on_page)

    def _tell_page(self, page: list[Said], *, unread: bool = True) -> list[Event]:
        names = {fold(said.conversation) for said in page}
        live = {held.msgid: held for name in names for held in self._held.get(name, ())}
        events: list[Event] = []
        missed: list[Said] = []
        for said in page:
            told = self._tell(live.get(said.msgid, said))
            if told and said.msgid not in live:
                missed.append(said)
            events += told
        if unread:
            self._count(missed, shown=True)
        return events

    def _count(self, page: Sequence[Said], *, shown: bool, more: bool = False) -> None:
        """Count messages of one conversation that were unread; those of our own account never were."""
        theirs = [said for said in page if not said.own]
        if not theirs:
            return
        key = fold(theirs[0].conversation)
        before = self._missed.get(key) or Missed(theirs[0].conversation, 0, 0)
        self._missed[key] = Missed(
            before.conversation,
            before.messages + len(theirs),
            before.shown + len(theirs) * shown,
            before.more or more,
        )

    def _release(self, name: str) -> list[Event]:
        """Tell what was held of a conversation that is not behind any more."""
        assert self._behind is not None
        self._behind.discard(name)
        held = self._held.pop(name, ())
        size_bytes = sum(map(said_bytes, held))
        self._held_bytes -= size_bytes
        self._budget.give(size_bytes)
        return [event for said in held for event in self._tell(said)]


def said_bytes(said: Said) -> int:
    """Return how many bytes a message that is held needs at most."""
    return SAID_BYTES + texts_bytes((said.conversation, said.target, said.sender, said.text, said.msgid))


def _at(time: int) -> str:
    return "timestamp=" + format_time(time)
