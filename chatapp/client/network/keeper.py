"""Keeps a session connected: moves its bytes, notices a dead connection, and reconnects after 1 to 30 seconds."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar

from chatapp.client.core.events import AccountGone, Closing, Event, Offline, Unusable
from chatapp.client.core.session import Session
from chatapp.client.network.link import Link
from chatapp.errors import CannotConnectError, NoAccountError, RefusedError, SignInError
from chatapp.protocol.framing import LineBuffer
from chatapp.protocol.message import SERVER_LINE_BYTES_MAX

RETRY_MIN_S, RETRY_MAX_S = 1.0, 30.0
SILENCE_S = 60.0  # how long the server may be silent before the client sends a PING
SILENCE_UNACKNOWLEDGED_S = 15.0  # how long the server may be silent while a line of the client is unacknowledged
PONG_S = 20.0  # how long the client waits for the answer to its PING
# The client gives up when the server is silent for this long during the sign-in. On a busy server a client waits in a
# queue, and the server says so every 20 s; a new attempt would lose the place. The server's delay after a wrong
# password is shorter.
SIGN_IN_SILENCE_S = 90.0
# How long a sign-in may take in all, whatever the server says, since it might never end. 1,000 accounts that return at
# once need 250 s on a server that checks 4 passwords a second.
SIGN_IN_S = 600.0
TICK_S = 5.0  # how often the client checks a silent connection
_SEND_BUFFER_BYTES_MAX = 4 * 1024 * 1024  # a server could send many PINGs and never read the PONGs
SENTENCE_ENDS = (".", "!", "?")
MARK_READ_S = 2.0  # the pause before read markers are sent
MARK_READ_LINES = 10  # read markers in one go
GOODBYE_S = 2.0  # how long to wait until the server ends the connection after a QUIT


def retry_s(attempt: int, jitter: float) -> float:
    """Return how many seconds to wait before reconnecting, from RETRY_MIN_S to RETRY_MAX_S.

    The time doubles with each ``attempt`` (from 0), and ``jitter`` (0 to 1) multiplies it by 0.5 to 1.5.
    """
    wait_s = RETRY_MIN_S * 2.0 ** min(attempt, 10) * (0.5 + jitter)
    return min(max(wait_s, RETRY_MIN_S), RETRY_MAX_S)


T = TypeVar("T")


class Keeper:
    """Keeps a session connected: ``dial`` opens each connection, ``front`` gets the events of the session.

    ``jitter`` returns 0 to 1 (see ``retry_s``). An error that ``front`` raises ends :meth:`run`, which raises it.
    """

    def __init__(
        self,
        session: Session,
        dial: Callable[[], Awaitable[Link]],
        front: Callable[[Sequence[Event]], None],
        *,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.session = session
        # Called when the session may have changed, also without an event: another device has read something, somebody
        # is typing, the topic of a channel is known, the connection has ended.
        self.changed: Callable[[], None] = lambda: None
        self._dial = dial
        self._front = front
        self._jitter = jitter
        self._link: Link | None = None
        self._leaving = False  # ``leave`` or ``abort`` was called
        self._hurries = False  # ``reconnect`` was called
        self._flushed = asyncio.Event()  # set by ``flush`` and ``reconnect``: each waiting coroutine looks again
        self._progress = asyncio.Event()  # set when the server sent something, or the connection ended
        self._marking: asyncio.TimerHandle | None = None
        # The state of the present or last connection:
        self._was_signed_in = False
        self._ended_while_waiting = False  # it ended while the session waited for a person
        self._given_up = ""  # the reason to show if the sign-in took too long or fell silent; else empty
        self._sign_in_ends_s = 0.0  # the deadline of the sign-in, in the event loop's time

    async def run(self) -> None:
        """Stay connected until :meth:`leave` or :meth:`abort`.

        Raises CannotConnectError and RefusedError before the first sign-in; after it, reconnects instead. At any time
        raises IdentityError if the server's key is not the right one, SignInError if the account does not exist (any
        more) or is banned, and CannotConnectError if the server sends more than the client can keep, or does not read
        what the client sends.
        """
        try:
            await self._run()
        finally:
            if self._marking is not None:
                self._marking.cancel()

    async def beside(self, work: Coroutine[Any, Any, T]) -> T:
        """Run ``work`` and stay connected meanwhile; return its result.

        When ``work`` ends or fails, :meth:`run` is cancelled. When :meth:`run` fails, ``work`` is cancelled, and the
        error of :meth:`run` is raised.
        """
        running = asyncio.create_task(self.run())
        working = asyncio.create_task(work)
        try:
            await asyncio.wait((running, working), return_when=asyncio.FIRST_COMPLETED)
            if running.done() and not working.done():
                running.result()
            return await working
        finally:
            if self._link is not None:
                self.session.quit()
                self.flush()
            for task in (running, working):
                task.cancel()
            await asyncio.gather(running, working, return_exceptions=True)

    async def _run(self) -> None:
        attempt = 0
        while not self._leaving:
            try:
                link = await self._dial()
            except CannotConnectError as error:
                if not self.session.ever_signed_in:
                    raise
                reason = str(error)
                self._ended_while_waiting = False
            else:
                reason = await self._talk(link)
                attempt = 0 if self._was_signed_in else attempt
            if self._leaving:
                return
            if self._ended_while_waiting:
                await self._until_password()
                continue
            if not self.session.ever_signed_in:
                raise CannotConnectError(
                    self._given_up or f"The server ended the connection before the sign-in. {reason}"
                )
            wait_s = retry_s(attempt, self._jitter())
            attempt += 1
            self._front([Offline(reason, wait_s)])
            await self._pause(wait_s)

    def flush(self) -> None:
        """Send the bytes that the session has to send; call this after every call of a session method."""
        self._flushed.set()
        data = self.session.take()
        if self._link is not None and data:
            self._link.write(data)

    async def signed_in(self) -> None:
        """Wait for the first sign-in."""
        await self._until_none(lambda: not self.session.ever_signed_in, None)

    async def room(self, lines: int, patience_s: float | None = None) -> bool:
        """Wait until fewer than ``lines`` lines are unacknowledged.

        Returns False if no line is acknowledged for ``patience_s`` (None: wait for ever).
        """
        return await self._until_none(lambda: max(0, len(self.session.outbox) - lines + 1), patience_s)

    async def settle(self, patience_s: float | None, *, answers: bool = False) -> bool:
        """Wait until every line is acknowledged or refused; with ``answers``, until every request is answered too.

        A line that is held back is not waited for. False if there is no progress for ``patience_s`` (None: wait for
        ever).
        """
        session = self.session
        if not await self._until_none(lambda: session.outbox.moving, patience_s):
            return False
        return not answers or await self._until_none(lambda: session.unsettled, patience_s, any_change=True)

    async def _until_none(self, left: Callable[[], int], patience_s: float | None, *, any_change: bool = False) -> bool:
        """Wait until ``left()`` is 0. Return False after ``patience_s`` without a fall.

        With ``any_change``, every change counts, not only a fall.
        """
        while before := left():
            try:
                async with asyncio.timeout(patience_s):
                    while not _has_moved(before, left(), any_change):
                        self._progress.clear()
                        await self._progress.wait()
            except TimeoutError:
                if not _has_moved(before, left(), any_change):
                    return False
        return True

    async def leave(self) -> None:
        """Send QUIT and end :meth:`run`; wait at most GOODBYE_S for the server to end the connection."""
        self._leaving = True
        link = self._link
        if link is not None:
            self.session.quit()
        self.flush()
        if link is None:
            return
        try:
            async with asyncio.timeout(GOODBYE_S):
                while self._link is link:
                    self._progress.clear()
                    await self._progress.wait()
        except TimeoutError:
            await link.close()

    def reconnect(self) -> None:
        """End the present connection, if there is one, and make the next one at once."""
        self._hurries = True
        self._flushed.set()
        if self._link is not None:
            self._link.abort()

    def abort(self) -> None:
        """End :meth:`run` and its connection at once, without a QUIT."""
        self._leaving = True
        if self._link is not None:
            self._link.abort()

    def drop(self) -> None:
        """End the connection at once, without a QUIT; :meth:`run` connects again."""
        if self._link is not None:
            self._link.abort()

    async def _until_password(self) -> None:
        """Wait until a person has given a password; without it a connection is of no use."""
        while self.session.waits_for_person:
            self._flushed.clear()
            await self._flushed.wait()

    async def _pause(self, wait_s: float) -> None:
        """Wait ``wait_s`` before the next attempt, or until :meth:`leave` or :meth:`reconnect` is called."""
        try:
            async with asyncio.timeout(wait_s):
                while not self._leaving and not self._hurries:
                    self._flushed.clear()
                    await self._flushed.wait()
        except TimeoutError:
            pass
        self._hurries = False

    async def _talk(self, link: Link) -> str:
        """Use one connection until it ends; return why it ended, as a sentence."""
        session = self.session
        buffer = LineBuffer(SERVER_LINE_BYTES_MAX)
        reason = "The connection was lost."
        self._given_up = ""
        self._sign_in_ends_s = asyncio.get_running_loop().time() + SIGN_IN_S
        self._was_signed_in = False
        self._link = link
        try:
            session.opened(tls=link.tls)
            self.flush()
            while data := await self._read(link):
                now = time.time_ns() // 1_000_000
                events = [event for line in buffer.feed(data) for event in session.received(line, now)]
                self._was_signed_in = self._was_signed_in or session.signed_in
                self.flush()
                if link.waiting_bytes > _SEND_BUFFER_BYTES_MAX:
                    link.abort()
                    raise CannotConnectError(
                        "Disconnected: the server asks without end and reads no answers. Tell whoever runs it."
                    )
                self._tell(events)
                self.changed()
                self._progress.set()
                await asyncio.sleep(0)  # let timers run: ``link.read`` returns at once while data is waiting
                for event in events:
                    if isinstance(event, Closing | Unusable):
                        reason = event.text if event.text.endswith(SENTENCE_ENDS) else f"{event.text}."
                        if isinstance(event, Unusable):
                            return reason
        finally:
            self._link = None
            self._ended_while_waiting = session.waits_for_person
            session.closed()
            self.changed()
            self._progress.set()
            await link.close()
        return self._given_up or reason

    def _tell(self, events: list[Event]) -> None:
        if not events:
            return
        refusal = next((event for event in events if isinstance(event, Unusable)), None)
        if refusal is not None and not self.session.ever_signed_in:
            kind = NoAccountError if refusal.bad_name else SignInError if refusal.no_account else RefusedError
            raise kind(refusal.text)
        gone = next((event for event in events if isinstance(event, AccountGone)), None)
        self._front([event for event in events if not isinstance(event, AccountGone | Unusable)])
        if gone is not None:
            raise SignInError(gone.text)
        self.flush()
        self.mark_soon()

    def mark_soon(self) -> None:
        """Send the due read markers after a short time: a person has read something."""
        if self._marking is None:
            self._marking = asyncio.get_running_loop().call_later(MARK_READ_S, self._mark_read)

    def _mark_read(self) -> None:
        """Send read markers: not after each message, and few at once, so that a person's requests do not wait."""
        self._marking = None
        if self.session.mark_read(MARK_READ_LINES):
            self.mark_soon()
        self.flush()
        self.changed()

    async def _read(self, link: Link) -> bytes:
        """Wait for bytes and return them; empty when the connection has ended, or the client gives it up.

        The client gives up when no PONG comes or the sign-in takes too long.
        """
        session = self.session
        silent_s = 0.0
        asked_at_s: float | None = None
        while not self._signs_in_too_long():
            try:
                async with asyncio.timeout(TICK_S):
                    return await link.read()
            except TimeoutError:
                silent_s += TICK_S
            if session.waits_for_person:
                silent_s = 0.0
            elif not session.signed_in:
                if silent_s >= SIGN_IN_SILENCE_S:
                    self._given_up = f"The server said nothing for {SIGN_IN_SILENCE_S:g} s during the sign-in."
                    return b""
            elif asked_at_s is not None:
                if silent_s >= asked_at_s + PONG_S:
                    return b""
            elif silent_s >= (SILENCE_UNACKNOWLEDGED_S if len(session.outbox) else SILENCE_S):
                asked_at_s = silent_s
                session.ping()
                self.flush()
        return b""

    def _signs_in_too_long(self) -> bool:
        """Tell whether this sign-in has taken SIGN_IN_S; the time that a person takes to answer does not count."""
        now_s = asyncio.get_running_loop().time()
        if self.session.signed_in or self.session.waits_for_person:
            self._sign_in_ends_s = now_s + SIGN_IN_S
        if now_s < self._sign_in_ends_s:
            return False
        self._given_up = f"The server did not finish the sign-in within {SIGN_IN_S:g} s. Try again later."
        return True


def _has_moved(before: int, now: int, any_change: bool) -> bool:
    """Return whether the change of a count shows progress."""
    return now != before if any_change else now < before
