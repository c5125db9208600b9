"""Pure: the keys in a list of the stream: numbers choose an item, Up and Down tell the item, Tab tells more items.

Any other text closes a list without a line to type in, and is typed in the conversation.
"""

from __future__ import annotations

from collections.abc import Container

from chatapp.client.fronts.commands import BY_NAME, word_alone
from chatapp.client.fronts.full.boxes import Box
from chatapp.client.fronts.full.pressing import Pressing
from chatapp.client.fronts.full.state import State
from chatapp.client.fronts.full.stream.deeds import StreamDeeds
from chatapp.client.fronts.printable import printable


class StreamPressing(Pressing):
    """Takes the keys of a person at the stream."""

    def __init__(self, state: State, deeds: StreamDeeds) -> None:
        super().__init__(state, deeds)
        self._lists = deeds.view.lists
        self._began_at_list = False  # whether the first character of the draft was typed at a list

    def _in_box(self, box: Box, key: str, data: str) -> None:
        if key in ("c-i", "pagedown"):
            self._lists.more()
        elif key in ("up", "c-p", "down", "c-n"):
            self._lists.move(-1 if key in ("up", "c-p") else 1)
        elif key == "c-m":
            self._choose(box)
        elif not box.prompt and key == "c-h":
            box.query.backspace()
        elif not box.prompt and data.isdecimal():
            box.query.insert(data)
        elif not box.prompt and data and printable(data) == data:
            self._type_on(box, key, data)
        else:
            super()._in_box(box, key, data)
            if self._state.box is None:
                self._close()

    def _choose(self, box: Box) -> None:
        """Choose by the number that is typed; else the selected item, or what the text leads to."""
        typed = box.query.text.strip()
        found = self._lists.numbered
        if typed.isdecimal() and len(typed) < 6 and 0 < int(typed) <= len(found):
            chosen = found[int(typed) - 1].chosen
            if chosen is not None:
                chosen()
        elif not box.prompt and typed:
            box.query.set("")
            self._state.hint = f"There is no number {typed} in the list. Esc closes it."
        elif box.prompt or self._lists.moved:
            box.choose()
        else:
            self._close()

    def _type_on(self, box: Box, key: str, data: str) -> None:
        """Close the list: the person writes a text, which may begin with a number."""
        self._close()
        self._deeds.draft.insert(box.query.text)
        self._type(key, data)
        self._began_at_list = True

    def _type(self, key: str, data: str, actions: Container[str] | None = None) -> None:
        """Take a key of the text. EX that was typed at a list goes back, as at every question, and leaves nothing."""
        draft = self._deeds.draft
        self._began_at_list = self._began_at_list and bool(draft)
        if self._began_at_list and key == "c-m" and word_alone(draft.text) is BY_NAME["exit"]:
            draft.clear()
            self._close()
        else:
            super()._type(key, data, actions)

    def _close(self) -> None:
        self._state.box = None
        self._state.hint = "The list is closed."
