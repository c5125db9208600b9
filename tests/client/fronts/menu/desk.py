"""A person at the line client, without a terminal."""

from __future__ import annotations

from chatapp.client.core.events import Offline
from chatapp.client.core.session import Session
from chatapp.client.fronts.menu.model import Model
from chatapp.client.fronts.person.rows import plain_text
from tests.client.fake_server import FakeServer, Wire


class Desk:
    """A person at a terminal, without a terminal."""

    def __init__(self, server: FakeServer, name: str = "alice", **options: object) -> None:
        self.server = server
        self.session = Session(name, f"run-{name}")
        self.model = Model(self.session, lambda ms: "12:00", **options)  # type: ignore[arg-type]
        self.wire = Wire(server, self.session).open()

    def see(self) -> list[str]:
        """Let everything arrive; return the rows shown since the last call."""
        while events := self.wire.pump():
            self.model.heard(events)  # type: ignore[arg-type]
        return [plain_text(row) for row in self.model.take_rows()]

    def type(self, *lines: str) -> list[str]:
        """Type lines; return what is shown then."""
        rows = self.see()
        for line in lines:
            self.model.typed(line)
            rows += self.see()
        return rows

    @property
    def asked(self) -> str:
        """The prompt."""
        return self.model.question.prompt

    def drop(self) -> list[str]:
        """Lose the connection."""
        self.wire.drop()
        self.model.heard([Offline("The connection was lost.", 1)])
        return self.see()
