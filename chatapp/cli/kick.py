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

    Neither keeps the person from coming back: see chat ban.
    """
    ask(data, "kick", name=name, channel=channel, reason=reason)
    click.echo(f"{name} is not in {channel} any more." if channel else f"The connections of {name} have ended.")
