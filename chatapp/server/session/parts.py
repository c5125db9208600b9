"""What a session has of the higher layers: protocols of the dispatcher, the watch over all sessions, and the replay.

``S`` is the class of sessions.
"""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from chatapp.errors import ChatError
from chatapp.protocol.message import Message

S = TypeVar("S", contravariant=True)


class Question(NamedTuple):
    """A PING that is not answered yet: its token, and what was sent before it, as a log position and a time (ms)."""

    token: str
    position: int
    time: int


class Unfetched(Protocol):
    """The missed messages that a client with CHATHISTORY has not asked for yet (``replay.py`` implements it)."""

    def fetched(self, stream: str) -> None:
        """Note that the client fetched messages of this stream, or was told that the stream has messages."""

    def gone(self) -> None:
        """End the wait: the connection is closed."""


class Commands(Protocol[S]):
    """The dispatcher, which runs the lines of sessions (``commands/dispatch.py`` implements it)."""

    def more(self, session: S, lines: Sequence[bytes | None], begin: int) -> int:
        """Run the lines from ``begin`` on that the fast path for messages can take; return their number."""

    def run(self, session: S, line: bytes | None) -> bool:
        """Run or start a line (``None``: a line that was too long). Return False if the line must wait."""

    async def finish(self, session: S, work: Coroutine[Any, Any, None], message: Message) -> None:
        """Run the rest of a command that awaits something, and end its response."""

    def restricted(self) -> Commands[S]:
        """Return the commands of a session with a restricted token."""

    def refuse(self, session: S, verb: str, target: str, error: ChatError) -> None:
        """Answer a refused command; ``target`` is its first parameter as typed, or the refused item of a list."""


class Watch(Protocol[S]):
    """The watch over all sessions of a server and their deadlines (``watch.py`` implements it)."""

    @property
    def connections(self) -> int:
        """Return the number of sessions."""

    @property
    def signing_in(self) -> int:
        """Return the number of sessions that are not signed in."""

    def a_moment_ago(self) -> tuple[int, int]:
        """Return the position and time (ms) up to which everything was sent a moment ago (``receipts.READ_S``)."""

    def begun(self, session: S) -> None:
        """Add a session that is not signed in, and start its time limit for the sign-in."""

    def move(self, session: S, address: str) -> None:
        """Give a session the address of the client behind its gateway; end it if a limit or a ban says so."""

    def waited(self, session: S) -> None:
        """Restart the time limit for the sign-in, because the session has waited for the server."""

    def welcomed(self, session: S) -> None:
        """Count a session as signed in."""

    def flooding(self, session: S) -> None:
        """Note that too many lines of a session wait, so that the server reads no more from it."""

    def kept_up(self, session: S) -> None:
        """Note that no line of a session waits any more."""

    def bound_memory(self) -> None:
        """Close the slowest readers, if more waits for all of them than ``send_buffers_bytes_max``."""

    def answered(self, session: S, token: str) -> None:
        """Take the answer to our PING."""

    def ask(self, session: S) -> None:
        """Send a PING. Its answer proves that the peer is there and has received everything sent before."""

    def ending(self, session: S) -> None:
        """Remove a session from its user's sessions; its connection may stay open a little longer."""

    def ended(self, session: S) -> None:
        """Forget a session whose connection is closed."""

    def end_sessions(self, uid: str, besides: S | None = None) -> None:
        """End the sessions of an account whose password was changed, except ``besides``."""
