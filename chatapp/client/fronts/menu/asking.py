"""Pure: who asked the server for people, and gets the answer."""

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
    """Asks who is there. Answers come in the order of the questions."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._asked: deque[_Asked] = deque()

    @property
    def waits(self) -> bool:
        """Tell whether the person has to wait for an answer."""
        return any(asked.waits for asked in self._asked)

    def people(
        self, where: str, on_people: OnPeople, otherwise: Callable[[], None] | None = None, *, waits: bool = True
    ) -> None:
        """Ask who is there: ``*``, a channel or a name; ``otherwise`` is called if the connection is lost before."""
        self._asked.append(_Asked(on_people, otherwise, waits))
        self._session.ask_people(where)

    def answered(self, people: Sequence[Person]) -> None:
        """Give people to whoever asked for them."""
        if self._asked:
            self._asked.popleft().on_people(people)

    def refused(self) -> None:
        """Note that the question was refused."""
        if self._asked:
            self._asked.popleft()

    def lost(self) -> None:
        """The connection is lost, and no answer comes."""
        asked, self._asked = self._asked, deque()
        for each in asked:
            if each.otherwise is not None:
                each.otherwise()
