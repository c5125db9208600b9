"""``chat unban``: end a ban on a running server."""

from __future__ import annotations

from pathlib import Path

import click

from chatapp.cli.options import data_option
from chatapp.server.control.asking import ask


@click.command()
@click.argument("target")
@data_option
def unban(target: str, data: Path) -> None:
    """End the ban of TARGET, as chat bans shows it."""
    click.echo(f"{ask(data, 'unban', target=target)['target']} is not banned any more.")
