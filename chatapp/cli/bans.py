"""``chat bans``: list the bans of a running server."""

from __future__ import annotations

from pathlib import Path

import click

from chatapp.cli.options import data_option
from chatapp.protocol.timestamps import format_minute
from chatapp.server.control.asking import ask


@click.command()
@data_option
def bans(data: Path) -> None:
    """List who is banned from the server, until when, by whom and why: one ban on each line, a tab between columns."""
    found = ask(data, "bans")["bans"]
    if not found:
        click.echo("Nobody is banned.", err=True)
    for ban in found:
        until = f"until {format_minute(ban['until'])}" if ban["until"] else "for good"
        click.echo("\t".join((ban["target"], until, f"by {ban['nick']}", ban["reason"])).rstrip("\t"))
