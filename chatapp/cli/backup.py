"""``chat backup``: make a backup of a server's data, while it runs."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import click

from chatapp.cli.options import Place, data_option
from chatapp.counting import counted


@click.command()
@click.argument("file", type=Place())
@click.option("--overwrite", is_flag=True, allow_from_autoenv=False, help="Replace FILE if it is there already.")
@data_option
def backup(file: Path, overwrite: bool, data: Path) -> None:
    """Make a backup in FILE of everything a server keeps: log, accounts, certificate with key, settings.

    The server may run. FILE is a tar archive that only you can read (mode 0600); whoever has it can read every message
    and pretend to be the server. It is checked before it gets its name. To use it: chat restore FILE
    """
    from chatapp.server.folder.backup import make  # a slow import, so that `--help` is fast

    tidy_up_when_terminated()
    manifest = make(data, file, overwrite)
    size = file.stat().st_size
    click.echo(
        f"{file} is a backup of {data}: log position {manifest.position},"
        f" {counted(manifest.accounts, 'account')}, {size:,} bytes."
    )
    if "key.pem" not in manifest.files:
        click.echo("Note: no certificate is in it; keep what you give to chat serve --cert and --key too.", err=True)


def tidy_up_when_terminated() -> None:
    """Make SIGTERM raise SystemExit, so that cleanup code runs and leaves no copy of secrets behind."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
