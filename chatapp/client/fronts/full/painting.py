"""Pure: a screen as the commands of a terminal: only what differs from the last frame is written.

All text passes ``printable`` here once more: no control character of a text reaches the terminal, whatever the view
does.

Terminals do not agree how many columns some emoji take. So the columns of a text are erased before it is written, what
follows such a character has its own place, and the rest of its row is drawn again. ``opening.py`` turns off that the
terminal goes on in the next row by itself.

Spec: OSC 8 ("Hyperlinks in Terminal Emulators", by Egmont Koblinger): the pieces of a link have the same id.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from functools import lru_cache

from wcwidth import wcwidth

from chatapp.client.fronts.full.text import FSI, PDI, Row, columns, cut_row, graphemes, row_columns
from chatapp.client.fronts.full.view import Screen, Segment
from chatapp.client.fronts.printable import printable

BEGIN, END = "\x1b[?2026h", "\x1b[?2026l"  # synchronized output: the terminal shows the frame at once
CLEAR = "\x1b[0m\x1b[2J"
# Reports of the mouse take away that the mouse selects text, so they are off if nobody wants them.
MOUSE = {False: "\x1b[?1006l\x1b[?1000l", True: "\x1b[?1000h\x1b[?1006h"}
ASK_CURSOR = "\x1b[6n"
EMOJI_FROM = "\U0001f000"  # terminals with older tables do not know all of these
LINK_BYTES_MAX = 2_083  # what VTE and iTerm2 take at most
_SURE = re.compile("[ -~\u00a0-\u00ac\u00ae-\u024f\u2026\u2500-\u257f]*")  # one column each, on all terminals
_ADDRESS = re.compile("[!-~]+")
_ISOLATES = re.compile(f"([{FSI}{PDI}])")


class Painter:
    """Remembers what is on the terminal; ``theme``: see ``themes.py``; ``links``: the terminal can open links.

    ``mouse``: the terminal reports the mouse.
    """

    def __init__(self, theme: Mapping[str, str], *, links: bool = False, mouse: bool = False) -> None:
        self._theme, self._links, self._mouse = theme, links, mouse
        self._painted: list[list[Segment]] = []  # the segments of each row; empty: the terminal may show anything
        self._typing_from = -1
        self._cursor = -1, -1

    def use(self, theme: Mapping[str, str], *, links: bool, mouse: bool) -> None:
        """Draw everything with other settings."""
        self._theme, self._links, self._mouse = theme, links, mouse
        self.forget()

    def forget(self) -> None:
        """Draw everything in the next frame: the terminal has changed."""
        self._painted.clear()
        self._typing_from = -1

    def frame(self, screen: Screen, *, only_typing: bool = False) -> str:
        """Return the commands for a screen, empty if it is as before.

        ``only_typing``: only for the input and the status line, if possible.
        """
        is_same = len(self._painted) == len(screen.rows)
        only_typing = only_typing and is_same and screen.typing_from == self._typing_from
        out = [] if is_same else [CLEAR + MOUSE[self._mouse]]
        if not is_same:
            self._painted = [[] for _ in screen.rows]
        for at in range(screen.typing_from - 1 if only_typing else 0, len(screen.rows)):
            out += self._changes(at, screen.rows[at])
        self._typing_from = screen.typing_from
        changed = "".join(out)
        if not changed and screen.cursor == self._cursor:
            return ""
        row_at, column = self._cursor = screen.cursor
        hide, show = ("\x1b[?25l", "\x1b[?25h") if changed else ("", "")
        return f"{BEGIN}{hide}{changed}\x1b[{row_at + 1};{column + 1}H{show}{END}"

    def _changes(self, at: int, row: list[Segment]) -> list[str]:
        """Return the commands for a row. A row that is divided in another way than before is drawn anew, as a segment
        may cover columns of another segment from before. So is what follows a segment whose columns are not sure."""
        before, self._painted[at] = self._painted[at], row
        out = []
        if before and list(map(_place, before)) != list(map(_place, row)):
            out.append(f"\x1b[{at + 1};1H\x1b[0m\x1b[2K")
            before = []
        is_sure = True  # all that was drawn in this row has the columns that we count
        for number, segment in enumerate(row):
            if not before or before[number] != segment or not is_sure:
                out.append(self._segment(at, segment, is_last=number == len(row) - 1))
                is_sure = is_sure and _is_sure(segment) and (not before or _is_sure(before[number]))
        return out

    def _segment(self, at: int, segment: Segment, *, is_last: bool) -> str:
        row = cut_row(segment.row, segment.width)
        column = segment.column
        out = [f"\x1b[{at + 1};{column + 1}H"]
        if row_columns(row) < segment.width or not _is_sure(segment):
            out.append("\x1b[0m" + ("\x1b[K" if is_last else f"\x1b[{segment.width}X"))
        for style, text in row:
            out.append(self._piece(style, _placed(text, at, column)))
            column += columns(text)
        return "".join(out)

    def _piece(self, style: str, drawn: str) -> str:
        name, _, link = style.partition(" ")
        code = self._theme.get(name, "")
        drawn = f"\x1b[0{f';{code}' if code else ''}m{drawn}"
        if not link or not self._links or len(link) > LINK_BYTES_MAX or _ADDRESS.fullmatch(link) is None:
            return drawn
        return f"\x1b]8;id={zlib.crc32(link.encode()):x};{link}\x1b\\{drawn}\x1b]8;;\x1b\\"


def _placed(text: str, at: int, column: int) -> str:
    """Return a text as commands: what follows a grapheme whose columns are not sure begins at its place.

    The text begins in the row ``at``, at ``column``.
    """
    if _SURE.fullmatch(text):
        return harmless(text)
    drawn, begin = "", ""
    for each in graphemes(text):
        begin += each
        if not _is_sure_grapheme(each):
            column += columns(begin)
            drawn += f"{harmless(begin)}\x1b[{at + 1};{column + 1}H"
            begin = ""
    return drawn + harmless(begin)


@lru_cache(maxsize=4096)
def _is_sure_grapheme(grapheme: str) -> bool:
    """Tell whether a terminal that counts each code point for itself gives a grapheme the columns that we count."""
    if grapheme in (FSI, PDI) or _SURE.fullmatch(grapheme):
        return True
    counted = sum(max(0, wcwidth(letter)) for letter in grapheme)
    return counted == columns(grapheme) and max(grapheme) < EMOJI_FROM


def _is_sure(segment: Segment) -> bool:
    """Tell whether every terminal gives a segment the columns that we count."""
    return all(_SURE.fullmatch(text) is not None for _, text in segment.row)


def _place(segment: Segment) -> tuple[int, int]:
    return segment.column, segment.width


def harmless(text: str) -> str:
    """Return a text without characters that a terminal would obey; isolates stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(part if part in (FSI, PDI) else printable(part) for part in _ISOLATES.split(text))


def plain_lines(rows: list[Row]) -> str:
    """Return rows as lines of text for a terminal without the screen."""
    return "".join(harmless("".join(text for _, text in row)) + "\r\n" for row in rows)
