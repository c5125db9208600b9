"""Pure: the people whom the line client knows of, for Tab, for the list to pick from and for news of partners."""

from __future__ import annotations

import re
from collections.abc import Iterable

from chatapp.client.core.events import Person
from chatapp.errors import NameNotAllowedError
from chatapp.protocol.names import fold, parse_nick

NAMES_MAX = 5_000
PARTNERS_MAX = 1_000

_DIGITS = re.compile("([0-9]+)")


def natural_key(name: str) -> list[str | tuple[int, str]]:
    """Return what to sort names by: ``student2`` stands before ``student10``."""
    parts: list[str | tuple[int, str]] = []
    for at, part in enumerate(_DIGITS.split(fold(name))):
        digits = part.lstrip("0")
        parts.append((len(digits), digits) if at % 2 else part)
    return parts


def sort_names(names: Iterable[str]) -> list[str]:
    """Order names as people look for them."""
    return sorted(names, key=natural_key)


def sort_people(people: Iterable[Person]) -> list[Person]:
    """Order people as they are listed: those who are here first, then by name."""
    return sorted(people, key=lambda person: (not person.here, natural_key(person.nick)))


class Roster:
    """Names that were seen, the partners of direct messages among them. Bounded: the oldest are forgotten first."""

    def __init__(self) -> None:
        self.complete = False  # the server was asked for all names on this connection
        self.last_writer = ""
        self._names: dict[str, str] = {}
        self._partners: dict[str, None] = {}

    @property
    def names(self) -> list[str]:
        """The names, in the order in which people look for them."""
        return sort_names(self._names.values())

    def saw(self, *nicks: str) -> None:
        """Remember names; those that cannot be typed are left out."""
        for nick in nicks:
            try:
                self._names[fold(nick)] = parse_nick(nick)
            except NameNotAllowedError:
                continue
            if len(self._names) > NAMES_MAX:
                del self._names[next(iter(self._names))]

    def wrote(self, nick: str) -> None:
        """Note that somebody wrote to us."""
        self.saw(nick)
        self.last_writer = self._names.get(fold(nick), "")
        self.wrote_to(nick)

    def wrote_to(self, nick: str) -> None:
        """Note that we wrote to somebody."""
        self._partners[fold(nick)] = None
        if len(self._partners) > PARTNERS_MAX:
            del self._partners[next(iter(self._partners))]

    def is_partner(self, nick: str) -> bool:
        """Tell whether direct messages went to or came from somebody."""
        return fold(nick) in self._partners

    def gone(self, nick: str) -> None:
        """Forget somebody who is not on the server any more."""
        self._names.pop(fold(nick), None)
        self._partners.pop(fold(nick), None)
        if fold(self.last_writer) == fold(nick):
            self.last_writer = ""
