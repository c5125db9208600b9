"""``chat ban``: keep an account or IP addresses out of a running server."""

from __future__ import annotations

from pathlib import Path

import click

from chatapp.cli.options import data_option
from chatapp.errors import MalformedLineError
from chatapp.protocol.durations import parse_duration
from chatapp.protocol.timestamps import format_minute
from chatapp.server.control.asking import ask


@click.command()
@click.argument("target")
@click.option(
    "--for",
    "duration",
    metavar="DURATION",
    allow_from_autoenv=False,
    help="How long: 30m, 12h, 7d. Without it, until chat unban.",
)
@click.option("--reason", default="", allow_from_autoenv=False, help="Why; the banned person and chat log see it.")
@data_option
def ban(target: str, duration: str | None, reason: str, data: Path) -> None:
    """Ban TARGET: an account's name, an IP address, or a network such as 203.0.113.0/24.

    Its connections end at once, and new ones are refused. An administrator's account is not banned, nor a network from
    which an administrator is connected now.
    """
    try:
        seconds = 0 if duration is None else parse_duration(duration)
    except MalformedLineError as error:
        raise click.BadParameter(str(error), param_hint="--for") from None
    told = ask(data, "ban", target=target, seconds=seconds, reason=reason)
    until = f" until {format_minute(told['until'])}" if told["until"] else ""
    click.echo(f"{told['target']} is banned{until}. {told['ended']}".rstrip())
