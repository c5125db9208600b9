"""The command ``chat``: its subcommands, and how it reports errors."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, NoReturn

import click

from chatapp import __version__
from chatapp.cli import streams
from chatapp.errors import ChatError, ClientError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

EXIT_FAILED = 1
EXIT_OUR_BUG = 70  # EX_SOFTWARE of sysexits.h
EXIT_INTERRUPTED = 130
_COMPLETE = "_CHAT_COMPLETE"  # the variable with which a shell asks for completions

# The subcommand NAME is the function NAME in the module NAME. The module is imported only when the subcommand is used,
# so the texts for `chat --help` are in this table.
SUBCOMMANDS = {
    "serve": "Start a server.",
    "connect": "Connect to a server, and chat.",
    "send": "Send one message, and wait until the server has stored it.",
    "tail": "Write messages as they arrive.",
    "history": "Write the messages of a person or a channel.",
    "search": "Write the messages that the server finds.",
    "who": "Tell who is here.",
    "adduser": "Make an account.",
    "passwd": "Give an account another password.",
    "deluser": "Delete an account.",
    "users": "List the accounts.",
    "status": "Tell what a running server does, and who is here.",
    "rooms": "List the channels of a running server.",
    "role": "Give an account a role, on the server or in a channel.",
    "kick": "Remove somebody from a channel, or end somebody's connections.",
    "ban": "Keep an account or IP addresses out.",
    "unban": "End a ban.",
    "bans": "List the bans.",
    "cert": "List or remove the certificates that sign in to an account.",
    "tokens": "List, make or revoke the tokens that sign in devices.",
    "log": "Tell who did what to keep order.",
    "invite": "Make a link with which somebody can make an account.",
    "invites": "List the invitations, or take one back.",
    "backup": "Make a backup of a server's data, while it runs.",
    "restore": "Put a backup back in place.",
    "sign-up": "Let people make themselves accounts, with an invitation, or not.",
    "completion": "Write the script with which a shell completes commands.",
}
# The subcommands that also run on Windows; the others need POSIX locks and sockets.
CLIENTS = {"connect", "send", "tail", "history", "search", "who", "completion"}


class LazyGroup(click.Group):
    """A click group that imports the module of a subcommand only when the subcommand is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the subcommands in the order of the table."""
        return list(SUBCOMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a subcommand and return the subcommand; return None for an unknown name."""
        if cmd_name not in SUBCOMMANDS:
            return None
        if sys.platform == "win32" and cmd_name not in CLIENTS:
            raise ChatError(f"chat {cmd_name} does not run on Windows: a server needs Linux or macOS.")
        name = cmd_name.replace("-", "_")
        command = getattr(importlib.import_module(f"{__name__}.{name}"), name)
        assert isinstance(command, click.Command)
        # By default, click would name the variable of `chat serve PORT` CHAT_SERVE_PORT. Our rule is CHAT_PORT.
        command.context_settings.setdefault("auto_envvar_prefix", ctx.auto_envvar_prefix)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the subcommand; for an unknown name, fail and suggest a similar subcommand."""
        if not args[0].startswith("-") and args[0] not in SUBCOMMANDS and not ctx.resilient_parsing:
            import difflib  # imported only here, so that every other start is faster

            close = difflib.get_close_matches(args[0], SUBCOMMANDS, 1)
            ctx.fail(f"There is no command {args[0]!r}." + (f" Did you mean {close[0]!r}?" if close else ""))
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the subcommands from the table, or the options, that begin with what is typed."""
        from click.shell_completion import CompletionItem

        found = [CompletionItem(name, help=text) for name, text in SUBCOMMANDS.items() if name.startswith(incomplete)]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of subcommands from the table."""
        with formatter.section("Commands"):
            formatter.write_dl(list(SUBCOMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "CHAT"})
@click.version_option(__version__, prog_name="chat", message="%(prog)s %(version)s", allow_from_autoenv=False)
def chat() -> None:
    """A private chat that you own.

    What `chat serve` takes can also be given as variables of the environment: --data as CHAT_DATA, PORT as CHAT_PORT,
    and so on. The others take CHAT_DATA and CHAT_BCRYPT_COST, or CHAT_PASSWORD_FILE and CHAT_CONFIG, where they have
    that option. An empty variable counts as not set.
    """


class _Ending(NamedTuple):
    exit_code: int
    text: str


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Run ``chat`` with ``args`` (default: the arguments of the process), and exit.

    Exceptions become an error message and an exit code only here. A subcommand that fails raises ChatError. It may also
    return an exit code (None means 0), or raise ``click.exceptions.Exit`` with an exit code.
    """
    streams.install_filter()  # stays in place, to filter also what the interpreter writes when it ends
    sys.exit(run(args))


def run(args: Sequence[str] | None = None) -> int:
    """Run ``chat`` and return its exit code; see :func:`main`."""
    streams.occupy()
    with streams.filtering():
        return _run(args)


def _run(args: Sequence[str] | None) -> int:
    if os.environ.get(_COMPLETE):
        from chatapp.cli.completion import answer

        return answer(chat, os.environ[_COMPLETE])
    try:
        result = chat.main(args=args, prog_name="chat", standalone_mode=False)
        if sys.stdout is not None:  # None if standard output is closed (chat ... >&-)
            sys.stdout.flush()
    except (click.exceptions.Abort, KeyboardInterrupt):
        if sys.stdout is not None and not streams.takes_more(sys.stdout.fileno()):
            _to_nowhere()  # otherwise the flush when the interpreter ends would wait for a reader
        return EXIT_INTERRUPTED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except BrokenPipeError:  # as in `chat users | head`: the reader has enough, which needs no error message
        _drop_output()
        return EXIT_FAILED
    except Exception as error:
        ending = _ending(error)
        _drop_output()
        click.echo(streams.wrapped(f"chat: {ending.text}", err=True), err=True)
        return ending.exit_code
    return result if type(result) is int else 0


def _drop_output() -> None:
    """Flush standard output; if that fails, redirect it to the null device.

    Otherwise the interpreter would flush the buffer again when it ends, and report the error.
    """
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        _to_nowhere()


def _to_nowhere() -> None:
    """Redirect standard output to the null device."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _ending(error: Exception) -> _Ending:
    """Return the exit code and the message for ``error``."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, ClientError):
        return _Ending(error.exit_code, str(error))
    if isinstance(error, ChatError):
        return _Ending(EXIT_FAILED, str(error))
    if isinstance(error, OSError):
        subject = f"{error.filename}: " if error.filename else ""
        return _Ending(EXIT_FAILED, f"{subject}{error.strerror or error}.")
    return _Ending(EXIT_OUR_BUG, f"a mistake in chat itself, not yours ({type(error).__name__}). {_save(error)}")


def _save(error: Exception) -> str:
    """Write the traceback to a temporary file; return the sentence that asks the person to report the bug."""
    import tempfile  # imported only here, so that every other start is faster
    import traceback

    try:
        fd, path = tempfile.mkstemp(prefix="chat-mistake-", suffix=".txt")
        with os.fdopen(fd, "w", encoding="utf-8") as file:
            file.writelines(traceback.format_exception(error))
    except OSError:
        return "Please report what you did."
    return f"Please report it with the file {path}."
