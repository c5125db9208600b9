"""A person at the stream, without a terminal: keys in, lines out."""

from __future__ import annotations

from pathlib import Path

import pyte

from chatapp.client.core.events import Event
from chatapp.client.fronts.full.pressing import Pressing
from chatapp.client.fronts.full.stream.deeds import StreamDeeds
from chatapp.client.fronts.full.stream.pressing import StreamPressing
from chatapp.client.fronts.full.stream.writing import Writing
from tests.client.fake_server import FakeServer
from tests.client.fronts.full.desk import Desk

TRANSCRIPTS = Path(__file__).parent / "transcripts"


class StreamDesk(Desk):
    """A person at a terminal that shows the stream; ``screen`` is the terminal, ``transcript`` all its lines."""

    deeds = StreamDeeds

    def __init__(self, server: FakeServer, name: str = "alice", columns: int = 80, rows: int = 24, **options: object):
        self.terminal = pyte.HistoryScreen(columns, rows, history=10_000)
        self._stream = pyte.Stream(self.terminal)
        self.written = ""
        super().__init__(server, name, columns, rows, **options)
        self._writing = Writing(self.state, self.view)
        self._writing.resized(columns, rows)

    def keyboard(self) -> Pressing:
        """Return what takes the keys."""
        assert isinstance(self.model.deeds, StreamDeeds)
        self.view = self.model.deeds.view
        return StreamPressing(self.state, self.model.deeds)

    def hear(self, *events: Event) -> None:
        """Take events, and tell what is new."""
        super().hear(*events)
        self.view.update()

    def see(self) -> None:
        """Let everything arrive, and write it."""
        self.view.update(urgent=True)
        super().see()
        self.write()

    def pass_s(self, seconds: float) -> None:
        """Let time go by."""
        self.now_s += seconds
        self.model.tick(self.now_s, self.server.time)
        self.view.update()
        self.write()

    def press(self, *keys: str) -> None:
        """Press keys; let everything arrive."""
        for key in keys:
            if key == "c-m":
                self._feed(self._writing.enter(lambda: self.pressing.key("c-m")))
                self.see()
            else:
                super().press(key)

    def write(self) -> None:
        """Write the lines and the typed text."""
        while self.view.lines:
            self._feed(self._writing.lines())
        self._feed(self._writing.input())

    def _feed(self, written: str) -> None:
        self.written += written
        self._stream.feed(written)

    def screen(self) -> str:
        """Return what the terminal shows."""
        return "\n".join(row.rstrip() for row in self.terminal.display).rstrip("\n")

    @property
    def transcript(self) -> list[str]:
        """Return all lines of the terminal, also those that have left it at its top."""
        above = ["".join(line[at].data for at in range(self.terminal.columns)) for line in self.terminal.history.top]
        return [row.rstrip() for row in [*above, *self.screen().split("\n")]]


def differs(name: str, transcript: list[str]) -> str:
    """Compare a transcript with the file of this name; return both if they differ, else an empty text."""
    path = TRANSCRIPTS / f"{name}.txt"
    expected, found = path.read_text() if path.exists() else "", "\n".join(transcript) + "\n"
    return "" if expected == found else f"expected ({path.name}):\n{expected}\nread:\n{found}"
