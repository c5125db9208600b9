"""The session of one connection: its commands, one after the other, from its first line to its end.

What a session does with the next line depends on its state:

    READY      runs it                               --a limit is used up-->                THROTTLED
                                                     --the command must stand alone-->      SETTLING
                                                     --the command awaits something-->      WORKING
    THROTTLED  lets it wait for a timer              --the timer-->                         READY
    SETTLING   lets it wait for the session's own    --the last of them is settled-->       READY
               messages to be stored or refused
    WORKING    lets it wait for the command          --the command ends-->                  READY

Besides, a line waits while the peer reads slower than it is sent to (``wire.slow``), and nothing runs any more once the
session is ``closed``. After the peer has closed its side (``_input_ended``), the session runs what waits, then ends.

Order: a session's commands take effect in the order they came. Messages do not wait for each other. Whatever else is
asked after a message is answered after that message's echo (DESIGN section 4).

Bounds: lines that wait for their turn (``receive_queue_bytes_max``), messages on their way to the disk
(``unsettled_max``), commands per second, bytes stored per second, bytes the peer does not read (the wire's).
"""

from __future__ import annotations

import asyncio
import enum
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeVar

from chatapp.errors import ChatError
from chatapp.model import events
from chatapp.protocol.message import Message
from chatapp.server import capabilities as cap
from chatapp.server.delivery.origin import Proposer
from chatapp.server.delivery.response import Response
from chatapp.server.limits.allowances import Allowance
from chatapp.server.services import Services
from chatapp.server.session.addressee import Addressee
from chatapp.server.session.parts import Commands, Unfetched, Watch
from chatapp.server.session.registering import Registering
from chatapp.server.wire import Wire

PIECE = 100  # lines of a long answer that are made in one turn of the event loop
_DISK_WAIT_MIN_S = 0.05  # before a session looks again whether it may store something
_WAITING_LINE_BYTES = 64  # that a waiting line takes besides its own bytes
_LABEL_BYTES_MAX = 64  # Spec: IRCv3 labeled-response, "label values MUST NOT exceed 64 bytes"
_Item = TypeVar("_Item")


class State(enum.Enum):
    """What a session does with its next line; see the table above."""

    READY = enum.auto()
    THROTTLED = enum.auto()
    SETTLING = enum.auto()
    WORKING = enum.auto()


_READY = State.READY  # looked at for each line; an attribute of an Enum costs four times as much


class Session(Proposer):
    """A connection that is told things and gives commands."""

    services: Services
    __slots__ = (
        "_commands",
        "_input_ended",
        "_pausing",
        "_queue",
        "_queued_bytes",
        "_reading",
        "_state",
        "_task",
        "_then",
        "_unfetched",
        "addressee",
        "alive",
        "allowance",
        "heard_s",
        "quit_reason",
        "registering",
        "since_ms",
        "untold",
        "watch",
        "why_closed",
    )

    def __init__(self, services: Services, wire: Wire, watch: Watch[Session], commands: Commands[Session]) -> None:
        super().__init__(services, wire)
        self.watch = watch
        self._commands = commands
        self.registering: Registering | None = Registering()  # until it is welcomed
        self.addressee: Addressee | None = None  # whom it spoke to last
        self.allowance = Allowance(services.commands_rate) if services.rate_limits else None  # of commands
        self.heard_s = services.loop.time()  # loop time of the last bytes
        self.alive = (0, 0)  # position in the log and time (ms) up to which all that was sent has reached the peer
        self.quit_reason = ""
        self.why_closed = ""  # why the server ended the connection, if it did
        self.since_ms = 0  # when it signed in
        self.untold = False  # what was missed could not be read, and is told to the next session
        self._unfetched: Unfetched | None = None
        self._state = _READY
        self._task: asyncio.Task[None] | None = None  # of the command that awaits something
        self._then: Callable[[], None] | None = None  # answers when the messages are settled
        self._input_ended = False
        self._pausing: asyncio.Future[None] | None = None  # a password waits to be looked at
        self._reading: asyncio.Future[None] | None = None  # its long answer goes on when the peer has read
        self._queue: deque[bytes | None] | None = None
        self._queued_bytes = 0
        watch.begun(self)

    @property
    def nick(self) -> str:
        """How replies address it: by its user's name, before that by the name it asked for, or ``*``."""
        user = self.user
        if user is not None:
            return user.name
        return (self.registering.nick or "*") if self.registering is not None else "*"

    # Lines, as they come and as they wait

    def receive(self, lines: list[bytes | None]) -> None:
        """Take lines as they arrive and run them in order; ``None`` stands for one that was too long."""
        if self._queue is not None or self._state is not _READY or self.wire.slow:
            self._enqueue(lines)
            return
        commands, index, count = self._commands, 0, len(lines)
        while index < count:
            if more := commands.more(self, lines, index):
                index += more
                continue
            if not self.closed and not commands.run(self, lines[index]):
                self._enqueue(lines[index:])
                return
            index += 1
            if self._state is not _READY:
                self._enqueue(lines[index:])
                return

    def _enqueue(self, lines: list[bytes | None]) -> None:
        if not lines:
            return
        if self._queue is None:
            self._queue = deque()
        self._queue.extend(lines)
        self._queued_bytes += sum(map(_bytes_of, lines))
        if self.has_enough:
            self.wire.pause()
            self.watch.flooding(self)

    @property
    def has_enough(self) -> bool:
        """Tell whether so much waits for its turn that nothing more should come."""
        return self._queued_bytes > self.services.config.receive_queue_bytes_max

    def _go_on(self) -> None:
        """Run what waits."""
        self._state = _READY
        queue = self._queue
        while queue and self._state is _READY and not self.closed and not self.wire.slow:
            line = queue[0]
            if not self._commands.run(self, line):
                return
            queue.popleft()
            self._queued_bytes -= _bytes_of(line)
        if not queue:
            self._queue = None
            self.watch.kept_up(self)
            self.wire.resume()
            self._end_if_done()

    def caught_up(self) -> None:
        """Go on with what waits for the peer to read (called by the wire when it has)."""
        self._go_on_answering()
        if self._queue and self._state is _READY and not self.closed:
            self._go_on()

    # When the next line may run

    def may_run(self) -> bool:
        """Take one command from the session's allowance; otherwise it waits until there is one, with its line."""
        allowance = self.allowance
        if allowance is None or allowance.take(1, self.services.loop.time()):
            return True
        self._throttle(allowance.wait_s)
        return False

    def may_store(self) -> bool:
        """Tell whether the session may add to the disk now; otherwise it waits until it may, with its line."""
        wait_s = self.disk.wait_s(self.services.loop.time()) if self.disk is not None else 0.0
        if not wait_s:
            return True
        text = f"{self.nick} is slowed down, having stored too much at once"
        self.services.activity.limit_reached("stored_bytes_burst", self.wire.address, text)
        self._throttle(max(wait_s, _DISK_WAIT_MIN_S))
        return False

    def _throttle(self, seconds: float) -> None:
        self._state = State.THROTTLED
        self.services.loop.call_later(seconds, self._throttled_enough)

    def _throttled_enough(self) -> None:
        if not self.closed and self._state is State.THROTTLED:
            self._go_on()

    def charge(self, commands: float) -> None:
        """Count something as the work of so many commands."""
        if self.allowance is not None:
            self.allowance.charge(commands)

    def charge_lines(self, lines: int) -> None:
        """Count a long answer as the work of several commands."""
        self.charge(lines / PIECE)

    def settle_first(self) -> None:
        """Let the next line wait until the session's messages are settled."""
        assert self.unsettled
        self._state = State.SETTLING

    def when_settled(self, answer: Callable[[], None]) -> None:
        """Answer after what was asked before: now, or when the session's messages are settled."""
        if self.unsettled:
            assert self._then is None
            self._then = answer
            self._state = State.SETTLING
        else:
            answer()

    def settled(self) -> None:
        """Go on after messages were settled (called by delivery)."""
        if self.unsettled or self.closed:
            return
        then, self._then = self._then, None
        if then is not None:
            then()
        if self._state is State.SETTLING:
            self._go_on()
        else:
            self._end_if_done()

    def message_refused(self, event: events.MessageSent, error: ChatError, response: Response | None) -> None:
        """Answer a message that was refused after it was proposed (called by delivery)."""
        outer, self.response = self.response, response
        self._commands.refuse(self, event.verb, event.target, error)
        self.response = outer

    def wait_for(self, work: Coroutine[Any, Any, None], message: Message) -> None:
        """Let a command that awaits something run; what comes after it waits."""
        self._state = State.WORKING
        self._task = self.services.loop.create_task(self._work(work, message))

    async def _work(self, work: Coroutine[Any, Any, None], message: Message) -> None:
        try:
            await self._commands.finish(self, work, message)
        finally:
            self._task = None
            if not self.closed:
                self._go_on()

    # Long answers, and those with a label

    async def pieces(self, items: Sequence[_Item]) -> AsyncIterator[Sequence[_Item]]:
        """Give what a long answer is made of, a little at a time: each time in a turn of its own, as the peer reads."""
        for start in range(0, len(items), PIECE):
            await self.services.round_robin.wait()
            while self.wire.slow and not self.closed:
                self._reading = self.services.loop.create_future()
                await self._reading
                await self.services.round_robin.wait()
            yield items[start : start + PIECE]

    def _go_on_answering(self) -> None:
        reading, self._reading = self._reading, None
        if reading is not None and not reading.done():
            reading.set_result(None)

    def begin_response(self, tags: Mapping[str, str]) -> Response | None:
        """Begin to gather the answer to a labelled command."""
        label, both = tags.get("label"), cap.LABELED_RESPONSE | cap.BATCH
        if label and self.caps & both == both and len(label.encode()) <= _LABEL_BYTES_MAX:
            self.response = Response(label)
        return self.response

    # Passwords, and what was missed

    async def pause(self, seconds: float, words: str, until: asyncio.Future[None] | None = None) -> None:
        """Tell ``words``, if any, then wait: before a password may be tried, or until ``until`` is done.

        Raises CancelledError, which ends the command under way, if the connection is closed or ends meanwhile.
        """
        if words:
            self.deliver(f":{self.services.host} NOTICE {self.nick} :{words}\r\n".encode())
        pausing = self._pausing = self.services.loop.create_future()
        if self.closed:
            pausing.cancel()
        timer = self.services.loop.call_later(seconds, _end_pause, pausing)
        if until is not None:
            until.add_done_callback(lambda _: _end_pause(pausing))
        try:
            await pausing
        finally:
            timer.cancel()
            self._pausing = None
            if until is not None:
                self.watch.waited(self)

    @property
    def is_pausing(self) -> bool:
        """Tell whether its password waits to be looked at."""
        return self._pausing is not None

    def await_fetch(self, unfetched: Unfetched | None) -> None:
        """Wait for the client to ask for what it missed; with ``None`` the wait is over."""
        self._unfetched = unfetched

    def fetched(self, stream: str | None) -> None:
        """Note that the client asks for the messages of a conversation, or (``None``) which conversations have any."""
        if self._unfetched is not None:
            self._unfetched.fetched(stream)

    def note_arrived(self) -> None:
        """Note that all that was said until now has reached the peer, where that is so.

        Not after its last word: what it is sent then may find nobody, though its system still takes it.
        """
        if self.registering is None and not self._input_ended and not self.untold and self.has_all:
            self.alive = self.services.here_and_now()

    @property
    def has_all(self) -> bool:
        """Tell whether the peer's system has all that was sent."""
        return not self.out and not self.holding and self.wire.all_arrived

    # The end

    def end_of_input(self) -> bool:
        """Note that nothing more comes (called by the wire). Return whether something is to be done before the end.

        A session that has to wait before it may try another password is given up: it would cost us a connection.
        """
        self._input_ended = True
        return self._pausing is None and self._is_busy

    @property
    def _is_busy(self) -> bool:
        return bool(self._queue or self._state is not _READY or self.unsettled)

    def _end_if_done(self) -> None:
        if self._input_ended and not self._is_busy and not self.closed:
            self.flush_now()
            self._close()

    def end(self, why: str) -> None:
        """Tell the peer why, and end the connection."""
        if self.closed:
            return
        self.holding = False
        self.why_closed = why
        line = f"ERROR :{why}\r\n".encode()
        response, self.response = self.response, None
        if response is not None:
            response.items.append(line)
            line = response.whole(self.services.host, self.services.batch_reference())
        self.deliver(line)
        self.flush_now()
        self._close()

    def _close(self) -> None:
        self.wire.close()
        self.closed = True
        self.watch.ending(self)

    def gone(self) -> None:
        """Forget the connection, which is closed (called by the wire)."""
        self.closed = True
        if self._pausing is not None:
            self._pausing.cancel()
        if self._unfetched is not None:
            self._unfetched.gone()
        self._queue, self._then, self.out = None, None, []
        self._go_on_answering()
        self.watch.ended(self)


def sessions_of(services: Services, uid: str) -> tuple[Session, ...]:
    """Return a user's sessions, as of now."""
    return tuple(each for each in services.presence.sessions(uid) if isinstance(each, Session))


def _end_pause(pausing: asyncio.Future[None]) -> None:
    if not pausing.done():
        pausing.set_result(None)


def _bytes_of(line: bytes | None) -> int:
    """Tell what a line that waits costs in memory, about."""
    return _WAITING_LINE_BYTES + (len(line) if line is not None else 0)
