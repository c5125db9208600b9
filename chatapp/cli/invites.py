"""``chat invites``: list the invitations of a running server, or take one back."""

from __future__ import annotations

from pathlib import Path

import click

from chatapp.cli.options import data_option
from chatapp.protocol.timestamps import format_minute
from chatapp.server.control.asking import ask


@click.command()
@click.argument("action", type=click.Choice(["revoke"]), required=False)
@click.argument("number", type=click.IntRange(1), required=False)
@data_option
def invites(action: str | None, number: int | None, data: Path) -> None:
    """List the invitations: one on each line, a tab between columns. With `revoke NUMBER`, take one back.

    The links are not in the list: nobody can see a link again. Accounts that were made with it stay.
    """
    if action is not None:
        if number is None:
            raise click.UsageError("Which one? chat invites lists them, each with its number.")
        ask(data, "revoke-invitation", number=number)
        click.echo(f"Invitation {number} lets nobody in any more.")
        return
    found = ask(data, "invites")["invitations"]
    if not found:
        click.echo("There are no invitations. chat invite makes one.", err=True)
    for each in found:
        used = f"used {each['used']} of {each['uses']}"
        until = f"until {format_minute(each['until'])}"
        channels = [", ".join(each["channels"])] if each["channels"] else []
        click.echo("\t".join((str(each["number"]), f"by {each['nick']}", until, used, *channels)))
