"""Pure: a screen as the commands of a terminal: only what differs from the last frame is written.

All text passes ``printable`` here once more: no control character of a text reaches the terminal, whatever the view
does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from chatapp.client.fronts.full.text import FSI, PDI, Row, cut_row, row_columns
from chatapp.client.fronts.full.view import Screen, Segment
from chatapp.client.fronts.printable import printable

BEGIN, END = "\x1b[?2026h", "\x1b[?2026l"  # synchronized output: the terminal shows the frame at once
CLEAR = "\x1b[0m\x1b[2J"
ASK_CURSOR = "\x1b[6n"
ENTER = "\x1b[?1049h\x1b[?2004h\x1b[?1004h" + CLEAR  # the alternate screen, marked pastes, reports of the focus
LEAVE = "\x1b[?1004l\x1b[?2004l\x1b[0m\x1b[?25h\x1b[?1049l"
_ISOLATES = re.compile(f"([{FSI}{PDI}])")


class Painter:
    """Remembers what is on the terminal; ``theme``: see ``themes.py``."""

    def __init__(self, theme: Mapping[str, str]) -> None:
        self._theme = theme
        self._painted: dict[tuple[int, int], Segment] = {}  # by row and column
        self._typing_from = -1

    def forget(self) -> None:
        """Draw everything in the next frame: the terminal has changed."""
        self._painted.clear()
        self._typing_from = -1

    def frame(self, screen: Screen, *, only_typing: bool = False) -> str:
        """Return the commands for a screen; ``only_typing``: only for the input and the status line, if possible."""
        only_typing = only_typing and screen.typing_from == self._typing_from
        out = ["" if self._painted else CLEAR]
        first = screen.typing_from - 1 if only_typing else 0
        for at in range(first, len(screen.rows)):
            row = screen.rows[at]
            for number, segment in enumerate(row):
                key = at, segment.column
                if self._painted.get(key) != segment:
                    self._painted[key] = segment
                    drawn = self._segment(segment, is_last=number == len(row) - 1)
                    out.append(f"\x1b[{at + 1};{segment.column + 1}H{drawn}")
        self._typing_from = screen.typing_from
        row_at, column = screen.cursor
        changed = "".join(out)
        hide, show = ("\x1b[?25l", "\x1b[?25h") if changed else ("", "")
        return f"{BEGIN}{hide}{changed}\x1b[{row_at + 1};{column + 1}H{show}{END}"

    def _segment(self, segment: Segment, *, is_last: bool) -> str:
        row = cut_row(segment.row, segment.width)
        drawn = "".join(self._piece(style, text) for style, text in row)
        left = segment.width - row_columns(row)
        if left <= 0:
            return drawn
        return f"{drawn}\x1b[0m" + ("\x1b[K" if is_last else f"\x1b[{left}X")

    def _piece(self, style: str, text: str) -> str:
        code = self._theme.get(style, "")
        return f"\x1b[0{f';{code}' if code else ''}m{harmless(text)}"


def harmless(text: str) -> str:
    """Return a text without characters that a terminal would obey; isolates stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(part if part in (FSI, PDI) else printable(part) for part in _ISOLATES.split(text))


def plain_lines(rows: list[Row]) -> str:
    """Return rows as lines of text for a terminal without the screen."""
    return "".join(harmless("".join(text for _, text in row)) + "\r\n" for row in rows)
