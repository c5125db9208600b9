"""Pure: text in columns: its width, its graphemes, and its division into rows.

A text from the network passes :func:`shown` first: it makes the text harmless for a terminal. A row with right-to-left
letters is put between Unicode isolates (:func:`isolated`), so that the letters cannot rearrange the rest of the row.
Spec: UAX #9, "Explicit Directional Isolates".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from wcwidth import iter_graphemes, wcswidth

from chatapp.client.fronts.printable import printable

FSI, PDI = "\u2068", "\u2069"  # first strong isolate, pop directional isolate
ELLIPSIS = "…"

_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")

Piece = tuple[str, str]  # the name of a style, and a text
Row = list[Piece]
Slice = tuple[int, int]  # where a row begins and ends in its text


def shown(text: str) -> str:
    """Return a text of the network as the screen may show it, in one line."""
    return printable(text)


def isolated(row: Row) -> Row:
    """Return the pieces of one text, between isolates if the text has right-to-left letters."""
    if not row or all(text.isascii() for _, text in row) or not any(_RIGHT_TO_LEFT.search(text) for _, text in row):
        return row
    first, last = row[0], row[-1]
    if len(row) == 1:
        return [(first[0], f"{FSI}{first[1]}{PDI}")]
    return [(first[0], FSI + first[1]), *row[1:-1], (last[0], last[1] + PDI)]


def graphemes(text: str) -> list[str]:
    """Return the graphemes of a text: what a person sees as one character."""
    return list(text) if text.isascii() else list(iter_graphemes(text))


@lru_cache(maxsize=4096)
def _grapheme_columns(grapheme: str) -> int:
    return max(0, wcswidth(grapheme))


def columns(text: str) -> int:
    """Return how many columns a text takes; isolates take none."""
    if text.isascii():
        return len(text)
    return sum(_grapheme_columns(each) for each in iter_graphemes(text.replace(FSI, "").replace(PDI, "")))


def row_columns(row: Row) -> int:
    """Return how many columns a row takes."""
    return sum(columns(text) for _, text in row)


def end_of(text: str, width: int) -> str:
    """Return a text, without its beginning if it has more columns than ``width``."""
    if columns(text) <= width:
        return text
    found, room = "", width - 1
    for each in reversed(graphemes(text)):
        if columns(each + found) > room:
            break
        found = each + found
    return f"…{found}"


def cut(text: str, width: int) -> str:
    """Return a text of at most ``width`` columns; an ellipsis stands for what does not fit."""
    if columns(text) <= width:
        return text
    if width < 1:
        return ""
    if text.isascii():
        return text[: width - 1] + ELLIPSIS
    kept, used = "", 0
    for each in iter_graphemes(text):
        used += _grapheme_columns(each)
        if used > width - 1:
            break
        kept += each
    return kept + ELLIPSIS


def cut_row(row: Row, width: int) -> Row:
    """Return a row of at most ``width`` columns."""
    kept: Row = []
    for style, text in row:
        room = width - row_columns(kept)
        if columns(text) > room:
            return [*kept, (style, cut(text, room))] if room else kept
        kept.append((style, text))
    return kept


def slices(text: str, width: int, first: int | None = None) -> list[Slice]:
    """Divide a text into rows of at most ``width`` columns (the first row: ``first``), at spaces if possible.

    A line feed ends a row. The space at which a row is divided is in no row. There is at least one row.
    """
    rows: list[Slice] = []
    start = 0
    for line in text.split("\n"):
        room = width if rows or first is None else first
        rows += _line_slices(line, start, max(width, 1), max(room, 1))
        start += len(line) + 1
    return rows


def _line_slices(line: str, start: int, width: int, first: int) -> Iterator[Slice]:
    if line.isascii():
        yield from _ascii_slices(line, start, width, first)
        return
    at = begin = used = 0  # in code points, except ``used``
    space, space_used = -1, 0  # the last space of the row, and the columns up to its end
    room = first
    for each in iter_graphemes(line):
        wide = _grapheme_columns(each)
        while used + wide > room and at > begin and each != " ":
            if space >= begin:
                yield start + begin, start + space
                begin, used = space + 1, used - space_used
            else:
                yield start + begin, start + at
                begin, used = at, 0
            space, room = -1, width
        if each == " ":
            space, space_used = at, used + wide
        at += len(each)
        used += wide
    yield start + begin, start + len(line)


def _ascii_slices(line: str, start: int, width: int, first: int) -> Iterator[Slice]:
    begin, room = 0, first
    while len(line) - begin > room:
        space = line.rfind(" ", begin + 1, begin + room + 1)
        end = space if space > begin else begin + room
        yield start + begin, start + end
        begin, room = (end + 1 if space > begin else end), width
    yield start + begin, start + len(line)


def wrapped(row: Row, width: int, *, indent: int = 0) -> list[Row]:
    """Divide a row at spaces into rows of at most ``width`` columns; all but the first begin with ``indent`` spaces."""
    whole = "".join(text for _, text in row)
    found = slices(whole, max(width - indent, 1), width)
    rows = parts(row, found)
    return [each if not at or not indent else [("", " " * indent), *each] for at, each in enumerate(rows)]


def parts(row: Row, found: Iterable[Slice]) -> Iterator[Row]:
    """Give the pieces of a row that are in each of some slices, which are in order; the row is gone through once."""
    first = start = 0  # the first piece that may be in the next slice, and where it begins
    for begin, end in found:
        while first < len(row) and start + len(row[first][1]) <= begin:
            start += len(row[first][1])
            first += 1
        kept: Row = []
        index, at = first, start
        while index < len(row) and at < end:
            style, text = row[index]
            if inside := text[max(begin - at, 0) : end - at]:
                kept.append((style, inside))
            at += len(text)
            index += 1
        yield kept


def plain(row: Row) -> str:
    """Return the text of a row, without styles and isolates."""
    return "".join(text for _, text in row).replace(FSI, "").replace(PDI, "")
