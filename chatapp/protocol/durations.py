"""Durations as people type them: ``30m``, ``12h``, ``7d``, ``1d12h``."""

from __future__ import annotations

import re

from chatapp.errors import MalformedLineError

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800, "y": 31_536_000}
_DURATION = r"(?:[0-9]{1,9}[smhdwy])+"
_SHOWN_CHARS_MAX = 20
SECONDS_MAX = 10 * _UNITS["y"]


def is_duration(text: str) -> bool:
    """Return whether a text has the form of a duration."""
    return re.fullmatch(_DURATION, text) is not None


def looks_like_duration(text: str) -> bool:
    """Return whether somebody who typed a text where a duration may stand meant one.

    It begins with a digit, or with a sign and a digit.
    """
    return (text[1:2] if text.startswith(("+", "-")) else text[:1]).isdecimal()


def not_a_duration(text: str) -> str:
    """Return the sentence that says how to write a text that looks like a duration and is none."""
    shown = text if len(text) <= _SHOWN_CHARS_MAX else f"{text[:_SHOWN_CHARS_MAX]}..."
    if text.isdecimal():
        return f"{shown} is no time without its unit. Type {shown}m, {shown}h or {shown}d: minutes, hours or days."
    return f'"{shown}" is no time. A time is like 5m, 2h or 7d, and a reason does not begin with a digit.'


def parse_duration(text: str) -> int:
    """Return the seconds of a duration, from 1 to SECONDS_MAX. Raises MalformedLineError with the rule as its text."""
    seconds = sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"([0-9]+)([smhdwy])", text))
    if not is_duration(text) or not 0 < seconds <= SECONDS_MAX:
        raise MalformedLineError("A duration is like 30m, 12h, 7d or 1d12h, and at most ten years.")
    return seconds
