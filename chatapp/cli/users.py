"""``chat users``: list the accounts."""

from __future__ import annotations

from pathlib import Path

import click

from chatapp.cli import streams
from chatapp.cli.accounts import password_file
from chatapp.cli.options import data_given, data_option

_ROLE = {True: "administrator", False: "-"}


@click.command()
@data_option
def users(data: Path) -> None:
    """List the accounts by name, and who is an administrator.

    In a pipe: one account on each line, a tab between the columns, and no heading.
    """
    file = password_file(data)
    rows = [(account.name, _ROLE[account.admin]) for _, account in sorted(file.accounts().items())]
    if not rows:
        click.echo(f"There are no accounts in {data} yet. To make one: chat adduser NAME{data_given(data)}", err=True)
    elif streams.stdout().isatty():
        width = max(len(name) for name, _ in [("NAME", ""), *rows])
        click.echo("\n".join(f"{name:<{width}}  {role}" for name, role in [("NAME", "ROLE"), *rows]))
    else:
        click.echo("\n".join("\t".join(row) for row in rows))
