"""A person at the full-screen client, without a terminal: keys in, a drawn screen out."""

from __future__ import annotations

from pathlib import Path

from chatapp.client.core.events import Event, Offline
from chatapp.client.core.session import Session
from chatapp.client.fronts.full import view
from chatapp.client.fronts.full.deeds import Deeds
from chatapp.client.fronts.full.effects import Effect
from chatapp.client.fronts.full.lines import Look
from chatapp.client.fronts.full.model import Model
from chatapp.client.fronts.full.pressing import Pressing
from chatapp.client.fronts.full.state import State
from chatapp.client.fronts.full.view import Size
from chatapp.protocol.message import Message
from tests.client.fake_server import HOST, FakeServer, Wire

SCREENS = Path(__file__).parent / "screens"
DAY_MS = 86_400_000


def clock(ms: int) -> str:
    """Write hour and minute."""
    minutes = ms // 60_000
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}"


def day(ms: int) -> str:
    """Write the number of the day since 1970."""
    return f"day {ms // DAY_MS}"


class Desk:
    """A person at a terminal of ``columns`` and ``rows``."""

    deeds: type[Deeds] = Deeds

    def __init__(
        self, server: FakeServer, name: str = "alice", columns: int = 80, rows: int = 24, **options: object
    ) -> None:
        self.server = server
        self.session = Session(name, f"run-{name}")
        self.state = State(self.session, place=HOST, **options)  # type: ignore[arg-type]
        self.model = Model(self.state, Look(clock, day, lambda: self.session.nick), self.deeds)
        self.pressing = self.keyboard()
        self.size = Size(columns, rows)
        self.now_s = 0.0
        self.wire = Wire(server, self.session).open()

    def keyboard(self) -> Pressing:
        """Return what takes the keys."""
        return Pressing(self.state, self.model.deeds)

    def see(self) -> None:
        """Let everything arrive."""
        self.model.deeds.size = self.size
        self.state.now_s = self.now_s
        while True:
            events = self.wire.pump()
            self.hear(*events)  # type: ignore[arg-type]
            if not events and not self.wire.pump():
                return

    def hear(self, *events: Event) -> None:
        """Take events of the session."""
        self.model.heard(events, self.now_s, self.server.time)

    def sign_in(self, password: str = "secret") -> Desk:
        """Answer the question for the password."""
        self.see()
        self.type(password, "c-m")
        return self

    def press(self, *keys: str) -> None:
        """Press keys; let everything arrive."""
        for key in keys:
            for each in key.split(" "):
                self.pressing.key(each, each if len(each) == 1 else "")
            if key == "escape":
                self.pressing.pause()
        self.see()

    def type(self, text: str, *keys: str) -> None:
        """Type a text, and press keys."""
        for letter in text:
            self.pressing.key(letter, letter)
        self.press(*keys)

    def say(self, text: str) -> None:
        """Type a text, and send it."""
        self.type(text, "c-m")

    def hears(self, verb: str, *params: str, source: str = HOST, **tags: str) -> None:
        """Let the server send a line of its own."""
        assert self.wire.peer is not None
        self.wire.peer.send(Message(verb, list(params), source, dict(tags)))
        self.see()

    def drop(self) -> None:
        """Lose the connection."""
        self.wire.drop()
        self.hear(Offline("The connection was lost.", 1))

    def back(self) -> None:
        """Connect again."""
        self.wire.open()
        self.see()

    def effects(self) -> list[Effect]:
        """Take what the shell has to do."""
        return self.state.take_effects()

    def screen(self) -> str:
        """Draw the screen."""
        drawn = view.draw(self.state, self.size, self.model.deeds.look)
        assert len(drawn.rows) == self.size.rows
        return view.drawn(drawn)

    @property
    def texts(self) -> list[str]:
        """The texts of the present conversation, the oldest first."""
        return [each.text for each in self.state.buffer.entries]


def mismatch(name: str, drawn: str) -> str:
    """Compare a screen with the file of this name; return both if they differ, else an empty text."""
    path = SCREENS / f"{name}.txt"
    expected = path.read_text() if path.exists() else ""
    return "" if expected == drawn + "\n" else f"expected ({path.name}):\n{expected}\ndrawn:\n{drawn}\n"
