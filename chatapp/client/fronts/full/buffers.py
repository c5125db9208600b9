"""Pure: the conversations on the screen: their messages, drafts, places in the text, and unread counts."""

from __future__ import annotations

from collections.abc import Mapping

from chatapp.client.core.events import Missed
from chatapp.client.core.session import Session
from chatapp.client.fronts.full.draft import Draft
from chatapp.client.fronts.full.entries import Entries, Entry
from chatapp.protocol.names import fold, is_channel, natural_key

HOME = ""  # the name of the buffer of the client itself: the sign-in, and a server without a lobby
BUFFERS_MAX = 2_000  # beyond this number, the person whose last message is the oldest is forgotten
UNREAD_NAMED_MAX = 10  # conversations with unread messages that are named
KEPT_BYTES_MAX = 96 * 1024 * 1024  # of all messages; beyond it, the longest conversation loses its oldest messages


class Buffer:
    """A conversation on the screen.

    ``anchor``: the entry at the bottom of the screen, and how many of its rows are below the screen; None: the screen
    shows the newest messages. ``stopped``: the person has read up to this time (ms), and not beyond; None: all is read.
    ``missed``: how many messages were unread when the client caught up, until the stream tells them; None: none was.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.entries = Entries()
        self.draft = Draft()
        self.anchor: tuple[Entry, int] | None = None
        self.below = 0  # messages that came while the anchor was set
        self.stopped: int | None = None
        self.missed: Missed | None = None
        self.picked: Entry | None = None
        self.found: Entry | None = None  # the message that a search has led to; it is only shown
        self.refusal: Entry | None = None  # the last row that says why the draft cannot be sent
        self.fetching = False  # a page of history was asked for
        self.stale_until = 0  # messages until this time (ms) were shown before a connection was lost; see ``past.py``
        self.unsure_until = 0  # we came back to the channel after this time (ms), and may not read what is before it
        self.pages = 0  # how many pages were asked for to renew them
        self.oldest = 0  # the time (ms) of the oldest line that was fetched; 0: none was
        self.is_whole = False  # the server has nothing older
        self.was_shown = False
        self.asked_people = False  # on this connection
        self.seek = 0  # fetch pages until this time (ms) is there; 0: no
        self.seeks_new = False  # then show the first unread message

    @property
    def key(self) -> str:
        """The folded name."""
        return fold(self.name)

    @property
    def is_channel(self) -> bool:
        """Tell whether it is a channel."""
        return is_channel(self.name)

    def to_bottom(self) -> None:
        """Show the newest messages."""
        self.anchor, self.below, self.found = None, 0, None


class Buffers:
    """The conversations on the screen, and which of them is shown (``current``)."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._all: dict[str, Buffer] = {HOME: Buffer(HOME)}
        self.current = self._all[HOME]
        self.previous = self.current
        self.pinned: set[str] = set()  # folded names of conversations
        self.waiting: dict[str, Draft] = {}  # by folded name: drafts of conversations that are not on the screen yet
        self.returned: list[str] = []  # conversations that have such a draft now
        self.quiet: set[str] = set()  # folded names of conversations without notices to the desktop

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(list(self._all.values()))

    @property
    def home(self) -> Buffer:
        """The buffer of the client itself."""
        return self._all[HOME]

    def find(self, name: str) -> Buffer | None:
        """Return the conversation of a name, if it is on the screen."""
        return self._all.get(fold(name))

    def get(self, name: str) -> Buffer:
        """Return the conversation of a name; begin it if it is not on the screen."""
        found = self._all.get(fold(name))
        if found is None:
            self._bound()
            found = self._all[fold(name)] = Buffer(name)
            if fold(name) in self.waiting:
                found.draft = self.waiting.pop(fold(name))
                self.returned.append(name)
        return found

    def wait_with(self, drafts: Mapping[str, Draft]) -> None:
        """Keep drafts, by the names of their conversations, until these are on the screen."""
        self.waiting.update({fold(name): draft for name, draft in drafts.items()})

    def begin_waiting(self) -> None:
        """Begin the conversations with people that have a draft."""
        for name in [each for each in self.waiting if not is_channel(each)]:
            self.get(name)

    def move_early_draft(self) -> None:
        """Move what was typed before the sign-in to the conversation that is shown, after its own draft."""
        typed, own = self.home.draft, self.current.draft
        if self.current is self.home or not typed:
            return
        self.home.draft = Draft()
        if own:
            own.set(f"{own.text}\n{typed.text}")
        else:
            self.current.draft = typed

    def drop(self, buffer: Buffer) -> None:
        """Take a conversation off the screen."""
        if buffer is self.home:
            return
        self._all.pop(buffer.key, None)
        if self.current is buffer:
            self.current = self.find(self._session.lobby) or next(iter(self.listed), self.home)

    def rename(self, old: str, name: str) -> None:
        """Give a conversation another name."""
        buffer = self._all.pop(fold(old), None)
        if buffer is not None:
            buffer.name = name
            self._all[fold(name)] = buffer

    @property
    def listed(self) -> list[Buffer]:
        """The conversations as the left column has them: the lobby, what is pinned, channels, people, by name."""
        lobby = fold(self._session.lobby)

        def place(buffer: Buffer) -> tuple[bool, bool, bool, list[str | tuple[int, str]]]:
            is_lower = buffer.key not in self.pinned
            return bool(lobby) and buffer.key != lobby, is_lower, not buffer.is_channel, natural_key(buffer.name)

        own = [] if lobby else [self.home]
        return own + sorted((each for key, each in self._all.items() if key != HOME), key=place)

    def unread(self, buffer: Buffer) -> tuple[int, int]:
        """Return how many messages are unread, and how many of them have our nick or are only for us."""
        found = self._session.conversations.get(buffer.name) if buffer.name else None
        if found is None:
            return 0, 0
        return found.unread, found.mentions if buffer.is_channel else found.unread

    def has_more(self, buffer: Buffer) -> bool:
        """Tell whether more messages are unread than were counted."""
        found = self._session.conversations.get(buffer.name) if buffer.name else None
        return found is not None and found.more

    def unread_words(self) -> str:
        """Return in which conversations messages are unread, as ``#dev 12 (1 for you), bob 3``; empty: nowhere."""
        found = []
        for buffer in self.listed:
            count, mentions = self.unread(buffer)
            if count:
                found.append(
                    f"{buffer.name} {count}{f' ({mentions} for you)' if mentions and buffer.is_channel else ''}"
                )
        more = [f"and {len(found) - UNREAD_NAMED_MAX} more"] if len(found) > UNREAD_NAMED_MAX else []
        return ", ".join([*found[:UNREAD_NAMED_MAX], *more])

    def shrink(self) -> None:
        """Forget the oldest messages of the longest conversation, if all are too long together."""
        while sum(each.entries.size_bytes for each in self._all.values()) > KEPT_BYTES_MAX:
            longest = max(self._all.values(), key=lambda each: each.entries.size_bytes)
            longest.entries.drop_oldest(len(longest.entries) // 4 + 1)
            longest.is_whole = False

    def _bound(self) -> None:
        if len(self._all) < BUFFERS_MAX:
            return
        people = [each for each in self._all.values() if each.name and not each.is_channel and each is not self.current]
        idle = min((each for each in people if not each.draft), key=lambda each: each.entries.last_time, default=None)
        if idle is not None:
            self.drop(idle)
