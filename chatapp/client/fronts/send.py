"""The front of ``chat send``: sign in, send one text, and wait until the server has stored it."""

from __future__ import annotations

from collections.abc import Callable

from chatapp.client.core.events import Event, NotSent, Sent
from chatapp.client.core.session import Session
from chatapp.client.fronts.one_shot import OneShot
from chatapp.client.fronts.sentences import why_not_sent
from chatapp.client.network.keeper import Keeper
from chatapp.errors import CannotConnectError, ClientError, DeliveryUnknownError, RefusedError

TIMEOUT_S = 30.0
_LINE_BYTES = 300  # bytes in a line of a long text, at least
# How many lines a server takes at once, and in a second after that. The server of this project takes 10 in a second.
_LINES_AT_ONCE, _LINES_PER_S = 60, 5.0


def default_timeout_s(text: str) -> float:
    """Return how many seconds sending a text may take: TIMEOUT_S, and for a long text the time for its lines."""
    lines = text.count("\n") + len(text.encode(errors="replace")) // _LINE_BYTES
    return TIMEOUT_S + max(0, lines - _LINES_AT_ONCE) / _LINES_PER_S


class Sending(OneShot):
    """A front that sends one text to one target. ``password`` and ``tell``: see OneShot."""

    def __init__(
        self,
        session: Session,
        target: str,
        text: str,
        password: Callable[[str], str],
        tell: Callable[[str], None],
    ) -> None:
        super().__init__(session, password, tell)
        self._target = target
        self._text = text
        self._result: Sent | NotSent | None = None
        self._said = False

    def take(self, event: Event) -> None:
        """Take the result."""
        if isinstance(event, Sent | NotSent):
            self._result = event

    async def send(self, keeper: Keeper, timeout_s: float, spent_s: float = 0.0) -> Sent:
        """Send the text, and return its result once every line is stored, within ``timeout_s``.

        The caller has spent ``spent_s`` of this time already. Raises RefusedError if the server refuses the text. After
        ``timeout_s``, whatever the server does, raises DeliveryUnknownError, or CannotConnectError if nothing was sent.
        """
        try:
            result = await self.within(keeper, self._sent(keeper), timeout_s, spent_s)
        except CannotConnectError as error:
            raise self.ending(error) from None
        if isinstance(result, NotSent):
            part = f" ({result.stored} of {result.lines} lines were)" if result.stored else ""
            raise RefusedError(f"Not sent to {result.target}{part}{why_not_sent(result)}")
        return result

    async def _sent(self, keeper: Keeper) -> Sent | NotSent:
        """Sign in, send, and wait for the result."""
        await keeper.signed_in()
        if not self.session.say(self._target, self._text):
            raise RefusedError("Not sent: there is no text.")
        self._said = True
        keeper.flush()
        await keeper.settle(None)
        assert self._result is not None, "all lines are settled, so the text is"
        return self._result

    def too_late(self, timeout_s: float) -> str:
        """Return the sentence that says what was not done within ``timeout_s``."""
        if not self._said:
            return super().too_late(timeout_s)
        if not self.session.outbox.some_were_sent:
            return f"There was no connection within {timeout_s:g} s. Nothing was sent. Try again."
        return f"The server did not acknowledge the message within {timeout_s:g} s."

    @property
    def delivery_unknown(self) -> str:
        """A sentence that says that the message may have arrived or not; empty if that is known."""
        if not self.session.outbox.some_were_sent:
            return ""
        return f"It may have arrived or not: look at the history of {self._target} before sending it again."

    def ending(self, error: ClientError) -> ClientError:
        """Return the error to end with after ``error``: DeliveryUnknownError if the message may have arrived or not.

        For an error of the connection, which ends :meth:`send`.
        """
        unknown = "" if isinstance(error, DeliveryUnknownError) else self.delivery_unknown
        return DeliveryUnknownError(f"{error} {unknown}") if unknown else error
