"""``chat log``: tell who did what to whom, when and why, to keep order on a running server."""

from __future__ import annotations

import json
from pathlib import Path

import click

from chatapp.cli.acts import words
from chatapp.cli.options import data_option
from chatapp.protocol.timestamps import format_minute
from chatapp.server.control.asking import ask


@click.command()
@click.argument("about", default="")
@click.option("--json", "as_json", is_flag=True, allow_from_autoenv=False, help="Write one JSON object on each line.")
@data_option
def log(about: str, as_json: bool, data: Path) -> None:
    """List who kept order: bans, kicks, changes of roles and modes and the like, the newest last.

    With ABOUT, list only the acts about it: a name (what it did, and what was done to it), a channel (with or
    without its #; each act is under the name that the channel had then), an address or a network. A name also finds
    the bans and mutes whose mask it matches. A mask finds only the acts with this very mask: for eve!*@* not those
    about eve. What the server did by itself, and what was done with commands such as chat ban, has the server's
    name.

    The server keeps the last 1,000 acts that are about no channel, and of each channel the last 100 kicks, 100 bans and
    mutes, 100 changes of roles, 100 deletions, and 50 changes of other modes and the topic.
    """
    acts = ask(data, "log", about=about)["acts"]
    for act in acts:
        click.echo(json.dumps(act) if as_json else f"{format_minute(act['time'])}  {words(act)}")
    if not acts:
        click.echo(f"There are no acts about {about}." if about else "There are no acts yet.", err=True)
