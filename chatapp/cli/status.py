"""``chat status``: tell what a running server does, and who is here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from chatapp.cli.options import data_option
from chatapp.counting import counted
from chatapp.server.control.asking import ask

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


@click.command()
@click.option("--json", "as_json", is_flag=True, allow_from_autoenv=False, help="Write it as one JSON object.")
@data_option
def status(as_json: bool, data: Path) -> None:
    """Tell what the server on the data folder does, and who is here since when.

    The exit code is 1 when no server runs there.
    """
    told = ask(data, "status")
    click.echo(json.dumps(told) if as_json else "\n".join(_lines(told)))


def _lines(told: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of the server's figures, then a line for each user who is here."""
    here = told["here"]
    guests = sum(user["guest"] for user in here)
    signing_in = f", {told['signing_in']} of them signing in" if told["signing_in"] else ""
    rows = (
        ("running", f"{duration(told['uptime_s'])} (since {_time(told['started'])}, process {told['pid']})"),
        ("listening on", ", ".join(told["addresses"])),
        ("sign-up", told["sign_up"]),
        ("here", f"{len(here) - guests} of {counted(told['accounts'], 'account')}, {counted(guests, 'guest')}"),
        ("connections", f"{told['connections']}{signing_in}"),
        ("messages", f"{told['messages_last_minute']} in the last minute"),
        ("log", f"position {told['log_position']}, {_size(told['log_bytes'])}"),
        ("disk", f"{_size(told['disk_free_bytes'])} free"),
    )
    yield f"{told['name']} (chatapp {told['version']})"
    for name, value in rows:
        yield f"  {name + ':':<14}{value}"
    width = max((len(user["name"]) for user in here), default=0)
    for user in here:
        sessions = user["sessions"]
        addresses = ", ".join(dict.fromkeys(session["address"] for session in sessions))
        guest = " (guest)" if user["guest"] else ""
        count = f"{len(sessions)} connections from" if len(sessions) > 1 else "from"
        yield f"  {user['name']:<{width}}  since {_time(user['since'])}  {count} {addresses}{guest}"


def duration(seconds: int) -> str:
    """Return a duration in its two largest units: ``3 d 4 h``, ``12 min``; in seconds if it is under a minute."""
    parts = []
    rest = seconds
    for size, unit in _UNITS:
        if rest >= size:
            parts.append(f"{rest // size} {unit}")
            rest %= size
    return " ".join(parts[:2]) or f"{seconds} s"


def _time(text: str) -> str:
    """Return a time such as ``2026-01-02T10:11:12.345Z`` as ``2026-01-02 10:11:12 UTC``."""
    return f"{text[:10]} {text[11:19]} UTC"


def _size(count: int) -> str:
    size = float(count)
    for unit in ("bytes", "KB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} TB"
