"""``chat rooms``: list the channels of a running server."""

from __future__ import annotations

from pathlib import Path

import click

from chatapp.cli.options import data_option
from chatapp.protocol.names import CHANNEL_PREFIX, fold
from chatapp.server.control.asking import ask


@click.command()
@click.argument("channel", default="")
@data_option
def rooms(channel: str, data: Path) -> None:
    """List all channels with modes, number of members and topic; with CHANNEL, list its members instead.

    CHANNEL may be without its #. Secret channels are listed too. A founder is shown with ~, an operator with
    @, and so on.
    """
    found = ask(data, "rooms")["channels"]
    if not channel:
        for room in found:
            click.echo("\t".join((room["name"], f"+{room['modes']}", str(room["members"]), room["topic"])).rstrip("\t"))
        return
    name = channel if channel.startswith(CHANNEL_PREFIX) else CHANNEL_PREFIX + channel
    for room in found:
        if fold(room["name"]) == fold(name):
            click.echo("\n".join(room["names"]))
            return
    raise click.ClickException(f"There is no channel {name}. To see which there are: chat rooms")
