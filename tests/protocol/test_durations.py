"""Durations as people type them."""

from __future__ import annotations

import pytest

from chatapp.errors import MalformedLineError
from chatapp.protocol.durations import is_duration, parse_duration


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
