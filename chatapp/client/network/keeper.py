"""Keeps a session connected: moves its bytes, notices silence, and comes back after 1 to 30 seconds."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar

from chatapp.client.core.events import AccountGone, Closing, Event, Offline, Unusable
from chatapp.client.core.session import Session
from chatapp.client.network.link import Link
from chatapp.config import CLIENT_SEND_BUFFER_BYTES_MAX
from chatapp.errors import CannotConnectError, RefusedError, SignInError
from chatapp.protocol.framing import LineBuffer
from chatapp.protocol.message import SERVER_LINE_BYTES_MAX

RETRY_MIN_S, RETRY_MAX_S = 1.0, 30.0
SILENCE_S = 60.0  # after which we ask for a sign of life
SILENCE_UNACKNOWLEDGED_S = 15.0  # the same while something we said is not acknowledged
PONG_S = 20.0
# A server where many people sign in at once lets a client wait for its turn, and says so every 20 s. To start over
# would lose the place in its queue, so we wait as long as it says anything; not for ever, as it may never end.
SIGN_IN_SILENCE_S = 90.0  # a wrong password is answered after a delay that grows
SIGN_IN_S = 600.0  # in all; 1,000 accounts that return at once need 250 s on a server that checks 4 passwords a second
TICK_S = 5.0
SENTENCE_ENDS = (".", "!", "?")
MARK_READ_S = 2.0
MARK_READ_LINES = 10
GOODBYE_S = 2.0


def retry_s(attempt: int, jitter: float) -> float:
    """Return how long to wait before reconnecting: doubling from 1 to 30 s, times 0.5 to 1.5 by ``jitter`` (0 to 1)."""
    wait_s = RETRY_MIN_S * 2.0 ** min(attempt, 10) * (0.5 + jitter)
    return min(max(wait_s, RETRY_MIN_S), RETRY_MAX_S)


T = TypeVar("T")


class Connection:
    """Connects a session by ``dial``, again and again; gives what it tells to ``front``.

    A ClientError that ``front`` raises ends :meth:`run` with it.
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
        self._dial = dial
        self._front = front
        self._jitter = jitter
        self._link: Link | None = None
        self._ended = False
        self._flushed = asyncio.Event()  # a person did something
        self._progress = asyncio.Event()  # the server did
        self._marking: asyncio.TimerHandle | None = None
        # Of the connection that there was last:
        self._was_signed_in = False
        self._ended_while_waiting = False  # for a person
        self._given_up = ""  # why we ended it, if we did
        self._sign_in_ends_s = 0.0  # loop time

    async def run(self) -> None:
        """Stay connected until :meth:`leave`.

        Raises CannotConnectError and RefusedError before the first sign-in; later it tries on. Raises IdentityError
        whenever the server's key is not the right one, SignInError when the account was removed, CannotConnectError
        when a server sends more than can be kept.
        """
        try:
            await self._run()
        finally:
            if self._marking is not None:
                self._marking.cancel()

    async def beside(self, work: Coroutine[Any, Any, T]) -> T:
        """Run ``work`` and stay connected beside it; the first of the two that ends or fails ends both."""
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
        while not self._ended:
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
            if self._ended:
                return
            if self._ended_while_waiting:
                await self._until_person()
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
        """Send what the session has to send; call it after anything was asked of the session."""
        self._flushed.set()
        data = self.session.take()
        if self._link is not None and data:
            self._link.write(data)

    async def signed_in(self) -> None:
        """Wait for the first sign-in."""
        await self._until_none(lambda: not self.session.ever_signed_in, None)

    async def room(self, lines: int) -> None:
        """Wait until fewer than ``lines`` lines are unacknowledged."""
        await self._until_none(lambda: max(0, len(self.session.outbox) - lines + 1), None)

    async def settle(self, patience_s: float | None, *, answers: bool = False) -> bool:
        """Wait until all that was said is acknowledged or refused (with ``answers``, all that was asked answered too).

        False when nothing of it moves for ``patience_s``.
        """
        session = self.session
        return await self._until_none(lambda: session.unsettled if answers else len(session.outbox), patience_s)

    async def _until_none(self, left: Callable[[], int], patience_s: float | None) -> bool:
        """Wait until ``left()`` is 0; False when it stays the same for ``patience_s``."""
        while before := left():
            try:
                async with asyncio.timeout(patience_s):
                    while left() == before:
                        self._progress.clear()
                        await self._progress.wait()
            except TimeoutError:
                if left() == before:
                    return False
        return True

    async def leave(self) -> None:
        """Say goodbye and end :meth:`run`; takes GOODBYE_S at most."""
        self._ended = True
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

    def abort(self) -> None:
        """End :meth:`run` and its connection at once, without a goodbye."""
        self._ended = True
        if self._link is not None:
            self._link.abort()

    async def _until_person(self) -> None:
        """Wait until a person has given a password: before that there is nothing to connect for."""
        while self.session.waits_for_person:
            self._flushed.clear()
            await self._flushed.wait()

    async def _pause(self, wait_s: float) -> None:
        """Wait before the next attempt, or until we are to end."""
        try:
            async with asyncio.timeout(wait_s):
                while not self._ended:
                    self._flushed.clear()
                    await self._flushed.wait()
        except TimeoutError:
            pass

    async def _talk(self, link: Link) -> str:
        """Use one connection until it ends; return why."""
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
                if link.waiting_bytes > CLIENT_SEND_BUFFER_BYTES_MAX:
                    link.abort()
                    raise CannotConnectError(
                        "Disconnected: the server asks without end and reads no answers. Tell whoever runs it."
                    )
                self._tell(events)
                self._progress.set()
                await asyncio.sleep(0)  # data that is here already is read without a pause; timers have their turn too
                for event in events:
                    if isinstance(event, Closing | Unusable):
                        reason = event.text if event.text.endswith(SENTENCE_ENDS) else f"{event.text}."
                        if isinstance(event, Unusable):
                            return reason
        finally:
            self._link = None
            self._ended_while_waiting = session.waits_for_person
            session.closed()
            self._progress.set()
            await link.close()
        return self._given_up or reason

    def _tell(self, events: list[Event]) -> None:
        if not events:
            return
        refusal = next((event for event in events if isinstance(event, Unusable)), None)
        if refusal is not None and not self.session.ever_signed_in:
            raise (SignInError if refusal.no_account else RefusedError)(refusal.text)
        gone = next((event for event in events if isinstance(event, AccountGone)), None)
        self._front([event for event in events if not isinstance(event, AccountGone | Unusable)])
        if gone is not None:
            raise SignInError(gone.text)
        self.flush()
        self._mark_soon()

    def _mark_soon(self) -> None:
        if self._marking is None:
            self._marking = asyncio.get_running_loop().call_later(MARK_READ_S, self._mark_read)

    def _mark_read(self) -> None:
        """Mark what is read: not at each message, and few at once, so that nothing a person asks for has to wait."""
        self._marking = None
        if self.session.mark_read(MARK_READ_LINES):
            self._mark_soon()
        self.flush()

    async def _read(self, link: Link) -> bytes:
        """Wait for bytes; where there is silence, ask for a sign of life. Nothing when the connection is dead."""
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
        """Tell whether this sign-in has taken SIGN_IN_S, whatever the server says; a person's time does not count."""
        now_s = asyncio.get_running_loop().time()
        if self.session.signed_in or self.session.waits_for_person:
            self._sign_in_ends_s = now_s + SIGN_IN_S
        if now_s < self._sign_in_ends_s:
            return False
        self._given_up = f"The server did not finish the sign-in within {SIGN_IN_S:g} s. Try again later."
        return True
