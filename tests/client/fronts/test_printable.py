"""Text from the network cannot command a terminal."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.client.fronts.printable import json_safe, printable, printable_lines

DANGEROUS = ["Cc", "Cs", "Zl", "Zp"]
BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"


@given(st.text())
def test_nothing_that_a_terminal_obeys_is_left(text):
    """No control, no change of direction and no line separator comes through, whatever comes in."""
    shown = printable(text)
    assert not [char for char in shown if unicodedata.category(char) in DANGEROUS or char in BIDI]


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"])))
def test_text_stays_text(text):
    """What people write in any alphabet is shown as it is."""
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b]0;title\x07", "␛[31mred␛]0;title␇"),
        ("\x9b2J", "<009B>2J"),
        ("a\tb\x7f", "a b␡"),
        ("\x02bold\x02 \x0304,12colour\x03 \x1ditalic\x0f", "bold colour italic"),
        ("evil \u202egnp.exe", "evil <202E>gnp.exe"),
        ("\x03" + "5 apples", " apples"),
        ("family \U0001f468\u200d\U0001f469", "family \U0001f468\u200d\U0001f469"),
        (SCOTLAND, SCOTLAND),
        (SCOTLAND[1:3], "<E0067><E0062>"),
        (SCOTLAND[:3] + "x", "\U0001f3f4<E0067><E0062>x"),
    ],
)
def test_what_is_shown_instead(text, shown):
    """A control is shown as its picture or number; formatting of IRC clients is left out."""
    assert printable(text) == shown


@given(st.text())
def test_json_keeps_every_character(text):
    """The value is exactly what was said, and the bytes are harmless."""
    line = json_safe(json.dumps(text, ensure_ascii=False))
    assert json.loads(line) == text
    assert not [char for char in line if unicodedata.category(char) in DANGEROUS or char in BIDI]


@given(st.text())
def test_json_shows_no_control_and_no_format_character(text):
    """In JSON nobody needs an invisible character as it is: each of them is escaped."""
    line = json_safe(json.dumps(text, ensure_ascii=False))
    assert not [char for char in line if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")]


def test_every_format_character_is_known():
    """The ranges in the module are those of this Python's Unicode; the tags of flags are hidden too."""
    formats = [chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) == "Cf"]
    assert [char for char in formats if json_safe(char) == char] == []


@given(st.text())
def test_only_lf_ends_a_line(text):
    """Where lines may be several, there are as many as LF says, and each is what one line would be."""
    shown = printable_lines(text)
    assert shown.replace("\t", " ").split("\n") == [printable(line) for line in text.split("\n")]
    assert shown.count("\t") == text.count("\t")
