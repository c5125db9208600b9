"""``chat sign-up``: set or show, on a running server, whether people can make themselves accounts."""

from __future__ import annotations

from pathlib import Path

import click

from chatapp.cli.options import data_option
from chatapp.server.control.asking import ask


@click.command("sign-up")
@click.argument("policy", type=click.Choice(["open", "closed"]), required=False)
@data_option
def sign_up(policy: str | None, data: Path) -> None:
    """Let people make themselves accounts (open), or not (closed), at once; without a word, tell which it is.

    The next start keeps it, unless `chat serve` is told something else with --sign-up or CHAT_SIGN_UP.
    """
    told = ask(data, "sign-up", policy=policy)
    click.echo(f"Sign-up is {told['policy']}.")
    given = told["given_at_start"]
    if policy is not None and given not in (None, policy):
        click.echo(
            f"Note: chat serve was started with --sign-up {given}, which wins again at the next start.", err=True
        )
