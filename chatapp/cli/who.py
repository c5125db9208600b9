"""``chat who``: tell who is here, on a server as one of its users sees it, or on the server of this machine."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from chatapp.cli import scripts, streams
from chatapp.cli.connecting import TIMEOUT_S
from chatapp.cli.options import data_option
from chatapp.errors import ChatError
from chatapp.protocol.timestamps import format_minute, parse_time

if TYPE_CHECKING:
    from chatapp.client.network.keeper import Keeper


@click.command()
@scripts.reaching("How long to wait for the sign-in, and then for the answer.", optional=True)
@click.argument("where", required=False, metavar="[NAME|#CHANNEL]")
@scripts.JSON
@data_option
def who(reach_of: Callable[[], scripts.Reach] | None, where: str | None, as_json: bool, data: Path) -> int:
    """List who is here, one name on each line, with a tab between the columns.

    With HOST, PORT and NAME: everybody on that server, or a person or the members of a channel, as NAME sees them: the
    name, here or away, and the role in the channel. Without them: who is connected to the server that runs on this
    machine, since when, and from where; that needs access to its folder.

    Exit codes: 0 fine, 1 refused by the server, or nobody is there, 2 usage, 3 cannot connect, 4 sign-in failed, 5 the
    server's identity is unknown or has changed, 130 interrupted.
    """
    source = click.get_current_context().get_parameter_source
    if reach_of is None:
        given = [name for name in (*_CLIENT_OPTIONS, "as_json") if source(name) is ParameterSource.COMMANDLINE]
        if given:
            raise click.UsageError("Of the options, only --data goes without HOST, PORT and NAME.")
        _on_this_machine(data)
        return 0
    if source("data") is ParameterSource.COMMANDLINE:
        raise click.UsageError("--data is for the server on this machine; leave out HOST, PORT and NAME.")
    named = scripts.parsed_target(where) if where is not None else "*"
    reach = reach_of()
    from chatapp.client.fronts import output
    from chatapp.client.fronts.looking import Looking
    from chatapp.client.fronts.printable import printable

    timeout_s = reach.timeout_s or TIMEOUT_S
    person = scripts.Person(reach)
    front = Looking(reach.session(), person.password, scripts.tell, timeout_s, reach.spent_s)

    async def work(keeper: Keeper) -> int:
        await front.sign_in(keeper)
        found = await front.people(keeper, named)
        if as_json:
            streams.write_line(output.as_json(found))
        else:
            for each in found.people:
                columns = (each.nick, "here" if each.here else "away", *filter(None, [each.role]))
                click.echo("\t".join(map(printable, columns)))
        await keeper.leave()
        return 0

    return scripts.run(person, front, work, timeout_s)


_CLIENT_OPTIONS = ("trust", "password_file", "cert", "cert_key", "plaintext", "timeout_s", "config")


def _on_this_machine(data: Path) -> None:
    """Ask the server of this machine, and write one name on each line, since when, and from where."""
    if sys.platform == "win32":
        raise ChatError("Give HOST, PORT and NAME: on Windows there is no server to ask on this machine.")
    from chatapp.server.control.asking import ask

    for user in ask(data, "status")["here"]:
        addresses = ", ".join(dict.fromkeys(session["address"] for session in user["sessions"]))
        guest = ["guest"] if user["guest"] else []
        click.echo("\t".join((user["name"], format_minute(parse_time(user["since"])), addresses, *guest)))
