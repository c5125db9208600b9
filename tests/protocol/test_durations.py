"""Durations as people type them."""

from __future__ import annotations

import pytest

from chatapp.errors import MalformedLineError
from chatapp.protocol.durations import is_duration, looks_like_duration, not_a_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("30m", 1800), ("12h", 43_200), ("7d", 604_800), ("1d12h", 129_600), ("10y", 315_360_000)],
)
def test_durations(text, seconds):
    """A number and a unit, as often as wanted."""
    assert is_duration(text)
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "7", "d", "7 d", "-7d", "7D", "0m", "11y", "7d!", "\u0667d", "9999999999d"])
def test_what_is_none(text):
    """Each is refused with the rule."""
    with pytest.raises(MalformedLineError, match="at most ten years"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("5", "5 is no time without its unit. Type 5m, 5h or 5d: minutes, hours or days."),
        ("5min", '"5min" is no time. A time is like 5m, 2h or 7d, and a reason does not begin with a digit.'),
        ("-5m", '"-5m" is no time. A time is like 5m, 2h or 7d, and a reason does not begin with a digit.'),
        ("+2h", '"+2h" is no time. A time is like 5m, 2h or 7d, and a reason does not begin with a digit.'),
        ("\u0667d", '"\u0667d" is no time. A time is like 5m, 2h or 7d, and a reason does not begin with a digit.'),
    ],
)
def test_what_looks_like_a_duration(text, said):
    """Somebody meant a time: taken as the reason, it would make a ban without an end."""
    assert looks_like_duration(text)
    assert not_a_duration(text) == said


@pytest.mark.parametrize("text", ["", "loud", "m5", ":5", "-", "- 5m", "--5m"])
def test_what_is_meant_as_a_reason(text):
    """A word that does not begin with a digit."""
    assert not looks_like_duration(text)
