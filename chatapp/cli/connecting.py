"""What ``chat connect`` and ``chat send`` share: which server, who, and how to be sure of both."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from chatapp.cli.options import Host, Place, Port
from chatapp.errors import IdentityError

if TYPE_CHECKING:
    from chatapp.client.network.link import Identity, Link
    from chatapp.client.network.pins import Address

RUN_BYTES = 8  # of the ids of our messages: no two runs have the same
TIMEOUT_S = 30.0

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _default_config() -> Path:
    import platformdirs  # not before it is needed: `chat --help` is quick

    try:
        return Path(platformdirs.user_config_dir("chatapp", appauthor=False))
    except RuntimeError:
        raise IdentityError(
            "There is no home folder with the keys of known servers."
            " Name a folder with --config DIR, or in CHAT_CONFIG."
        ) from None


def _fingerprint(context: click.Context, param: click.Parameter, value: str | None) -> str | None:
    from chatapp.client.network.pins import parse_fingerprint

    try:
        return parse_fingerprint(value) if value else None
    except ValueError as error:
        raise click.BadParameter(f"{error}.", context, param) from None


_OPTIONS = (
    click.option(
        "--trust",
        metavar="SHA256:...",
        callback=_fingerprint,
        allow_from_autoenv=False,
        help="The fingerprint of the server's key, as `chat serve` shows it: trust this key and no other, and pin it.",
    ),
    click.option(
        "--password-file",
        type=Place(),
        envvar="CHAT_PASSWORD_FILE",
        show_envvar=True,
        metavar="FILE",
        help="A file with the password in its first line.",
    ),
    click.option(
        "--plaintext", is_flag=True, allow_from_autoenv=False, help="Without encryption. Others can read the password."
    ),
    click.option(
        "--config",
        type=Place(),
        default=None,
        envvar="CHAT_CONFIG",
        show_envvar=True,
        show_default="the platform's configuration folder",
        metavar="DIR",
        help="The folder where the keys of known servers are kept.",
    ),
)


def server_options(function: _Function) -> _Function:
    """Add the options for reaching a server."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def timeout_option(help: str, default: float | None, show_default: str) -> Callable[[_Function], _Function]:
    """Add the option --timeout; without a ``default`` the command finds one."""
    return click.option(
        "--timeout",
        "timeout_s",
        type=click.FloatRange(min=0.1, max=3600),
        default=default,
        show_default=show_default,
        metavar="SECONDS",
        allow_from_autoenv=False,
        help=help,
    )


def address_arguments(function: _Function) -> _Function:
    """Add the arguments HOST and PORT."""
    host = click.argument("host", type=Host(), callback=_given)
    return host(click.argument("port", type=Port(1, 65535))(function))


def _given(ctx: click.Context, param: click.Parameter, host: str) -> str:
    """Refuse a host that is empty, as that of a variable is that is not set."""
    if not host.strip():
        raise click.BadParameter("it is empty. Give the name or the address of the server.", ctx, param)
    return host


def new_run() -> str:
    """Return what the ids of this run's messages begin with."""
    return secrets.token_hex(RUN_BYTES)


def password_from(path: Path | None) -> str:
    """Read the password file, if there is one; a warning goes to stderr. Raises SignInError."""
    if path is None:
        return ""
    from chatapp.client.fronts import password_file

    password, warning = password_file.read(path)
    if warning:
        click.echo(f"chat: {warning}", err=True)
    return password


def identity_of(config: Path | None, trust: str | None, *, plaintext: bool) -> Identity | None:
    """Return how to know the server; None for a connection in the clear, with a warning."""
    from chatapp.client.network.link import Identity
    from chatapp.client.network.pins import Pins

    if not plaintext:
        return Identity(Pins(config or _default_config()), trust)
    if trust:
        raise click.UsageError("--trust is about the key of an encrypted connection; leave out --plaintext.")
    click.echo("chat: not encrypted: anybody on the way can read the password and every message.", err=True)
    return None


def dialer(address: Address, identity: Identity | None, timeout_s: float) -> Callable[[], Awaitable[Link]]:
    """Return what makes a connection."""
    from chatapp.client.network.link import open_link

    return lambda: open_link(address, identity, timeout_s)


def run_until_signal(main: Awaitable[int]) -> int:
    """Run a front; SIGTERM ends it as Ctrl-C does, with what can be said to the server still said."""
    import asyncio
    import signal

    from chatapp.client.network.lookups import Lookups

    async def guarded() -> int:
        task = asyncio.current_task()
        assert task is not None
        asyncio.get_running_loop().set_default_executor(Lookups())
        if sys.platform != "win32":
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await main

    try:
        return asyncio.run(guarded())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
