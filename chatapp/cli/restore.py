"""``chat restore``: put a backup back in place."""

from __future__ import annotations

from pathlib import Path

import click

from chatapp.cli.backup import tidy_up_when_terminated
from chatapp.cli.options import Place, data_given, data_option
from chatapp.counting import counted


@click.command()
@click.argument("file", type=Place())
@click.option(
    "--replace",
    is_flag=True,
    allow_from_autoenv=False,
    help="Also if the folder has a server's data: that is moved into a folder before-restore-... within it.",
)
@data_option
def restore(file: Path, replace: bool, data: Path) -> None:
    """Put the backup FILE, made with chat backup, in place in the server's folder, while no server runs.

    All of FILE is checked before anything is changed.
    """
    from chatapp.server.folder.backup import restore as put_in_place  # a slow import, so that `--help` is fast

    tidy_up_when_terminated()
    manifest, old = put_in_place(file, data, replace)
    click.echo(
        f"{data} is as it was on {manifest.made[:10]} at {manifest.made[11:19]} UTC:"
        f" log position {manifest.position}, {counted(manifest.accounts, 'account')}."
    )
    if old is not None:
        click.echo(f"What was there before is in {old}; delete it when you need it no more.")
    click.echo(f"To start the server: chat serve PORT{data_given(data)}")
