"""The flush queue: the recipients with unwritten bytes. It writes once per connection and turn of the event loop."""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

log = logging.getLogger(__name__)


class Writer(Protocol):
    """The methods of a recipient that the flush queue calls."""

    def flush(self) -> None:
        """Write all waiting bytes."""

    def abort(self) -> None:
        """Close the connection now."""


class FlushQueue:
    """The recipients whose ``out`` is not empty. All are written at the end of the turn, or by :meth:`flush`.

    ``told`` are the recipients that were written to since ``session/receipts.py`` last emptied it.
    """

    __slots__ = ("_loop", "_scheduled", "dirty", "told")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._scheduled = False
        self.dirty: list[Writer] = []
        self.told: set[Writer] = set()

    def add(self, recipient: Writer) -> None:
        """Add a recipient whose ``out`` was empty until now, and schedule the write."""
        self.dirty.append(recipient)
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self.flush)

    def flush(self) -> None:
        """Write the waiting bytes of every recipient."""
        self._scheduled = False
        dirty, self.dirty = self.dirty, []
        self.told.update(dirty)
        for recipient in dirty:
            try:
                recipient.flush()
            except Exception:  # a bug in our code ends one connection only
                log.exception("a bug in writing")
                recipient.abort()
