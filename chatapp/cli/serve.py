"""``chat serve``: start a server."""

from __future__ import annotations

import gc
import logging
import os
import re
import shlex
import socket
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chatapp.cli import operational_log
from chatapp.cli.operational_log import LEVELS
from chatapp.cli.options import Host, Place, Port, bcrypt_cost_option, data_given, data_option, default_of
from chatapp.config import Config, Listen
from chatapp.errors import ConfigError
from chatapp.reading import read_within

if TYPE_CHECKING:
    from chatapp.server.running import Running

log = logging.getLogger(__name__)

_MOTD_LINE_BYTES_MAX = 400
_MOTD_LINES_MAX = 200
_MOTD_BYTES_MAX = (_MOTD_LINE_BYTES_MAX + len("\r\n")) * _MOTD_LINES_MAX
_PASSWORD_BYTES_MAX = 4096  # of a password file
_PIPE_S = 10.0  # how long a pipe (`--motd <(fortune)`) may take


def _parse_listen(text: str) -> Listen:
    """Parse ADDR:PORT; an IPv6 address must be in brackets. Raises ConfigError."""
    found = re.fullmatch(r"(?:\[([^][]+)\]|([^][:]*)):([0-9]{1,5})", text, re.ASCII)
    if found is None:
        raise ConfigError(f"--listen {text[:80]}: give it as ADDR:PORT, such as 192.168.1.5:6697 or [::1]:6697.")
    return Listen(found[1] or found[2], int(found[3]))


def _read_motd(path: Path | None) -> tuple[str, ...]:
    if path is None:
        return ()
    try:
        data, _ = read_within(path, _MOTD_BYTES_MAX + 1, _PIPE_S)
        # str.splitlines() would also split at U+2028 and other characters.
        text = data.decode(errors="strict" if len(data) <= _MOTD_BYTES_MAX else "replace").replace("\r\n", "\n")
        lines = text.removesuffix("\n").split("\n") if text else []
    except OSError as error:
        raise ConfigError(f"The message of the day {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"The message of the day {path} cannot be read: it is not UTF-8 text.") from error
    if (
        len(data) > _MOTD_BYTES_MAX
        or len(lines) > _MOTD_LINES_MAX
        or any(len(line.encode()) > _MOTD_LINE_BYTES_MAX for line in lines)
    ):
        raise ConfigError(
            f"The message of the day {path} is too long:"
            f" {_MOTD_LINES_MAX} lines of {_MOTD_LINE_BYTES_MAX} bytes at most."
        )
    return tuple("".join(char for char in line if char.isprintable()) for line in lines)


def _read_password(path: Path | None) -> str:
    """Return the first line of the password file of the WebIRC gateways. Raises ConfigError."""
    if path is None:
        return ""
    try:
        data, found = read_within(path, _PASSWORD_BYTES_MAX, _PIPE_S, end=b"\n")
        password = data.decode().partition("\n")[0].removesuffix("\r")
    except OSError as error:
        raise ConfigError(f"The password file {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"The password file {path} is not UTF-8 text.") from error
    if stat.S_ISREG(found.st_mode) and found.st_mode & stat.S_IRWXO:
        raise ConfigError(f"Others can read or change the password file {path}: chmod o= {shlex.quote(str(path))}")
    if not password:
        raise ConfigError(f"The first line of the password file {path} is empty. Write a password there.")
    return password


def _default_server_name() -> str:
    """Return the machine's name, with ``.local`` if it has no dot: clients take a source without a dot for a nick."""
    name = socket.gethostname().lower()
    return name if "." in name else f"{name}.local"


@click.command()
@click.argument("port", type=Port(0, 65535), envvar="CHAT_PORT")
@click.option(
    "--host", type=Host(), default="", show_default="all addresses, v4 and v6", help="The address to listen on."
)
@click.option(
    "--listen",
    multiple=True,
    metavar="ADDR:PORT",
    help="One more address to listen on; repeat it for more (in CHAT_LISTEN: a space between two).",
)
@data_option
@click.option(
    "--name",
    default=default_of("network_name"),
    show_default=True,
    help="What this chat is called: ASCII without spaces, 30 characters at most.",
)
@click.option(
    "--server-name",
    default=None,
    show_default="the machine's name",
    help="The server's own name in IRC; if it is given, the links of invitations have it too.",
)
@click.option("--motd", type=Place(), help="A file with the message of the day.")
@click.option("--icon", default="", metavar="URL", help="A square image that clients show for this chat (https).")
@click.option("--guests", is_flag=True, help="Let people in without an account.")
@click.option(
    "--sign-up",
    type=click.Choice(["open", "invite", "closed"]),
    default=None,
    show_default="as set with chat sign-up, or else open",
    help="Who can make themselves an account: anybody, who has an invitation (chat invite), or nobody.",
)
@click.option(
    "--invites",
    type=click.Choice(["admins", "members"]),
    default=default_of("invites"),
    show_default=True,
    help="Who may make invitations.",
)
@click.option(
    "--lobby",
    metavar="CHANNEL|none",
    default=default_of("lobby"),
    show_default=True,
    help="The channel every new account joins.",
)
@click.option("--cert", type=Place(), help="A TLS certificate (PEM).")
@click.option("--key", type=Place(), help="Its key (PEM).")
@click.option(
    "--plaintext",
    type=click.Choice(["loopback", "any", "never"]),
    default=default_of("plaintext"),
    show_default=True,
    help="From where people may come without TLS. Say never where connections are forwarded to this machine (a proxy,"
    " socat, a container's ports): all of them come from loopback.",
)
@bcrypt_cost_option
@click.option(
    "--max-clients",
    type=click.IntRange(1),
    default=default_of("clients_max"),
    show_default=True,
    help="Connections at once.",
)
@click.option(
    "--log-level",
    type=click.Choice(LEVELS),
    default="info",
    show_default=True,
    help="The least that is written to standard error; info has a line for each start, stop, sign-in and sign-out.",
)
@click.option("--log-json", is_flag=True, help="Write those lines as JSON objects.")
@click.option(
    "--webirc-gateway",
    multiple=True,
    metavar="ADDRESS",
    help="The address or network of a gateway (web chat, bouncer) that tells for whom it connects; repeat it for more.",
)
@click.option("--webirc-password-file", type=Place(), help="A file with the password of these gateways.")
@click.option("--no-web", is_flag=True, help="Serve no web page and take no WebSockets: IRC only.")
@click.option("--no-rate-limits", is_flag=True, help="Slow nobody down: for benchmarks and networks you trust.")
def serve(
    port: int,
    host: str,
    listen: tuple[str, ...],
    data: Path,
    name: str,
    server_name: str | None,
    motd: Path | None,
    icon: str,
    guests: bool,
    sign_up: str | None,
    invites: str,
    lobby: str,
    cert: Path | None,
    key: Path | None,
    plaintext: str,
    bcrypt_cost: int,
    max_clients: int,
    log_level: str,
    log_json: bool,
    webirc_gateway: tuple[str, ...],
    webirc_password_file: Path | None,
    no_web: bool,
    no_rate_limits: bool,
) -> None:
    """Start a server on PORT (0 takes any free one), and run it until Ctrl-C or SIGTERM."""
    config = Config(
        listens=(Listen(host, port), *map(_parse_listen, listen)),
        data=data,
        network_name=name,
        server_name=server_name or _default_server_name(),
        motd=_read_motd(motd),
        icon=icon,
        guests=guests,
        sign_up=sign_up,  # type: ignore[arg-type]  # Config checks it
        invites=invites,  # type: ignore[arg-type]
        link_host=server_name or "",
        lobby=None if lobby.lower() == "none" else lobby,
        cert=cert,
        key=key,
        plaintext=plaintext,  # type: ignore[arg-type]
        bcrypt_cost=bcrypt_cost,
        clients_max=max_clients,
        web=not no_web,
        rate_limits=not no_rate_limits,
        webirc_gateways=webirc_gateway,
        webirc_password=_read_password(webirc_password_file),
    )
    gc.disable()  # a start makes little garbage; the server enables the collector when it is ready
    try:
        from chatapp.server.app import serve as run  # a slow import; an invalid setting is refused before it

        with operational_log.to_standard_error(log_level, log_json):
            run(config, _announce_to_whoever_reads)
    finally:
        gc.enable()


def _announce_to_whoever_reads(server: Running) -> None:
    """Write the announcement; if standard output is closed or broken, the server runs without it."""
    if sys.stdout is None:  # standard output was closed at start
        return
    try:
        _announce(server)
        sys.stdout.flush()
    except OSError as error:
        log.warning("the lines to join with could not be written: %s", error.strerror)
        nowhere = os.open(os.devnull, os.O_WRONLY)  # so that the flush at the end of the process does not fail again
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _announce(server: Running) -> None:
    """Write how to join; the last line says that the server is ready, with all addresses it listens on."""
    from chatapp.server.folder.certificate import own_addresses
    from chatapp.server.joining import chat_connect, joins

    config = server.config
    click.echo(f"{config.network_name}: a chat server; its data is in {config.data}")
    ways = joins(server.addresses, own_addresses())
    for where, host, port in ways:
        click.echo(f"  {where + ':':25} {chat_connect(host, port, server.identity.fingerprint)}")
    if config.web:
        urls = {where: _url(config, host, port) for where, host, port in reversed(ways)}  # the first of each kind
        click.echo(f"  in a browser:             {', '.join(reversed(urls.values()))}")
        click.echo(f"  with an IRC client:       {next(iter(urls.values()))}/clients has the lines to paste")
    click.echo(f"  public key of the server: {server.identity.fingerprint}")
    if server.sessions.services.accounts.has_administrator():
        click.echo("  administrator:            there is one")
    else:
        given = data_given(config.data, elsewhere=True)
        click.echo(f"  administrator:            none yet; chat adduser NAME --admin{given} makes one")
    click.echo(f"  sign-up:                  {_who_signs_up(server)}")
    click.echo("ready on " + ", ".join(server.sessions.services.addresses))


def _who_signs_up(server: Running) -> str:
    """Return who can make themselves an account, in words."""
    config, policy = server.config, server.sessions.services.settings.sign_up
    given = data_given(config.data, elsewhere=True)
    if policy == "open":
        return f"anybody who reaches this port can sign up; chat sign-up closed{given} ends that"
    if policy == "closed":
        return "closed; chat adduser makes accounts"
    who = "every member" if config.invites == "members" else "administrators"
    return f"by invitation only; chat invite{given} makes one, and {who} can"


def _url(config: Config, host: str, port: int) -> str:
    """Return the URL of the page. On this machine it is without TLS, so that the browser does not warn of anything."""
    from chatapp.protocol.addresses import is_loopback
    from chatapp.server.edge.listener import written

    plain = config.plaintext != "never" and (host == "localhost" or is_loopback(host))
    return f"{'http' if plain else 'https'}://{written(host, port)}"
