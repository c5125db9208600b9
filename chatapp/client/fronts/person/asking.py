"""Pure: the requests for lists of people, and who gets each answer."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Callable, Sequence

from chatapp.client.core.events import Person
from chatapp.client.core.session import Session

OnPeople = Callable[[Sequence[Person]], None]


@dataclasses.dataclass(frozen=True, slots=True)
class _Asked:
    on_people: OnPeople
    otherwise: Callable[[], None] | None
    waits: bool


class Asking:
    """Asks the server who is there. The answers come in the order of the requests."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._asked: deque[_Asked] = deque()

    @property
    def is_open(self) -> bool:
        """Tell whether an answer is still to come."""
        return bool(self._asked)

    @property
    def waits(self) -> bool:
        """Tell whether the person has to wait for an answer."""
        return any(asked.waits for asked in self._asked)

    def people(
        self, where: str, on_people: OnPeople, otherwise: Callable[[], None] | None = None, *, waits: bool = True
    ) -> None:
        """Ask who is there: ``*`` (everyone), a channel or a nick. ``on_people`` takes the answer.

        ``otherwise`` is called if the connection is lost before the answer. ``waits``: the person has to wait for it.
        """
        self._asked.append(_Asked(on_people, otherwise, waits))
        self._session.ask_people(where)

    def answered(self, people: Sequence[Person]) -> None:
        """Give the answer to the oldest open request."""
        if self._asked:
            self._asked.popleft().on_people(people)

    def refused(self) -> None:
        """Drop the oldest open request, which the server refused."""
        if self._asked:
            self._asked.popleft()

    def lost(self) -> None:
        """Note that the connection is lost: no open request will get an answer."""
        asked, self._asked = self._asked, deque()
        for each in asked:
            if each.otherwise is not None:
                each.otherwise()
