"""Pure: writes a number with its noun."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """Return a number with a noun, which gets an "s" unless the number is 1: ``1 account``, ``2 accounts``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
