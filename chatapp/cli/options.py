"""Options that several subcommands share."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec
from click.core import ParameterSource

from chatapp.config import BCRYPT_COST_MAX, BCRYPT_COST_MIN, Config
from chatapp.errors import ChatError, ConfigError
from chatapp.protocol.invitation_link import is_link

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from chatapp.client.network.pins import Address


class Place(click.Path):
    """The path of a file or a folder. The code that opens the path reports whether it is readable."""

    def __init__(self) -> None:
        super().__init__(readable=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path; refuse an empty name, which would mean the current folder."""
        if value == "":
            self.fail("the name is empty. Leave the option out for the default, or give a name.", param, ctx)
        return super().convert(value, param, ctx)


class Folder(Place):
    """The path of a folder, which need not exist."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path. Raises ConfigError if it is a file."""
        path = super().convert(value, param, ctx)
        if path.is_file():
            raise ConfigError(f"{path} is a file, not a folder. Name a folder; it is made where there is none.")
        return path


class Port(click.IntRange):
    """A port number."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number; otherwise fail with a message that has the allowed range."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value} is not a port: a number from {self.min} to {self.max}.", param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the ports of the host that is typed before, if it was connected to before."""
        from click.shell_completion import CompletionItem

        host = str(ctx.params.get("host") or "").lower()
        ports = [str(address.port) for address in _known_servers(ctx) if address.host == host]
        return [CompletionItem(port) for port in ports if port.startswith(incomplete)]


class Host(click.types.StringParamType):
    """A host name or an IP address; an IPv6 address may be in brackets, as in ``[::1]:6697``."""

    name = "host"
    takes_links = False

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the host without brackets."""
        host = super().convert(value, param, ctx)
        if is_link(host) and not self.takes_links:
            self.fail("this is a link, not a host. Only chat connect takes the link of an invitation.", param, ctx)
        found = re.fullmatch(r"\[([^][]*:[^][]*)\]", host)
        return found[1] if found is not None else host

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the hosts of the servers that were connected to before."""
        from click.shell_completion import CompletionItem

        hosts = dict.fromkeys(address.host for address in _known_servers(ctx))
        return [CompletionItem(host) for host in hosts if host.startswith(incomplete)]


def _known_servers(ctx: click.Context) -> list[Address]:
    """Return the servers whose keys are pinned in the folder of --config; none if that cannot be read."""
    from chatapp.client.network.folder import default_config
    from chatapp.client.network.pins import Pins

    try:
        return Pins(ctx.params.get("config") or default_config()).addresses()
    except ChatError:
        return []


class HostOrLink(Host):
    """A host name or an IP address, or a link, which is returned as it is."""

    takes_links = True


_DEFAULTS = {field.name: field.default for field in msgspec.structs.fields(Config)}


def default_of(setting: str) -> Any:
    """Return the default of a setting in Config, so that no option repeats it."""
    return _DEFAULTS[setting]


def default_data() -> Path:
    """Return the platform's folder for a server's data. Raises ConfigError if this user has no home folder."""
    import platformdirs  # imported only here, so that `chat --help` and `chat serve --data DIR` are fast

    try:
        return Path(platformdirs.user_data_dir("chatapp", appauthor=False))
    except RuntimeError:
        raise ConfigError(
            "There is no home folder to keep the data in. Name a folder with --data DIR, or in CHAT_DATA."
        ) from None


def data_given(data: Path, *, elsewhere: bool = False) -> str:
    """Return the option ``--data`` with this folder, to append to a command; empty if the command needs no option.

    No option is needed if this command had none, nor for the folder in CHAT_DATA. With ``elsewhere``, the command will
    be typed in another environment, so CHAT_DATA does not count.
    """
    if os.environ.get("CHAT_DATA") == str(data) and not elsewhere:
        return ""
    by_default = click.get_current_context().get_parameter_source("data") is ParameterSource.DEFAULT
    return "" if by_default else f" --data {shlex.quote(str(data))}"


data_option = click.option(
    "--data",
    type=Folder(),
    default=default_data,
    envvar="CHAT_DATA",
    show_envvar=True,
    show_default="the platform's data folder",
    metavar="DIR",
    help="The folder of the server.",
)

bcrypt_cost_option = click.option(
    "--bcrypt-cost",
    type=click.IntRange(BCRYPT_COST_MIN, BCRYPT_COST_MAX),
    default=default_of("bcrypt_cost"),
    envvar="CHAT_BCRYPT_COST",
    show_envvar=True,
    show_default=True,
    help="How costly a password is to guess; one more takes twice as long.",
)

password_stdin_option = click.option(
    "--password-stdin",
    is_flag=True,
    allow_from_autoenv=False,
    help="Read the password from standard input: one line.",
)
