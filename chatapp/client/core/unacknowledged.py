"""The lines that the server has not acknowledged yet.

A text is sent as one or more lines. If the server takes multiline messages, the lines of a text are joined into as few
as possible (``Unit.more``). Each message has its own id (``+chatapp/id``), an idempotency key. The echo of a message
acknowledges it. When the connection ends, the messages without an echo are sent again on the next connection, in the
same order and with the same ids, so that each arrives exactly once (DESIGN.md, R4). At most ``window`` lines, or one
longer message, wait for their echo, so a long text never looks like a flood.
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
    since: int = 0  # when we met the recipient (ms); 0: just now, or it is a channel

    @property
    def result(self) -> Sent | NotSent:
        """The event that says whether the text was stored."""
        if self.code:
            return NotSent(self.target, self.text, self.code, self.reason, self.lines, self.stored)
        return Sent(self.target, self.text, self.lines, self.away)


@dataclasses.dataclass(slots=True, eq=False)
class Unit:
    """One message to send: a line of a text, or several."""

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
        """The nick or channel that the message is addressed to."""
        return self.whole.target


class Outbox:
    """The unacknowledged messages (units), in the order in which they were typed.

    Each id is ``run``, a dot and a number, so ``run`` must be unique for the account. ``window``: how many lines may
    wait for their echo.
    """

    def __init__(self, run: str, window: int = WINDOW_LINES) -> None:
        self._run = run
        self._window = window
        self._count = 0
        self._waiting: deque[Unit] = deque()
        self._held: list[Text] = []
        self._on_the_way: dict[str, Unit] = {}
        self.acquaintances = Acquaintances()

    def __len__(self) -> int:
        """Count the unacknowledged units."""
        return len(self._waiting) + len(self._on_the_way)

    @property
    def moving(self) -> int:
        """The number of unacknowledged units that are not held back."""
        return len(self._on_the_way) + sum(unit.whole not in self._held for unit in self._waiting)

    @property
    def units(self) -> list[Unit]:
        """The unacknowledged units, in the order in which they were typed."""
        return [*self._on_the_way.values(), *self._waiting]

    @property
    def texts(self) -> list[Text]:
        """The texts with an unacknowledged line, in the order in which they were typed."""
        return list({id(unit.whole): unit.whole for unit in self.units}.values())

    @property
    def some_were_sent(self) -> bool:
        """Tell whether an unacknowledged line was sent: it may be stored."""
        return any(unit.was_sent for unit in self.units)

    def add(self, target: str, text: str, lines: Sequence[str], reply_to: str = "") -> Text:
        """Take a text; ``lines`` are its lines, at least one. ``reply_to``: the msgid that its first line answers.

        Raises RefusedError, and sends none of the lines, if more than OUTBOX_LINES_MAX lines would be unacknowledged,
        or if the user whom we knew by this nick has gone (``acquaintances.py``).
        """
        assert lines
        if len(self) + len(lines) > OUTBOX_LINES_MAX:
            raise RefusedError(
                f"Not sent: {len(self)} lines still wait for the server. Try again when they have arrived."
            )
        since = self.acquaintances.known(target)
        whole = Text(target, text, lines=len(lines), open=len(lines), since=since)
        for line in lines:
            self._count += 1
            self._waiting.append(Unit(f"{self._run}.{self._count}", line, whole, reply_to))
            reply_to = ""
        return whole

    def due(self, room: Room = ONE_LINE) -> list[Unit]:
        """Return the messages to send now; they count as sent from then on. ``room``: how much a message can hold."""
        found = []
        on_the_way = sum(len(unit.lines) for unit in self._on_the_way.values())
        held = [unit for unit in self._waiting if unit.whole in self._held] if self._held else []
        if held:
            self._waiting = deque(unit for unit in self._waiting if unit.whole not in self._held)
        while self._waiting and on_the_way < self._window:
            unit = self._waiting.popleft()
            if unit.more and room.lines_max < 2:
                self._part(unit)
            elif not unit.is_joined:
                self._join(unit, room)
            if on_the_way and on_the_way + len(unit.lines) > self._window:
                self._waiting.appendleft(unit)
                break
            on_the_way += len(unit.lines)
            unit.was_sent = True
            self._on_the_way[unit.id] = unit
            found.append(unit)
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

    def _join(self, unit: Unit, room: Room) -> None:
        """Join the waiting lines of a text that follow a unit to it, as far as there is room for them."""
        unit.is_joined = True
        size_bytes, more = len(unit.text.encode()), 0
        for after in self._waiting:
            size_bytes += len(after.text.encode()) + 1
            fits = more + 2 <= room.lines_max and size_bytes <= room.bytes_max
            joins = after.whole is unit.whole and not after.is_joined
            if not fits or not joins or not can_be_joined(unit.text) or not can_be_joined(after.text):
                break
            more += 1
        # Spec: IRCv3 draft/multiline, "Clients MUST NOT send messages consisting entirely of blank lines".
        following = [each.text for each, _ in zip(self._waiting, range(more), strict=False)]
        if any(text.strip() for text in (unit.text, *following)):
            unit.more = following
            for _ in following:
                self._waiting.popleft()

    def _part(self, unit: Unit) -> None:
        """Divide a message into its lines: the server takes no messages of several lines any more."""
        ids = range(self._count + 1, self._count + len(unit.more) + 1)
        self._count += len(unit.more)
        parts = [Unit(f"{self._run}.{number}", text, unit.whole) for number, text in zip(ids, unit.more, strict=True)]
        self._waiting.extendleft(reversed(parts))
        unit.more = []

    def withdraw(self, text: Text) -> None:
        """Forget the open lines of a text; they are not sent any more, though they may have been sent before."""
        self._waiting = deque(unit for unit in self._waiting if unit.whole is not text)
        self._on_the_way = {key: unit for key, unit in self._on_the_way.items() if unit.whole is not text}

    def closed(self) -> None:
        """Note that the connection ended: the next one begins with the sent lines."""
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
                ended = {id(unit.whole): unit.whole for unit in self._waiting if fold(unit.target) == fold(event.nick)}
                for text in ended.values():
                    sent = any(unit.was_sent for unit in self._waiting if unit.whole is text)
                    may_be = " It may have arrived before." if sent else ""
                    self._refuse(text, _GONE, f"The {event.nick} you wrote to is no longer on this server.{may_be}")
                    results += [] if text.open else [text.result]
        return results

    def is_ours(self, unit_id: str) -> bool:
        """Tell whether this outbox made an id, whether or not its unit is acknowledged."""
        return unit_id.startswith(self._run + ".")

    def echoed(self, unit_id: str, *, away: str = "") -> Text | None:
        """Note that a unit is stored; return its text if no line of the text is open any more.

        ``away``: what the server said of the recipient, if the recipient is away.
        """
        unit = self._take(unit_id)
        if unit is None:
            return None
        unit.whole.stored += len(unit.lines)
        unit.whole.away = away or unit.whole.away
        return unit.whole if not unit.whole.open else None

    def refused(self, unit_id: str, code: str, reason: str) -> Text | None:
        """Note that a unit was refused, and drop the lines of its text that were not sent yet.

        Return the text if no line of it is open any more.
        """
        unit = self._take(unit_id)
        if unit is None:
            return None
        self._refuse(unit.whole, code, reason)
        return unit.whole if not unit.whole.open else None

    def _refuse(self, text: Text, code: str, reason: str) -> None:
        """Drop the waiting lines of a text."""
        if not text.code:
            text.code, text.reason = code, reason
        text.open -= sum(len(each.lines) for each in self._waiting if each.whole is text)
        self._waiting = deque(each for each in self._waiting if each.whole is not text)
        if not text.open:
            self.release(text)

    def answered(self, unit_id: str, error: Message | None, *, member: bool) -> list[Event]:
        """Take the answer to a unit, after any echo in it; return the events to tell.

        ``error``: the line that refuses it. If the server is stopping, the unit is sent again on the next connection.
        ``member``: the target is a channel that we are in.
        """
        code, reason = "ACK", "The server did not say that it is stored."
        if error is not None:
            code, reason = code_of(error), text_of(error)
        text = self.refused(unit_id, code, reason) if code != _STOPPING else None
        if text is None:
            return []
        gone: list[Event] = [Gone(text.target, "")] if code == OTHER_USER else []
        result = text.result
        return [*gone, msgspec.structs.replace(result, member=member) if isinstance(result, NotSent) else result]

    def _take(self, unit_id: str) -> Unit | None:
        unit = self._on_the_way.pop(unit_id, None)
        if unit is None:
            # The history has the echo of a unit that was sent on a former connection and not sent again yet.
            unit = next((waiting for waiting in self._waiting if waiting.id == unit_id), None)
            if unit is not None:
                self._waiting.remove(unit)
        if unit is not None:
            unit.whole.open -= len(unit.lines)
            if not unit.whole.open:
                self.release(unit.whole)
        return unit
