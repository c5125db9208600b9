"""Pure: the names that the line client knows, for Tab, for the list of DM and for the presence of partners."""

from __future__ import annotations

import re
from collections.abc import Iterable

from chatapp.client.core.events import Event, Gone, Joined, NickChanged, Person, Said
from chatapp.client.fronts.partners import Partners
from chatapp.errors import NameNotAllowedError
from chatapp.protocol.names import fold, is_channel, natural_key, parse_nick

NAMES_MAX = 5_000

_DIGITS = re.compile("([0-9]+)")


def sort_names(names: Iterable[str]) -> list[str]:
    """Sort names in natural order (``natural_key``)."""
    return sorted(names, key=natural_key)


def sort_people(people: Iterable[Person]) -> list[Person]:
    """Sort people for a list: people who are here first, then by name."""
    return sorted(people, key=lambda person: (not person.here, natural_key(person.nick)))


class Roster:
    """The names that were seen (NAMES_MAX at most), and the partners of direct messages.

    Beyond NAMES_MAX, the oldest names are forgotten.
    """

    def __init__(self) -> None:
        self.complete = False  # the server was asked for all names on this connection
        self.last_writer = ""
        self._names: dict[str, str] = {}
        self.partners = Partners()

    @property
    def names(self) -> list[str]:
        """The names in natural order."""
        return sort_names(self._names.values())

    def take(self, event: Event) -> None:
        """Take an event: who wrote, came, left the server, or has another name."""
        if isinstance(event, Said):
            self._said(event)
        elif isinstance(event, Joined) and not event.me:
            self.saw(event.nick)
        elif isinstance(event, Gone):
            self.gone(event.nick)
        elif isinstance(event, NickChanged) and not event.me:
            # Who has the new name is no partner, and whoever takes the old name is somebody else.
            self.gone(event.nick)
            self.saw(event.name)

    def _said(self, event: Said) -> None:
        if event.own:
            if not is_channel(event.conversation):
                self.wrote_to(event.conversation)
        elif is_channel(event.conversation):
            self.saw(event.sender)
        else:
            self.wrote(event.sender)

    def saw(self, *nicks: str) -> None:
        """Remember names; leave out names that are not valid nicks, as nobody could type them."""
        for nick in nicks:
            try:
                self._names[fold(nick)] = parse_nick(nick)
            except NameNotAllowedError:
                continue
            if len(self._names) > NAMES_MAX:
                del self._names[next(iter(self._names))]

    def wrote(self, nick: str) -> None:
        """Note that a nick wrote to us."""
        self.saw(nick)
        self.last_writer = self._names.get(fold(nick), "")
        self.wrote_to(nick)

    def wrote_to(self, nick: str) -> None:
        """Note that we wrote to a nick."""
        self.partners.add(nick)

    def gone(self, nick: str) -> None:
        """Forget a nick that is no longer on the server."""
        self._names.pop(fold(nick), None)
        self.partners.drop(nick)
        if fold(self.last_writer) == fold(nick):
            self.last_writer = ""
