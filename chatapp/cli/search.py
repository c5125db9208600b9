"""``chat search``: write the messages that the server finds, oldest first."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from chatapp.cli import scripts
from chatapp.cli.connecting import TIMEOUT_S

if TYPE_CHECKING:
    from chatapp.client.network.keeper import Keeper


@click.command()
@scripts.reaching("How long to wait for the sign-in, and then for each answer.")
@click.argument("words", nargs=-1, required=True)
@scripts.since_option("Only messages")
@scripts.limit_option(scripts.LIMIT)
@scripts.JSON
def search(
    reach_of: Callable[[], scripts.Reach], words: tuple[str, ...], since: int | None, limit: int, as_json: bool
) -> int:
    """Write the messages that have all the WORDS, of all that NAME may read, oldest first.

    Among the WORDS there may be '"a phrase"', 'begin*', from:NAME, in:NAME, 'in:#CHANNEL', after:2026-01-31,
    before:2026-01-31 and has:link. A shell takes away quotes, # and *, unless they are in other quotes.

    Exit codes: 0 searched (also if nothing was found), 1 refused by the server, or its output could not be written, 2
    usage, 3 cannot connect, 4 sign-in failed, 5 the server's identity is unknown or has changed, 130 interrupted.
    """
    text = " ".join(words)
    if not text.strip():
        raise click.UsageError("There is nothing to search for.")
    reach = reach_of()
    from chatapp.client.fronts.commands import SEARCH_INCOMPLETE
    from chatapp.client.fronts.looking import Looking

    timeout_s = reach.timeout_s or TIMEOUT_S
    person = scripts.Person(reach)
    front = Looking(reach.session(), person.password, scripts.tell, timeout_s, reach.spent_s)

    async def work(keeper: Keeper) -> int:
        await front.sign_in(keeper)
        found, whole = await front.search(keeper, text, limit, since or 0)
        scripts.write(found, as_json)
        if not found:
            scripts.tell(f"Nothing was found for {text}")
        if not whole:
            scripts.tell(SEARCH_INCOMPLETE)
        await keeper.leave()
        return 0

    return scripts.run(person, front, work, timeout_s)
