"""Pure: the lists that take the place of the messages for a while: to jump, to search, to read the help."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from chatapp.client.fronts.commands import BY_NAME, Command, unescaped, word_alone
from chatapp.client.fronts.full.draft import Draft
from chatapp.client.fronts.full.text import Row, columns, wrapped
from chatapp.protocol.names import fold

ITEMS_MAX = 200  # items of a list that are shown


NAME_COLUMNS = 26  # the column of the names
TABLE_FROM = 50  # columns; on a narrower screen, a row stands below its name
INDENT = 2  # columns before the further rows of an item that is wider than the screen


class Item(NamedTuple):
    """A row of a list; ``chosen`` is called when the person chooses it. ``name`` stands before it, in a column.

    ``key``: what the row is about; a row with the same key takes its place when the list is renewed.
    """

    row: Row
    chosen: Callable[[], None] | None = None
    name: str = ""
    key: str = ""

    def rows(self, width: int) -> list[Row]:
        """Return the rows of the item on a screen."""
        if not self.name:
            return wrapped(self.row, width, indent=INDENT)
        name = wrapped([("name", self.name)], width, indent=2 * INDENT)
        if width < TABLE_FROM:
            return [*name, *_indented(wrapped(self.row, width - 2 * INDENT), 2 * INDENT)]
        rows = wrapped(self.row, width - NAME_COLUMNS)
        if columns(self.name) >= NAME_COLUMNS:
            return [*name, *_indented(rows, NAME_COLUMNS)]
        return [[("name", f"{self.name:{NAME_COLUMNS}}"), *rows[0]], *_indented(rows[1:], NAME_COLUMNS)]


def _indented(rows: list[Row], indent: int) -> list[Row]:
    return [[("", " " * indent), *row] for row in rows]


class Window(NamedTuple):
    """What is shown of a list: its rows, each with the number of its item, from the row ``first`` on, of ``all``."""

    rows: list[tuple[int, Row]]
    first: int
    all: int

    @property
    def place(self) -> str:
        """Which rows are shown, in words; empty if all are."""
        last = self.first + len(self.rows)
        if len(self.rows) == self.all:
            return ""
        return f"{self.first + 1}-{last} of {self.all}" + (", PgDn: more" if last < self.all else ", PgUp: back")


class Box:
    """A list with an optional line to type in (``prompt``); ``items`` makes the rows for what was typed.

    ``submit`` takes the typed text when Enter is pressed and no item is selected; ``answer`` does what a word of the
    menu means at a question. Two slashes before the word make a text of it.
    """

    def __init__(
        self,
        title: str,
        items: Callable[[str], Sequence[Item]],
        *,
        prompt: str = "",
        submit: Callable[[str], None] | None = None,
        answer: Callable[[Command], None] | None = None,
    ) -> None:
        self.title = title
        self.prompt = prompt
        self.query = Draft()
        self.submit = submit
        self.at = 0
        self.top = 0  # the first row that is shown, of a list without anything to choose
        self._items = items
        self._answer = answer
        self.items: list[Item] = []
        self.typed()

    def typed(self) -> None:
        """Make the rows for what was typed, and select the first that can be chosen."""
        word = word_alone(self.query.text)
        if self._answer is not None and word is not None:
            does = "go back" if word is BY_NAME["exit"] else word.help
            self.items = [Item([("", f"{word.menu}: {does}")], partial(self._answer, word))]
        else:
            self.items = list(self._items(unescaped(self.query.text)))[:ITEMS_MAX]
        self.at = next((at for at, each in enumerate(self.items) if each.chosen is not None), 0)
        self.top = 0

    def renew(self) -> None:
        """Make the rows that have a key again. They keep their places: Enter does what it did."""
        if any(each.key for each in self.items):
            made = {each.key: each for each in self._items(unescaped(self.query.text)) if each.key}
            self.items[:] = [made.get(each.key, each) for each in self.items]

    @property
    def has_choice(self) -> bool:
        """Tell whether there is an item to choose; otherwise the list is only read."""
        return any(each.chosen is not None for each in self.items)

    def _rows(self, width: int) -> list[tuple[int, Row]]:
        return [(at, row) for at, each in enumerate(self.items) for row in each.rows(width)]

    def window(self, width: int, height: int) -> Window:
        """Return what is shown: the selected item is in sight."""
        rows = self._rows(width)
        top = self._selected(rows) - height // 2 if self.has_choice else self.top
        first = max(0, min(top, len(rows) - height))
        return Window(rows[first : first + height], first, len(rows))

    def _selected(self, rows: list[tuple[int, Row]]) -> int:
        return next((number for number, (at, _) in enumerate(rows) if at == self.at), 0)

    def move(self, items: int) -> None:
        """Select an item further down, or up."""
        self.at = max(0, min(self.at + items, len(self.items) - 1))

    def scroll(self, count: int, width: int, height: int) -> None:
        """Go down by some rows, or up; a step of one row selects the next item, if there is anything to choose."""
        rows = self._rows(width)
        if not self.has_choice:
            self.top = max(0, min(self.top + count, len(rows) - height))
        elif abs(count) == 1:
            self.move(count)
        else:
            self.at = rows[max(0, min(self._selected(rows) + count, len(rows) - 1))][0]

    def choose(self) -> bool:
        """Choose the selected item; False if there is nothing to choose."""
        item = self.items[self.at] if self.items else None
        if item is not None and item.chosen is not None:
            item.chosen()
        elif self.submit is not None and self.query.text.strip():
            self.submit(unescaped(self.query.text.strip()))
        else:
            return False
        return True


class Question(NamedTuple):
    """A question in the status line; Enter and y mean yes, and n means no.

    With ``refused``, yes cannot be undone: only ``y`` and then Enter mean yes, so that nobody says it by typing on.
    ``answer``: what was typed so far. ``about``: what the question is about. ``refused``: what is said after no.
    """

    text: str
    yes: Callable[[], None]
    about: str = ""
    refused: str = ""
    answer: str = ""


def match(typed: str, name: str) -> int | None:
    """Return how well a name matches what was typed (less is better); None: it does not.

    The name begins with it, or a word of the name does, or the name has it, or has its letters in this order.
    """
    typed, name = fold(typed), fold(name)
    if name.lstrip("#").startswith(typed.lstrip("#")):
        return 0
    at = name.find(typed)
    if at >= 0:
        return 1 if not name[at - 1].isalnum() else 2
    letters = iter(name)
    return 3 if all(letter in letters for letter in typed) else None
