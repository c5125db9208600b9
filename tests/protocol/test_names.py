"""Tests of chatapp.protocol.names."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.errors import NameNotAllowedError
from chatapp.protocol.names import fold, is_channel, parse_channel, parse_nick


@pytest.mark.parametrize("name", ["a", "Alice", "_x", "[a]", r"\a", "`", "^", "{", "|", "}", "a-1", "a" * 32])
def test_nicks_that_are_allowed(name):
    """R1: ASCII letters, digits and _-[]\\`^{}|, not starting with a digit or '-', 32 at most; kept as typed."""
    assert parse_nick(name) == name


@pytest.mark.parametrize(
    "name",
    ["", "1a", "-a", "a b", "a!b", "a@b", "#a", "a.b", "a,b", "a:b", "a*", "é", "a\n", "a\0", "ａ", "a" * 33, "a/b"],
)
def test_nicks_that_are_not_allowed(name):
    """The error says what is allowed, not what was typed."""
    with pytest.raises(NameNotAllowedError, match=r"A name has 1 to 32 characters: letters a to z, digits and _-"):
        parse_nick(name)


@pytest.mark.parametrize(
    "name",
    [
        "#a",
        "##",
        "#Lobby",
        "#caf\u00e9",
        "#日本語",
        "#привет",
        "#مرحبا",
        "#שלום",
        "#🎉",
        "#a:b",
        "#a!b",
        "#" + "x" * 63,
    ],
)
def test_channels_that_are_allowed(name):
    """R1: any printable Unicode in NFC; kept as typed."""
    assert parse_channel(name) == name


@pytest.mark.parametrize(
    "name",
    ["", "#", "a", "&a", "+a", "#a b", "#a,b", "#" + "x" * 64, "#a\x07", "#a\0", "#a\r", "#a\n", "#a\x7f", "#\x85"]
    + [f"#a{char}b" for char in "\u00a0\u2003\u3000\u2028\u2029"]  # other spaces and line ends
    + [f"#a{char}b" for char in "\u061c\u200e\u200f\u202a\u202b\u202d\u202e\u202c\u2066\u2067\u2068\u2069"]  # direction
    + [f"#a{char}b" for char in "\u00ad\u200b\u200c\u200d\u2060\u2064\ufeff\u034f\u115f\u1160\u17b4\u180b\u180e\u180f"]
    + [f"#a{char}b" for char in "\u2800\u3164\ufe00\ufe0f\uffa0\ufff9\U000e0001\U000e0100\U0001d173"]
    + ["#a\ue000", "#a\uffff", "#a\ud800"],
    ids=ascii,
)
def test_channels_that_are_not_allowed(name):
    """Without space, comma, control, bidirectional or invisible characters; 64 at most. The error says so."""
    with pytest.raises(NameNotAllowedError, match=r"A channel's name begins with #, has 2 to 64 characters"):
        parse_channel(name)


def test_channels_are_in_nfc():
    """A letter with its accent apart looks the same and would be another channel; the error says how to write it."""
    with pytest.raises(NameNotAllowedError, match="Unicode NFC"):
        parse_channel("#cafe\u0301")


@given(st.text(max_size=70) | st.text(st.characters(max_codepoint=0x300), max_size=70).map("#".__add__))
def test_a_channel_name_can_be_a_parameter(text):
    """What is taken as a channel name is one visible word in NFC, and any other text is refused with a word."""
    try:
        name = parse_channel(text)
    except NameNotAllowedError:
        return
    assert name == text == unicodedata.normalize("NFC", text)
    assert name.isprintable()
    assert not set(name) & set(" ,\r\n\0")
    assert 2 <= len(name) <= 64


@given(st.text())
def test_fold_changes_only_ascii_letters(text):
    """CASEMAPPING=ascii: only A to Z are the same as a to z; folding twice changes nothing more."""
    assert fold(text) == "".join(char.lower() if char.isascii() else char for char in text)
    assert fold(fold(text)) == fold(text)


def test_fold():
    """Letters outside ASCII, and the brackets that old servers take for letters, keep their case."""
    assert fold("#CAFÉ[]\\^") == "#cafÉ[]\\^"
    assert fold("İK\u212a") == "İk\u212a"


def test_is_channel():
    """What begins with # is meant for a channel, allowed or not."""
    assert [is_channel(text) for text in ("#a", "#", "a", "", "&a")] == [True, True, False, False, False]
