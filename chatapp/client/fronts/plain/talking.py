"""Runs the plain front from the sign-in to the end of its input, no faster than the server acknowledges the lines."""

from __future__ import annotations

import asyncio

from chatapp.client.core.session import Session
from chatapp.client.fronts import farewell
from chatapp.client.fronts.plain.front import Plain
from chatapp.client.fronts.plain.input import LinesIn
from chatapp.client.network.keeper import Keeper
from chatapp.errors import CannotConnectError

WAITING_LINES_MAX = 200  # unacknowledged lines; the front reads no further line while it has so many
EXIT_REFUSED = 1


async def _send_lines(front: Plain, keeper: Keeper, stdin: int, patience_s: float | None) -> bool:
    """Give the front the lines of ``stdin``, as fast as the server acknowledges them.

    False if the server acknowledges none for ``patience_s`` (None: wait for ever) though enough lines wait.
    """
    if front.leaving:
        return True
    lines = LinesIn(stdin, line_bytes_max=front.line_bytes_max)
    front.on_output_error = lines.end
    try:
        async for line in lines:
            if not await keeper.room(WAITING_LINES_MAX, patience_s):
                return False
            if front.leaving:  # the output failed while we waited
                break
            front.typed(line)
            keeper.flush()
            if front.leaving:
                break
    finally:
        lines.end()
    return True


async def talk(
    front: Plain,
    session: Session,
    keeper: Keeper,
    stdin: int,
    timeout_s: float,
    sign_in_s: float | None = None,
) -> int:
    """Tell the unread messages, send the lines of ``stdin`` to its end, and leave when all lines are acknowledged.

    Return the exit code. When the output cannot be written any more, read no more lines, but still send the lines that
    were read. If it ends early, say how many lines are unacknowledged, and to whom.

    Raises CannotConnectError when the sign-in takes longer than ``sign_in_s`` (None: no limit here). Raises
    DeliveryUnknownError when the server acknowledges nothing for ``sign_in_s`` while many lines wait, or for
    ``timeout_s`` at the end; CannotConnectError if no such line was sent, or if only a request is not answered. Raises
    OSError when the output cannot be written.
    """
    try:
        try:
            async with asyncio.timeout(sign_in_s):
                await keeper.signed_in()
        except TimeoutError:
            text = f"Not signed in within {sign_in_s:g} s. Nothing was sent. Try again, or with a longer --timeout."
            raise CannotConnectError(text) from None
        settled = await keeper.settle(timeout_s, answers=True)  # first tell the unread messages
        if settled:
            settled = await _send_lines(front, keeper, stdin, sign_in_s)
        if settled:
            settled = await keeper.settle(timeout_s, answers=True)
    except BaseException:
        front.tell_unacknowledged()
        raise
    if not settled:
        raise farewell.not_settled(session.outbox)
    await keeper.leave()
    front.check_output()
    return EXIT_REFUSED if front.failed else 0
