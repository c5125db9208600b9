"""Pure: the lists that take the place of the messages for a while: to jump, to search, to read the help."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from chatapp.client.fronts.full.draft import Draft
from chatapp.client.fronts.full.text import Row
from chatapp.protocol.names import fold

ITEMS_MAX = 200  # items of a list that are shown


class Item(NamedTuple):
    """A row of a list; ``chosen`` is called when the person chooses it."""

    row: Row
    chosen: Callable[[], None] | None = None
    indent: int = 2  # columns before the further rows, if the row is wider than the screen


class Box:
    """A list with an optional line to type in (``prompt``); ``items`` makes the rows for what was typed.

    ``submit`` takes the typed text when Enter is pressed and no item is selected.
    """

    def __init__(
        self,
        title: str,
        items: Callable[[str], Sequence[Item]],
        *,
        prompt: str = "",
        submit: Callable[[str], None] | None = None,
    ) -> None:
        self.title = title
        self.prompt = prompt
        self.query = Draft()
        self.submit = submit
        self.at = 0
        self._items = items
        self.items: list[Item] = []
        self.typed()

    def typed(self) -> None:
        """Make the rows for what was typed, and select the first that can be chosen."""
        self.items = list(self._items(self.query.text))[:ITEMS_MAX]
        self.at = next((at for at, each in enumerate(self.items) if each.chosen is not None), 0)

    def move(self, rows: int) -> None:
        """Select an item further down, or up."""
        self.at = max(0, min(self.at + rows, len(self.items) - 1))

    def choose(self) -> bool:
        """Choose the selected item; False if there is nothing to choose."""
        item = self.items[self.at] if self.items else None
        if item is not None and item.chosen is not None:
            item.chosen()
        elif self.submit is not None and self.query.text.strip():
            self.submit(self.query.text.strip())
        else:
            return False
        return True


class Question(NamedTuple):
    """A question in the status line; Enter and y mean yes."""

    text: str
    yes: Callable[[], None]


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
