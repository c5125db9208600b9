"""Pure: what is written to the terminal: lines, and the typed text below them."""

from __future__ import annotations

from collections.abc import Callable

from chatapp.client.fronts.full.state import State
from chatapp.client.fronts.full.stream.input_line import InputLine, drawn
from chatapp.client.fronts.full.stream.view import View


class Writing:
    """Remembers what is on the terminal; ``columns`` and ``rows`` are its size."""

    def __init__(self, state: State, view: View) -> None:
        self._state = state
        self._view = view
        self._input = InputLine()
        self.columns, self.rows = 80, 24

    @property
    def has_input(self) -> bool:
        """Tell whether the terminal shows a typed text."""
        return self._input.is_shown

    def lines(self) -> str:
        """Return the lines that are due, in the place of the typed text; empty: there are none."""
        return self._input.erase() + self._view.take(self.columns) if self._view.lines else ""

    def input(self) -> str:
        """Return what changes the typed text on the terminal."""
        return self._input.paint(*drawn(self._state, self.columns, self.rows))

    def enter(self, press: Callable[[], None]) -> str:
        """Let Enter be pressed. A command stays on the terminal; a text of ours is told when it has arrived."""
        out = self.input()
        before = drawn(self._state, self.columns, self.rows)
        texts, edits = len(self._state.session.outbox), self._state.buffer.draft.edits
        press()
        if drawn(self._state, self.columns, self.rows) == before or edits:
            return out
        is_text = len(self._state.session.outbox) > texts
        return out + (self._input.erase() if is_text else self._input.finish())

    def resized(self, columns: int, rows: int) -> str:
        """Take the new size; leave the typed text behind if it does not fit: it is written anew below."""
        self.columns, self.rows = columns, rows
        return "" if self._input.fits(columns) else self._input.finish()

    def leave(self) -> str:
        """Return all that is left to write."""
        self._view.lines.is_urgent = True
        return self._input.finish() + self._view.take(self.columns)
