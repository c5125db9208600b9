"""What a session needs of the parts above it: of what runs its lines, and of what looks after all sessions.

``S`` is the session's class.
"""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any, Protocol, TypeVar

from chatapp.errors import ChatError
from chatapp.protocol.message import Message

S = TypeVar("S", contravariant=True)


class Unfetched(Protocol):
    """What a client that can ask for history has missed, and not asked for yet (``replay.py``)."""

    def fetched(self, stream: str | None) -> None:
        """Note that the client asks now: for one conversation, or (``None``) for all that have messages."""

    def gone(self) -> None:
        """The connection is closed."""


class Commands(Protocol[S]):
    """What runs the lines of sessions (``commands/dispatch.py``)."""

    def more(self, session: S, lines: Sequence[bytes | None], begin: int) -> int:
        """Run the lines from ``begin`` on that go a shorter way; return how many these were."""

    def run(self, session: S, line: bytes | None) -> bool:
        """Run a line, or begin it (``None`` stands for a line that was too long). Return False if it has to wait."""

    async def finish(self, session: S, work: Coroutine[Any, Any, None], message: Message) -> None:
        """Run a command that awaits something to its end, and answer it."""

    def refuse(self, session: S, verb: str, target: str, error: ChatError) -> None:
        """Answer a command that could not be done."""


class Watch(Protocol[S]):
    """What looks after all sessions of a server (``watch.py``)."""

    def begun(self, session: S) -> None:
        """Take in a session that has not said who it is."""

    def waited(self, session: S) -> None:
        """Give a session that signs in all of its time again: until now it has waited for the server."""

    def welcomed(self, session: S) -> None:
        """Count a session as signed in."""

    def flooding(self, session: S) -> None:
        """Note that a session has sent more than it may, and is slowed down."""

    def kept_up(self, session: S) -> None:
        """Note that nothing of what a session has sent waits any more."""

    def answered(self, session: S, token: str) -> None:
        """Take the answer to our PING."""

    def ask(self, session: S) -> None:
        """Send a PING: is the peer there, and has it all that it was sent until now?"""

    def ending(self, session: S) -> None:
        """Count a session no more as one of its user's; its connection may take a while yet to be closed."""

    def ended(self, session: S) -> None:
        """Forget a session whose connection is closed."""

    def end_sessions(self, uid: str, besides: S | None = None) -> None:
        """End the sessions of an account whose password was changed."""
