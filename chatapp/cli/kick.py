"""``chat kick``: remove somebody from a channel, or end somebody's connections, on a running server."""

from __future__ import annotations

from pathlib import Path

import click

from chatapp.cli.options import data_option
from chatapp.server.control.asking import ask


@click.command()
@click.argument("name")
@click.argument("channel", default="")
@click.option("--reason", default="", allow_from_autoenv=False, help="Why; the person sees it.")
@data_option
def kick(name: str, channel: str, reason: str, data: Path) -> None:
    """Remove NAME from CHANNEL; without CHANNEL, end all connections of NAME.

    CHANNEL may be without its #, because a shell takes a word that begins with # for a comment.
    Neither keeps the person from coming back: see chat ban.
    """
    told = ask(data, "kick", name=name, channel=channel, reason=reason)
    if channel:
        click.echo(f"{name} is not in {told['channel']} any more.")
        return
    click.echo(f"The connections of {name} have ended. To remove {name} from a channel: chat kick {name} CHANNEL")
