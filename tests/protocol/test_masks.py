"""The masks of bans and exceptions: what is accepted, and whom each is about."""

from __future__ import annotations

import fnmatch

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chatapp.errors import NameNotAllowedError
from chatapp.protocol import masks

HOST = "chat.example"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("alice", "alice!*@*"),
        ("al*!*@*", "al*!*@*"),
        ("*!*alice@*.example", "*!*alice@*.example"),  # irssi's /ban
        ("*!alice@Chat.example", "*!alice@Chat.example"),  # WeeChat's /ban
        ("a!", "a!*@*"),
        ("al?ce!?lic*", "al?ce!?lic*@*"),
        ("*" + "-" * 32, "*" + "-" * 32 + "!*@*"),
        ("alice@*", "*!alice@*"),
        ("~a:Bob*", "~a:Bob*"),
        ("~m:bob", "~m:bob!*@*"),
        ("~t:60:~m:~a:bob", "~t:60:~m:~a:bob"),
        ("~t:007:bob", "~t:7:bob!*@*"),
    ],
)
def test_what_is_stored(typed, stored):
    """A mask is stored as given: clients look for it in the list that they keep. The stored form is stable."""
    assert masks.canonical(typed, HOST) == stored
    assert masks.canonical(stored, HOST) == stored


@pytest.mark.parametrize(
    "typed",
    [
        "", "*", "*!*@*", "*!*@chat.example", "*!***@*",  # everybody
        "alice!*@10.0.0.1", "*!*@*.aol.com",  # nobody
        "127.0.1.6!*@*", "5m!*@*", "a.b.c!*@*", "*!~alice@*", "-*", "a" * 33, "?" * 33,  # names that nobody can have
        "$a:s24", "account:s24", "m:s24", "~m:m:s24", "r:s24", "a!b!c@*", "~a:5m", "~a:a:b", "~t:5:~a:" + "a" * 33,
        "s20!nosuch@*", "s*!nosuch@*", "s20!n*", "s*!n*", "*s!*n",  # the nick and the user name are the same
        "a b", "a\x07", "x" * 101, "~", "~x:y", "~a:", "~m:", "~t:5", "~t:0:bob", "~t:99999999:bob", "~t:5:~x:y",
    ],
)  # fmt: skip
def test_what_is_refused(typed):
    """A ban that is about nobody would look as if it worked, and a ban of everybody is never meant."""
    with pytest.raises(NameNotAllowedError):
        masks.canonical(typed, HOST)


@pytest.mark.parametrize("typed", ["$a:s24", "account:s24", "m:s24", "~m:m:s24"])
def test_the_named_forms_of_other_servers(typed):
    """They are refused with the form that works here."""
    with pytest.raises(NameNotAllowedError, match="~a:NAME, and a mute is ~m:NAME"):
        masks.canonical(typed, HOST)


@given(name=st.from_regex(r"[a-c_][a-c0-9-]{0,4}", fullmatch=True), data=st.data())
def test_what_matches_somebody_is_not_refused(name, data):
    """Patterns of the nick and the user that are made from a name that somebody can have."""
    wild = [st.sampled_from([char, char, "?", "*", char + "*"]) for char in name]
    nick, user = ("".join(data.draw(st.tuples(*wild))) for _ in range(2))
    assume((nick + user).strip("*"))
    assume(nick != "*" or not user.startswith("*"))  # see test_a_star_for_the_tilde_of_a_user_name
    mask = masks.canonical(f"{nick}!{user}", HOST)
    assert masks.is_about(masks.parse(mask), name, "")


@pytest.mark.parametrize(
    ("mask", "same", "others"),
    [
        ("bob!*@*", "bob!*@chat.example *!Bob@* ~t:5:bob!*@* *!*bob@*", "~m:bob!*@* ~a:bob *bob!*@*"),
        ("*!*b*b@chat.example", "*!*b*b@* ~t:1:*b*b!*@*", "*!b*b@*"),
        ("~m:~a:bob", "~t:3:~m:~a:BOB", "~a:bob ~m:bob!*@*"),
    ],
)
def test_the_forms_of_one_mask(mask, same, others):
    """The host and the minutes make no other mask; whether it is a ban or a mute, or about an account, does."""
    assert {masks.meaning(each) == masks.meaning(mask) for each in same.split()} == {True}
    assert {masks.meaning(each) == masks.meaning(mask) for each in others.split()} == {False}


@pytest.mark.parametrize(
    ("mask", "about", "not_about"),
    [
        ("alice!*@*", [("alice", "alice"), ("alice", "")], [("alice2", "alice2")]),
        ("al?ce*!*@*", [("alice", ""), ("alyce9", "alyce9")], [("alce", "")]),
        ("*!bob@*", [("bob", "bob")], [("alice", "alice")]),
        ("a*!*e@*", [("alice", "")], [("alina", ""), ("bie", "")]),
        ("~a:b*", [("bob", "bob")], [("bob", ""), ("alice", "alice")]),
        ("~m:~a:bob", [("bob", "bob")], [("bob", "")]),
    ],
)
def test_whom_a_mask_is_about(mask, about, not_about):
    """``~a:`` is about accounts only; the other masks are about nicks."""
    parsed = masks.parse(mask)
    assert [masks.is_about(parsed, *who) for who in about] == [True] * len(about)
    assert [masks.is_about(parsed, *who) for who in not_about] == [False] * len(not_about)


def test_what_a_mask_is_for():
    """A mute and a time are told apart from whom the mask is about."""
    assert masks.parse("~t:90:~m:Bob!*@*") == ("bob", "", True, 90)
    assert masks.parse("~a:Bob") == ("", "bob", False, 0)


@given(text=st.text("ab*", max_size=8), pattern=st.text("ab*?", max_size=8))
def test_wildcards(text, pattern):
    """``*`` stands for any characters, ``?`` for one."""
    assert masks.matches(text, pattern) == fnmatch.fnmatchcase(text, pattern)


def _matches_before(text, pattern):
    """Return whether a text matches a pattern, character by character."""
    at = mark = for_text = 0
    star = -1
    while for_text < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, mark = at, for_text
            at += 1
        elif at < len(pattern) and pattern[at] in ("?", text[for_text]):
            at += 1
            for_text += 1
        elif star >= 0:
            mark += 1
            at, for_text = star + 1, mark
        else:
            return False
    return pattern[at:].strip("*") == ""


@pytest.mark.parametrize("wild", ["*", "*?"])
@given(data=st.data())
def test_long_patterns(data, wild):
    """The quick comparisons give the result of the comparison of each character."""
    text = data.draw(st.text("aab?é", max_size=32))
    places = [data.draw(st.sampled_from([char, char, char, "", *wild])) for char in text]
    pattern = "".join(places) + data.draw(st.text("ab" + wild, max_size=3))
    assert masks.matches(text, pattern) == _matches_before(text, pattern)


@pytest.mark.parametrize("mask", ["*!*bob@chat.example", "*!*bob@*", "~m:*!*Bob@*", "~t:5:*!*bob@*"])
def test_a_star_for_the_tilde_of_a_user_name(mask):
    """irssi's ``/ban bob`` is about bob, and about nobody whose name only ends like that."""
    parsed = masks.parse(mask)
    assert masks.is_about(parsed, "bob", "bob")
    assert not masks.is_about(parsed, "joebob", "joebob")


@pytest.mark.parametrize("mask", ["*bob!*@*", "*!*b?b@*", "*!*b*b@*"])
def test_other_wildcards_count(mask):
    """A star before the nick, and a pattern with more wildcards, match as they are written."""
    assert masks.is_about(masks.parse(mask), "joebob", "joebob")
