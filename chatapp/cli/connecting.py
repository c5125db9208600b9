"""Options and functions that ``chat connect`` and ``chat send`` share to reach a server and to identify it."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from chatapp.cli.options import Host, HostOrLink, Place, Port
from chatapp.client.network.folder import default_config as default_config
from chatapp.protocol.invitation_link import is_link

if TYPE_CHECKING:
    import contextlib

    from chatapp.client.network.link import Identity, Link
    from chatapp.client.network.pins import Address

RUN_BYTES = 8  # random bytes at the start of the ids of a run's messages; so no two runs use the same id
TIMEOUT_S = 30.0
STUCK_S = 3.0  # how long a client that is told to end may go on with what it does

_Function = TypeVar("_Function", bound=Callable[..., Any])


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
        "--cert",
        type=Place(),
        allow_from_autoenv=False,
        metavar="FILE",
        help="A client certificate and its key (PEM), to sign in with; /cert add registers it.",
    ),
    click.option(
        "--cert-key",
        type=Place(),
        allow_from_autoenv=False,
        metavar="FILE",
        help="The key of --cert, if it is in a file of its own.",
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
        is_eager=True,  # --show-config needs it
        metavar="DIR",
        help="The folder where the keys of known servers are kept.",
    ),
)


def server_options(function: _Function) -> _Function:
    """Add the options for reaching a server to a command."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def timeout_option(help: str, default: float | None, show_default: str) -> Callable[[_Function], _Function]:
    """Return a decorator that adds the option --timeout (seconds); if ``default`` is None, the command gets None.

    ``show_default`` is the default that the help shows.
    """
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


def address_arguments(*, required: bool = True) -> Callable[[_Function], _Function]:
    """Return a decorator that adds the arguments HOST and PORT to a command."""
    host = click.argument("host", type=Host(), callback=_refuse_empty, required=required)
    port = click.argument("port", type=Port(1, 65535), required=required)
    return lambda function: host(port(function))


class _PortOrName(Port):
    """The port of a server; after a link, which has the port, the name of the account."""

    name = "port"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the port, or the name."""
        if ctx is not None and is_link(ctx.params.get("host", "")):
            return value
        if is_link(str(value)):
            self.fail("the link comes first: chat connect 'LINK' [NAME]", param, ctx)
        return super().convert(value, param, ctx)


def address_or_link_arguments(function: _Function) -> _Function:
    """Add the arguments HOST and PORT to a command; in their place there may be a link, which the command parses."""
    host = click.argument("host", metavar="HOST|LINK", type=HostOrLink(), callback=_refuse_empty)
    port = click.argument("port", type=_PortOrName(1, 65535), required=False, callback=_need_port)
    return host(port(function))


def _need_port(ctx: click.Context, param: click.Parameter, port: Any) -> Any:
    if port is None and not is_link(ctx.params.get("host", "")):
        raise click.MissingParameter(ctx=ctx, param=param, param_hint="'PORT'")
    return port


def _refuse_empty(ctx: click.Context, param: click.Parameter, host: str | None) -> str | None:
    """Refuse an empty host, such as the value of a shell variable that is not set."""
    if host is not None and not host.strip():
        raise click.BadParameter("it is empty. Give the name or the address of the server.", ctx, param)
    return host


def new_run() -> str:
    """Return a random prefix for the ids of the messages of this run."""
    return secrets.token_hex(RUN_BYTES)


def password_from(path: Path | None, timeout_s: float | None) -> str:
    """Return the password in the file ``path``; empty if ``path`` is None. Writes a warning to standard error, if any.

    A pipe may take ``timeout_s`` (None: the default of ``password_file``). Raises SignInError.
    """
    if path is None:
        return ""
    from chatapp.client.fronts import password_file

    password, warning = password_file.read(path, password_file.PIPE_S if timeout_s is None else timeout_s)
    if warning:
        click.echo(f"chat: {warning}", err=True)
    return password


def identity_of(
    config: Path | None,
    trust: str | None,
    cert: Path | None,
    cert_key: Path | None,
    *,
    plaintext: bool,
    link_key: str = "",
) -> Identity | None:
    """Return the identity that the server must prove, with the client certificate (``cert``) to present.

    ``link_key``: the key in the link that leads to the server. None, with a warning, for a connection without
    encryption. Raises SignInError if the certificate cannot be used.
    """
    from chatapp.client.network.client_certificate import ClientCertificate
    from chatapp.client.network.link import Identity
    from chatapp.client.network.pins import Pins

    if cert_key is not None and cert is None:
        raise click.UsageError("--cert-key is the key of a certificate; give --cert too.")
    if cert is not None and plaintext:
        raise click.UsageError("--cert needs an encrypted connection; leave out --plaintext.")
    if link_key and (plaintext or trust):
        raise click.UsageError("The link has the key of the server; leave out --trust and --plaintext.")
    if not plaintext:
        certificate = ClientCertificate(cert, cert_key) if cert is not None else None
        expected = link_key or trust
        return Identity(Pins(config or default_config()), expected, certificate=certificate, by_link=bool(link_key))
    if trust:
        raise click.UsageError("--trust is about the key of an encrypted connection; leave out --plaintext.")
    click.echo("chat: not encrypted: anybody on the way can read the password and every message.", err=True)
    return None


def dialer(address: Address, identity: Identity | None, timeout_s: float) -> Callable[[], Awaitable[Link]]:
    """Return a function that connects to the server."""
    from chatapp.client.network.link import open_link

    return lambda: open_link(address, identity, timeout_s)


def run_until_signal(main: Awaitable[int]) -> int:
    """Run ``main`` in an event loop, and return its exit code.

    SIGTERM cancels ``main``, as Ctrl-C does, so that the client still sends QUIT and flushes what it has to send. A
    write to a pipe that nobody reads waits for ever, and the event loop with it, so the end comes after STUCK_S anyway.
    """
    import asyncio
    import contextlib
    import signal

    from chatapp.client.network.lookups import Lookups

    async def guarded() -> int:
        asyncio.get_running_loop().set_default_executor(Lookups())
        if sys.platform == "win32":
            return await main
        with contextlib.ExitStack() as stack:
            _end_on(signal.SIGTERM, stack)
            return await main

    try:
        return asyncio.run(guarded())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


def _end_on(number: int, stack: contextlib.ExitStack) -> None:
    """Let a signal cancel the current task, until ``stack`` is closed.

    A second signal interrupts the task, whatever it does. STUCK_S after the first signal, a second one is sent.
    """
    import asyncio
    import os
    import signal
    import threading

    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    again = threading.Timer(STUCK_S, os.kill, (os.getpid(), number))
    again.daemon = True

    def end(number: int, frame: object) -> None:
        if again.ident is not None:
            raise KeyboardInterrupt
        again.start()
        loop.call_soon_threadsafe(task.cancel)

    stack.callback(again.cancel)
    stack.callback(signal.signal, number, signal.signal(number, end))
