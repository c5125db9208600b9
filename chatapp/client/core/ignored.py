"""Pure: drops the messages of people whom a person ignores, for a server that cannot do it (it has no SILENCE)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from chatapp.client.core.announced import Announced
from chatapp.protocol.message import Message
from chatapp.protocol.names import fold

_DROPPED = frozenset({"PRIVMSG", "NOTICE", "TAGMSG", "INVITE"})


class Ignored:
    """The nicks that are ignored; ``announced`` returns the settings of the server."""

    def __init__(self, announced: Callable[[], Announced]) -> None:
        self._announced = announced
        self._nicks: set[str] = set()  # folded

    @property
    def is_needed(self) -> bool:
        """Tell whether the client has to drop the messages, as the server does not."""
        return not self._announced().can_silence

    def use(self, nicks: Iterable[str]) -> None:
        """Ignore these people, and nobody else."""
        self._nicks = set(map(fold, nicks))

    def drops(self, message: Message) -> bool:
        """Tell whether a line is of somebody who is ignored; who has another nick stays ignored until the end."""
        if not self._nicks or fold(message.nick) not in self._nicks:
            return False
        if message.verb == "NICK":
            self._nicks.add(fold(message.param(0)))
        return message.verb in _DROPPED
