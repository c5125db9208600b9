"""``chat adduser``: make an account."""

from __future__ import annotations

from pathlib import Path

import click

from chatapp.auth import Account, PasswordFile, check_not_removed, hash_password
from chatapp.cli.accounts import confirm, has_terminal, new_password, open_password_file, tell_done
from chatapp.cli.options import bcrypt_cost_option, data_given, data_option, password_stdin_option
from chatapp.errors import AccountExistsError, NameNotAllowedError, NameReservedError
from chatapp.protocol.lookalikes import check_new_nick
from chatapp.protocol.names import parse_nick


@click.command()
@click.argument("name")
@click.option(
    "--admin",
    is_flag=True,
    allow_from_autoenv=False,
    help="Make it an administrator, who has every right in every channel and may ban people.",
)
@click.option(
    "--yes",
    is_flag=True,
    allow_from_autoenv=False,
    help="Do not ask where the account is there already (with --admin), or where the name could mislead people.",
)
@click.option(
    "--reuse-name",
    is_flag=True,
    allow_from_autoenv=False,
    help="Let the name be that of an account that was removed. The new account sees nothing of the old one.",
)
@password_stdin_option
@bcrypt_cost_option
@data_option
def adduser(
    name: str, admin: bool, yes: bool, reuse_name: bool, password_stdin: bool, bcrypt_cost: int, data: Path
) -> None:
    """Make an account, with a password that is asked twice.

    A running server knows it at once; the exit code is 1 when that server could not store it (on a full disk). If NAME
    has an account already, --admin offers to make it an administrator; with --yes it does so without asking.
    """
    try:
        nick = parse_nick(name)
    except NameNotAllowedError as error:
        raise click.BadParameter(str(error), param_hint="NAME") from None
    file = open_password_file(data)
    account = file.get(nick)
    if account is not None:
        _already_there(file, account, admin, yes, has_password=password_stdin)
        return
    if not reuse_name:
        _check_not_removed(file, nick)
    if not yes:
        _check_looks(file, nick)
    password = new_password(password_stdin)
    file.add(nick, hash_password(password, bcrypt_cost), admin=admin, reuse=reuse_name)
    role = " and is an administrator" if admin else ""
    tell_done(
        data,
        taken_in=f"{nick} can sign in{role}.",
        in_file=f"{nick} has an account{role}.",
        pending=f"{nick} has an account{role}, but cannot sign in yet",
    )


def _check_not_removed(file: PasswordFile, name: str) -> None:
    """Raise NameReservedError, with the command that reuses the name, if an account with this name was removed."""
    try:
        check_not_removed(name, file.removed())
    except NameReservedError:
        again = f"chat adduser {name} --reuse-name{data_given(file.path.parent)}"
        raise NameReservedError(
            f"{name} was the name of an account that was removed. To give the name to somebody else, who sees nothing"
            f" of what the old account wrote and read: {again}"
        ) from None


def _check_looks(file: PasswordFile, name: str) -> None:
    """Ask for confirmation if the name looks like another name; raise NameReservedError if there is no terminal."""
    try:
        removed = [tombstone.name for tombstone in file.removed()]
        check_new_nick(name, [*(account.name for account in file.accounts().values()), *removed])
    except NameReservedError as error:
        reason = str(error).removesuffix(" Take another name.")
        if not has_terminal():
            again = f"chat adduser {name} --yes{data_given(file.path.parent)}"
            raise NameReservedError(f"{reason} To make it all the same: {again}") from None
        confirm(f"{reason} Make the account all the same?")


def _already_there(file: PasswordFile, account: Account, promote: bool, yes: bool, has_password: bool) -> None:
    """Make the existing account an administrator if the person wants that; otherwise raise AccountExistsError."""
    name, given = account.name, data_given(file.path.parent)
    what = "is an administrator already" if promote and account.admin else "has an account already"
    password, promotion = f"chat passwd {name}{given}", f"chat adduser {name} --admin --yes{given}"
    if not promote or account.admin:
        raise AccountExistsError(f"{name} {what}. To give it another password: {password}")
    if has_password:  # a password is given only for a new account
        raise AccountExistsError(
            f"{name} {what}. To give it another password: {password}. To make it an administrator: {promotion}"
        )
    if not yes:
        if not has_terminal():
            raise AccountExistsError(f"{name} {what}. To make it an administrator: {promotion}")
        confirm(f"{name} {what}. Make it an administrator?")
    file.set_admin(name, True)
    done = f"{name} is an administrator; the password is the same as before."
    pending = f"{name} is an administrator in the password file, but not in the running server yet"
    tell_done(file.path.parent, taken_in=done, in_file=done, pending=pending)
