"""Pure: the lists of the full screen (to jump, to react, the help, what a search found) as numbered lines.

A list without choices is told and closed. Of a longer list, a part is told; Tab tells the next part.
"""

from __future__ import annotations

import re

from chatapp.client.fronts.full.boxes import Box, Item
from chatapp.client.fronts.full.state import State
from chatapp.client.fronts.full.stream.output_lines import OutputLines
from chatapp.client.fronts.full.stream.words import NOTE

PART = 10  # items of a list with choices that are told at once
_SPACES = re.compile(" {2,}")


class Lists:
    """Tells the list that is open."""

    def __init__(self, state: State, lines: OutputLines) -> None:
        self._state = state
        self._lines = lines
        self._box: Box | None = None
        self._told = 0  # items that were told
        self._of: list[Item] = []  # the items of which they are a part
        self.moved = False  # the person has selected an item with Up or Down

    def update(self) -> None:
        """Tell a list that was opened."""
        box = self._state.box
        if box is self._box:
            return
        self._box, self._told, self._of, self.moved = box, 0, [], False
        if box is None:
            return
        self._lines.add(f"{NOTE}{box.title}", urgent=True)
        if not box.prompt and not choices(box.items):
            for item in box.items:
                self._lines.add(text(item), urgent=True)
            self._state.box = self._box = None
        else:
            self.more()

    def more(self) -> None:
        """Tell the next items; after the last ones, begin anew."""
        box = self._box
        if box is None:
            return
        if box.items is not self._of or self._told >= len(box.items):
            self._of, self._told = box.items, 0
        found = self.numbered
        for item in box.items[self._told : self._told + PART]:
            number = next((f"{at + 1}. " for at, each in enumerate(found) if each is item), "")
            self._lines.add(number + text(item), urgent=True)
        self._told += PART
        left = len(box.items) - self._told
        if left > 0:
            self._lines.add(f"{NOTE}{left} more; Tab tells them.", urgent=True)

    @property
    def numbered(self) -> list[Item]:
        """The items that have numbers, from 1: those that were told, and the rest of their list."""
        return choices(self._of)

    def move(self, step: int) -> None:
        """Select the item below or above, and tell it."""
        box = self._box
        if box is not None and box.items:
            if self.moved or step < 0:
                box.move(step)
            self.moved = True
            self._lines.add(f"{box.at + 1} of {len(box.items)}: {text(box.items[box.at])}", urgent=True)


def choices(items: list[Item]) -> list[Item]:
    """Return the items that a person can choose."""
    return [item for item in items if item.chosen is not None]


def text(item: Item) -> str:
    """Return an item as a line; a colon stands in the place of wide gaps."""
    (style, first), *rest = item.row or [("", "")]
    if style in ("note", "heading") and not rest:
        return NOTE + first
    words = "".join(piece for _, piece in item.row).strip()
    if item.name:
        return f"{item.name.strip()}: {words}"
    return _SPACES.sub(": ", words)
