"""Which recipients have bytes to be written, so that each connection gets one write in a turn of the event loop."""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

log = logging.getLogger(__name__)


class Writer(Protocol):
    """What the outbox asks of a recipient."""

    def flush(self) -> None:
        """Write what waits."""

    def abort(self) -> None:
        """Close the connection now."""


class Outbox:
    """Recipients whose ``out`` is not empty; all are written together at the end of the turn, or by :meth:`flush`.

    ``told`` are the recipients that were written to since somebody emptied it.
    """

    __slots__ = ("_loop", "_scheduled", "dirty", "told")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._scheduled = False
        self.dirty: list[Writer] = []
        self.told: set[Writer] = set()

    def add(self, recipient: Writer) -> None:
        """Remember a recipient whose ``out`` was empty until now."""
        self.dirty.append(recipient)
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self.flush)

    def flush(self) -> None:
        """Write what every recipient has waiting."""
        self._scheduled = False
        dirty, self.dirty = self.dirty, []
        self.told.update(dirty)
        for recipient in dirty:
            try:
                recipient.flush()
            except Exception:  # our own mistake ends one connection; the others go on
                log.exception("a bug in writing")
                recipient.abort()
