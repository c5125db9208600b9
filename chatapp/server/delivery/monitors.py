"""The monitor lists: which sessions want to learn when the user with a certain name connects or disconnects.

A monitored name need not exist. The lists are not stored; a list ends with its session.

Spec: IRCv3 monitor.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from chatapp.model.entities import User
from chatapp.protocol import numerics as num
from chatapp.protocol.message import LINE_BYTES_MAX
from chatapp.protocol.names import fold
from chatapp.server.delivery.recipient import Recipient
from chatapp.server.delivery.render import source

_NO_NAMES: Mapping[str, str] = {}
_NOBODY: Mapping[Recipient, None] = {}


class Monitors:
    """The monitor list of each session, and the sessions that monitor each name."""

    def __init__(self) -> None:
        self._lists: dict[Recipient, dict[str, str]] = {}  # session -> casefolded name -> name as typed
        self._watchers: dict[str, dict[Recipient, None]] = {}  # casefolded name -> the sessions that monitor it

    def names(self, session: Recipient) -> Collection[str]:
        """Return the names on a session's list as the client typed them, in the order of adding."""
        return self._lists.get(session, _NO_NAMES).values()

    def watchers(self, name: str) -> Collection[Recipient]:
        """Return the sessions that monitor a name (in any case)."""
        return self._watchers.get(fold(name), _NOBODY).keys()

    def add(self, session: Recipient, name: str, names_max: int) -> bool:
        """Add a valid nick to a session's list. Return False if the list has ``names_max`` names already.

        Spec: IRCv3 monitor, "Targets already in the list MUST NOT be added again."
        """
        key, names = fold(name), self._lists.setdefault(session, {})
        if key not in names:
            if len(names) >= names_max:
                return False
            names[key] = name
            self._watchers.setdefault(key, {})[session] = None
        return True

    def remove(self, session: Recipient, name: str) -> None:
        """Remove a name from a session's list, if it is there."""
        key, names = fold(name), self._lists.get(session, {})
        if key not in names:
            return
        del names[key]
        if not names:
            del self._lists[session]
        watchers = self._watchers[key]
        del watchers[session]
        if not watchers:
            del self._watchers[key]

    def clear(self, session: Recipient) -> None:
        """Remove all names from a session's list."""
        for name in list(self.names(session)):
            self.remove(session, name)


def online_lines(host: str, nick: str, users: Iterable[User]) -> Iterator[bytes]:
    """Write RPL_MONONLINE (730) to ``nick`` about users who are online."""
    return name_lines(num.RPL_MONONLINE, host, nick, (source(user.name, host) for user in users))


def offline_lines(host: str, nick: str, names: Iterable[str]) -> Iterator[bytes]:
    """Write RPL_MONOFFLINE (731) to ``nick`` about names of which no user is online."""
    return name_lines(num.RPL_MONOFFLINE, host, nick, names)


def name_lines(numeric: num.Numeric, host: str, nick: str, names: Iterable[str]) -> Iterator[bytes]:
    """Write a numeric whose last parameter is a list of names with commas, in as many lines as needed."""
    before = num.data_line(numeric, host, nick, last="")
    for text in joined(names, LINE_BYTES_MAX - 2 - len(before)):
        yield f"{before}{text}\r\n".encode()


def joined(names: Iterable[str], chars_max: int) -> Iterator[str]:
    """Join names with commas into texts of at most ``chars_max`` characters."""
    text = ""
    for name in names:
        if text and len(text) + 1 + len(name) > chars_max:
            yield text
            text = ""
        text += f",{name}" if text else name
    if text:
        yield text
