"""One message: sign in, send it, and wait until the server has stored it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chatapp.client.connection import Connection
from chatapp.client.events import Event, NotSent, Sent, SignInNeeded
from chatapp.client.session import Session
from chatapp.errors import CannotConnectError, RefusedError, SignInError


class Sending:
    """The front of a session that says one text to one target, and is done.

    ``password`` returns it, or asks for it; it gets what was wrong with the last one (empty at first) and raises
    SignInError when there is no other.
    """

    def __init__(self, session: Session, target: str, text: str, password: Callable[[str], str]) -> None:
        self._session = session
        self._target = target
        self._text = text
        self._password = password
        self._result: Sent | NotSent | None = None

    def heard(self, events: Sequence[Event]) -> None:
        """Go on. Raises SignInError."""
        for event in events:
            if isinstance(event, SignInNeeded):
                if event.lookup == "unknown":
                    raise SignInError(
                        f"There is no account {self._session.nick} on this server. `chat connect` can make it."
                    )
                self._session.sign_in(self._password(event.refused))
            elif isinstance(event, Sent | NotSent):
                self._result = event

    async def send(self, connection: Connection, timeout_s: float) -> Sent:
        """Send, and return once every line is stored.

        Raises RefusedError, and CannotConnectError when the server does not go on for ``timeout_s``.
        """
        if not await connection.signed_in(timeout_s):
            raise CannotConnectError(f"The server did not answer within {timeout_s:g} s. Nothing was sent.")
        if not self._session.say(self._target, self._text):
            raise RefusedError("Not sent: there is no text.")
        connection.flush()
        await connection.settle(timeout_s)
        result = self._result
        if result is None:
            raise CannotConnectError(
                f"The server did not acknowledge the message within {timeout_s:g} s. It may have arrived or not:"
                f" look at the history of {self._target} before sending it again."
            )
        await connection.leave()
        if isinstance(result, NotSent):
            part = f" ({result.stored} of {result.lines} lines were)" if result.stored else ""
            raise RefusedError(f"Not sent to {result.target}{part}: {result.reason}")
        return result
