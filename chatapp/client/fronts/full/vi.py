"""Pure: the vi keys for the text that is typed: Esc leads to the normal mode, where letters move and change.

Spec: POSIX, vi(1) and sh(1), "Command Line Editing (vi-mode)"; the keys of ROWS alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import ClassVar

from chatapp.client.fronts.full.draft import Draft

COUNT_MAX = 999
UNDO_MAX = 100  # changes that u takes back
ROWS = (
    ("i a I A o O", "write: before or after the cursor, in the line's begin or end, in a line below or above"),
    ("h l 0 ^ $ w b e", "move; a number before it repeats"),
    ("j k", "the line below or above; beyond them, what you sent before"),
    ("x X D C s S r", "delete or replace characters, or the rest of the line; with C, s and S write"),
    ("d c y", "delete, change or copy; then a movement, or the same key for the line"),
    ("p P u", "put back what was deleted or copied; take back a change"),
    ("/ : G", "find messages; any command; the newest messages"),
)
_WORD = re.compile(r"\w+|[^\w\s]+")
_ACTIONS = {"j": "down", "k": "up", "/": "search", ":": "jump_to_command", "G": "escape"}
_SHORT = {"x": "dl", "X": "dh", "D": "d$", "C": "c$", "s": "cl", "S": "cc"}


class Vi:
    """``normal``: letters are commands, and no text."""

    def __init__(self) -> None:
        self.normal = False
        self._count = ""
        self._operator = ""  # d, c or y, or r: what the next key is for
        self._undo: list[tuple[Draft, str, int]] = []

    def press(self, draft: Draft, key: str, data: str) -> str | None:
        """Take a key; return the action of ``Deeds`` that it means (empty: none). None: the key is not of vi."""
        if not self.normal:
            if key != "escape":
                return None
            self.normal = True
            _clamp(draft, back=True)
            return ""
        if key == "c-m":
            self._write(draft)
            return None
        if key == "escape" and (self._operator or self._count):
            self._forget()
            return ""
        key = "h" if key == "c-h" else data
        if not key:
            return None
        action = self._command(draft, key)
        if self.normal:
            _clamp(draft)
        return action

    def _forget(self) -> None:
        self._operator = self._count = ""

    def _write(self, draft: Draft) -> None:
        """Go on with writing."""
        self._forget()
        self.normal = False

    def _command(self, draft: Draft, key: str) -> str:
        if self._operator == "r":
            self._replace(draft, key)
        elif (key.isdecimal() and key != "0") or (key == "0" and self._count):
            self._count = str(min(int(self._count + key), COUNT_MAX))
            return ""
        elif self._operator:
            self._operate(draft, self._operator, key)
        elif key in "dcyr":
            self._operator = key
            return ""
        elif key in _SHORT:
            self._operate(draft, _SHORT[key][0], _SHORT[key][1])
        elif key in self._OTHERS:
            self._OTHERS[key](self, draft)
        elif key in _ACTIONS:
            self._forget()
            return _ACTIONS[key]
        else:
            target = self._target(draft, key)
            draft.at = draft.at if target is None else target
        self._forget()
        return ""

    # Moving

    def _target(self, draft: Draft, key: str, *, is_operand: bool = False) -> int | None:
        """Return where a movement leads; None: the key is no movement."""
        move = _MOVES.get(key)
        if move is None:
            return None
        before, at = draft.at, draft.at
        for _ in range(int(self._count or 1)):
            draft.at = move(draft)
        draft.at, at = at, draft.at
        if is_operand and key == "e" and at < len(draft.text):
            at = _beside(draft, at, Draft.right)
        if is_operand and key == "w":  # a movement to another line ends at the end of this line
            end = _line(draft)[1]
            at = end if before <= end < at else at
        return at

    # Changing

    def _note(self, draft: Draft) -> None:
        self._undo = [*self._undo[1 - UNDO_MAX :], (draft, draft.text, draft.at)]

    def _operate(self, draft: Draft, operator: str, key: str) -> None:
        """Delete, change or copy up to a movement, or the whole line."""
        begin, end = _line(draft)
        if key != operator:
            if operator == "c" and key == "w":
                key = "e"  # as vi does: the space after the word stays
            target = self._target(draft, key, is_operand=True)
            if target is None:
                return
            begin, end = sorted((draft.at, target))
        elif operator == "d":
            end = min(end + 1, len(draft.text))
            begin = begin - 1 if end == len(draft.text) and begin and draft.text[end - 1 : end] != "\n" else begin
        if operator == "y":
            draft.keep(begin, end)
            draft.at = begin
            return
        self._note(draft)
        draft.remove(begin, end)
        if operator == "c":
            self._write(draft)

    def _replace(self, draft: Draft, key: str) -> None:
        begin, end = draft.at, _beside(draft, draft.at, Draft.right)
        if draft.text[begin:end] not in ("", "\n"):
            self._note(draft)
            draft.text = draft.text[:begin] + key + draft.text[end:]

    def _put(self, draft: Draft, *, after: bool) -> None:
        self._note(draft)
        if after and draft.text[draft.at : draft.at + 1] not in ("", "\n"):
            draft.right()
        draft.put_back()
        draft.left()

    def _take_back(self, draft: Draft) -> None:
        while self._undo:
            changed, text, at = self._undo.pop()
            if changed is draft:
                draft.set(text)
                draft.at = at
                return

    def _insert(self, draft: Draft, place: Callable[[Draft], None], text: str = "", back: bool = False) -> None:
        self._note(draft)
        place(draft)
        draft.insert(text)
        if back:
            draft.left()
        self._write(draft)

    _OTHERS: ClassVar[dict[str, Callable[[Vi, Draft], None]]] = {
        "i": lambda self, draft: self._insert(draft, lambda _: None),
        "a": lambda self, draft: self._insert(draft, _after),
        "I": lambda self, draft: self._insert(draft, Draft.line_begin),
        "A": lambda self, draft: self._insert(draft, Draft.line_end),
        "o": lambda self, draft: self._insert(draft, Draft.line_end, "\n"),
        "O": lambda self, draft: self._insert(draft, Draft.line_begin, "\n", back=True),
        "p": lambda self, draft: self._put(draft, after=True),
        "P": lambda self, draft: self._put(draft, after=False),
        "u": _take_back,
    }


def _line(draft: Draft) -> tuple[int, int]:
    """Return where the line of the cursor begins and ends."""
    end = draft.text.find("\n", draft.at)
    return draft.text.rfind("\n", 0, draft.at) + 1, end if end >= 0 else len(draft.text)


def _beside(draft: Draft, at: int, move: Callable[[Draft], None]) -> int:
    """Return the place beside a place: the cursor stays where it is."""
    before, draft.at = draft.at, at
    move(draft)
    draft.at, at = before, draft.at
    return at


def _clamp(draft: Draft, *, back: bool = False) -> None:
    """Put the cursor on a character, not behind the line; ``back``: on the one before, as Esc does."""
    begin, end = _line(draft)
    if draft.at > begin and (back or draft.at == end):
        draft.left()


def _after(draft: Draft) -> None:
    if draft.at < _line(draft)[1]:
        draft.right()


def _left(draft: Draft) -> int:
    return draft.at if draft.at == _line(draft)[0] else _beside(draft, draft.at, Draft.left)


def _right(draft: Draft) -> int:
    return draft.at if draft.at == _line(draft)[1] else _beside(draft, draft.at, Draft.right)


def _first(draft: Draft) -> int:
    begin, end = _line(draft)
    return begin + len(draft.text[begin:end]) - len(draft.text[begin:end].lstrip())


def _next_word(draft: Draft) -> int:
    starts = (found.start() for found in _WORD.finditer(draft.text))
    return next((at for at in starts if at > draft.at), len(draft.text))


def _word_before(draft: Draft) -> int:
    return max((found.start() for found in _WORD.finditer(draft.text) if found.start() < draft.at), default=0)


def _word_end(draft: Draft) -> int:
    ends = (_beside(draft, found.end(), Draft.left) for found in _WORD.finditer(draft.text))
    return next((at for at in ends if at > draft.at), len(draft.text))


_MOVES: dict[str, Callable[[Draft], int]] = {
    "h": _left,
    "l": _right,
    " ": _right,
    "0": lambda draft: _line(draft)[0],
    "^": _first,
    "$": lambda draft: _line(draft)[1],
    "w": _next_word,
    "b": _word_before,
    "e": _word_end,
}
