"""Pure: fetches the messages that were sent while we were away, and tells each message to the front once, in order.

After sign-in, the client asks the server which conversations have messages (CHATHISTORY TARGETS). Then it asks for the
history of one conversation at a time, after what was told last. If nothing of a conversation was told in this run, it
begins at ``Following.since``, or else at the account's read marker. The live messages of a conversation are held back
until its history has been told.

On a chatapp server, a later message of a conversation has a later time (``model/state.py``, "Time"), so a time says
where to continue. Other servers do not promise this. Msgids are remembered too, to drop repeats.

Spec: IRCv3 draft/chathistory, draft/read-marker.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from chatapp.client.core.budget import Budget, texts_bytes
from chatapp.client.core.due_markers import DueMarkers
from chatapp.client.core.events import CaughtUp, ChannelRenamed, Earlier, Event, Kicked, Left, Said
from chatapp.client.core.following import Following
from chatapp.client.core.held import Held
from chatapp.client.core.missed import MissedActs, MissedMessages
from chatapp.client.core.pages import Page
from chatapp.client.core.replies import OnReply, Reply, refusal
from chatapp.client.core.seen import Seen
from chatapp.errors import MalformedLineError
from chatapp.protocol.message import Message
from chatapp.protocol.names import fold, is_channel
from chatapp.protocol.timestamps import TIME_MS_MAX, format_time, parse_time

PAGE_MESSAGES = 200  # messages in one page of history
FIRST_PAGE_MESSAGES = 100  # unread messages of a channel that are shown at the start
EARLIER_MESSAGES = 20  # newest messages to show of a channel without a read marker
FIRST_PAGE_LINES = 200  # lines to ask for instead, if a page also has JOIN, MODE, ...
COUNTED_MAX = 1_000  # unread messages of a channel to ask for and count at the start
TARGETS_PAGE = 500  # conversations in one page of the list
TARGETS_MAX = 5_000  # conversations to list, the latest first; the last page may exceed this
KNOWN_MAX = 10_000  # conversations that are remembered
# An estimate of what one conversation uses in all tables, here and in fronts: bytes without its name, and how many
# copies of its name (folded or not) there are.
CONVERSATION_BYTES, NAME_COPIES = 1_000, 3

Ask = Callable[[Message, OnReply], None]
Read = Callable[[Reply], Page]


class CatchUp:
    """Remembers up to when each conversation was told, and fetches later messages.

    ``ask`` sends a request; ``read`` reads a page of history; ``budget`` bounds the memory used; ``me`` is our nick.

    All unread direct messages are told, page by page. Of the unread messages of a channel, only the newest are told at
    the start; with ``whole``, all of them. A channel without a read marker has no unread messages: its newest messages
    are told as earlier messages (:class:`Earlier`). If the server keeps no read markers, this holds for every
    conversation.
    """

    def __init__(
        self, ask: Ask, read: Read, budget: Budget, me: Callable[[], str] = lambda: "", *, whole: bool = False
    ) -> None:
        self._ask = ask
        self._read = read
        self._me = me
        self._budget = budget
        self._whole = whole
        self.following = Following()
        self._page = PAGE_MESSAGES
        self._counted = COUNTED_MAX
        self._has_markers = self._has_acts = False
        # Folded name of each known conversation -> the bytes that it uses of the budget. A conversation moves to the
        # end when a message of it is told. Every key of the other tables is in this one too.
        self._known: dict[str, int] = {}
        self._forgot = False  # a person was forgotten (KNOWN_MAX)
        self._told_until: dict[str, int] = {}  # up to when a conversation was told (ms)
        self._markers: dict[str, int | None] = {}  # read markers (ms); None: nothing is read yet
        self._all_known = False  # an earlier catch-up listed all our conversations
        self._seen = Seen()  # msgids of told messages
        self.acts = MissedActs()
        self.due_markers = DueMarkers()
        self._left: set[str] = set()  # channels that we left; the server refuses read markers for them
        self._held = Held(budget)
        self._missed = MissedMessages()
        self._reset()

    def _reset(self) -> None:
        self.active = False
        self._queue: deque[str] = deque()  # conversations whose history is still to be asked for
        self._latest: dict[str, int] = {}  # time of a conversation's latest message, from TARGETS (ms)
        self._behind: set[str] | None = None  # None: not known yet, so every conversation may be behind
        self._held.clear()
        self.acts.clear()
        self._missed.clear()
        self.following.closed()

    def closed(self) -> None:
        """Note that the connection ended: forget the queue and the held messages. The history has these messages."""
        self._reset()

    def start(self, channels: Sequence[str], page_max: int, *, has_markers: bool, has_acts: bool = False) -> None:
        """Begin to catch up after a sign-in.

        ``channels`` are the names of the channels that we are in. The server gives at most ``page_max`` messages at
        once (0: it states no bound). ``has_markers``: the server keeps read markers. ``has_acts``: the pages also have
        what was done in a channel.
        """
        self._page = min(PAGE_MESSAGES, page_max or PAGE_MESSAGES)
        self._counted = min(COUNTED_MAX, page_max or COUNTED_MAX)
        self._has_markers, self._has_acts = has_markers, has_acts
        self._left.difference_update(map(fold, channels))
        self.active = True
        self._ask_targets(list(channels), TIME_MS_MAX, min(TARGETS_PAGE, page_max or TARGETS_PAGE))

    def skip(self) -> list[Event]:
        """Begin without the history: the server has none, or the front does not want it.

        Return the events to tell: the held messages, then CaughtUp.
        """
        self._behind = set()
        return [*self._release_others(), CaughtUp()]

    def know(self, conversation: str) -> str:
        """Remember a conversation; return its folded name, which is its key in all tables.

        Beyond KNOWN_MAX, forgets the first person of ``_known``, but not while catching up; never a channel. Raises
        CannotConnectError when the memory budget is used up.
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
        """Forget the first person of ``_known``.

        The server keeps this person's read marker, so the next catch-up begins after it.
        """
        oldest = next((key for key in self._known if not is_channel(key)), None)
        if oldest is not None:
            self._forgot = True
            self._budget.give(self._known.pop(oldest))
            self.due_markers.drop(oldest)
            for table in (self._told_until, self._markers):
                table.pop(oldest, None)

    def heard(self, said: Said) -> list[Event]:
        """Take a live message; return the events to tell now (none if it is held back)."""
        key = self.know(said.conversation)
        if self._behind is None or key in self._behind:
            self._held.add(key, said)
            if key in self._queue:
                self._queue.remove(key)
                self._queue.appendleft(key)
            return []
        return self._tell(said)

    def happened(self, channel: str, time: int) -> None:
        """Note that an act in a channel was told live at ``time`` (ms), so that it is not told again as missed."""
        key = fold(channel)
        if not self._has_acts or key not in self._told_until or key in self._left:
            return
        if self._behind is None or key in self._behind:
            self.acts.live(key, time)
        else:
            self._reached(key, channel, time)

    def joined(self, channel: str, time: int) -> None:
        """Note that we joined a channel at ``time`` (ms). At the first join, what was before is not missed."""
        key = self.know(channel)
        self._told_until.setdefault(key, time)
        self.acts.begin(key, time)
        self._left.discard(key)

    def take(self, events: Sequence[Event]) -> None:
        """Take the events of a line: we may have left a channel, or a channel may have another name."""
        for event in events:
            if isinstance(event, Left | Kicked) and event.me:
                self.left(event.channel)
            elif isinstance(event, ChannelRenamed):
                self._rename(event.channel, event.name)

    def left(self, channel: str) -> None:
        """Note that we leave a channel, or have left it: from now on the server would refuse a read marker for it."""
        key = self.know(channel)
        self._left.add(key)
        self.due_markers.drop(key)

    def _rename(self, old: str, name: str) -> None:
        """Keep what was told and read of a channel under its new name."""
        key, new = fold(old), self.know(name)
        for table in (self._told_until, self._markers):
            if key in table:
                table[new] = table[key]  # type: ignore[assignment]
        self.due_markers.rename(key, new, name)
        self.acts.renamed(key, new)
        self._left.discard(new)
        self.following.renamed(key, new)

    def marked(self, conversation: str, text: str) -> None:
        """Note a read marker; ``text`` is the parameter of MARKREAD (``timestamp=...``, or ``*`` for none)."""
        key = self.know(conversation)
        try:
            self._markers[key] = parse_time(text.removeprefix("timestamp="))
        except MalformedLineError:
            self._markers[key] = None

    def read_until(self, conversation: str) -> int:
        """Return the read marker of a conversation (ms): the account has read up to this time. 0: no marker."""
        return self._markers.get(fold(conversation)) or 0

    @property
    def people(self) -> list[str]:
        """The people (folded names) with whom there were messages at the sign-in, the latest first."""
        return sorted((name for name in self._latest if not is_channel(name)), key=lambda name: -self._latest[name])

    def take_due_markers(self, most: int | None, is_read: Callable[[str], bool]) -> list[tuple[Message, str, int]]:
        """Remove and return the MARKREAD lines that are due, each with its conversation and time: see DueMarkers."""
        if not self._has_markers:
            self.due_markers.clear()
        due = self.due_markers.take(most, is_read)
        return [(Message("MARKREAD", [name, _at(time)]), name, time) for name, time in due]

    def _tell(self, said: Said) -> list[Event]:
        if not self._seen.is_new(said.msgid):
            return []
        key = self.know(said.conversation)
        self._known[key] = self._known.pop(key)  # now at the end, as used last
        self._told_until[key] = max(said.time, self._told_until.get(key, 0))
        if said.time > (self._markers.get(key) or 0) and key not in self._left:
            self.due_markers.told(key, said.conversation, self._told_until[key])
        return [said]

    def _ask_targets(self, channels: list[str], before: int, limit: int) -> None:
        """Ask for the conversations, the latest first: if there are more than TARGETS_MAX, the oldest are left out."""
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
        if (full := len(page) >= limit and oldest < before) and len(self._latest) < TARGETS_MAX:
            # The bound is exclusive: + 1, because another conversation may have the time ``oldest``. It must fall with
            # each page: - 1, because otherwise the same page could come again forever.
            self._ask_targets(channels, min(oldest + 1, before - 1), limit)
            return []
        latest, ours = self._latest, list(map(fold, channels))
        # TARGETS has the time of the last message. Acts may be later, so the history of all channels is wanted.
        acts = frozenset(ours if self._has_acts else ())
        names = self.following.wanted(ours + self.people, latest, refused=reply.error is not None)
        start = -1 if self.following.since is None else self.following.since
        untold = {name for name in names if latest.get(name, TIME_MS_MAX) > self._told_until.get(name, start)}
        wanted = [name for name in names if name in acts | untold]
        self._queue.extend(wanted)
        self._behind = set(wanted)
        return self._release_others() + self._next(all_known=self._all_known or (reply.error is None and not full))

    def _release_others(self) -> list[Event]:
        """Tell the held messages of the conversations that are not behind."""
        assert self._behind is not None
        return [event for name in self._held.names if name not in self._behind for event in self._release(name)]

    def _next(self, *, all_known: bool) -> list[Event]:
        """Ask for the history of the next conversation that is behind; end with CaughtUp when there is no more."""
        if not self._queue:
            self.active, self._all_known = False, all_known
            return [CaughtUp(self._missed.all())]
        name = self._queue.popleft()

        def done() -> list[Event]:
            return self.acts.take(name) + self._release(name) + self._next(all_known=all_known)

        if self.following.since is not None:
            self._told_until.setdefault(name, self.following.since)
        elif name not in self._told_until and self._all_known and not self._forgot:
            self._told_until[name] = 0  # begun after an earlier catch-up had listed all conversations
        if name in self._told_until:
            self._ask_after(name, done)
        elif name in self._markers or not self._has_markers:
            self._ask_first(name, done)
        else:
            self._ask(Message("MARKREAD", [name]), lambda reply: self._ask_first(name, done))
        return []

    def _ask_first(self, name: str, done: Callable[[], list[Event]]) -> list[Event]:
        """Ask for the unread messages of a conversation of which nothing was told in this run."""
        marker = self._markers.get(name)
        if (is_channel(name) and marker is None) or not self._has_markers:
            self._ask_earlier(name, done)
        elif self._whole or not is_channel(name):
            self._told_until[name] = marker or 0
            self._ask_after(name, done)
        else:
            self._ask_newest(name, marker or 0, done)
        return []

    def _ask_earlier(self, name: str, done: Callable[[], list[Event]]) -> None:
        """Ask for the newest messages of a conversation in which nothing is unread."""
        wanted = FIRST_PAGE_MESSAGES if self._whole else EARLIER_MESSAGES
        limit = min(FIRST_PAGE_LINES if self._has_acts else wanted, self._page)

        def on_page(reply: Reply) -> list[Event]:
            page = self._read(reply)
            said = page.said[-wanted:]
            events: list[Event] = [Earlier(said[0].conversation)] if said else []
            events += self._tell_page(said, unread=False)
            self._told_until.setdefault(name, 0)
            if not said and reply.error is None:
                # A marker is due. Without it, a later catch-up tells the first messages as Earlier.
                self.due_markers.told(name, name, 0)
            self._reached_end_of(name, page)
            self.acts.begin(name, page.last)
            return self._refused(name, reply) + events + done()

        self._ask(Message("CHATHISTORY", ["LATEST", name, "*", str(limit)]), on_page)

    def _ask_newest(self, name: str, marker: int, done: Callable[[], list[Event]]) -> None:
        """Ask for a channel's unread messages, count them, and tell the newest FIRST_PAGE_MESSAGES."""

        def on_page(reply: Reply) -> list[Event]:
            page = self._read(reply)
            untold = page.said[:-FIRST_PAGE_MESSAGES]
            events = self._tell_page(page.said[len(untold) :])
            self._missed.count(untold, shown=False)
            if page.lines >= self._counted:
                self._missed.more(name)
            self._told_until.setdefault(name, marker)
            self.acts.begin(name, page.first - 1 if page.lines >= self._counted else marker)
            self.acts.found(name, page.acts, self._me())
            self._reached_end_of(name, page)
            return self._refused(name, reply) + events + done()

        self._ask(Message("CHATHISTORY", ["LATEST", name, _at(marker), str(self._counted)]), on_page)

    def _ask_after(self, name: str, done: Callable[[], list[Event]]) -> None:
        """Ask for the messages after what was told last, page by page, until a page has nothing new."""
        before = self._told_until[name]

        def on_page(reply: Reply) -> list[Event]:
            page = self._read(reply)
            events = self._tell_page(page.said)
            self.acts.begin(name, before)
            self.acts.found(name, page.acts, self._me())
            self._reached_end_of(name, page)
            if self._told_until[name] <= before:
                return self._refused(name, reply) + events + done()
            self.following.next_page(lambda: self._ask_after(name, done))
            return events

        self._ask(Message("CHATHISTORY", ["AFTER", name, _at(before), str(self._page)]), on_page)

    def _reached_end_of(self, name: str, page: Page) -> None:
        """Note that a page was told to its last line, which need not be a message."""
        if self._has_acts and page.lines:
            self._reached(name, name, page.last)

    def _reached(self, key: str, conversation: str, time: int) -> None:
        """Note that a conversation was told until ``time`` (ms); of a channel, its read marker becomes due."""
        self._told_until[key] = until = max(time, self._told_until.get(key, 0))
        if is_channel(key) and until > (self._markers.get(key) or 0) and key not in self._left:
            self.due_markers.told(key, conversation, until)

    def _refused(self, name: str, reply: Reply) -> list[Event]:
        """Tell a refusal, unless we have left the channel meanwhile."""
        return [] if name in self._left else refusal(f"the history of {name}", reply)

    def _tell_page(self, page: list[Said], *, unread: bool = True) -> list[Event]:
        """Tell a page. A held live message replaces its copy in the page, and does not count as missed."""
        live = self._held.by_msgid({fold(said.conversation) for said in page})
        events: list[Event] = []
        missed: list[Said] = []
        for said in page:
            told = self._tell(live.get(said.msgid, said))
            if told and said.msgid not in live:
                missed.append(said)
            events += told
        if unread:
            self._missed.count(missed, shown=True)
        return events

    def _release(self, name: str) -> list[Event]:
        """Tell the held messages of a conversation, which is no longer behind."""
        assert self._behind is not None
        self._behind.discard(name)
        return [event for said in self._held.pop(name) for event in self._tell(said)]


def _at(time: int) -> str:
    return "timestamp=" + format_time(time)
