"""``chat connect``: the full screen, the stream or the menu in a terminal; the plain front without a terminal."""

from __future__ import annotations

import dataclasses
import getpass
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chatapp.cli import connecting, streams
from chatapp.errors import InvitationLinkError, NameNotAllowedError, NoAccountError, SignInError
from chatapp.protocol.invitation_link import InvitationLink, is_link, parse_link
from chatapp.protocol.lookalikes import check_new_nick
from chatapp.protocol.names import is_channel, parse_channel, parse_nick

if TYPE_CHECKING:
    from chatapp.cli.device import KeptDevice
    from chatapp.cli.settings_file import SettingsFile
    from chatapp.client.core.session import Session
    from chatapp.client.fronts.full.opening import Opening
    from chatapp.client.fronts.full.settings import Settings
    from chatapp.client.fronts.full.shell import Shell
    from chatapp.client.fronts.full.state import State
    from chatapp.client.fronts.menu.shell import Shell as MenuShell
    from chatapp.client.fronts.person.terminal import Quiet
    from chatapp.client.network.keeper import Keeper
    from chatapp.client.network.link import Identity
    from chatapp.client.network.pins import Address


DUMB = "This terminal cannot draw a screen (TERM is dumb, or not set): everything is told in lines, as with --line."


@dataclasses.dataclass(frozen=True, slots=True)
class _Server:
    address: Address
    identity: Identity | None
    timeout_s: float
    sign_in_s: float | None  # the deadline for the sign-in; None: wait as long as the server does
    invitation: str = dataclasses.field(repr=False)  # the code in the link that leads there, or empty

    @property
    def presents(self) -> bool:
        """Tell whether connections present a client certificate."""
        return self.identity is not None and self.identity.certificate is not None


@click.command()
@connecting.address_or_link_arguments
@click.argument("name", required=False)
@click.option("--new", is_flag=True, allow_from_autoenv=False, help="Make the account NAME.")
@click.option(
    "--classic", is_flag=True, allow_from_autoenv=False, help="The menu, line by line, in place of the full screen."
)
@click.option(
    "--line/--no-line",
    default=None,
    allow_from_autoenv=False,
    help="The same as a stream of lines, without boxes: for screen readers and slow links. --no-line: not so, whatever"
    " config.toml says.",
)
@click.option(
    "--plain",
    is_flag=True,
    allow_from_autoenv=False,
    help="Lines in, lines out, and no questions; so it is anyway where there is no terminal.",
)
@click.option(
    "--json", "as_json", is_flag=True, allow_from_autoenv=False, help="As --plain, with one JSON object per line."
)
@click.option(
    "--to",
    metavar="NAME|#CHANNEL",
    default=None,
    show_default="the lobby",
    allow_from_autoenv=False,
    help="With --plain: where the lines go.",
)
@click.option(
    "--commands",
    "with_commands",
    is_flag=True,
    allow_from_autoenv=False,
    help="With --plain: lines that begin with / are commands (// for a text that does). Not for other people's words.",
)
@connecting.server_options
@click.option(
    "--show-config",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=lambda *args: _show_config(*args),
    allow_from_autoenv=False,
    help="Write the settings of the full screen and the name of their file, and end. Give --config before it.",
)
@connecting.timeout_option(
    "How long to wait for the connection, and at the end for each acknowledgement; with --plain, if it is given, also"
    " for the sign-in.",
    None,
    f"{connecting.TIMEOUT_S:g}",
)
def connect(
    host: str,
    port: int | str | None,
    name: str | None,
    new: bool,
    classic: bool,
    line: bool | None,
    plain: bool,
    as_json: bool,
    to: str | None,
    with_commands: bool,
    trust: str | None,
    password_file: Path | None,
    cert: Path | None,
    cert_key: Path | None,
    plaintext: bool,
    timeout_s: float | None,
    config: Path | None,
) -> int:
    """Chat on the server at HOST and PORT as NAME, or on the server that the LINK of an invitation leads to.

    A link has the port and the key of the server, so after it comes only NAME. Put it in quotes: 'LINK'.

    In a terminal it fills the screen (F1 helps), and makes the account if NAME is new. Without one, or with --plain,
    each line of standard input is sent as text, and each message is a line of standard output. chatapp/client/README.md
    tells the rest.

    Exit codes: 0 fine, 1 refused by the server, 2 usage, 3 cannot connect, 4 sign-in failed, 5 the server's identity is
    unknown or has changed, 6 something was sent and is not acknowledged, 130 interrupted.
    """
    from chatapp.client.network.pins import Address

    plain = plain or as_json or not (_is_terminal(sys.stdin) and _is_terminal(sys.stdout))
    if to is not None and not plain:
        raise click.UsageError("--to goes with --plain.")
    if line and (classic or plain):
        raise click.UsageError("--line goes without --classic, --plain and --json, and needs a terminal.")
    if with_commands and (to is not None or as_json or not plain):
        raise click.UsageError(
            'With --json a command is {"command": "/who"}; leave out --commands.' if as_json
            else "With --to every line is text; leave out --commands." if to is not None
            else "--commands goes with --plain."
        )  # fmt: skip
    link, name = _link(host, port, name)
    nick = _nick(name, plain)
    target = _target(to) if to is not None else ""
    password = connecting.password_from(password_file, timeout_s)
    key = link.key if link is not None else ""
    identity = connecting.identity_of(config, trust, cert, cert_key, plaintext=plaintext, link_key=key)
    address = Address(link.host, link.port) if link is not None else Address(host, int(port or 0))
    code = link.code if link is not None else ""
    server = _Server(address, identity, timeout_s or connecting.TIMEOUT_S, timeout_s, code)
    if plain:
        return connecting.run_until_signal(
            _plain(server, nick, password, new=new, to=target, json=as_json, commands=with_commands)
        )
    while True:
        try:
            return _in_terminal(server, nick, password, config, new=new, classic=classic, line=line)
        except NoAccountError as error:
            click.echo(streams.wrapped(f"chat: {error}"), err=True)
        nick = _nick(None, plain)


def _in_terminal(
    server: _Server, nick: str, password: str, config: Path | None, *, new: bool, classic: bool, line: bool | None
) -> int:
    """Run the full screen, the stream or the menu; return the exit code."""
    if not classic and sys.platform != "win32":
        return connecting.run_until_signal(_full(server, nick, password, config, new=new, line=line))
    if line:
        click.echo("chat: On Windows there is no --line; this is the menu, line by line.", err=True)
    from chatapp.client.fronts.person.terminal import Quiet

    with Quiet(sys.stdin.fileno()) as quiet:
        return connecting.run_until_signal(_terminal(server, nick, password, quiet, config, new=new))


def _link(host: str, port: int | str | None, name: str | None) -> tuple[InvitationLink | None, str | None]:
    """Return the link if there is one in the place of HOST, and the name, which then is in the place of PORT."""
    if not is_link(host):
        return None, name
    if name is not None:
        raise click.UsageError("After a link comes only the name: chat connect 'LINK' [NAME]")
    try:
        return parse_link(host), None if port is None else str(port)
    except InvitationLinkError as error:
        raise click.BadParameter(str(error), param_hint="LINK") from None


def _target(to: str) -> str:
    """Return the checked value of --to. An empty value is an error: it must not mean the default target."""
    try:
        return parse_channel(to) if is_channel(to) else parse_nick(to)
    except NameNotAllowedError as error:
        raise click.BadParameter(str(error), param_hint="--to") from None


def _is_terminal(stream: object) -> bool:
    return stream is not None and stream.isatty()  # type: ignore[attr-defined]


def _nick(name: str | None, plain: bool) -> str:
    """Return the checked NAME; if it is not given, ask for it on the terminal."""
    if name is not None:
        try:
            return parse_nick(name)
        except NameNotAllowedError as error:
            raise click.BadParameter(str(error), param_hint="NAME") from None
    if plain:
        raise click.UsageError("There is no terminal to ask for your name: give it after the port.")
    try:
        default = parse_nick(getpass.getuser())
        check_new_nick(default)  # do not suggest a name that a server refuses, such as root
    except (NameNotAllowedError, OSError, KeyError):
        default = None
    while True:
        try:
            return parse_nick(_ask_name(default))
        except NameNotAllowedError as error:
            click.echo(streams.wrapped(str(error)))


def _ask_name(default: str | None) -> str:
    """Ask for the name. Raises SignInError for EX and Ctrl-D, and KeyboardInterrupt for Ctrl-C at any moment."""
    from chatapp.client.fronts.commands import MENU, menu_word
    from chatapp.client.fronts.menu.shell import ask_line

    try:
        name = ask_line(f"Your name [{default}]: " if default else "Your name: ").strip()
    except EOFError:
        raise SignInError("Not signed in.") from None
    if menu_word(name) is MENU["EX"]:
        raise SignInError("Not signed in.")
    return name or default or ""


async def _device(server: _Server, nick: str, config: Path | None) -> tuple[KeptDevice, str]:
    """Return what this device keeps for the account, and why that cannot be read (empty: it can)."""
    from chatapp.cli.device import KeptDevice
    from chatapp.client.network.kept_tokens import Kept, KeptTokenError, KeptTokens

    kept = KeptTokens(config or connecting.default_config())
    known, problem = Kept(asked=True), ""
    try:
        known = await kept.get(server.address, nick)
    except KeptTokenError as error:
        problem = str(error)
    return KeptDevice(kept, server.address, nick, known), problem


def _keeper(server: _Server, session: Session, device: KeptDevice, shell: MenuShell | Shell) -> Keeper:
    """Return what keeps the connection of a shell, which asks whether to trust the server."""
    from chatapp.client.network.keeper import Keeper

    identity = server.identity
    if identity is not None:
        identity.ask = lambda fingerprint: shell.ask_trust(str(server.address), fingerprint)
    keeper = Keeper(session, connecting.dialer(server.address, identity, server.timeout_s), shell.heard)

    def show() -> None:
        keeper.flush()
        shell.show()

    device.on_change = show
    return keeper


async def _terminal(server: _Server, nick: str, password: str, quiet: Quiet, config: Path | None, *, new: bool) -> int:
    """Run the line client in the terminal; return the exit code."""
    from chatapp.client.core.session import Session
    from chatapp.client.fronts.menu.model import Model
    from chatapp.client.fronts.menu.shell import Shell, stamp

    session = Session(nick, connecting.new_run(), certificate=server.presents)
    session.account.invitation = server.invitation
    device, problem = await _device(server, nick, config)
    if problem:
        click.echo(streams.wrapped(f"chat: {problem}"), err=True)
    shell = Shell(Model(session, stamp, password=password, new=new, device=device), quiet)
    keeper = _keeper(server, session, device, shell)
    try:
        return await keeper.beside(shell.run(keeper))
    finally:
        await device.finish()


def _show_config(context: click.Context, param: click.Parameter, value: bool) -> None:
    """Write the settings of the full screen, and end."""
    if not value or context.resilient_parsing:
        return
    from chatapp.cli.settings_file import SettingsFile
    from chatapp.client.fronts.full.settings import shown

    config = context.params.get("config") or os.environ.get("CHAT_CONFIG")
    file = SettingsFile(Path(config) if config else connecting.default_config())
    click.echo(shown(file.read(), str(file.path)))
    context.exit()


async def _full(server: _Server, nick: str, password: str, config: Path | None, *, new: bool, line: bool | None) -> int:
    """Run the full-screen client, or its stream (``line``; None: as the settings say); return the exit code."""
    from chatapp.cli.settings_file import SettingsFile
    from chatapp.client.fronts.full.opening import Opening

    file = SettingsFile(config or connecting.default_config())
    settings = file.read()
    line = settings.line if line is None else line
    with Opening(str(server.address), sys.stdin.fileno(), is_stream=line or _is_dumb()) as opening:
        return await _opened(server, nick, password, file, settings, opening, new=new, line=line)


async def _opened(
    server: _Server,
    nick: str,
    password: str,
    file: SettingsFile,
    settings: Settings,
    opening: Opening,
    *,
    new: bool,
    line: bool,
) -> int:
    """Run the full-screen client on the screen that is open, or its stream; return the exit code."""
    from chatapp.cli.drafts_file import DraftsFile
    from chatapp.client.core.session import Session
    from chatapp.client.fronts.full.clock import look
    from chatapp.client.fronts.full.leaving import ended_by_signals
    from chatapp.client.fronts.full.model import Model
    from chatapp.client.fronts.full.shell import Shell
    from chatapp.client.fronts.full.state import State

    session = Session(nick, connecting.new_run(), certificate=server.presents)
    session.account.invitation, session.account.any_server = server.invitation, True
    device, problem = await _device(server, nick, file.path.parent)
    state = State(session, place=str(server.address), password=password, new=new, device=device, settings=settings)
    if opening.is_stream:
        shell = _stream(state, save=file.save, is_dumb=_is_dumb())
    else:
        shell = Shell(Model(state, look(session)), save=file.save, is_open=True)
    if problem:  # not earlier: the stream tells what comes after its beginning
        state.note(problem, bad=True)
    if opening.is_stream and not line:
        state.note(DUMB)
    keeper = _keeper(server, session, device, shell)
    opening.hand_over()
    try:
        async with DraftsFile(file.path.parent, str(server.address), nick).kept(state), ended_by_signals(shell.end):
            return await keeper.beside(shell.run(keeper))
    finally:
        await device.finish()


def _is_dumb() -> bool:
    """Tell whether the terminal knows no commands. Spec: terminfo, the entry ``dumb``."""
    return os.environ.get("TERM", "") in ("", "dumb")


def _stream(state: State, **options: Any) -> Shell:
    """Return the shell of the stream."""
    from chatapp.client.fronts.full.clock import look
    from chatapp.client.fronts.full.model import Model
    from chatapp.client.fronts.full.stream.deeds import StreamDeeds
    from chatapp.client.fronts.full.stream.shell import StreamShell

    return StreamShell(Model(state, look(state.session), StreamDeeds), **options)


def plain_words(to: str, *, commands: bool) -> str:
    """Return what a person at a terminal has to know who uses the front for programs."""
    slash = "/help tells the commands" if commands else "also what begins with / (but not with --commands)"
    return f"Each line that you type is sent to {to or 'the lobby'}, {slash}. Ctrl-D ends."


async def _plain(server: _Server, nick: str, password: str, *, new: bool, **options: Any) -> int:
    """Run the plain front on standard input and output; return the exit code."""
    from chatapp.client.core.session import Session
    from chatapp.client.fronts.plain.front import Plain
    from chatapp.client.fronts.plain.talking import talk
    from chatapp.client.network.keeper import Keeper

    if _is_terminal(sys.stdin) and _is_terminal(sys.stdout) and not options["json"]:
        streams.tell_line(plain_words(options["to"], commands=options["commands"]))
    session = Session(nick, connecting.new_run(), whole=True, certificate=server.presents)
    session.account.invitation = server.invitation
    front = Plain(session, streams.write_line, streams.tell_line, password=password, new=new, **options)
    keeper = Keeper(session, connecting.dialer(server.address, server.identity, server.timeout_s), front.heard)
    return await keeper.beside(talk(front, session, keeper, _stdin(), server.timeout_s, server.sign_in_s))


def _stdin() -> int:
    """Return the file descriptor to read lines from; the null device if standard input is closed."""
    return sys.stdin.fileno() if sys.stdin is not None else os.open(os.devnull, os.O_RDONLY)
