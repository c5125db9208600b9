"""Who a session is before it is welcomed."""

from __future__ import annotations

import asyncio

from chatapp.protocol.sasl import ChunkBuffer


class SigningIn:
    """What a session has told before it is welcomed; dropped then, for most sessions live long and idle."""

    __slots__ = ("nick", "password", "pausing", "realname", "sasl", "uid", "wants_caps")

    def __init__(self) -> None:
        self.nick = ""
        self.realname: str | None = None  # None until USER
        self.password: str | None = None  # of PASS
        self.wants_caps = False  # between CAP LS or REQ and CAP END
        self.sasl: ChunkBuffer | None = None
        self.pausing: asyncio.Future[None] | None = None
        self.uid = ""  # of the account it has signed in to

    async def pause(self, loop: asyncio.AbstractEventLoop, seconds: float, *, given_up: bool) -> None:
        """Wait, unless it is ``given_up``, or is while it waits; then CancelledError is raised."""
        pausing = self.pausing = loop.create_future()
        if given_up:
            pausing.cancel()
        timer = loop.call_later(seconds, _end_pause, pausing)
        try:
            await pausing
        finally:
            timer.cancel()
            self.pausing = None

    def give_up(self) -> None:
        """Let what waits in :meth:`pause` wait no longer."""
        if self.pausing is not None:
            self.pausing.cancel()


def _end_pause(pausing: asyncio.Future[None]) -> None:
    if not pausing.done():
        pausing.set_result(None)
