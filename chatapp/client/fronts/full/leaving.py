"""Leaves the full-screen client: waits until what was written has arrived, and reports what has not."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable

from prompt_toolkit.output import Output

from chatapp.client.fronts import farewell
from chatapp.client.fronts.full.painting import harmless
from chatapp.client.fronts.full.state import State
from chatapp.client.network.keeper import Keeper

EXIT_INTERRUPTED = 130
LEAVE_S = 10.0  # how long the client waits for an acknowledgement


@contextlib.asynccontextmanager
async def ended_by_signals(end: Callable[[], None]) -> AsyncIterator[None]:
    """Call ``end`` when the terminal is closed (SIGHUP), or somebody ends the client (SIGTERM)."""
    loop = asyncio.get_running_loop()
    signals = () if sys.platform == "win32" else (signal.SIGHUP, signal.SIGTERM)
    for each in signals:
        loop.add_signal_handler(each, end)
    try:
        yield
    finally:
        for each in signals:
            loop.remove_signal_handler(each)


class Leaving:
    """Waits at most LEAVE_S for each acknowledgement, but not for a text that is held back; Ctrl-C ends the wait."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._hurries = False

    def key(self, key: str) -> None:
        """Take a key that is pressed meanwhile."""
        self._hurries = self._hurries or key == "c-c"

    async def run(self, keeper: Keeper, next_key: Callable[[], Awaitable[None]]) -> int:
        """Leave; return the exit code."""
        settling = asyncio.ensure_future(keeper.settle(LEAVE_S))
        try:
            while not settling.done() and not self._hurries:
                waiting = asyncio.ensure_future(next_key())
                await asyncio.wait((settling, waiting), return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
                await asyncio.gather(waiting, return_exceptions=True)
            if self._hurries:
                return EXIT_INTERRUPTED
            if not settling.result():
                return self._not_settled
        finally:
            settling.cancel()
            await asyncio.gather(settling, return_exceptions=True)
        await keeper.leave()
        return self._not_settled if self._state.session.outbox.texts else 0

    @property
    def _not_settled(self) -> int:
        """The exit code while texts are not acknowledged: some were sent, or none."""
        return farewell.not_settled(self._state.session.outbox).exit_code

    def report(self, sink: Output) -> None:
        """Show the texts that have not arrived, after the screen is given back."""
        lines = farewell.report(self._state.session.outbox)
        if lines:
            sink.write_raw("".join(harmless(line.replace("\n", " / ")) + "\r\n" for line in lines))
            sink.flush()
