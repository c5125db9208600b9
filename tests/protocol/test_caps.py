"""Tests of chatapp.protocol.caps."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.protocol.caps import LIST_BYTES_MAX, format_offer, parse_offers, parse_request, split

words = st.lists(st.from_regex(r"[a-z][a-z/.=,-]{0,30}", fullmatch=True), max_size=60)


def test_offers():
    """A capability has a value after '=', or none; of '=' in a value only the first separates."""
    assert parse_offers("a b=c  d= e=f=g,h ") == {"a": "", "b": "c", "d": "", "e": "f=g,h"}
    assert parse_offers("") == {}


def test_format_offer():
    """What has no value has no '='."""
    assert [format_offer("a"), format_offer("a", ""), format_offer("sasl", "PLAIN")] == ["a", "a", "sasl=PLAIN"]


def test_requests():
    """A '-' asks to switch off; the last word on one capability counts; the order stays."""
    assert list(parse_request("b -a  c -b - ").items()) == [("b", False), ("a", False), ("c", True)]


@given(words)
def test_split_keeps_every_word(given_words):
    """All words stand in their order in lists that are not too long, and no list is broken off early."""
    lists = split(given_words)
    assert [word for text in lists for word in text.split(" ") if word] == given_words
    assert all(len(text.encode()) <= LIST_BYTES_MAX for text in lists)
    for text, following in pairwise(lists):
        assert len(text) + 1 + len(following.split(" ")[0]) > LIST_BYTES_MAX


def test_nothing_is_one_empty_list():
    """CAP LIST with nothing switched on is answered with an empty list, not with silence."""
    assert split([]) == [""]


def test_a_full_list():
    """A list is filled up to its last byte."""
    assert split(["aa", "bb", "c"], bytes_max=5) == ["aa bb", "c"]
    assert split(["aa", "bbb", "c"], bytes_max=5) == ["aa", "bbb c"]


def test_a_word_that_fits_no_line_is_our_own_mistake():
    """All values are bounded before they come here."""
    with pytest.raises(AssertionError, match="does not fit"):
        split(["x" * 6], bytes_max=5)
