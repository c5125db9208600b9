"""The base of the fronts that sign in to do one thing, such as ``chat send``: the sign-in, and the deadline."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar

from chatapp.client.core.events import CertificateRefused, Event, Notice, SignInNeeded
from chatapp.client.core.session import Session
from chatapp.client.fronts.sentences import sentences
from chatapp.client.network.keeper import Keeper
from chatapp.errors import CannotConnectError, SignInError

T = TypeVar("T")


class OneShot:
    """Signs in, and gives all other events to :meth:`take`.

    ``password`` returns the password. Its argument says what was wrong with the last password (empty at first). It
    raises SignInError if there is no other password. ``tell`` gets a sentence for the person.
    """

    def __init__(self, session: Session, password: Callable[[str], str], tell: Callable[[str], None]) -> None:
        self.session = session
        self.tell = tell
        self._password = password
        self._words = ""  # the last notice of the server before the sign-in, which may say why we wait
        self._deadline = asyncio.Timeout(None)

    def heard(self, events: Sequence[Event]) -> None:
        """Take the events of the session. Raises SignInError."""
        for event in events:
            if isinstance(event, SignInNeeded):
                if event.lookup == "unknown":
                    raise SignInError(
                        f"There is no account {self.session.nick} on this server. `chat connect` can make it."
                    )
                self.session.sign_in(self._password(event.refused))
            elif isinstance(event, CertificateRefused):
                for sentence in sentences(event):
                    self.tell(sentence)
            elif isinstance(event, Notice) and not self.session.ever_signed_in:
                self._words = f" The server said: {event.text}"
            else:
                self.take(event)

    def take(self, event: Event) -> None:
        """Take an event that is not part of the sign-in."""

    def extend_deadline(self, seconds: float) -> None:
        """Move the deadline by the time (s) that a person took to answer a question."""
        when = self._deadline.when()
        if when is not None:
            self._deadline.reschedule(when + seconds)

    async def within(self, keeper: Keeper, work: Coroutine[Any, Any, T], timeout_s: float, spent_s: float = 0.0) -> T:
        """Return the result of ``work``, and leave the server, within ``timeout_s``.

        The caller has spent ``spent_s`` of this time already. Raises CannotConnectError after ``timeout_s``, whatever
        the server does.
        """
        result = await self.in_time(keeper, work, timeout_s, spent_s)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(max(self._deadline.when() or 0.0, asyncio.get_running_loop().time())):
                await keeper.leave()
        keeper.abort()
        return result

    async def in_time(self, keeper: Keeper, work: Awaitable[T], timeout_s: float, spent_s: float = 0.0) -> T:
        """Return the result of ``work``. Raises CannotConnectError, and ends the connection, after ``timeout_s``."""
        self._deadline = asyncio.timeout(timeout_s - spent_s)
        try:
            async with self._deadline:
                return await work
        except TimeoutError:
            keeper.abort()
            raise CannotConnectError(self.too_late(timeout_s)) from None

    def too_late(self, timeout_s: float) -> str:
        """Return the sentence that says what was not done within ``timeout_s``."""
        if not self.session.ever_signed_in:
            return (
                f"Not signed in within {timeout_s:g} s. Nothing was sent. Try again, or with a longer --timeout."
                + self._words
            )
        return f"The server did not answer within {timeout_s:g} s. Try again, or with a longer --timeout."
