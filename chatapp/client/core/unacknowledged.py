"""The lines that the server has not acknowledged yet.

A text is sent as one or more lines. Where the server takes messages of several lines, the lines of a text are joined to
as few messages as can hold them (``Line.more``). Each message has its own id (``+chatapp/id``), an idempotency key. The
echo of a message acknowledges it. When the connection ends, the messages without an echo are sent again on the next
connection, in the same order and with the same ids, so that each arrives exactly once (DESIGN.md, R4). At most
``window`` lines wait for their echo at any time, or one message: the server's answers pace a long text, so it never
looks like a flood.
"""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Sequence

import msgspec

from chatapp.client.core.acquaintances import OTHER_USER, SINCE_TAG, Acquaintances
from chatapp.client.core.announced import without_role
from chatapp.client.core.events import ChannelRenamed, Event, Gone, NickChanged, NotSent, Sent
from chatapp.client.core.multiline import Room, can_be_joined
from chatapp.client.core.reading import REPLY_TAGS
from chatapp.client.core.replies import code_of, text_of
from chatapp.errors import RefusedError
from chatapp.protocol.message import Message
from chatapp.protocol.names import fold
from chatapp.protocol.timestamps import format_time

ID_TAG = "+chatapp/id"
WINDOW_LINES = 20
OUTBOX_LINES_MAX = 5_000
ONE_LINE = Room()
_STOPPING = "SERVER_STOPPING"
_GONE = "GONE"  # a code of ours, as ACK is


@dataclasses.dataclass(slots=True, eq=False)
class Text:
    """One text to send, and how many of its lines are acknowledged or refused."""

    target: str
    text: str
    lines: int
    open: int  # lines that are neither acknowledged nor refused
    stored: int = 0  # lines that are acknowledged
    away: str = ""  # what the server said last of an absent recipient
    code: str = ""  # of the first refusal: a numeric or a code of FAIL
    reason: str = ""
    since: int = 0  # since when we know the user that it is for (ms); 0: since now, or it is for a channel

    @property
    def result(self) -> Sent | NotSent:
        """The event that says whether the text was stored."""
        if self.code:
            return NotSent(self.target, self.text, self.code, self.reason, self.lines, self.stored)
        return Sent(self.target, self.text, self.lines, self.away)


@dataclasses.dataclass(slots=True, eq=False)
class Line:
    """One message: a line of a text, or several."""

    id: str
    text: str
    whole: Text
    reply_to: str = ""  # only of the first line of a text
    more: list[str] = dataclasses.field(default_factory=list)  # the further lines of a message of several lines
    is_joined: bool = False  # ``more`` is final, because the message may have been sent
    was_sent: bool = False  # on this connection, or on a former one

    @property
    def lines(self) -> list[str]:
        """All lines of the message."""
        return [self.text, *self.more]

    def tags(self, *, says_since: bool) -> dict[str, str]:
        """The tags of the message; ``says_since``: the server knows the tag SINCE_TAG."""
        tags = {ID_TAG: self.id} | dict.fromkeys(REPLY_TAGS if self.reply_to else (), self.reply_to)
        return tags | ({SINCE_TAG: format_time(self.whole.since)} if says_since and self.whole.since else {})

    @property
    def target(self) -> str:
        """The nick or channel that the line is addressed to."""
        return self.whole.target


class Outbox:
    """The unacknowledged lines, in the order in which they were typed.

    Each id is ``run``, a dot and a number, so ``run`` must be unique for the account. At most ``window`` lines wait for
    their echo at any time.
    """

    def __init__(self, run: str, window: int = WINDOW_LINES) -> None:
        self._run = run
        self._window = window
        self._count = 0
        self._waiting: deque[Line] = deque()
        self._held: list[Text] = []
        self._on_the_way: dict[str, Line] = {}
        self.acquaintances = Acquaintances()

    def __len__(self) -> int:
        """Count the unacknowledged lines."""
        return len(self._waiting) + len(self._on_the_way)

    @property
    def moving(self) -> int:
        """The number of unacknowledged lines that are not held back."""
        return len(self._on_the_way) + sum(line.whole not in self._held for line in self._waiting)

    @property
    def lines(self) -> list[Line]:
        """The unacknowledged lines, in the order in which they were typed."""
        return [*self._on_the_way.values(), *self._waiting]

    @property
    def texts(self) -> list[Text]:
        """The texts with an unacknowledged line, in the order in which they were typed."""
        return list({id(line.whole): line.whole for line in self.lines}.values())

    @property
    def some_were_sent(self) -> bool:
        """Tell whether an unacknowledged line was sent, so that it may be stored."""
        return any(line.was_sent for line in self.lines)

    def add(self, target: str, text: str, pieces: Sequence[str], reply_to: str = "") -> Text:
        """Take a text; ``pieces`` are its lines, at least one. ``reply_to``: the msgid that its first line answers.

        Raises RefusedError, and sends none of the lines, if more than OUTBOX_LINES_MAX lines would be unacknowledged,
        or if the user has gone whom we knew under this nick (``acquaintances.py``).
        """
        assert pieces
        if len(self) + len(pieces) > OUTBOX_LINES_MAX:
            raise RefusedError(
                f"Not sent: {len(self)} lines still wait for the server. Try again when they have arrived."
            )
        since = self.acquaintances.known(target)
        whole = Text(target, text, lines=len(pieces), open=len(pieces), since=since)
        for piece in pieces:
            self._count += 1
            self._waiting.append(Line(f"{self._run}.{self._count}", piece, whole, reply_to))
            reply_to = ""
        return whole

    def due(self, room: Room = ONE_LINE) -> list[Line]:
        """Return the messages to send now; they count as sent from then on. ``room``: how much a message can hold."""
        found = []
        on_the_way = sum(len(line.lines) for line in self._on_the_way.values())
        held = [line for line in self._waiting if line.whole in self._held] if self._held else []
        if held:
            self._waiting = deque(line for line in self._waiting if line.whole not in self._held)
        while self._waiting and on_the_way < self._window:
            line = self._waiting.popleft()
            if line.more and room.lines_max < 2:
                self._part(line)
            elif not line.is_joined:
                self._join(line, room)
            if on_the_way and on_the_way + len(line.lines) > self._window:
                self._waiting.appendleft(line)
                break
            on_the_way += len(line.lines)
            line.was_sent = True
            self._on_the_way[line.id] = line
            found.append(line)
        self._waiting.extend(held)
        return found

    # What a person decides about a text that waits

    def is_held(self, text: Text) -> bool:
        """Tell whether a text is held back."""
        return text in self._held

    def hold(self, text: Text) -> None:
        """Send no further lines of a text, until :meth:`release`."""
        if text not in self._held:
            self._held.append(text)

    def release(self, text: Text) -> None:
        """Send a text that was held back."""
        if text in self._held:
            self._held.remove(text)

    def drop(self, text: Text) -> None:
        """Forget a text: its lines are not sent again. The lines that were sent may have arrived."""
        self.release(text)
        self.withdraw(text)
        text.open = 0

    def _join(self, line: Line, room: Room) -> None:
        """Join the waiting lines that follow a line in its text to it, as far as there is room for them."""
        line.is_joined = True
        size_bytes, more = len(line.text.encode()), 0
        for after in self._waiting:
            size_bytes += len(after.text.encode()) + 1
            fits = more + 2 <= room.lines_max and size_bytes <= room.bytes_max
            joins = after.whole is line.whole and not after.is_joined
            if not fits or not joins or not can_be_joined(line.text) or not can_be_joined(after.text):
                break
            more += 1
        # Spec: IRCv3 draft/multiline, "Clients MUST NOT send messages consisting entirely of blank lines".
        following = [each.text for each, _ in zip(self._waiting, range(more), strict=False)]
        if any(text.strip() for text in (line.text, *following)):
            line.more = following
            for _ in following:
                self._waiting.popleft()

    def _part(self, line: Line) -> None:
        """Divide a message into its lines: the server takes no messages of several lines any more."""
        ids = range(self._count + 1, self._count + len(line.more) + 1)
        self._count += len(line.more)
        parts = [Line(f"{self._run}.{number}", text, line.whole) for number, text in zip(ids, line.more, strict=True)]
        self._waiting.extendleft(reversed(parts))
        line.more = []

    def withdraw(self, text: Text) -> None:
        """Forget the open lines of a text; they are not sent any more, though they may have been sent before."""
        self._waiting = deque(line for line in self._waiting if line.whole is not text)
        self._on_the_way = {key: line for key, line in self._on_the_way.items() if line.whole is not text}

    def closed(self) -> None:
        """Note that the connection ended: the lines that were sent go first on the next one."""
        self._waiting.extendleft(reversed(self._on_the_way.values()))
        self._on_the_way.clear()
        self.acquaintances.closed()
        for text in self.texts:
            text.since = text.since or self.acquaintances.since(text.target)

    def take(self, events: Sequence[Event]) -> list[Sent | NotSent]:
        """Take the events of a line, and return what became of texts.

        The waiting lines for a channel or a user go to its new name. Those for a user who is no longer on the server
        are dropped: somebody else may get the name.
        """
        self.acquaintances.take(events)
        results: list[Sent | NotSent] = []
        for event in events:
            if isinstance(event, ChannelRenamed):
                for text in self.texts:
                    channel = without_role(text.target)
                    if fold(channel) == fold(event.channel):
                        text.target = text.target.removesuffix(channel) + event.name
            elif isinstance(event, NickChanged):
                for text in self.texts:
                    if fold(text.target) == fold(event.nick):
                        text.target, text.since = event.name, 0
            elif isinstance(event, Gone):
                ended = {id(line.whole): line.whole for line in self._waiting if fold(line.target) == fold(event.nick)}
                for text in ended.values():
                    sent = any(line.was_sent for line in self._waiting if line.whole is text)
                    may_be = " It may have arrived before." if sent else ""
                    self._refuse(text, _GONE, f"The {event.nick} you wrote to is no longer on this server.{may_be}")
                    results += [] if text.open else [text.result]
        return results

    def is_ours(self, line_id: str) -> bool:
        """Tell whether this outbox made an id, whether or not its line is acknowledged."""
        return line_id.startswith(self._run + ".")

    def echoed(self, line_id: str, *, away: str = "") -> Text | None:
        """Note that a line is stored; return its text if no line of the text is open any more.

        ``away``: what the server said of the recipient, if the recipient is away.
        """
        line = self._take(line_id)
        if line is None:
            return None
        line.whole.stored += len(line.lines)
        line.whole.away = away or line.whole.away
        return line.whole if not line.whole.open else None

    def refused(self, line_id: str, code: str, reason: str) -> Text | None:
        """Note that a line was refused, and drop the lines of its text that were not sent yet.

        Return the text if no line of it is open any more.
        """
        line = self._take(line_id)
        if line is None:
            return None
        self._refuse(line.whole, code, reason)
        return line.whole if not line.whole.open else None

    def _refuse(self, text: Text, code: str, reason: str) -> None:
        """Drop the waiting lines of a text."""
        if not text.code:
            text.code, text.reason = code, reason
        text.open -= sum(len(each.lines) for each in self._waiting if each.whole is text)
        self._waiting = deque(each for each in self._waiting if each.whole is not text)
        if not text.open:
            self.release(text)

    def answered(self, line_id: str, error: Message | None, *, member: bool) -> list[Event]:
        """Take the answer to a line, after its echo if the answer has one; return what to tell.

        ``error``: the line that refuses it. If the server is stopping, the line is sent again on the next connection.
        ``member``: the target is a channel that we are in.
        """
        code, reason = "ACK", "The server did not say that it is stored."
        if error is not None:
            code, reason = code_of(error), text_of(error)
        text = self.refused(line_id, code, reason) if code != _STOPPING else None
        if text is None:
            return []
        gone: list[Event] = [Gone(text.target, "")] if code == OTHER_USER else []
        result = text.result
        return [*gone, msgspec.structs.replace(result, member=member) if isinstance(result, NotSent) else result]

    def _take(self, line_id: str) -> Line | None:
        line = self._on_the_way.pop(line_id, None)
        if line is None:
            # The history has the echo of a line that was sent on a former connection and not sent again yet.
            line = next((waiting for waiting in self._waiting if waiting.id == line_id), None)
            if line is not None:
                self._waiting.remove(line)
        if line is not None:
            line.whole.open -= len(line.lines)
            if not line.whole.open:
                self.release(line.whole)
        return line
