"""Pure: the table of keys: which keys do what, and what the help says of it.

A key is written as prompt_toolkit names it; ``escape a`` is Alt-A, or Esc and then A. ``action`` is a method of
``Deeds``. Every Alt key has a twin without Alt.
"""

from __future__ import annotations

from typing import NamedTuple

_NAMES = {
    "c-m": "Enter", "c-@": "Ctrl-Space", "c-i": "Tab", "c-h": "Backspace", "pageup": "PgUp", "pagedown": "PgDn",
    "s-tab": "Shift-Tab", "escape": "Esc", "<scroll-up>": "Wheel up", "<scroll-down>": "Wheel down",
}  # fmt: skip


class Key(NamedTuple):
    """A row of the table. ``group``: the heading in the help."""

    keys: tuple[str, ...]
    action: str
    help: str
    group: str


_TALK, _MOVE, _READ, _SCREEN = "Write", "Move in the text", "Go to", "The screen"

KEYS = (
    Key(("c-m",), "send", "send", _TALK),
    Key(("escape c-m", "c-j"), "new_line", "begin a new line", _TALK),
    Key(("c-i",), "complete", "complete a name, a #channel, a /command or an :emoji:; in a list: the next row", _TALK),
    Key(("up",), "up", "the line above; at the top, what you sent before", _TALK),
    Key(("down",), "down", "the line below", _TALK),
    Key(("c-r",), "recall", "find a text that you sent before", _TALK),
    Key(("c-c",), "interrupt", "clear the text; without a text, twice: leave", _TALK),
    Key(("c-d",), "delete_or_leave", "delete the next character; without a text: leave", _TALK),
    Key(("c-x c-e",), "editor", "write the text in $EDITOR", _TALK),
    Key(
        ("c-k", "escape j"),
        "jump",
        "any channel or person by a part of the name, or its number; with >, any command",
        _READ,
    ),
    Key(("c-n", "escape down"), "next", "the next conversation", _READ),
    Key(("c-p", "escape up"), "back", "the conversation before", _READ),
    *(
        Key((f"escape {number}", f"c-x {number}"), f"nth_{number}", f"conversation {number}", _READ)
        for number in (*range(1, 10), 0)
    ),
    Key(("escape a", "f4"), "next_unread", "what is unread, messages for you first", _READ),
    Key(("escape u", "f5"), "stopped", "where you stopped to read", _READ),
    Key(("pageup",), "page_up", "older messages", _READ),
    Key(("pagedown",), "page_down", "newer messages", _READ),
    Key(("<scroll-up>",), "wheel_up", "some rows up, with /set mouse on", _READ),
    Key(("<scroll-down>",), "wheel_down", "some rows down, with /set mouse on", _READ),
    Key(("c-f",), "search", "find messages", _READ),
    Key(("c-@", "f6"), "pick", "a message: r reply, e react, E edit, y copy, o open, d delete", _READ),
    Key(("f1",), "help", "this help", _SCREEN),
    Key(("f2",), "hide_left", "hide or show the conversations", _SCREEN),
    Key(("f3",), "hide_right", "hide or show who is here", _SCREEN),
    Key(("f9",), "bare", "the bare messages, for copying", _SCREEN),
    Key(("c-l",), "redraw", "draw the screen again", _SCREEN),
    Key(("c-z",), "suspend", "back to the shell; fg returns", _SCREEN),
    Key(("escape", "c-g"), "escape", "back, to the newest messages", _SCREEN),
    Key(("left", "c-b"), "left", "a character back", _MOVE),
    Key(("right",), "right", "a character on", _MOVE),
    Key(("c-left", "escape b", "escape left"), "word_left", "a word back", _MOVE),
    Key(("c-right", "escape f", "escape right"), "word_right", "a word on", _MOVE),
    Key(("home", "c-a"), "line_begin", "the beginning of the line", _MOVE),
    Key(("end", "c-e"), "line_end", "the end of the line; without a text, the newest messages", _MOVE),
    Key(("c-h",), "backspace", "delete the character before", _MOVE),
    Key(("delete",), "delete", "delete the next character", _MOVE),
    Key(("c-w", "escape c-h"), "delete_word_left", "delete the word before", _MOVE),
    Key(("escape d", "c-delete"), "delete_word_right", "delete the next word", _MOVE),
    Key(("c-u",), "delete_to_begin", "delete to the beginning of the line", _MOVE),
    Key(("escape k", "c-x k"), "delete_to_end", "delete to the end of the line", _MOVE),
    Key(("c-t",), "swap", "swap the characters before and at the cursor", _MOVE),
    Key(("c-_",), "undo", "take the last change back", _MOVE),
    Key(("c-y",), "put_back", "put back what was deleted", _MOVE),
)

ACTIONS = {key: row.action for row in KEYS for key in row.keys}
PREFIXES = {key.rpartition(" ")[0] for key in ACTIONS if " " in key}


def readable(key: str) -> str:
    """Return the name of a key as a person reads it."""
    *before, last = key.split(" ")
    if before == ["escape"]:
        return f"Alt-{_one(last)}"
    return " ".join(map(_one, [*before, last]))


def _one(key: str) -> str:
    if key in _NAMES:
        return _NAMES[key]
    if key.startswith("c-"):
        return f"Ctrl-{key[2:].capitalize()}"
    return key.capitalize() if len(key) > 1 or key.isalpha() else key
