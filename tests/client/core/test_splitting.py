"""A text of any length as lines that IRC can carry, never cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.client.core.splitting import TEXT_BYTES_MAX, lines_of, pieces, split
from chatapp.errors import RefusedError

LINES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"), min_size=1)


@given(LINES, st.integers(8, 60))
def test_nothing_is_cut(line, bytes_max):
    """Joined together again, the pieces of a line are the line, and each fits."""
    parts = split(line, bytes_max)
    assert "".join(parts) == line
    assert all(0 < len(part.encode()) <= bytes_max for part in parts)


@given(st.lists(st.from_regex(r"[a-z]{1,10}", fullmatch=True), min_size=1), st.integers(22, 60))
def test_words_stay_whole(words, bytes_max):
    """Words that are short against the line are never parted."""
    parts = split(" ".join(words), bytes_max)
    assert [word for part in parts for word in part.split()] == words


@pytest.mark.parametrize(
    ("line", "bytes_max", "parts"),
    [
        ("short", 8, ["short"]),
        ("exactly8", 8, ["exactly8"]),
        ("one two three", 9, ["one two ", "three"]),
        ("a verylongword", 10, ["a verylong", "word"]),
        ("ääääää", 9, ["ääää", "ää"]),
        ("abcdefgh\N{COMBINING ACUTE ACCENT}i", 8, ["abcdefg", "h\N{COMBINING ACUTE ACCENT}i"]),
        ("123456\N{THUMBS UP SIGN}\N{EMOJI MODIFIER FITZPATRICK TYPE-5}", 10, ["123456", "\U0001f44d\U0001f3fe"]),
    ],
)
def test_where_a_line_is_parted(line, bytes_max, parts):
    """After a word in the second half, else between characters, and not before an accent."""
    assert split(line, bytes_max) == parts


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("one", ["one"]),
        ("one\ntwo\r\nthree\rfour\n", ["one", "two", "three", "four"]),
        ("\n\n a \n\nb\n \n", [" a ", " ", "b"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_lines_of_a_text(text, lines):
    """Empty lines around a text are left out; one within it stays a line, as IRC cannot send nothing."""
    assert lines_of(text) == lines


@pytest.mark.parametrize("text", ["nul \0 here", "half a \ud800 character", "x" * (TEXT_BYTES_MAX + 1)])
def test_what_cannot_be_sent_whole_is_refused(text):
    """A text is sent whole or not at all, and the person is told why."""
    with pytest.raises(RefusedError, match=r"^Not sent: "):
        pieces(text, 400)


def test_the_longest_text():
    """As long as it may be, it arrives whole."""
    text = "word " * (TEXT_BYTES_MAX // 5)
    assert "".join(pieces(text, 400)) == text
