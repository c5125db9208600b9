"""``chat who``: tell who is connected to a running server."""

from __future__ import annotations

from pathlib import Path

import click

from chatapp.cli.options import data_option
from chatapp.protocol.timestamps import format_minute, parse_time
from chatapp.server.control.asking import ask


@click.command()
@data_option
def who(data: Path) -> None:
    """List who is here: one name on each line, since when, from where, a tab between columns."""
    for user in ask(data, "status")["here"]:
        addresses = ", ".join(dict.fromkeys(session["address"] for session in user["sessions"]))
        guest = ["guest"] if user["guest"] else []
        click.echo("\t".join((user["name"], format_minute(parse_time(user["since"])), addresses, *guest)))
