"""Pure: the people with whom we exchange direct messages: only their presence is worth a line."""

from __future__ import annotations

from chatapp.protocol.names import fold

PARTNERS_MAX = 1_000  # beyond this number, the partner whom we know longest is forgotten


def gone_words(nick: str) -> str:
    """Say that the conversation with a person has ended; ``nick`` is the person's name."""
    return f"the {nick} you talked with is no longer on this server. Somebody else may get the name."


class Partners:
    """The nicks of the people with whom we exchange direct messages."""

    def __init__(self) -> None:
        self._nicks: dict[str, None] = {}  # folded

    def add(self, nick: str) -> None:
        """Note that we wrote to a nick, or that it wrote to us."""
        self._nicks[fold(nick)] = None
        if len(self._nicks) > PARTNERS_MAX:
            del self._nicks[next(iter(self._nicks))]

    def drop(self, nick: str) -> None:
        """Forget a nick."""
        self._nicks.pop(fold(nick), None)

    def rename(self, nick: str, name: str) -> None:
        """Note that a nick is called otherwise now."""
        if nick in self:
            self.drop(nick)
            self.add(name)

    def __contains__(self, nick: str) -> bool:
        return fold(nick) in self._nicks
