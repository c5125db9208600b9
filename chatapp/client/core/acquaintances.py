"""Remembers since when we have known the owner of each nick, so that no text reaches a later owner (DESIGN R1).

While we are connected, the server tells us when a partner has gone. While we are not, somebody else may get the nick.
So each text to a user tells the server since when we know who has the nick (the tag SINCE_TAG): the time of the first
message with this user that we have seen, or the time at which we lost the connection. The server refuses the text if
the nick has another owner since then.

A server without that tag refuses nothing. So what a person goes on to write in a conversation is refused here, once the
partner has gone or is called otherwise, until the person begins a conversation with the nick again (:meth:`meet`).
"""

from __future__ import annotations

from collections.abc import Iterable

from chatapp.client.core import reading
from chatapp.client.core.announced import without_role
from chatapp.client.core.events import Event, Gone, NickChanged, Said
from chatapp.errors import RefusedError
from chatapp.protocol.message import Message
from chatapp.protocol.names import fold, is_channel

SINCE_TAG = "+chatapp/since"
OTHER_USER = "OTHER_USER"  # the code with which the server refuses such a text
NICKS_MAX = 10_000  # beyond this number, the nick that we know longest is forgotten
_TO_A_TARGET = frozenset({"PRIVMSG", "NOTICE", "TAGMSG", "EDIT", "REDACT"})  # lines that name their target first


class Acquaintances:
    """The nicks that we know; times are the server's (ms since 1970)."""

    def __init__(self) -> None:
        self._since: dict[str, int] = {}  # folded; 0: we have seen no message yet, and are connected
        self._gone: dict[str, None] = {}  # folded nicks of whom we knew the owner, who has the nick no longer
        self._lost = 0  # when we lost the connection; 0: we are connected, or never were
        self._heard = 0  # when the last line came, by our clock
        self._ahead: int | None = None  # how far the clock of the server is ahead of ours, as far as we know

    def heard(self, message: Message, now: int) -> None:
        """Note that a line came at ``now`` (ms, our clock), and compare the clocks.

        A line in a batch has an old time, so it does not count.
        """
        self._heard = now
        if "time" in message.tags and "batch" not in message.tags:
            ahead = reading.time(message, now) - now
            # Old news at a sign-in has old times: the greatest difference is the true one.
            self._ahead = ahead if self._ahead is None else max(ahead, self._ahead)

    def opened(self) -> None:
        """Note that we are connected: the server tells from now on who has gone."""
        self._lost = 0

    def closed(self) -> None:
        """Note that the connection was lost, at the time of the last line."""
        self._lost = self._lost or self._heard + (self._ahead or 0)
        for nick, since in self._since.items():
            self._since[nick] = since or self._lost

    def meet(self, nick: str) -> int:
        """Remember a nick, if it is new; return since when we know it (ms). 0: since now, or it is a channel.

        Fronts call this when a person names somebody, or opens a conversation: what is typed there is for whoever has
        the nick now.
        """
        self._gone.pop(fold(nick), None)
        return self.known(nick)

    def is_gone(self, nick: str) -> bool:
        """Tell whether the one whom we knew under a nick has it no longer."""
        return fold(nick) in self._gone

    def check(self, message: Message) -> None:
        """Raise RefusedError for a line to a nick of which the owner whom we knew has gone."""
        nick = message.param(0)
        if message.verb in _TO_A_TARGET and self.is_gone(nick):
            raise RefusedError(
                f"Not sent: the {nick} you talked with is no longer on this server, or has another name. Somebody else"
                f" may get the name. /dm {nick} begins anew."
            )

    def known(self, nick: str) -> int:
        """Remember a nick, if it is new, as ``meet`` does. Raises RefusedError if the owner whom we knew has gone."""
        key = fold(nick)
        if is_channel(without_role(nick)):
            return 0
        self.check(Message("PRIVMSG", [nick]))
        if key not in self._since:
            self._add(key, self._lost)
        return self._since[key]

    def since(self, nick: str) -> int:
        """Return since when we know a nick; 0: since now, or not at all."""
        return self._since.get(fold(nick), 0)

    def take(self, events: Iterable[Event]) -> None:
        """Learn from events: a message makes a nick known; a departure or a new nick makes it unknown.

        Who has a new nick is known under it since now.
        """
        for event in events:
            if isinstance(event, Said) and not is_channel(event.conversation):
                if not self._since.get(fold(event.conversation)):
                    self._add(fold(event.conversation), event.time)
            elif isinstance(event, Gone | NickChanged) and fold(event.nick) in self._since:
                del self._since[fold(event.nick)]
                self._gone[fold(event.nick)] = None
                if len(self._gone) > NICKS_MAX:
                    del self._gone[next(iter(self._gone))]
                if isinstance(event, NickChanged):
                    self._renamed(event)

    def _renamed(self, event: NickChanged) -> None:
        if fold(event.name) == fold(event.nick):
            del self._gone[fold(event.nick)]
        if fold(event.name) not in self._since:
            self._add(fold(event.name), 0)

    def _add(self, key: str, since: int) -> None:
        self._since[key] = since
        if len(self._since) > NICKS_MAX:
            del self._since[next(iter(self._since))]
