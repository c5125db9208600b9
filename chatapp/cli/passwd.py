"""``chat passwd``: give an account another password."""

from __future__ import annotations

from pathlib import Path

import click

from chatapp.auth import hash_password
from chatapp.cli.accounts import account_of, new_password, open_password_file
from chatapp.cli.options import bcrypt_cost_option, data_option, password_stdin_option


@click.command()
@click.argument("name")
@password_stdin_option
@bcrypt_cost_option
@data_option
def passwd(name: str, password_stdin: bool, bcrypt_cost: int, data: Path) -> None:
    """Give an account another password, which is asked twice.

    All of the account's connections end, and only the new password signs in.
    """
    file = open_password_file(data)
    account = account_of(file, name)
    file.set_hash(account.name, hash_password(new_password(password_stdin), bcrypt_cost))
    click.echo(f"{account.name} has a new password.")
