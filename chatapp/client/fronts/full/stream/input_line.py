"""Pure: the text that is typed, at the end of the stream: what the terminal has to be told so that it shows the text.

A character at the end of the text is written alone. Without a text, nothing is shown: a message is then a line of text
and nothing else. The rows are narrower than the terminal, so that the terminal itself never begins a new row.
"""

from __future__ import annotations

from collections.abc import Sequence

from chatapp.client.fronts.full.columns import buffer_name
from chatapp.client.fronts.full.draft import Draft
from chatapp.client.fronts.full.painting import harmless
from chatapp.client.fronts.full.state import State
from chatapp.client.fronts.full.text import columns, cut, end_of, graphemes
from chatapp.client.fronts.full.typing_area import laid_out
from chatapp.client.fronts.person.questions import NOTHING
from chatapp.client.fronts.printable import printable

ROWS_MAX = 8
BACK_MAX = 4  # columns that backspaces go back, which need fewer bytes than a command
NUMBER = "Number: "  # the prompt of a list that a person chooses from
ANSWER = "y or n: "  # the prompt of a question that is answered with a word
_TO_END, _TO_BOTTOM = "\x1b[K", "\x1b[J"

Drawn = tuple[list[str], tuple[int, int]]  # rows, and the place of the cursor: row and column


def opened(state: State) -> tuple[str, Draft] | None:
    """Return the prompt and the text that is typed; None: no text is open, or a question of the sign-in is."""
    if state.asked != NOTHING or state.question is not None:
        return None
    if state.box is not None:
        return (f"{state.box.prompt} " if state.box.prompt else NUMBER), state.box.query
    draft = state.buffer.draft
    kind = " (edit)" if draft.edits else " (reply)" if draft.reply_to else ""
    return (f"{buffer_name(state, state.buffer)}{kind}> ", draft) if draft or kind else None


def drawn(state: State, width: int, height: int) -> Drawn:
    """Return the rows of the input; none if there is nothing to show."""
    if state.asked != NOTHING:
        answer = "" if state.asked.hidden else printable(state.secret.text)
        text = harmless(end_of(state.asked.prompt + answer, width - 1))
        return [text], (0, columns(text))
    if state.question is not None and (state.question.refused or state.question.answer):
        text = harmless(cut(ANSWER + printable(state.question.answer), width - 1))
        return [text], (0, columns(text))
    found = opened(state)
    if found is None:
        return [], (0, 0)
    return typed(*found, width, max(1, min(ROWS_MAX, height - 1)))


def typed(prompt: str, draft: Draft, width: int, most: int) -> Drawn:
    """Return the rows of a text, at most ``most``: each has fewer columns than the terminal."""
    rows, cursor = laid_out(cut(prompt, max(width // 2, 4)), draft, width, most)
    found = [harmless("".join(text for _, text in row)) for row in rows]
    for at, row in enumerate(found):
        while columns(row) >= width and row.endswith(" "):  # spaces may stand beyond the last column
            row = row[:-1]
        found[at] = row
    return found, cursor


class InputLine:
    """Remembers what the terminal shows of the input; the cursor of the terminal is there."""

    def __init__(self) -> None:
        self._rows: list[str] = []
        self._at = (0, 0)

    def fits(self, width: int) -> bool:
        """Tell whether the terminal shows the same in another width: then nothing has to be written anew."""
        return all(columns(row) < width for row in self._rows)

    def paint(self, rows: Sequence[str], cursor: tuple[int, int]) -> str:
        """Return the commands that show these rows in the place of those before."""
        out = self._change(list(rows)) + self._move(cursor if rows else (0, 0))
        return out

    def _change(self, rows: list[str]) -> str:
        old, self._rows = self._rows, rows
        if old == rows:
            return ""
        row = next((at for at, (one, other) in enumerate(zip(old, rows, strict=False)) if one != other), None)
        if row is None:
            row = min(len(old), len(rows)) - 1
        if row < 0:  # nothing was there, or nothing is left
            written = "\r\n".join(rows)
            moved = self._move((0, 0)) + _TO_BOTTOM if old else ""
            self._at = (max(len(rows) - 1, 0), columns(rows[-1]) if rows else 0)
            return moved + written
        kept = _common(old[row], rows[row])
        out = self._move((row, columns(kept)))
        clears = _TO_BOTTOM if len(old) > row + 1 else _TO_END
        shorter = columns(old[row]) > columns(rows[row]) or len(old) > row + 1
        if shorter:
            out += clears
        out += rows[row][len(kept) :] + "".join(f"\r\n{each}" for each in rows[row + 1 :])
        self._at = (len(rows) - 1, columns(rows[-1]))
        return out

    def _move(self, to: tuple[int, int]) -> str:
        (row, column), self._at = self._at, to
        out = f"\x1b[{row - to[0]}A" if to[0] < row else f"\x1b[{to[0] - row}B" if to[0] > row else ""
        back = column - to[1]
        if not back:
            return out
        if back < 0:
            return f"{out}\x1b[{-back}C"
        return out + ("\r" if not to[1] else "\b" * back if back <= BACK_MAX else f"\x1b[{back}D")

    def erase(self) -> str:
        """Return the commands that take the input off the terminal; the next line takes its place."""
        return self.paint([], (0, 0))

    def finish(self) -> str:
        """Return the commands after which the input stays as it is, and the next line is below it."""
        if not self._rows:
            return ""
        out = self._move((len(self._rows) - 1, columns(self._rows[-1]))) + "\r\n"
        self._rows, self._at = [], (0, 0)
        return out


class PlainLine(InputLine):
    """The same for a terminal that knows no commands (``TERM=dumb``): it gets text, CR and LF alone.

    The last row is written anew after a CR. Where a row above it changes, all rows are written again below.
    """

    def paint(self, rows: Sequence[str], cursor: tuple[int, int]) -> str:
        """Return the text that shows these rows in the place of those before."""
        old, before = self._rows, self._at
        self._rows, self._at = list(rows), cursor if rows else (0, 0)
        if (old, before) == (self._rows, self._at):
            return ""
        if not rows:
            return f"\r{' ' * columns(old[0])}\r" if len(old) == 1 else "\r\n"
        last, out = rows[-1], "\r\n".join(rows)
        if old and len(rows) >= len(old) and old[:-1] == self._rows[: len(old) - 1]:
            row = self._rows[len(old) - 1]
            is_at_end = before == (len(old) - 1, columns(old[-1]))
            written = row[len(old[-1]) :] if is_at_end and row.startswith(old[-1]) else f"\r{row}"
            surplus = max(0, columns(old[-1]) - columns(row))
            out = written + (f"{' ' * surplus}\r{row}" if surplus else "")
            out += "".join(f"\r\n{each}" for each in self._rows[len(old) :])
        elif old:
            out = f"\r\n{out}"
        is_inside = cursor[0] == len(rows) - 1 and cursor[1] < columns(last)
        return out + (f"\r{_beginning(last, cursor[1])}" if is_inside else "")

    def finish(self) -> str:
        """Return the text after which the input stays as it is, and the next line is below it."""
        rows, self._rows, self._at = self._rows, [], (0, 0)
        return "\r\n" if rows else ""


def _beginning(row: str, width: int) -> str:
    """Return what stands in the first columns of a row."""
    found = ""
    for each in graphemes(row):
        if columns(found + each) > width:
            break
        found += each
    return found


def _common(one: str, other: str) -> str:
    """Return what two rows begin with, up to the edge of a grapheme."""
    kept = []
    for left, right in zip(graphemes(one), graphemes(other), strict=False):
        if left != right:
            break
        kept.append(left)
    return "".join(kept)
