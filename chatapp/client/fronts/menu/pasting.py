"""Pure: finds pasted lines in the keys of a terminal that does not mark a paste (no bracketed paste)."""

from __future__ import annotations

from collections.abc import Sequence

from prompt_toolkit.key_binding import KeyPress
from prompt_toolkit.keys import Keys

from chatapp.client.fronts import commands

_ENTER = (Keys.ControlM, Keys.ControlJ)


def text_lines(keys: Sequence[KeyPress]) -> tuple[list[str], list[KeyPress]]:
    """Return the lines of text at the beginning of the keys, and the keys after them.

    The text ends before a command, a word of the menu, a key that is not a character, or empty lines that no text
    follows: these have their own meaning in a conversation. A line without its Enter is not taken.
    """
    lines: list[str] = []
    taken, line = 0, ""
    for at, key in enumerate(keys):
        if key.key in _ENTER:
            if is_command(line):
                break
            lines.append(line)
            if line.strip():
                taken = at + 1
            line = ""
        elif isinstance(key.key, Keys) and key.key is not Keys.ControlI:
            break
        else:
            line += key.data
    while lines and not lines[-1].strip():
        lines.pop()
    return lines, list(keys[taken:])


def unfinished(keys: Sequence[KeyPress]) -> str:
    """Return the text of the keys if all of them are characters (no Enter), else an empty text."""
    typed = "".join(key.data for key in keys)
    return typed if all(not isinstance(key.key, Keys) for key in keys) else ""


def is_command(line: str) -> bool:
    """Tell whether a line begins with a slash, or is just a word of the menu."""
    return line.startswith("/") or commands.menu_word(line) is not None
