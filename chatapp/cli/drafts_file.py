"""The file with the drafts of the full screen (``client/fronts/full/kept_drafts.py``)."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec

from chatapp.client.fronts.full.kept_drafts import LINES_MAX, taken, written
from chatapp.client.fronts.full.state import State
from chatapp.client.network.lines_file import LinesFile, LockedError

FILE = "drafts"
_LOCK_S = 1.0


class DraftsFile:
    """The drafts of one account of a server, in a folder that need not exist yet."""

    def __init__(self, folder: Path, server: str, account: str) -> None:
        self._file = LinesFile(folder / FILE)
        self._server = server
        self._account = account

    @contextlib.asynccontextmanager
    async def kept(self, state: State) -> AsyncIterator[None]:
        """Put the drafts of the last time into their conversations; at the end, write those that are not sent.

        What is wrong is told before the session; after it, nobody is there to be told.
        """
        try:
            await self._take(state)
        except (OSError, ValueError, LockedError, msgspec.MsgspecError) as error:
            state.note(f"The texts that you had not sent cannot be read from {self._file.path}: {error}", bad=True)
        try:
            yield
        finally:
            with contextlib.suppress(OSError, ValueError, LockedError):
                await self._write(state)

    async def _take(self, state: State) -> None:
        if not self._file.lines():
            return
        async with self._file.changing(_LOCK_S) as lines:
            own, lines[:] = taken(lines, self._server, self._account)
            state.buffers.wait_with({each.conversation: each.draft() for each in own})

    async def _write(self, state: State) -> None:
        new = written(state.buffers, self._server, self._account or state.session.nick)
        if new:
            async with self._file.changing(_LOCK_S) as lines:
                lines[:] = [*lines, *new][-LINES_MAX:]
