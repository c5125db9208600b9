"""Pure: what is written to the terminal: lines, and the typed text below them."""

from __future__ import annotations

from collections.abc import Callable

from chatapp.client.fronts.full.state import State
from chatapp.client.fronts.full.stream.input_line import InputLine, PlainLine, drawn, opened
from chatapp.client.fronts.full.stream.view import View

PAUSE_S = 1.5  # after a key, lines wait so long while there is a typed text
WAIT_S = 8.0  # but not longer than this


class Writing:
    """Remembers what is on the terminal; ``columns`` and ``rows`` are its size. ``is_dumb``: it knows no commands."""

    def __init__(self, state: State, view: View, *, is_dumb: bool = False) -> None:
        self._state = state
        self._view = view
        self._input = PlainLine() if is_dumb else InputLine()
        self.columns, self.rows = 80, 24

    @property
    def is_typed(self) -> bool:
        """Tell whether there is a text that the person is typing."""
        found = opened(self._state)
        return found is not None and bool(found[1])

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
        out = self._input.finish()
        while self._view.lines:
            out += self._view.take(self.columns)
        return out


class Pause:
    """Lets lines wait for a pause while a person types. Times (s) are of any clock."""

    def __init__(self) -> None:
        self._key_s = 0.0  # when the last key was pressed
        self._waiting_s: float | None = None  # since when lines wait

    def key(self, now_s: float) -> None:
        """Note that a key was pressed."""
        self._key_s = now_s

    def waiting(self, now_s: float, *, lines: bool) -> None:
        """Note whether lines wait."""
        self._waiting_s = (now_s if self._waiting_s is None else self._waiting_s) if lines else None

    @property
    def until_s(self) -> float:
        """Until when the lines wait."""
        return 0.0 if self._waiting_s is None else min(self._key_s + PAUSE_S, self._waiting_s + WAIT_S)
