"""Tests of chatapp.protocol.isupport."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.protocol.isupport import TOKEN_LINE_BYTES_MAX, TOKENS_PER_LINE_MAX, parse, tokens

names = st.from_regex(r"[A-Z]{1,12}", fullmatch=True)
values = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.dictionaries(names, values, max_size=60))
def test_what_is_announced_is_read_back(announced):
    """Reading all lines gives what was announced; each line holds 13 tokens at most and none needs a colon."""
    known: dict[str, str | None] = {}
    for line in tokens(announced):
        assert 1 <= len(line) <= TOKENS_PER_LINE_MAX
        assert len(" ".join(line).encode()) <= TOKEN_LINE_BYTES_MAX
        assert all(token and not set(token) & set(" \r\n\0") and token[0] != ":" for token in line)
        known = parse(line, known)
    assert known == announced


def test_forms():
    """Tokens stand in their order; what cannot stand in a parameter is escaped."""
    assert tokens({"UTF8ONLY": None, "NETWORK": "My Net=\\", "STATUSMSG": ""}) == [
        ["UTF8ONLY", r"NETWORK=My\x20Net\x3D\x5C", "STATUSMSG="]
    ]
    assert tokens({}) == []


def test_lines_are_split_at_thirteen():
    """ "SHOULD NOT exceed 13 tokens" in a line."""
    assert [len(line) for line in tokens(dict.fromkeys(map(str, range(30))))] == [13, 13, 4]


def test_a_token_that_fits_no_line_is_our_own_mistake():
    """All values are bounded before they come here."""
    with pytest.raises(AssertionError, match="NAME does not fit"):
        tokens({"NAME": "x" * TOKEN_LINE_BYTES_MAX})


def test_tokens_can_be_taken_back():
    """``-NAME`` takes back what was announced, and what was not announced too."""
    assert parse(["-A", "-Z", "B=2"], {"A": None, "B": "1"}) == {"B": "2"}


def test_the_known_ones_are_not_changed():
    """Reading makes a new record."""
    known: dict[str, str | None] = {"A": "1"}
    parse(["A=2"], known)
    assert known == {"A": "1"}


@given(st.lists(st.text(max_size=20) | st.text("-=\\x0AFg", max_size=8)))
def test_any_token_is_read(garbage):
    """A server may announce anything; it is never an error."""
    assert "" not in parse(garbage)
