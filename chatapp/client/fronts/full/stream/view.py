"""Pure: the view of the stream: the state in, lines and the input out; each line once."""

from __future__ import annotations

from chatapp.client.fronts.full.lines import Look
from chatapp.client.fronts.full.painting import harmless
from chatapp.client.fronts.full.state import State
from chatapp.client.fronts.full.stream.lists import Lists
from chatapp.client.fronts.full.stream.output_lines import OutputLines
from chatapp.client.fronts.full.stream.telling import Telling
from chatapp.client.fronts.full.stream.watching import Watching
from chatapp.client.fronts.full.stream.words import divided


class View:
    """What the stream tells of the state."""

    def __init__(self, state: State, look: Look) -> None:
        self.lines = OutputLines()
        self.telling = Telling(state, look, self.lines)
        self.lists = Lists(state, self.lines)
        self._watching = Watching(state, look, self.lines)

    def update(self, *, urgent: bool = False) -> None:
        """Make lines of what has changed; ``urgent``: it follows from what the person did."""
        self._watching.update_connection()
        self.telling.update(urgent=urgent)
        self._watching.update_answers()
        self.lists.update()

    def take(self, width: int) -> str:
        """Return the lines that are written now, for a terminal of this width (columns)."""
        rows = [row for text in self.lines.take() for line in text.split("\n") for row in divided(line, width)]
        return "".join(f"{harmless(row)}\r\n" for row in rows)
