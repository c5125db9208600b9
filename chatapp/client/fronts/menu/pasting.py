"""Pure: lines that a terminal sends in one go, although it does not say that they are pasted."""

from __future__ import annotations

from collections.abc import Sequence

from prompt_toolkit.key_binding import KeyPress
from prompt_toolkit.keys import Keys

from chatapp.client.fronts import commands

_ENTER = (Keys.ControlM, Keys.ControlJ)


def text_lines(keys: Sequence[KeyPress]) -> tuple[list[str], list[KeyPress]]:
    """Return the lines of text that the keys begin with, and the keys after them.

    The text ends before a line that means something else in a conversation (a command, a word of the menu, or Enter
    alone, if no text follows it) and before a key that is no character.
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
    """Return what the keys type, if they are characters and no Enter; else nothing."""
    typed = "".join(key.data for key in keys)
    return typed if all(not isinstance(key.key, Keys) for key in keys) else ""


def is_command(line: str) -> bool:
    """Tell whether a line means something else than its text."""
    return line.startswith("/") or commands.menu_word(line) is not None
