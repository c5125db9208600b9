"""What a terminal sends for keys and pastes, and the sizes at which the tests of the full screen run."""

from __future__ import annotations

SIZES = [(24, 80), (40, 120), (12, 40)]  # rows and columns

TAB, ENTER, ESC, BACKSPACE = "\t", "\r", "\x1b", "\x7f"
UP, DOWN, RIGHT, LEFT, HOME, END, DELETE = "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[H", "\x1b[F", "\x1b[3~"
PAGE_UP, PAGE_DOWN = "\x1b[5~", "\x1b[6~"
ALT_UP, ALT_DOWN, ALT_RIGHT, ALT_LEFT = "\x1b[1;3A", "\x1b[1;3B", "\x1b[1;3C", "\x1b[1;3D"
CTRL_RIGHT, CTRL_LEFT, CTRL_DELETE = "\x1b[1;5C", "\x1b[1;5D", "\x1b[3;5~"
F1, F2, F3, F4, F5, F6, F9 = "\x1bOP", "\x1bOQ", "\x1bOR", "\x1bOS", "\x1b[15~", "\x1b[17~", "\x1b[20~"
FOCUS_IN, FOCUS_OUT = "\x1b[I", "\x1b[O"  # the terminal has the focus now, or has lost it


def ctrl(key: str) -> str:
    """Return what a terminal sends for a letter, ``@`` (and the space) or ``_`` together with Ctrl."""
    return chr(ord(key.upper()) & 0x1F)


def alt(key: str) -> str:
    """Return what a terminal sends for a key together with Alt."""
    return ESC + key


def pasted(text: str) -> str:
    """Return what a terminal sends for a paste that it marks. Spec: xterm, "Bracketed Paste Mode"."""
    return "\x1b[200~" + text.replace("\n", "\r") + "\x1b[201~"
