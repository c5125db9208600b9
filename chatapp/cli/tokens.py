"""``chat tokens``: list the device tokens of a running server, make one, or revoke one."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from chatapp.cli import streams
from chatapp.cli.accounts import password_file
from chatapp.cli.options import data_given, data_option
from chatapp.protocol.timestamps import format_time
from chatapp.server.control.asking import ask

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _account_option(help: str) -> Callable[[_Function], _Function]:
    return click.option("--account", metavar="NAME", default="", allow_from_autoenv=False, help=help)


@click.group(invoke_without_command=True)
@_account_option("The tokens of this account only.")
@data_option
@click.pass_context
def tokens(context: click.Context, account: str, data: Path) -> None:
    """List the tokens with which devices and programs sign in: one on each line, a tab between columns.

    The columns: the account, the id, the name, when it was made, when it was last used (up to a day late), and what it
    may do. The list never shows the tokens themselves.
    """
    if context.invoked_subcommand is not None:
        for option in ("account", "data"):
            if context.get_parameter_source(option) is click.core.ParameterSource.COMMANDLINE:
                raise click.UsageError(f"Give --{option} after {context.invoked_subcommand}.")
        return
    found = ask(data, "tokens", account=account)["tokens"]
    for each in found:
        used = "in use" if each["connected"] else f"used {_day(each['used'])}" if each["used"] else "not used yet"
        may = f"only sends to {', '.join(each['targets'])}" if each["targets"] else "may do all"
        click.echo("\t".join((each["account"], each["id"], each["name"], f"made {_day(each['time'])}", used, may)))
    if not found:
        click.echo(f"{account or 'Nobody'} has {'no tokens' if account else 'a token'}.", err=True)


def _day(time: int) -> str:
    return format_time(time)[:10]


@tokens.command()
@click.argument("name")
@_account_option("Whose token it is. Default: the account with your name on this machine.")
@click.option(
    "--send",
    "targets",
    metavar="#CHANNEL|NAME",
    multiple=True,
    allow_from_autoenv=False,
    help="The token may only send to this channel or person, and reads nothing. Can be given several times.",
)
@data_option
def add(name: str, account: str, targets: tuple[str, ...], data: Path) -> None:
    """Make a token called NAME, and print it: it is shown once.

    A program sends it in the place of the password. For chat send, put it in a file: --password-file FILE.
    """
    told = ask(data, "add-token", account=account or _own_account(data), name=name, targets=list(targets))
    click.echo(told["token"])
    may = f"send to {', '.join(told['targets'])}" if told["targets"] else f"do all that {told['account']} may do"
    click.echo(f"This signs in to {told['account']}, and may {may}. It is not shown again.", err=True)
    if streams.stdout().isatty():
        revoke = f"chat tokens revoke {told['id']}{data_given(data)}"
        click.echo(f"To end it: {revoke}", err=True)


def _own_account(data: Path) -> str:
    """Return the name of the account that is called like the person at this machine, if there is one."""
    try:
        found = password_file(data).get(getpass.getuser())
    except (OSError, KeyError):
        found = None
    if found is None:
        raise click.UsageError("Say whose token it is: --account NAME. To see who has an account: chat users")
    return found.name


@tokens.command()
@click.argument("token")
@_account_option("Whose token it is, if several accounts have one with this name.")
@data_option
def revoke(token: str, account: str, data: Path) -> None:
    """Revoke TOKEN, an id or a name as chat tokens lists it. The connections that have it end."""
    told = ask(data, "remove-token", account=account, token=token)
    click.echo(f"The token {told['name']} does not sign in to {told['account']} any more.")
