"""Functions that the subcommands for accounts share: open the password file, ask for a new password."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import click

from chatapp.auth import Account, PasswordFile, check_new_password
from chatapp.cli import questions, streams
from chatapp.cli.options import data_given, default_of
from chatapp.config import Config, Listen
from chatapp.errors import ControlError, NoServerError, NoSuchAccountError, PasswordError

_STDIN_BYTES_MAX = 4096  # far more than a password may have; a longer line is refused without reading its rest


def open_password_file(data: Path) -> PasswordFile:
    """Return the password file in the folder ``data``, which need not exist, for a change.

    Sets mode 0600 if other users can read the file, and writes a note to standard error. Raises DataError if the folder
    is on a network file system, which no server uses.
    """
    from chatapp.storage.file_systems import refuse_network  # imported only here, so that `chat adduser --help` is fast

    refuse_network(data)
    file = password_file(data)
    if file.tighten():
        click.echo(f"Note: others could read {file.path}. Now only its owner can (mode 0600).", err=True)
    return file


def password_file(data: Path) -> PasswordFile:
    """Return the password file in the folder ``data``, which need not exist, for reading."""
    any_listener = (Listen("", 0),)  # unused, but Config requires a listener, and only Config knows the path
    return PasswordFile(Config(listens=any_listener, data=data).password_path)


def account_of(file: PasswordFile, name: str) -> Account:
    """Return the account with the name ``name``, in any case. Raises NoSuchAccountError."""
    account = file.get(name)
    if account is None:
        raise NoSuchAccountError(f"{name} has no account. To see who has: chat users{data_given(file.path.parent)}")
    return account


def tell_done(data: Path, *, taken_in: str, in_file: str, pending: str, removed: str = "") -> None:
    """Ask the running server to read the changed password file, and write the result to standard output.

    Writes ``taken_in`` if the server has stored the change; ``in_file`` if no server runs or the server does not
    answer. ``removed`` is the name of the account that was removed from the file, if any. Raises ControlError with
    ``pending``, the beginning of a sentence, if the server could not store the change.
    """
    from chatapp.server.control.asking import ask  # imported only here, so that `chat adduser --help` is fast

    try:
        told = ask(data, "take-in", removed=removed)
    except NoServerError:
        click.echo(in_file)
    except ControlError as error:
        click.echo(in_file)
        click.echo(f"Note: it is not known whether the running server has noticed. {error}", err=True)
    else:
        if told["problem"]:
            reason = told["problem"].removesuffix(".")
            raise ControlError(f"{pending}. The running server could not store it: {reason}. It tries again by itself.")
        click.echo(taken_in)
        for name, channel in told["heirs"]:
            click.echo(f"{name} is the founder of {channel} now.")
        for channel in told["without_founder"]:
            choose = f"chat role NAME founder {shlex.quote(channel)}{data_given(data)}"
            click.echo(f"Nobody in {channel} has a role now. To make a member its founder: {choose}")


def tell_if_nobody_administers(file: PasswordFile) -> None:
    """Write a note to standard error if no account is an administrator any more."""
    if not any(account.admin for account in file.accounts().values()):
        again = f"chat role NAME administrator{data_given(file.path.parent)}"
        click.echo(f"Note: nobody is an administrator now. To make somebody one: {again}", err=True)


def has_terminal() -> bool:
    """Return whether standard input is a terminal, so that there is a person to ask."""
    return sys.stdin is not None and sys.stdin.isatty()


def confirm(question: str) -> None:
    """Ask ``question`` on the terminal; if the answer is no, say that nothing was changed and exit with code 1."""
    if not questions.is_yes(question):
        click.echo("Nothing was changed.", err=True)
        raise click.exceptions.Exit(1)


def new_password(from_stdin: bool) -> str:
    """Return a new password, from the first line of standard input or typed twice on the terminal, without echo.

    Raises PasswordError if the password from standard input cannot be used, and click.UsageError if there is no
    terminal to ask. On the terminal, asks again until the password can be used.
    """
    if from_stdin:
        password = _first_line()
        check_new_password(password, default_of("password_chars_min"))
        return password
    if not has_terminal():
        raise click.UsageError("There is no terminal to ask for the password. Use --password-stdin to pipe it in.")
    while True:
        password = questions.password("Password (not shown)")
        try:
            check_new_password(password, default_of("password_chars_min"))
        except PasswordError as error:
            click.echo(error, err=True)
            continue
        if questions.password("The same again") == password:
            return password
        click.echo("The two are not the same. Try again.", err=True)


def _first_line() -> str:
    line = streams.stdin().buffer.readline(_STDIN_BYTES_MAX)
    try:
        return line.removesuffix(b"\n").removesuffix(b"\r").decode()
    except UnicodeDecodeError:
        raise PasswordError("The password on standard input is not UTF-8 text.") from None
