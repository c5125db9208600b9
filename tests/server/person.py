"""Somebody at our line client, connected to the server of a world."""

from __future__ import annotations

from collections.abc import Sequence

from chatapp.client.core.events import Event
from chatapp.client.core.session import Session
from chatapp.client.fronts.menu.model import Model
from chatapp.client.fronts.person.rows import plain_text
from tests.server.world import World


class Person:
    """Types lines, and sees rows. ``code`` is that of an invitation; ``options`` are for the model of the client."""

    def __init__(self, world: World, name: str, code: str = "", **options: object) -> None:
        self.world = world
        self.name = name
        self.session = Session(name, f"run-{name}")
        self.session.account.invitation = code
        self.model = Model(self.session, lambda ms: "12:00", **options)  # type: ignore[arg-type]
        self.open()

    def open(self) -> None:
        """Connect, again if there was a connection."""
        self.actor = self.world.connect(self.name, tls=True)
        self.session.opened(tls=True)

    def drop(self) -> None:
        """Lose the connection."""
        self.actor.vanish()
        self.session.closed()

    def see(self) -> list[str]:
        """Let everything arrive; return the rows shown since the last call."""
        while True:
            up, lines = self.session.take(), self.actor.hear()
            if not up and not lines:
                return [plain_text(row) for row in self.model.take_rows()]
            if up:
                self.actor.feed(up)
            for line in lines:
                self.heard(self.session.received(line.encode(), self.world.now_ms()))

    def heard(self, events: Sequence[Event]) -> None:
        """Show events; a test may look at them as well."""
        self.model.heard(events)

    def type(self, line: str) -> list[str]:
        """Type a line; return what is shown then."""
        rows = self.see()
        self.model.typed(line)
        return rows + self.see()
