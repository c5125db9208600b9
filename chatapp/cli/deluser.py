"""``chat deluser``: delete an account."""

from __future__ import annotations

from pathlib import Path

import click

from chatapp.cli.accounts import (
    account_of,
    confirm,
    has_terminal,
    open_password_file,
    tell_done,
    tell_if_nobody_administers,
)
from chatapp.cli.options import data_option


@click.command()
@click.argument("name")
@click.option("--yes", is_flag=True, allow_from_autoenv=False, help="Do not ask whether that is meant.")
@data_option
def deluser(name: str, yes: bool, data: Path) -> None:
    """Delete an account. Its connections end and it leaves its channels; what it said stays.

    In a channel of which it was the last founder, the member with the next role becomes founder.

    Nobody can sign up with its name. To give the name to somebody else: chat adduser NAME --reuse-name.
    """
    file = open_password_file(data)
    account = account_of(file, name)
    if not yes:
        if not has_terminal():
            raise click.UsageError(f"There is no terminal to ask whether to delete {account.name}. Say so with --yes.")
        confirm(f"Delete the account {account.name}? It cannot be brought back.")
    file.remove(account.name)
    done = f"{account.name} has no account any more."
    pending = f"{account.name} cannot sign in any more, but who is signed in stays so for now"
    tell_done(data, taken_in=done, in_file=done, pending=pending, removed=account.name)
    if account.admin:
        tell_if_nobody_administers(file)
