"""``chat history``: write the messages of a conversation, oldest first."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from chatapp.cli import scripts
from chatapp.cli.connecting import TIMEOUT_S
from chatapp.errors import RefusedError

if TYPE_CHECKING:
    from chatapp.client.network.keeper import Keeper


@click.command()
@scripts.reaching("How long to wait for the sign-in, and then for each answer.")
@click.argument("where", required=False, metavar="[NAME|#CHANNEL]")
@scripts.since_option("All messages")
@scripts.when_option("--until", "Only the messages before then, written as for --since.")
@scripts.limit_option(None, f"{scripts.LIMIT}, or all with --since")
@scripts.JSON
def history(
    reach_of: Callable[[], scripts.Reach],
    where: str | None,
    since: int | None,
    until: int | None,
    limit: int | None,
    as_json: bool,
) -> int:
    """Write the messages of a person or a channel (default: the lobby), oldest first.

    Nothing is marked as read. There is one line for each message, or for each line of it.

    Exit codes: 0 all written, 1 refused by the server, or its output could not be written, 2 usage, 3 cannot connect, 4
    sign-in failed, 5 the server's identity is unknown or has changed, 130 interrupted.
    """
    named = scripts.parsed_target(where) if where is not None else ""
    if since is not None and until is not None and since >= until:
        raise click.UsageError("--since is not before --until, so there is nothing between them.")
    reach = reach_of()
    from chatapp.client.fronts.looking import Looking

    timeout_s = reach.timeout_s or TIMEOUT_S
    person = scripts.Person(reach)
    front = Looking(reach.session(), person.password, scripts.tell, timeout_s, reach.spent_s)

    async def work(keeper: Keeper) -> int:
        await front.sign_in(keeper)
        conversation = named or front.session.lobby
        if not conversation:
            raise RefusedError("This server has no lobby. Name a person or a channel.")
        if since is None or limit is not None:
            scripts.write(await front.latest(keeper, conversation, limit or scripts.LIMIT, since or 0, until), as_json)
        else:
            async for page in front.all_since(keeper, conversation, since, until):
                scripts.write(page, as_json)
        await keeper.leave()
        return 0

    return scripts.run(person, front, work, timeout_s)
