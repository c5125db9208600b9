"""``chat invite``: make a link with which somebody can make an account on a running server."""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import click

from chatapp.cli import streams
from chatapp.cli.options import data_option
from chatapp.errors import MalformedLineError
from chatapp.protocol.addresses import is_loopback
from chatapp.protocol.durations import parse_duration
from chatapp.protocol.timestamps import format_minute
from chatapp.server.control.asking import ask

_PLACE = re.compile(r"(?:\[([^][]+)\]|([^\s/#@:\[\]]+|[^\s/#@\[\]]*:[^\s/#@\[\]]*:[^\s/#@\[\]]*))(?::([0-9]{1,5}))?")


@click.command()
@click.option(
    "--uses",
    type=click.IntRange(1, 1000),
    default=1,
    show_default=True,
    allow_from_autoenv=False,
    help="How many people it is for.",
)
@click.option(
    "--expires",
    metavar="DURATION",
    default="7d",
    show_default=True,
    allow_from_autoenv=False,
    help="How long it is good: 30m, 12h, 7d; a year at most.",
)
@click.option(
    "--join",
    metavar="CHANNEL",
    multiple=True,
    allow_from_autoenv=False,
    help="A channel that the new account joins, beside the lobby; repeat it for more. The # may be left out.",
)
@click.option(
    "--host",
    "address",
    metavar="HOST[:PORT]",
    default="",
    show_default="an address of this machine",
    allow_from_autoenv=False,
    help="The address in the link.",
)
@data_option
def invite(uses: int, expires: str, join: tuple[str, ...], address: str, data: Path) -> None:
    """Make a link. Whoever opens it chooses a name and a password, and is in the chat.

    Whoever has the link can use it, so give it only to people you mean. On a terminal it is shown as a QR code too.
    """
    try:
        seconds = parse_duration(expires)
    except MalformedLineError as error:
        raise click.BadParameter(str(error), param_hint="--expires") from None
    name, port = _place(address)
    told = ask(data, "invite", uses=uses, seconds=seconds, channels=list(join), host=name, port=port)
    link = told["link"]
    click.echo(link)
    for sentence in _sentences(told, name or _host_of(link)):
        click.echo(streams.wrapped(sentence, err=True), err=True)
    _show_code(link)


def _place(text: str) -> tuple[str, int]:
    """Return the host and the port (0: none) of HOST[:PORT]; an IPv6 address with a port is in brackets."""
    if not text:
        return "", 0
    found = _PLACE.fullmatch(text)
    if found is None:
        raise click.BadParameter("give it as HOST or HOST:PORT, such as chat.example.org:5000", param_hint="--host")
    return found[1] or found[2], int(found[3] or 0)


def _host_of(link: str) -> str:
    from chatapp.protocol.invitation_link import parse_link

    return parse_link(link).host


def _sentences(told: dict[str, Any], host: str) -> list[str]:
    """Return what to do with the link."""
    whom = "one person" if told["uses"] == 1 else f"{told['uses']} people"
    channels = f" and join {', '.join(told['channels'])}" if told["channels"] else ""
    sentences = [
        f"This lets {whom} make an account{channels}, until {format_minute(told['until'])}. They open the link in a"
        f" browser, or type: chat connect {shlex.quote(told['link'])}",
    ]
    if host == "localhost" or is_loopback(host):
        sentences.append("It works only on this machine. For other machines give the address: --host HOST[:PORT]")
    if told["sign_up"] == "open":
        sentences.append("Here anybody can sign up without a link too. To let in only who has one: chat sign-up invite")
    return sentences


def _show_code(link: str) -> None:
    """Paint the link as a QR code, if standard output is a terminal; if it has no room for it, say so."""
    out = sys.__stdout__  # not the filter: the blocks and their colours are all that is written here
    if out is None or not out.isatty():
        return
    import segno  # imported only here, so that every other start is faster

    from chatapp.cli.qr import QUIET_ZONE, paint

    code = segno.make_qr(link, error="l")
    rows = paint([list(row) for row in code.matrix_iter(border=QUIET_ZONE)])
    needed = code.symbol_size(border=QUIET_ZONE)[0]
    columns = os.get_terminal_size(out.fileno()).columns
    if 0 < columns < needed:
        click.echo(
            f"The QR code needs {needed} columns; this terminal has {columns}. Widen it, then try again.", err=True
        )
        return
    try:
        "▀▄█".encode(out.encoding)
    except UnicodeEncodeError:
        click.echo("This terminal cannot show a QR code: its character set has no blocks.", err=True)
        return
    out.write("".join(f"{row}\n" for row in rows))
    out.flush()
