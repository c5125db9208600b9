"""Rows that are wider than the terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcswidth

from chatapp.client.fronts.person.rows import plain_text, wrap

URL = "https://example.org/" + "x" * 60


def wrapped(text: str, columns: int) -> list[str]:
    """Wrap a row of one piece; a space at the end of a row is not seen."""
    return [plain_text(row).rstrip(" ") for row in wrap([("", text)], columns)]


@pytest.mark.parametrize(
    ("text", "columns", "rows"),
    [
        ("short", 80, ["short"]),
        ("one two three", 8, ["one two", "  three"]),
        ("12:00 <bob> " + "word " * 8, 40, ["12:00 <bob> word word word word word", "      word word word"]),
        ("ends at the edge!", 17, ["ends at the edge!"]),
        ("ends at the edge!  ", 17, ["ends at the edge!"]),
        (f"see {URL} there", 40, [f"see {URL} there"]),
        ("漢字" * 12, 40, ["漢字" * 10, "      漢字漢字"]),
        ("ü" * 45, 40, ["ü" * 40, "      " + "ü" * 5]),
    ],
)
def test_words_wrap_at_spaces(text, columns, rows):
    """ "Words wrap at spaces"; a word that is too long is parted, unless it is an address to be copied."""
    assert wrapped(text, columns) == rows


def test_styles_stay():
    """A wrap parts no name from its style."""
    row = [("time", "12:00"), ("", " "), ("name", "<bob>"), ("", " hello"), ("note", " again and again")]
    assert wrap(row, 20) == [
        [("time", "12:00"), ("", " "), ("name", "<bob>"), ("", " hello"), ("note", " ")],
        [("", "  "), ("note", "again and again")],
    ]


def test_several_spaces_make_no_blank_row():
    """Between two words that are on different rows, the spaces are dropped, however many they are."""
    assert wrapped("😀😀😀😀   b", 8) == ["😀😀😀😀", "  b"]


@given(st.text(st.sampled_from("ab -ü漢\u0301😀\u00a0"), max_size=300), st.integers(5, 60))
def test_whatever_the_text_nothing_is_lost_and_no_row_is_too_wide(text, columns):
    """All but spaces is kept in its order; each row but one with a long ASCII word fits; what follows is indented."""
    rows = wrapped(text, columns)
    assert "".join("".join(rows).split(" ")) == "".join(text.split(" "))
    for at, row in enumerate(rows):
        assert at == 0 or row.startswith("  ")
        long_words = [word for word in row.split(" ") if word.isascii() and len(word) > columns - 6]
        assert long_words or wcswidth(row) <= max(columns, 2)
