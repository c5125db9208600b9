"""This device, as ``chat connect`` in a terminal keeps it signed in: the token of one account, in the background."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine
from typing import Any

from chatapp.client.network.kept_tokens import Kept, KeptTokenError, KeptTokens
from chatapp.client.network.pins import Address
from chatapp.errors import NameNotAllowedError
from chatapp.protocol.tokens import parse_token_name


class KeptDevice:
    """Implements ``Device`` of ``client/fronts/person/staying.py``. The changes are written one after the other."""

    def __init__(self, kept: KeptTokens, address: Address, nick: str, known: Kept) -> None:
        self.name = _name()
        self.asked = known.asked
        self.id, self.token = known.id, known.token
        self.on_change: Callable[[], None] = lambda: None  # called after ``done``
        self._kept = kept
        self._address = address
        self._nick = nick
        self._lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    def keep(self, token_id: str, token: str, done: Callable[[str, str], None]) -> None:
        """Keep a token. Later, ``done`` gets where it is kept, or why it could not be kept."""
        self.asked, self.id, self.token = True, token_id, token
        self._start(self._keep(token_id, token, done))

    async def _keep(self, token_id: str, token: str, done: Callable[[str, str], None]) -> None:
        where = problem = ""
        async with self._lock:
            try:
                where = await self._kept.keep(self._address, self._nick, token_id, token)
            except KeptTokenError as error:
                problem, self.id, self.token = str(error), "", ""
        done(where, problem)
        self.on_change()

    def forget(self) -> None:
        """Keep no token any more, and remember that the person was asked."""
        self.asked, self.id, self.token = True, "", ""
        self._start(self._forget())

    async def _forget(self) -> None:
        async with self._lock:
            try:
                await self._kept.note_asked(self._address, self._nick)
            except KeptTokenError:
                pass  # the server has revoked the token, or will refuse it; at worst the person is asked again

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def finish(self) -> None:
        """Wait until everything is written."""
        while self._tasks:
            await asyncio.wait(self._tasks)


def _name() -> str:
    """Return the name of a token for this device, after the name of the host."""
    try:
        return parse_token_name(f"chat on {socket.gethostname()}")
    except (NameNotAllowedError, OSError):
        return "chat"
