"""``chat log``: tell who did what to whom, when and why, to keep order on a running server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from chatapp.cli.options import data_option
from chatapp.protocol.timestamps import format_time
from chatapp.server.control.asking import ask


@click.command()
@click.argument("about", default="")
@click.option("--json", "as_json", is_flag=True, allow_from_autoenv=False, help="Write one JSON object on each line.")
@data_option
def log(about: str, as_json: bool, data: Path) -> None:
    """List bans, kicks, changes of roles and the like, the newest last; with ABOUT, only those about a name or channel.

    The server keeps the last 1,000.
    """
    for act in ask(data, "log", about=about)["acts"]:
        click.echo(json.dumps(act) if as_json else line(act))


def line(act: dict[str, Any]) -> str:
    """Return one act in words."""
    where = f" in {act['channel']}" if act["channel"] else ""
    why = f": {act['detail']}" if act["detail"] else ""
    return f"{format_time(act['time'])}  {act['nick']}  {act['verb']} {act['target']}{where}{why}"
