"""Pure: the whole screen: the state and the size of the terminal in, rows and the place of the cursor out.

::

    conversations | messages                          | who is here
                  | what the conversation is about    |
                  | ...                               |
                  | the state of the connection       |
                  | > the text that is typed          |
"""

from __future__ import annotations

from typing import NamedTuple

from chatapp.client.fronts.full import columns, scrolling, typing_area
from chatapp.client.fronts.full.lines import Look
from chatapp.client.fronts.full.state import State
from chatapp.client.fronts.full.status import status_row, title_row
from chatapp.client.fronts.full.text import Row, cut_row, plain, row_columns
from chatapp.client.fronts.person.questions import NOTHING

LEFT, RIGHT = 22, 20  # columns of the side columns, without the rule between
INPUT_ROWS_MAX = 8
BARE_COLUMNS = 10_000  # more than a line of a message has
ROWS_MIN, COLUMNS_MIN = 4, 16  # a smaller terminal shows a part of this


class Size(NamedTuple):
    """The size of the terminal."""

    columns: int
    rows: int


class Parts(NamedTuple):
    """How the screen is divided: columns of the left, the middle and the right part; rows of the messages."""

    left: int
    middle: int
    right: int
    body: int
    typing: int

    @property
    def inside(self) -> int:
        """The columns of a list, which has a mark before the selected item."""
        return self.middle - 2


class Segment(NamedTuple):
    """A part of a row: it begins at a column, and is ``width`` columns wide."""

    column: int
    width: int
    row: Row


class Screen(NamedTuple):
    """The rows of the screen, each of segments from left to right; the cursor: row and column, from 0.

    ``typing_from``: the first row of the input.
    """

    rows: list[list[Segment]]
    cursor: tuple[int, int]
    typing_from: int


def parts(state: State, size: Size) -> Parts:
    """Divide the screen."""
    wide, high = max(size.columns, COLUMNS_MIN), max(size.rows, ROWS_MIN)
    has_left, has_right = state.left_shown and state.signed_in, state.right_shown and state.signed_in
    left = LEFT if wide >= columns.LEFT_FROM and has_left else 0
    right = RIGHT if wide >= columns.RIGHT_FROM and has_right and state.buffer.is_channel else 0
    middle = wide - (left + 1 if left else 0) - (right + 1 if right else 0)
    most = max(1, min(INPUT_ROWS_MAX, high - 3, high // 2))
    typed = min(most, typing_area.height(state, middle))
    return Parts(left, middle, right, high - 2 - typed, typed)


def draw(state: State, size: Size, look: Look) -> Screen:
    """Draw the screen."""
    found = parts(state, size)
    place = state.box.window(found.inside, found.body).place if state.box is not None else ""
    middle: list[Row] = [title_row(state, found.middle, alone=not found.left, place=place)]
    middle += _body(state, look, found)
    middle.append(status_row(state, found.middle))
    typed, cursor = typing_area.rows(state, found.middle, found.typing)
    middle += typed
    height = len(middle)
    left = columns.left(state, found.left, height) if found.left else []
    right = columns.right(state, found.right, height) if found.right else []
    begin = found.left + 1 if found.left else 0
    end = begin + found.middle
    rows: list[list[Segment]] = []
    for at, row in enumerate(middle):
        segments = []
        if left:
            segments.append(Segment(0, begin, [*left[at], ("rule", "│")]))
        segments.append(Segment(begin, found.middle, row))
        if right:
            segments.append(Segment(end, found.right + 1, [("rule", "│"), *right[at]]))
        rows.append(segments)
    top = height - found.typing
    return Screen(rows, (top + cursor[0], begin + cursor[1]), top)


def _body(state: State, look: Look, found: Parts) -> list[Row]:
    if state.box is not None:
        return _box(state, found)
    rows = scrolling.visible(state, look, found.middle, found.body).rows
    empty: list[Row] = [[] for _ in range(found.body - len(rows))]
    if state.asked != NOTHING or not state.signed_in or state.buffer.anchor is None:
        return empty + rows
    return rows + empty


def _box(state: State, found: Parts) -> list[Row]:
    """Draw a list."""
    box = state.box
    assert box is not None
    rows: list[Row] = []
    for at, row in box.window(found.inside, found.body).rows:
        chosen = at == box.at and box.items[at].chosen is not None
        rows.append([("", "> " if chosen else "  "), *([("picked", text) for _, text in row] if chosen else row)])
    return rows + [[] for _ in range(found.body - len(rows))]


def bare(state: State, look: Look, most: int) -> list[Row]:
    """Return the last lines of the messages alone; the terminal divides them, so that they are copied whole."""
    anchor, state.buffer.anchor = state.buffer.anchor, None
    rows = scrolling.visible(state, look, BARE_COLUMNS, most).rows
    state.buffer.anchor = anchor
    return [[(style, text.rstrip("─")) for style, text in row] for row in rows]


def padded(segment: Segment) -> Row:
    """Return the row of a segment, filled to its width with spaces, or cut."""
    row = cut_row(segment.row, segment.width)
    style = row[-1][0] if row and row[-1][0] in ("status", "title") else ""
    return [*row, (style, " " * (segment.width - row_columns(row)))]


def drawn(screen: Screen) -> str:
    """Return the screen as text, without styles."""
    return "\n".join("".join(plain(padded(each)) for each in row).rstrip() for row in screen.rows)
