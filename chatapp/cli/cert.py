"""``chat cert``: list the client certificates of an account on a running server, or remove them."""

from __future__ import annotations

from pathlib import Path

import click

from chatapp.cli.options import data_option
from chatapp.protocol.timestamps import format_minute
from chatapp.server.control.asking import ask


@click.command()
@click.argument("name")
@click.option(
    "--remove",
    metavar="FINGERPRINT|all",
    default="",
    allow_from_autoenv=False,
    help="Remove this certificate, or all; the connections that have it end.",
)
@data_option
def cert(name: str, remove: str, data: Path) -> None:
    """List the certificates that sign in to the account NAME: one on each line, a tab between columns."""
    told = ask(data, "cert", name=name, remove=remove)
    for fingerprint in told["removed"]:
        click.echo(f"The certificate {fingerprint} does not sign in to {told['name']} any more.")
    if remove:
        return
    for each in told["certificates"]:
        lapsed = [] if each["signs_in"] else ["does not sign in: the password is a new one"]
        click.echo("\t".join((each["fingerprint"], f"registered on {format_minute(each['time'])}", *lapsed)))
    if not told["certificates"]:
        click.echo(f"{told['name']} has no certificates.", err=True)
