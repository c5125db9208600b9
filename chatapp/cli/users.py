"""``chat users``: list the accounts."""

from __future__ import annotations

from pathlib import Path

import click

from chatapp.auth import Account
from chatapp.cli import streams
from chatapp.cli.accounts import password_file
from chatapp.cli.options import data_given, data_option
from chatapp.errors import ControlError, NoServerError
from chatapp.protocol.names import natural_key
from chatapp.protocol.timestamps import format_minute
from chatapp.server.control.asking import ask
from chatapp.server.folder.last_seen import Seen, read

_ROLE = {True: "administrator", False: "-"}
_HERE, _NEVER = "here", "never"
_ASK_S = 3.0  # how long to wait for the server; without an answer, the list is shown from the file


@click.command()
@data_option
def users(data: Path) -> None:
    """List the accounts by name, who is an administrator, and when each had a connection last.

    In a pipe: one account on each line, a tab between the columns, and no heading.
    """
    accounts = password_file(data).accounts()
    if not accounts:
        click.echo(f"There are no accounts in {data} yet. To make one: chat adduser NAME{data_given(data)}", err=True)
        return
    here, seen = _who_was_seen(data)
    rows = [
        (account.name, _ROLE[account.admin], _HERE if folded in here else _last_seen(account, seen.get(folded)))
        for folded, account in sorted(accounts.items(), key=lambda each: natural_key(each[0]))
    ]
    if streams.stdout().isatty():
        rows.insert(0, ("NAME", "ROLE", "LAST SEEN"))
        widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
        click.echo("\n".join(f"{name:<{widths[0]}}  {role:<{widths[1]}}  {when}" for name, role, when in rows))
    else:
        click.echo("\n".join("\t".join(row) for row in rows))


def _who_was_seen(data: Path) -> tuple[set[str], dict[str, Seen]]:
    """Return the accounts that are here, and when each account was last seen, both by casefolded name.

    Asks the running server. If no server runs, reads the file that the last server wrote. If a server runs but does not
    answer, reads the file too, and warns on standard error, because the file does not tell who is here.
    """
    try:
        told = ask(data, "last-seen", _ASK_S)
    except NoServerError:
        return set(), read(data)
    except ControlError as error:
        click.echo(f"chat: {error} So this does not tell who is here now, and the times may be old.", err=True)
        return set(), read(data)
    return set(told["here"]), {name: Seen(*seen) for name, seen in told["seen"].items()}


def _last_seen(account: Account, seen: Seen | None) -> str:
    """Return the text of the time of an account's last connection.

    An entry with another uid belongs to a deleted account that had the same name, so it does not count.
    """
    if seen is None or (account.id and account.id != seen.uid):
        return _NEVER
    return format_minute(seen.time)
