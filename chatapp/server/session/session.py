"""The session of one connection: it runs the client's commands one at a time, until the connection ends.

A message is settled when it is stored or refused. What a session does with the next line depends on its state:

    READY      runs the line                         --a rate limit is reached-->           THROTTLED
                                                     --messages must settle first-->        SETTLING
                                                     --the command awaits something-->      WORKING
    THROTTLED  keeps the line until a timer fires    --the timer fires-->                   READY
    SETTLING   keeps the line until the session's    --all of them are settled-->           READY
               messages are settled
    WORKING    keeps the line until the command ends --the command ends-->                  READY

In addition, lines wait while the peer is a slow reader (``wire.slow``), and no line runs after the session is
``closed``. After the peer has closed its side (``_input_ended``), the session runs the lines that wait, then ends.

Order: a session's commands take effect in the order in which they arrive. A message may be proposed while earlier
messages are not settled. The answer to any other command is sent after the echoes of all earlier messages.

These are bounded: the lines that wait (``receive_queue_bytes_max``), the unsettled messages (``unsettled_max``), the
commands per second, the bytes stored per second, and the bytes that the peer has not read (the wire bounds these).
"""

from __future__ import annotations

import asyncio
import enum
from collections import deque
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from chatapp.errors import ChatError
from chatapp.model import events
from chatapp.protocol.message import Message
from chatapp.protocol.sasl import Exchange
from chatapp.server.delivery.response import Response
from chatapp.server.limits.allowances import JointAllowance
from chatapp.server.services import Services
from chatapp.server.session.addressee import Addressee
from chatapp.server.session.answering import PIECE, Answering
from chatapp.server.session.open_batch import OpenBatch
from chatapp.server.session.parts import Commands, Question, Unfetched, Watch
from chatapp.server.session.registering import Registering
from chatapp.server.wire import Wire

_DISK_WAIT_MIN_S = 0.05  # shortest wait of a session that has used up its limit of stored bytes
_WAITING_LINE_BYTES = 64  # memory of a waiting line in addition to its bytes


class State(enum.Enum):
    """What a session does with its next line; see the table above."""

    READY = enum.auto()
    THROTTLED = enum.auto()
    SETTLING = enum.auto()
    WORKING = enum.auto()


_READY = State.READY  # looking up ``State.READY`` for every line takes four times as long


ANSWERS_MS = 2_000  # a program that reads answers a PING in this time


class Session(Answering):
    """A connection as the server sees it: it takes commands from its client, proposes events, and sends lines."""

    __slots__ = (
        "_input_ended", "_pausing", "_queue", "_queued_bytes", "_state", "_task", "_then", "_unfetched",
        "addressee", "allowance", "batch", "commands", "heard_s", "invitation", "pings", "question", "quit_reason",
        "received_upto", "registering", "sasl", "since_ms", "spoke_ms", "untold", "watch", "why_closed",
    )  # fmt: skip

    def __init__(self, services: Services, wire: Wire, watch: Watch[Session], commands: Commands[Session]) -> None:
        super().__init__(services, wire)
        self.watch = watch
        self.commands = commands
        self.registering: Registering | None = Registering()  # None after the welcome
        self.sasl: Exchange | None = None  # a sign-in that has begun (AUTHENTICATE)
        self.addressee: Addressee | None = None  # the target of its last message
        self.invitation = ""  # the SHA-256 of the code of an invitation to the server, for its sign-up
        self.batch: OpenBatch | None = None  # the multiline message that it has begun to send
        self.allowance = JointAllowance(services.limits.commands_rate) if services.rate_limits else None  # for commands
        self.heard_s = services.loop.time()  # loop time of the last bytes received
        self.received_upto = (0, 0)  # log position and time (ms) up to which the peer has received everything
        self.pings = 0  # how many it was sent
        self.question: Question | None = None  # the last PING to it, until it is answered
        self.quit_reason = self.why_closed = ""  # why the client ended the connection, and why the server did
        self.since_ms = 0  # when it signed in
        self.spoke_ms = 0  # time of its last message; 0 if it has sent none
        self.untold = False  # missed messages wait for replay; if it ends first, the user's next session gets them
        self._unfetched: Unfetched | None = None
        self._state = _READY
        self._task: asyncio.Task[None] | None = None  # runs the command that awaits something
        self._then: Callable[[], None] | None = None  # sends an answer when all messages are settled
        self._input_ended = False
        self._pausing: asyncio.Future[None] | None = None  # set while pause() waits; its result ends the wait
        self._queue: deque[bytes | None] | None = None  # lines that wait; None if there are none
        self._queued_bytes = 0
        watch.begun(self)

    @property
    def nick(self) -> str:
        """The name that replies are addressed to: the user's; before the welcome, the requested nick or ``*``."""
        user = self.user
        if user is not None:
            return user.name
        return (self.registering.nick or "*") if self.registering is not None else "*"

    # Lines that arrive, and lines that wait

    def receive(self, lines: list[bytes | None]) -> None:
        """Run the lines that have arrived, in order, or queue them. ``None`` stands for a line that was too long."""
        if self._queue is not None or self._state is not _READY or self.wire.slow:
            self._enqueue(lines)
            return
        commands, index, count = self.commands, 0, len(lines)
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
        if self.queue_is_full:
            self.wire.pause()
            self.watch.flooding(self)

    @property
    def queue_is_full(self) -> bool:
        """Return whether the waiting lines exceed ``receive_queue_bytes_max``: then the wire must stop reading."""
        return self._queued_bytes > self.services.config.receive_queue_bytes_max

    def _go_on(self) -> None:
        """Run the lines that wait, as far as the state allows; when none is left, let the wire read again."""
        self._state = _READY
        queue = self._queue
        while queue and self._state is _READY and not self.closed and not self.wire.slow:
            line = queue[0]
            if not self.commands.run(self, line):
                return
            queue.popleft()
            self._queued_bytes -= _bytes_of(line)
        if not queue:
            self._queue = None
            self.watch.kept_up(self)
            self.wire.resume()
            self._end_if_done()

    def caught_up(self) -> None:
        """Continue the long answer and the lines that waited while the peer read slowly (called by the wire)."""
        self._go_on_answering()
        if self._queue and self._state is _READY and not self.closed:
            self._go_on()

    # When the next line may run

    def may_run(self) -> bool:
        """Take one token for a command and return True; without a token, throttle the session and return False."""
        allowance = self.allowance
        if allowance is None or allowance.take(1, self.services.loop.time()):
            return True
        self._throttle(allowance.wait_s)
        return False

    def may_store(self) -> bool:
        """Return True if the session may add to the disk now; otherwise throttle the session and return False."""
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
        """Take as many tokens as ``commands`` commands cost, for work that is as expensive as these commands."""
        if self.allowance is not None:
            self.allowance.charge(commands)

    def charge_lines(self, lines: int) -> None:
        """Take tokens for a long answer: every ``PIECE`` lines cost as much as one command."""
        self.charge(lines / PIECE)

    def settle_first(self) -> None:
        """Do not run the next line before the session's messages are settled."""
        assert self.unsettled
        self._state = State.SETTLING

    def when_settled(self, answer: Callable[[], None]) -> None:
        """Call ``answer`` after the echoes of all earlier messages: now if all are settled, otherwise later."""
        if self.unsettled:
            earlier = self._then
            self._then = answer if earlier is None else partial(_call_both, earlier, answer)
            self._state = State.SETTLING
        else:
            answer()

    def settled(self, count: int) -> None:
        """Note that so many messages are settled. After the last, send what ``when_settled`` kept, and go on."""
        self.unsettled -= count
        if self.unsettled or self.closed:
            return
        then, self._then = self._then, None
        if then is not None:
            then()
        if self._state is State.SETTLING:
            self._go_on()
        elif self._input_ended:
            self._end_if_done()

    def message_refused(self, event: events.MessageSent, error: ChatError, response: Response | None) -> None:
        """Answer a message that was refused after it was proposed (called by delivery)."""
        outer, self.response = self.response, response
        self.commands.refuse(self, event.verb, event.target, error)
        self.response = outer

    def bound_memory(self) -> None:
        """Close the slowest readers of the server, if more waits for all of them than may."""
        self.watch.bound_memory()

    def start_work(self, work: Coroutine[Any, Any, None], message: Message) -> None:
        """Run, in a task, a command that awaits something. Later lines wait until it ends."""
        self._state = State.WORKING
        self._task = self.services.loop.create_task(self._work(work, message))

    async def _work(self, work: Coroutine[Any, Any, None], message: Message) -> None:
        try:
            await self.commands.finish(self, work, message)
        finally:
            self._task = None
            if not self.closed:
                self._go_on()

    # Passwords, missed messages, receipts

    async def pause(self, seconds: float, words: str, until: asyncio.Future[None] | None = None) -> None:
        """For sign-ins: send ``words``, if any, as a NOTICE; then wait ``seconds``, or until ``until`` is done.

        Raises CancelledError, which ends the current command, if the connection is closed or ends meanwhile.
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
        """Return whether :meth:`pause` is waiting."""
        return self._pausing is not None

    def await_fetch(self, unfetched: Unfetched | None) -> None:
        """Set the missed messages that the client has not asked for; ``None`` means that there are no more."""
        self._unfetched = unfetched

    def fetched(self, stream: str) -> None:
        """Note that the client fetched messages of this stream, or was told that the stream has messages."""
        if self._unfetched is not None:
            self._unfetched.fetched(stream)

    def note_arrived(self) -> None:
        """If the peer's system has received everything sent until now, note that in ``received_upto``.

        Note nothing after the peer has closed its side, or while it leaves a PING unanswered: its system still accepts
        bytes, but perhaps no program reads them (a phone stops programs that are not on its screen).
        """
        if self.registering is None and not self._input_ended and not self.untold and self.has_all:
            here, now_ms = self.services.here_and_now()
            if self.question is None or now_ms - self.question.time <= ANSWERS_MS:
                self.received_upto = here, now_ms

    def note_read(self) -> None:
        """Note what a client has read that says that it ends the connection: what was sent ``receipts.READ_S`` before.

        Its system has the rest, but a client may say so and close without reading it.
        """
        if self.registering is None and not self.untold and self.has_all:
            self.received_upto = max(self.received_upto, self.watch.a_moment_ago())

    @property
    def has_all(self) -> bool:
        """Return whether the peer's system has received everything sent, and nothing waits to be sent."""
        return not self.out and not self.holding and self.wire.all_arrived

    # The end

    def end_of_input(self) -> bool:
        """Note that the peer has closed its side (called by the wire). Return whether work is left.

        A session in :meth:`pause` ends at once, so that it does not keep the connection open.
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
        """Tell the peer why (ERROR), and close the connection."""
        if self.closed:
            return
        self.holding = False
        self.why_closed = why
        line = f"ERROR :{why}\r\n".encode()
        response, self.response = self.response, None
        if response is not None:
            response.items.append(line)
            line = response.whole(self.services.host, self.batch_reference())
        self.deliver(line)
        self.flush_now()
        self._close()

    def _close(self) -> None:
        self.wire.close()
        self.closed = True
        self.watch.ending(self)

    def gone(self) -> None:
        """Clean up after the connection is closed (called by the wire)."""
        self.closed = True
        if self._pausing is not None:
            self._pausing.cancel()
        if self._unfetched is not None:
            self._unfetched.gone()
        if self.batch is not None:  # it is not a message: a message exists when it is in the log
            self.batch.drop()
        self._queue, self._then, self.out = None, None, []
        self._go_on_answering()
        self.watch.ended(self)


def sessions_of(services: Services, uid: str) -> tuple[Session, ...]:
    """Return the current sessions of a user."""
    return tuple(each for each in services.presence.sessions(uid) if isinstance(each, Session))


def _call_both(one: Callable[[], None], other: Callable[[], None]) -> None:
    one()
    other()


def _end_pause(pausing: asyncio.Future[None]) -> None:
    if not pausing.done():
        pausing.set_result(None)


def _bytes_of(line: bytes | None) -> int:
    """Return about how many bytes of memory a waiting line takes."""
    return _WAITING_LINE_BYTES + (len(line) if line is not None else 0)
