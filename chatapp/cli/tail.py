"""``chat tail``: write messages as they arrive, each once, and nothing is lost with a connection."""

from __future__ import annotations

import asyncio
import os
import select
import stat
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from chatapp.cli import scripts, streams
from chatapp.cli.connecting import TIMEOUT_S

if TYPE_CHECKING:
    from chatapp.client.network.keeper import Keeper


@click.command()
@scripts.reaching("How long to wait for the connection and the sign-in.")
@click.argument("where", required=False, metavar="[NAME|#CHANNEL]")
@scripts.since_option("Begin with the messages")
@scripts.JSON
def tail(reach_of: Callable[[], scripts.Reach], where: str | None, since: int | None, as_json: bool) -> int:
    """Write each new message that NAME can read, of one person or channel, or of all.

    It goes on until it is interrupted. When the connection is lost it connects again, and writes what was sent
    meanwhile: each message once, and in order within its conversation. Nothing is marked as read.

    Exit codes: 1 refused by the server, or the output was closed; 2 usage, 3 cannot connect, 4 sign-in failed, 5 the
    server's identity is unknown or has changed, 130 interrupted.
    """
    followed = scripts.parsed_target(where) if where is not None else ""
    reach = reach_of()
    from chatapp.client.core.following import FROM_NOW
    from chatapp.client.fronts.tail import Tail

    timeout_s = reach.timeout_s or TIMEOUT_S
    session = reach.session(catch_up=True)
    session.catching_up.following.begin(FROM_NOW if since is None else max(since - 1, 0), followed)
    person = scripts.Person(reach)
    front = Tail(session, followed, streams.write_line, person.password, scripts.tell, since=since, as_json=as_json)

    async def work(keeper: Keeper) -> int:
        await front.in_time(keeper, keeper.signed_in(), timeout_s, reach.spent_s)
        await _until_nobody_reads()
        raise BrokenPipeError

    return scripts.run(person, front, work, timeout_s)


async def _until_nobody_reads() -> None:
    """Wait until the other end of standard output is closed, if that is a pipe; otherwise for ever.

    Without this, ``chat tail | head -1`` would go on until the next message.
    """
    closed = asyncio.Event()
    descriptor = streams.stdout().fileno()
    if sys.platform != "win32" and stat.S_ISFIFO(os.fstat(descriptor).st_mode):
        poll = select.poll()
        poll.register(descriptor, 0)  # POLLERR is reported without being asked for

        def look() -> None:
            if poll.poll(0):
                closed.set()

        # For the write end of a pipe, "readable" means that its other end is closed.
        asyncio.get_running_loop().add_reader(descriptor, look)
    await closed.wait()
