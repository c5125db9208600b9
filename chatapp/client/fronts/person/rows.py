"""Pure: rows of styled text; rows wider than the terminal are wrapped at spaces.

Continuation rows are indented, so that no part of a message can look like another message.
"""

from __future__ import annotations

from collections.abc import Iterator

from wcwidth import iter_graphemes, wcswidth

from chatapp.client.fronts.printable import printable

INDENT = 6  # columns of the indent: the width of the time (and a space) at the beginning of a message
INDENT_NARROW = 2  # columns of the indent in a narrow terminal
NARROW = 40  # columns; a terminal with fewer is narrow

Row = list[tuple[str, str]]  # pieces: the name of a style, and a text
_Word = list[tuple[str, str, int]]  # style, grapheme, columns


def note(text: str) -> Row:
    """Return the row of a plain message of the client."""
    return [("note", f"-- {printable(text)}")]


def good(text: str) -> Row:
    """Return the row of a success."""
    return [("good", f"-- {printable(text)}")]


def bad(text: str) -> Row:
    """Return the row of a failure."""
    return [("bad", f"-- {printable(text)}")]


def wrap(row: Row, columns: int) -> list[Row]:
    """Split a row into rows of at most ``columns``.

    An ASCII word that is wider, such as a URL, is not split: the terminal wraps it, so that a person can copy it.
    """
    indent = INDENT if columns >= NARROW else INDENT_NARROW
    if columns <= 2 * INDENT_NARROW or sum(len(text) for _, text in row) * 2 <= columns:
        return [row]
    lines = _Lines(columns, indent)
    for word in _words(row):
        lines.add(word)
    rows = lines.rows
    return rows[:-1] if len(rows) > 1 and not plain_text(rows[-1]).strip(" ") else rows


def plain_text(row: Row) -> str:
    """Return a row without its styles."""
    return "".join(text for _, text in row)


def _words(row: Row) -> Iterator[_Word]:
    """Yield the words, and the single spaces between them, as graphemes."""
    word: _Word = []
    for style, text in row:
        for grapheme in iter_graphemes(text):
            space = grapheme == " "
            if word and (space or word[-1][1] == " "):
                yield word
                word = []
            word.append((style, grapheme, max(0, wcswidth(grapheme))))
    if word:
        yield word


class _Lines:
    def __init__(self, columns: int, indent: int) -> None:
        self.rows: list[Row] = [[]]
        self._columns = columns
        self._indent = indent
        self._at = 0

    def add(self, word: _Word) -> None:
        width = sum(columns for _, _, columns in word)
        if word[0][1] == " " and self._is_bare:  # several spaces at the end of a row make no blank row
            return
        if self._at + width <= self._columns:
            self._put(word, width)
        elif word[0][1] == " ":
            self._break()
        elif width <= self._columns - self._indent:
            self._break()
            self._put(word, width)
        elif all(grapheme.isascii() for _, grapheme, _ in word):
            self._put(word, width)
            self._at %= self._columns
        else:
            for grapheme in word:
                self._break_before(grapheme[2])
                self._put([grapheme], grapheme[2])

    @property
    def _is_bare(self) -> bool:
        """Whether the present row is a continuation row that has only its indent."""
        return self._at == self._indent and len(self.rows) > 1

    def _break_before(self, width: int) -> None:
        if self._at + width > self._columns:
            self._break()

    def _break(self) -> None:
        """Begin a new row, unless the present continuation row is still empty."""
        if self._is_bare:
            return
        self.rows.append([("", " " * self._indent)])
        self._at = self._indent

    def _put(self, word: _Word, width: int) -> None:
        row = self.rows[-1]
        for style, text, _ in word:
            if row and row[-1][0] == style:
                row[-1] = (style, row[-1][1] + text)
            else:
                row.append((style, text))
        self._at += width
