"""``chat sign-up``: set or show, on a running server, whether people can make themselves accounts."""

from __future__ import annotations

from pathlib import Path

import click

from chatapp.cli.options import data_option
from chatapp.server.control.asking import ask

_WORDS = {"invite": "by invitation (chat invite makes one)"}


@click.command("sign-up")
@click.argument("policy", type=click.Choice(["open", "invite", "closed"]), required=False)
@data_option
def sign_up(policy: str | None, data: Path) -> None:
    """Let people make themselves accounts: all (open), who has an invitation (invite), or nobody (closed).

    Without a word, tell which it is. `chat invite` makes an invitation. The change counts at once.

    The next start keeps it, unless `chat serve` is told something else with --sign-up or CHAT_SIGN_UP.
    """
    told = ask(data, "sign-up", policy=policy)
    click.echo(f"Sign-up is {_WORDS.get(told['policy'], told['policy'])}.")
    given = told["given_at_start"]
    if policy is not None and given not in (None, policy):
        click.echo(
            f"Note: chat serve was started with --sign-up {given}, which wins again at the next start.", err=True
        )
