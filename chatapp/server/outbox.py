"""Who has bytes to be written, so that each connection gets one write per turn of the event loop."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatapp.server.hearer import Hearer

log = logging.getLogger(__name__)


class Outbox:
    """Sessions whose ``out`` is not empty; all are written together at the end of the turn, or by :meth:`flush`.

    ``told`` are the sessions that were written to since somebody emptied it.
    """

    __slots__ = ("_loop", "_scheduled", "dirty", "told")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._scheduled = False
        self.dirty: list[Hearer] = []
        self.told: set[Hearer] = set()

    def add(self, session: Hearer) -> None:
        """Remember a session whose ``out`` was empty until now."""
        self.dirty.append(session)
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self.flush)

    def flush(self) -> None:
        """Write what every session has waiting."""
        self._scheduled = False
        dirty, self.dirty = self.dirty, []
        self.told.update(dirty)
        for session in dirty:
            try:
                session.flush()
            except Exception:  # a mistake of ours ends one connection; the others go on
                log.exception("a bug in writing")
                session.connection.abort()
