"""Pure: the name that a server without accounts is to call us, and other names where somebody else has it."""

from __future__ import annotations

from collections.abc import Iterator

from chatapp.client.core.events import Event, Notice
from chatapp.client.core.replies import text_of
from chatapp.protocol.message import Message

_SHORT = 9  # characters; a server takes at least as many. Spec: RFC 2812, section 1.2.1


class Names:
    """``nick`` is the name that the person wants; ``refused`` says why this connection does not have it, or nothing."""

    def __init__(self, nick: str) -> None:
        self.nick = nick
        self.refused = ""
        self._others = _others(nick)

    def begin(self) -> Message:
        """Return the line that asks for the name, on a new connection."""
        self.refused, self._others = "", _others(self.nick)
        return Message("NICK", [self.nick])

    def refuse(self, message: Message) -> list[Message]:
        """Take a refusal of the name; return the line that asks for another one, if there is a further name to try."""
        self.refused = self.refused or f"The name {self.nick}: {text_of(message)}"
        return [Message("NICK", [each]) for each in (next(self._others, ""),) if each]

    def told(self, me: str) -> list[Event]:
        """Return what to say at the welcome, which calls us ``me``."""
        if not self.refused or me == self.nick:
            return []
        return [Notice(f"{self.refused.rstrip('.')}. So you are {me} here. /nick NAME chooses another name.")]


def _others(name: str) -> Iterator[str]:
    """Yield names that are like a name, at first as long as it needs, then short enough for every server."""
    yield f"{name}_"
    yield f"{name}__"
    for number in range(1, 6):
        yield f"{name[: _SHORT - 2]}_{number}"
