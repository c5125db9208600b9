"""Tells answers that are still being made which messages were redacted meanwhile, so that they leave these out.

A page of history is read in a thread, and sent in pieces while the client reads slowly. Without this, the client could
get the text after the REDACT.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class Redactions:
    """The answers that are being made now."""

    def __init__(self) -> None:
        self._answers: list[set[str]] = []

    @contextmanager
    def watched(self) -> Iterator[set[str]]:
        """Return a set to which the msgid of each message is added that is redacted during the ``with`` block."""
        redacted: set[str] = set()
        self._answers.append(redacted)
        try:
            yield redacted
        finally:
            self._answers = [each for each in self._answers if each is not redacted]

    def add(self, msgid: str) -> None:
        """Note that a message was redacted."""
        for each in self._answers:
            each.add(msgid)
