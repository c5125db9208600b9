"""The front of ``chat send``: sign in, send one text, and wait until the server has stored it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence

from chatapp.client.core.events import CertificateRefused, Event, Notice, NotSent, Sent, SignInNeeded
from chatapp.client.core.session import Session
from chatapp.client.fronts.sentences import sentences, why_not_sent
from chatapp.client.network.keeper import Keeper
from chatapp.errors import CannotConnectError, RefusedError, SignInError

TIMEOUT_S = 30.0
_LINE_BYTES = 300  # bytes in a line of a long text, at least
# How many lines a server takes at once, and in a second after that. The server of this project takes 10 in a second.
_LINES_AT_ONCE, _LINES_PER_S = 60, 5.0


def default_timeout_s(text: str) -> float:
    """Return how many seconds sending a text may take: TIMEOUT_S, and for a long text the time for its lines."""
    lines = text.count("\n") + len(text.encode(errors="replace")) // _LINE_BYTES
    return TIMEOUT_S + max(0, lines - _LINES_AT_ONCE) / _LINES_PER_S


class Sending:
    """A front that sends one text to one target.

    ``password`` returns the password. Its argument says what was wrong with the last password (empty at first). It
    raises SignInError if there is no other password. ``tell`` gets a sentence for the person.
    """

    def __init__(
        self,
        session: Session,
        target: str,
        text: str,
        password: Callable[[str], str],
        tell: Callable[[str], None],
    ) -> None:
        self._session = session
        self._target = target
        self._text = text
        self._password = password
        self._tell = tell
        self._result: Sent | NotSent | None = None
        self._said = False
        self._words = ""  # the last notice of the server before the sign-in, which may say why we wait
        self._deadline = asyncio.timeout(None)

    def heard(self, events: Sequence[Event]) -> None:
        """Take the events of the session. Raises SignInError."""
        for event in events:
            if isinstance(event, SignInNeeded):
                if event.lookup == "unknown":
                    raise SignInError(
                        f"There is no account {self._session.nick} on this server. `chat connect` can make it."
                    )
                self._session.sign_in(self._password(event.refused))
            elif isinstance(event, Sent | NotSent):
                self._result = event
            elif isinstance(event, CertificateRefused):
                for sentence in sentences(event):
                    self._tell(sentence)
            elif isinstance(event, Notice) and not self._session.ever_signed_in:
                self._words = f" The server said: {event.text}"

    def extend_deadline(self, seconds: float) -> None:
        """Move the deadline of :meth:`send` by the time (s) that a person took to answer a question."""
        when = self._deadline.when()
        if when is not None:
            self._deadline.reschedule(when + seconds)

    async def send(self, keeper: Keeper, timeout_s: float, spent_s: float = 0.0) -> Sent:
        """Send the text, and return its result once every line is stored, within ``timeout_s``.

        The caller has spent ``spent_s`` of this time already. Raises RefusedError if the server refuses the text, and
        CannotConnectError after ``timeout_s``, whatever the server does.
        """
        loop = asyncio.get_running_loop()
        self._deadline = asyncio.timeout(timeout_s - spent_s)
        try:
            async with self._deadline:
                result = await self._sent(keeper)
        except TimeoutError:
            keeper.abort()
            raise CannotConnectError(self._too_late(timeout_s)) from None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(max(self._deadline.when() or 0.0, loop.time())):
                await keeper.leave()
        keeper.abort()
        if isinstance(result, NotSent):
            part = f" ({result.stored} of {result.lines} lines were)" if result.stored else ""
            raise RefusedError(f"Not sent to {result.target}{part}{why_not_sent(result)}")
        return result

    async def _sent(self, keeper: Keeper) -> Sent | NotSent:
        """Sign in, send, and wait for the result."""
        await keeper.signed_in()
        if not self._session.say(self._target, self._text):
            raise RefusedError("Not sent: there is no text.")
        self._said = True
        keeper.flush()
        await keeper.settle(None)
        assert self._result is not None, "all lines are settled, so the text is"
        return self._result

    def _too_late(self, timeout_s: float) -> str:
        if not self._said:
            words = f"Not signed in within {timeout_s:g} s. Nothing was sent. Try again, or with a longer --timeout."
            return words + self._words
        return (
            f"The server did not acknowledge the message within {timeout_s:g} s. It may have arrived or not:"
            f" look at the history of {self._target} before sending it again."
        )
