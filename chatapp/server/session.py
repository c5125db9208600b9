"""One connection as a partner in talk: its commands, one after the other.

Order: a session's commands take effect in the order they came. A command that has to wait (for the log, for a password
hash) holds up those after it; messages do not wait for each other. Whatever else is asked after a message is answered
after that message's echo (DESIGN section 4).

Bounds: lines that wait for their turn (``receive_queue_bytes_max``), messages on their way to the disk
(``unsettled_max``), commands per second, bytes the peer does not read (in ``connection.py``). A peer that reads slowly
is not answered faster than it reads: its next command waits until it has caught up.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from chatapp.errors import ChatError, LineTooLongError, NotUtf8Error, ProtocolError, UnknownVerbError
from chatapp.model import events
from chatapp.protocol.message import Message, client_tags, parse_client
from chatapp.protocol.numerics import ERR_INPUTTOOLONG
from chatapp.server import capabilities as cap
from chatapp.server import dispatch, talk
from chatapp.server.allowances import Allowance
from chatapp.server.disk_use import DiskUse
from chatapp.server.hearer import Hearer
from chatapp.server.proposals import Origin
from chatapp.server.response import Response

if TYPE_CHECKING:
    from chatapp.server.connection import Connection
    from chatapp.server.delivery import Hearers
    from chatapp.server.hub import Hub


PIECE = 100  # lines of an answer, made in one turn
_DISK_WAIT_MIN_S = 0.05  # before a session looks again whether it may store something
_WAITING_LINE_BYTES = 64  # of one that waits, beside its own
_Item = TypeVar("_Item")


class Unfetched(Protocol):
    """What a client that can ask for history has missed, and not asked for yet."""

    def fetched(self, stream: str | None) -> None:
        """Note that the client asks now: for one conversation, or (``None``) for all that have messages."""

    def gone(self) -> None:
        """The connection is closed."""


class Session(Hearer):
    """A connection that is told things and gives commands."""

    __slots__ = (
        "_alone",
        "_ending",
        "_pausing",
        "_queue",
        "_queued_bytes",
        "_reading",
        "_task",
        "_unfetched",
        "_waits",
        "addressee",
        "alive",
        "allowance",
        "disk",
        "heard_s",
        "hearers",
        "origin",
        "quit_reason",
        "since_ms",
        "unsettled",
        "untold",
    )

    def __init__(self, hub: Hub, connection: Connection) -> None:
        super().__init__(hub, connection)
        self.origin = Origin(self)  # of its messages without a label
        self.addressee: talk.Addressee | None = None  # whom it spoke to last
        self.hearers: Hearers | None = None  # who heard it, if that was one user
        self.unsettled = 0  # messages proposed, not yet stored or refused
        self.allowance = Allowance(hub.commands_rate) if hub.rate_limits else None  # of commands
        self.disk: DiskUse | None = None  # what it may store, once it has a user; None: without a limit
        self.heard_s = 0.0  # loop time of the last bytes
        self.alive = (0, 0)  # position in the log and time (ms) up to which all that was sent has reached the peer
        self.quit_reason = ""
        self.since_ms = 0  # when it signed in
        self._unfetched: Unfetched | None = None
        self.untold = False  # what was missed could not be read, and is told to the next session
        self._waits = False  # a command is under way, or must not begin yet
        self._alone = False  # it waits for its messages to be settled
        self._ending = False  # nothing more comes: it is closed when nothing is to be done any more
        self._task: asyncio.Task[None] | None = None
        self._pausing: asyncio.Future[None] | None = None  # a password may not be tried yet
        self._reading: asyncio.Future[None] | None = None  # its long answer goes on when the peer has read
        self._queue: deque[bytes | None] | None = None
        self._queued_bytes = 0

    def receive(self, lines: list[bytes | None]) -> None:
        """Take lines as they arrive and run them in order; ``None`` stands for one that was too long."""
        if self._queue is None and not self._waits and not self.connection.slow:
            index, count = 0, len(lines)
            while index < count:
                if more := talk.more(self, lines, index):
                    index += more
                    continue
                if not self._run(lines[index]):
                    self._enqueue(lines[index:])
                    return
                index += 1
                if self._waits:
                    self._enqueue(lines[index:])
                    return
        else:
            self._enqueue(lines)

    def _enqueue(self, lines: list[bytes | None]) -> None:
        if not lines:
            return
        if self._queue is None:
            self._queue = deque()
        self._queue.extend(lines)
        self._queued_bytes += sum(map(_bytes_of, lines))
        if self.has_enough:
            self.connection.pause()
            self.hub.flooding(self)

    @property
    def has_enough(self) -> bool:
        """Tell whether so much waits for its turn that nothing more should come."""
        return self._queued_bytes > self.hub.config.receive_queue_bytes_max

    def _resume(self) -> None:
        """Go on with what waits."""
        self._waits = False
        queue = self._queue
        while queue and not self._waits and not self.closed and not self.connection.slow:
            line = queue[0]
            if not self._run(line):
                return
            queue.popleft()
            self._queued_bytes -= _bytes_of(line)
        if not queue:
            self._queue = None
            self.hub.kept_up(self)
            self.connection.resume()
            self._end_if_done()

    def note_arrived(self) -> None:
        """Note that all that was said until now has reached the peer, where that is so.

        Not after its last word: what it is sent then may find nobody, though its system still takes it.
        """
        if self.signing_in is None and not self._ending and not self.untold and self.has_all:
            self.alive = self.hub.here_and_now()

    @property
    def has_all(self) -> bool:
        """Tell whether the peer has all that it was sent."""
        return not self.out and not self.holding and self.connection.all_arrived

    def end_of_input(self) -> bool:
        """Note that nothing more comes. Return whether something is to be done yet; then it closes itself after that.

        One that has to wait before it may try another password is given up: it would cost us a connection.
        """
        self._ending = True
        if self._pausing is not None:
            return False
        return bool(self._queue or self._waits or self.unsettled)

    def _end_if_done(self) -> None:
        if self._ending and not (self._queue or self._waits or self.unsettled or self.closed):
            self.flush_now()
            self.connection.close()

    def _run(self, line: bytes | None) -> bool:
        """Run one line, or return False if it must wait; sets ``_waits`` where the next one must."""
        if self.closed:
            return True
        hub = self.hub
        if self.allowance is not None and not self._may_go(self.allowance):
            return False
        if line is None:
            return self._complain(LineTooLongError(ERR_INPUTTOOLONG.text), b"")
        try:
            message = parse_client(line)
        except ProtocolError as error:
            return self._complain(error, line)
        command = hub.commands.get(message.verb)
        if self.unsettled and (command is None or not command.flows or self.unsettled >= hub.config.unsettled_max):
            return self.stand_alone()
        if command is not None and command.stores and not self._may_store():
            return False
        return dispatch.run(self, command, message)

    def _complain(self, error: ProtocolError, line: bytes) -> bool:
        """Answer bytes that are not a message; with its label, where that can be read."""
        if self.unsettled:
            return self.stand_alone()
        response = self.begin_response(client_tags(line))
        if isinstance(error, LineTooLongError):
            self.reply(ERR_INPUTTOOLONG, text=str(error))
        elif isinstance(error, UnknownVerbError):
            dispatch.unknown(self, error.verb)
        elif isinstance(error, NotUtf8Error):
            self.fail("*", "INVALID_UTF8", text=str(error))
        else:
            self.fail("*", "INVALID_MESSAGE", text=str(error))
        if response is not None:
            self.response = None
            self.close_response(response)
        return True

    def stand_alone(self) -> bool:
        """Wait until the session's messages are settled; the line is run anew then, and costs nothing until then."""
        self._waits = self._alone = True
        self.charge(-1.0)
        return False

    def _may_go(self, allowance: Allowance) -> bool:
        """Take one command from the allowance, or wait until there is one."""
        if allowance.take(1, self.hub.loop.time()):
            return True
        self._waits = True
        self.hub.loop.call_later(allowance.wait_s, self._go_on)
        return False

    def _may_store(self) -> bool:
        """Tell whether the session may add to the disk now; otherwise wait until it may. The line is run again then."""
        wait_s = self.disk.wait_s(self.hub.loop.time()) if self.disk is not None else 0.0
        if not wait_s:
            return True
        text = f"{self.nick} is slowed down, having stored too much at once"
        self.hub.activity.limit_reached("stored_bytes_burst", self.connection.address, text)
        self._waits = True
        self.charge(-1.0)
        self.hub.loop.call_later(max(wait_s, _DISK_WAIT_MIN_S), self._go_on)
        return False

    def _go_on(self) -> None:
        if not self.closed and not self._alone and self._task is None:
            self._resume()

    def caught_up(self) -> None:
        """Go on with what waits for the peer to read (called when it has)."""
        self._go_on_answering()
        if self._queue and not self._waits and not self.closed:
            self._resume()

    async def pieces(self, items: Sequence[_Item]) -> AsyncIterator[Sequence[_Item]]:
        """Give what a long answer is made of, a little at a time: each time in a turn of its own, as the peer reads."""
        for start in range(0, len(items), PIECE):
            await self.hub.turns.wait()
            while self.connection.slow and not self.closed:
                self._reading = self.hub.loop.create_future()
                await self._reading
                await self.hub.turns.wait()
            yield items[start : start + PIECE]

    def _go_on_answering(self) -> None:
        reading, self._reading = self._reading, None
        if reading is not None and not reading.done():
            reading.set_result(None)

    def charge(self, commands: float) -> None:
        """Count something as the work of so many commands."""
        if self.allowance is not None:
            self.allowance.charge(commands)

    def charge_lines(self, lines: int) -> None:
        """Count a long answer as the work of several commands."""
        self.charge(lines / PIECE)

    # Commands that wait, and what comes of messages

    def wait_for(self, work: Coroutine[Any, Any, None], message: Message) -> None:
        """Let a command that waits run; what comes after it waits too."""
        self._waits = True
        self._task = self.hub.loop.create_task(self._work(work, message))

    async def _work(self, work: Coroutine[Any, Any, None], message: Message) -> None:
        try:
            await dispatch.finish(self, work, message)
        finally:
            self._task = None
            if not self.closed:
                self._resume()

    def settled(self) -> None:
        """Go on after messages were settled, if the session waits for that (called when they were handed out)."""
        if self._alone and not self.unsettled and not self.closed:
            self._alone = False
            self._resume()
        elif self._ending:
            self._end_if_done()

    def refused(self, event: events.MessageSent, error: ChatError, origin: Origin) -> None:
        """Answer a message that was refused after it was proposed."""
        self.response = origin.response
        dispatch.refuse(self, event.verb, event.target, error)
        self.response = None

    def begin_response(self, tags: Mapping[str, str]) -> Response | None:
        """Begin to gather the answer to a labelled command."""
        label = tags.get("label")
        if label and self.caps & cap.LABELED_RESPONSE and self.caps & cap.BATCH and len(label.encode()) <= 64:
            self.response = Response(label)
        return self.response

    def close_response(self, response: Response) -> None:
        """Count one thing less that a response waits for, and send it when it is whole."""
        response.pending -= 1
        if not response.pending and not self.closed:
            self.deliver(response.whole(self.hub.host, self.hub.batch_reference()))

    async def pause(self, seconds: float, words: str, until: asyncio.Future[None] | None = None) -> None:
        """Tell ``words``, if any, then wait: before a password may be tried, or until ``until`` is done.

        Raises CancelledError, which ends the command under way, if the connection is closed or ends meanwhile.
        """
        if words:
            self.deliver(f":{self.hub.host} NOTICE {self.nick} :{words}\r\n".encode())
        pausing = self._pausing = self.hub.loop.create_future()
        if self.closed:
            pausing.cancel()
        timer = self.hub.loop.call_later(seconds, _end_pause, pausing)
        if until is not None:
            until.add_done_callback(lambda _: _end_pause(pausing))
        try:
            await pausing
        finally:
            timer.cancel()
            self._pausing = None
            if until is not None:
                self.hub.waited(self)

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

    # The end

    def gone(self) -> None:
        """Forget the connection, which is closed."""
        self.closed = True
        if self._pausing is not None:
            self._pausing.cancel()
        if self._unfetched is not None:
            self._unfetched.gone()
        self._queue = None
        self.hearers = None
        self.out = []
        self._go_on_answering()
        self.hub.session_gone(self)


def _end_pause(pausing: asyncio.Future[None]) -> None:
    if not pausing.done():
        pausing.set_result(None)


def _bytes_of(line: bytes | None) -> int:
    """Tell what a line that waits costs in memory, about."""
    return _WAITING_LINE_BYTES + (len(line) if line is not None else 0)
