"""What a person types to search is understood, or refused in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.protocol.search_words import TERMS_MAX, InvalidSearchError, Term, Wanted, parse_attributes, parse_text
from chatapp.protocol.timestamps import parse_time

DAY = parse_time("2026-01-31T00:00:00Z")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", Wanted()),
        # Spec: soju.im/search, "Examples".
        ("from=jackie;in=#chan", Wanted(authors=("jackie",), targets=("#chan",))),
        ("text=fast;in=#chan;limit=2", Wanted((Term("fast"),), ("#chan",), limit=2)),
        ("before=2010-01-01T00:00:00.000Z;in=#chan", Wanted(targets=("#chan",), before=1_262_304_000_000)),
        # Spec: "If `after` is specified, messages SHOULD be searched from that time".
        ("after=2026-01-31T00:00:00.000Z", Wanted(after=DAY, oldest_first=True)),
        (r"text=two\swords\:\sand;limit=9", Wanted((Term("two"), Term("words;"), Term("and")), limit=9)),
        ("text=;in=;limit=", Wanted()),
        (";;text=a;", Wanted((Term("a"),))),
        ("text=a=b", Wanted((Term("a=b"),))),
    ],
)
def test_attributes(text, wanted):
    """The attributes of SEARCH have the form of message tags."""
    assert parse_attributes(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("one two", Wanted((Term("one"), Term("two")))),
        ('"two words" three', Wanted((Term("two words"), Term("three")))),
        ('"never closed', Wanted((Term("never closed"),))),
        ("begin*", Wanted((Term("begin", prefix=True),))),
        ('"a beg"*', Wanted((Term("a beg", prefix=True),))),
        ("from:bob in:#room word", Wanted((Term("word"),), ("#room",), ("bob",))),
        ("FROM:bob From:eve", Wanted(authors=("bob", "eve"))),
        ("has:link HAS:LINK", Wanted(link=True)),
        ("after:2026-01-31", Wanted(after=DAY)),
        ("before:2026-01-31 before:2027-01-31", Wanted(before=DAY)),
        ("after:2026-01-31T00:00:00.000Z after:2020-01-01", Wanted(after=DAY)),
        ("http://x.y:80 note:this", Wanted((Term("http://x.y:80"), Term("note:this")))),
        ("東京 OR NOT", Wanted((Term("東京"), Term("OR"), Term("NOT")))),
        ("from: word", Wanted((Term("from:"), Term("word")))),
        ('in:"#odd name"', Wanted(targets=("#odd name",))),
    ],
)
def test_text(text, wanted):
    """Words, "phrases", prefix*, `from:`, `in:`, `after:`, `before:` and `has:link`."""
    assert parse_text(Wanted(), text) == wanted


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("colour=red", "colour"),
        ("TEXT=a", "TEXT"),
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=٣", "limit"),
        ("limit=9999999999", "limit"),
        ("after=yesterday", "after"),
        ("before=2026-02-30", "before"),
        ("text=after:soon", "after"),
        ("text=has:image", "has"),
        ("text=!!!", "text"),
        ("text=*", "text"),
        ('text="\\s"', "text"),
        ("text=" + r"\s".join(["word"] * (TERMS_MAX + 1)), "text"),
    ],
)
def test_bad_attributes_are_refused_by_name(text, name):
    """Spec: "If the selectors were invalid, the `INVALID_PARAMS` error code SHOULD be returned", with their names."""
    with pytest.raises(InvalidSearchError) as caught:
        parse_attributes(text)
    assert caught.value.name == name
    assert str(caught.value)[-1] == "."


@given(st.text())
def test_any_text_is_understood_or_refused(text):
    """No text of a client is a bug."""
    for parse in (parse_attributes, lambda value: parse_text(Wanted(), value)):
        try:
            wanted = parse(text)
        except InvalidSearchError:
            continue
        assert len(wanted.terms) <= TERMS_MAX
