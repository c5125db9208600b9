"""What the commands for scripts share (``chat send``, ``tail``, ``history``, ``who``, ``search``): where to connect to,
as whom, and what a person at the terminal is asked.
"""

from __future__ import annotations

import dataclasses
import functools
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from chatapp.cli import connecting, questions, streams
from chatapp.cli.moments import Moment
from chatapp.errors import ChatError, NameNotAllowedError, SignInError
from chatapp.protocol.names import is_channel, parse_channel, parse_nick, parse_partner

if TYPE_CHECKING:
    from chatapp.client.core.events import Said
    from chatapp.client.core.session import Session
    from chatapp.client.fronts.one_shot import OneShot
    from chatapp.client.network.keeper import Keeper
    from chatapp.client.network.link import Identity
    from chatapp.client.network.pins import Address

LIMIT, LIMIT_MAX = 100, 10_000  # messages that a command writes: without --limit, and at most

_Answer = TypeVar("_Answer")

_SIGNED_OUT = "This device is not signed in any more: its token was revoked, or your password is a new one."

JSON = click.option(
    "--json",
    "as_json",
    is_flag=True,
    allow_from_autoenv=False,
    help="One JSON object on each line, as `chat connect --json` writes them.",
)


def since_option(what: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the option --since; ``what`` it selects, in words."""
    return when_option("--since", f"{what} from then on: 30m, 2h or 7d ago, 2026-01-31, or 2026-01-31T10:00.")


def when_option(name: str, help: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return an option that takes a moment."""
    return click.option(name, type=Moment(), metavar="WHEN", allow_from_autoenv=False, help=help)


def limit_option(default: int | None, shown: str | bool = True) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the option --limit: from 1 to LIMIT_MAX messages; ``shown`` is its default as the help shows it."""
    return click.option(
        "--limit",
        type=click.IntRange(1, LIMIT_MAX),
        default=default,
        show_default=shown,
        metavar="MESSAGES",
        allow_from_autoenv=False,
        help=f"Only the latest so many, at most {LIMIT_MAX:,}.",
    )


@dataclasses.dataclass(slots=True)
class Reach:
    """Where a command connects to, and as whom; ``address`` is made from ``host`` and ``port`` when it is needed.

    ``password`` is that of --password-file, or empty. ``timeout_s`` is None without --timeout; the command has spent
    ``spent_s`` of it already, reading the password file.
    """

    host: str
    port: int
    nick: str
    identity: Identity | None
    password: str = dataclasses.field(repr=False)
    timeout_s: float | None
    spent_s: float
    config: Path | None

    @property
    def address(self) -> Address:
        """The address of the server."""
        from chatapp.client.network.pins import Address

        return Address(self.host, self.port)

    def session(self, *, catch_up: bool = False) -> Session:
        """Return a new session, which marks nothing as read; without ``catch_up``, it tells only new messages."""
        from chatapp.client.core.session import Session

        presents = self.identity is not None and self.identity.certificate is not None
        session = Session(self.nick, connecting.new_run(), catch_up=catch_up, certificate=presents)
        session.is_read = lambda conversation: False
        return session


def reaching(
    how_long: str, default: str = "30", *, optional: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that gives a command HOST, PORT, NAME and the options to reach a server.

    The command gets a function as its first argument, which checks all of them and returns them as one :class:`Reach`.
    ``how_long`` and ``default`` are the help of --timeout. ``optional``: HOST, PORT and NAME may be left out, all of
    them; then the command gets None.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @connecting.address_arguments(required=not optional)
        @click.argument("name", required=not optional)
        @connecting.server_options
        @connecting.timeout_option(how_long, None, default)
        @functools.wraps(function)
        def command(
            host: str | None,
            port: int | None,
            name: str | None,
            trust: str | None,
            password_file: Path | None,
            cert: Path | None,
            cert_key: Path | None,
            plaintext: bool,
            timeout_s: float | None,
            config: Path | None,
            **others: Any,
        ) -> Any:
            if host is None:
                return function(None, **others)
            if port is None or name is None:
                raise click.UsageError("After HOST come PORT and NAME.")

            def reach() -> Reach:
                nick = parsed_nick(name)
                began_s = time.monotonic()
                password = connecting.password_from(password_file, timeout_s)
                spent_s = 0.0 if timeout_s is None else time.monotonic() - began_s  # a person may type a passphrase
                identity = connecting.identity_of(config, trust, cert, cert_key, plaintext=plaintext)
                return Reach(host, port, nick, identity, password, timeout_s, spent_s, config)

            return function(reach, **others)

        return command

    return decorate


def parsed_nick(name: str) -> str:
    """Return the checked NAME. Raises click.UsageError."""
    try:
        return parse_nick(name)
    except NameNotAllowedError as error:
        raise click.UsageError(str(error)) from None


def parsed_target(target: str) -> str:
    """Return the checked name of a person or a channel. Raises click.UsageError."""
    try:
        return parse_channel(target) if is_channel(target) else parse_partner(target)
    except NameNotAllowedError as error:
        raise click.UsageError(str(error)) from None


def tell(sentence: str) -> None:
    """Write a sentence to standard error; it may have words of the network."""
    from chatapp.client.fronts.printable import printable

    click.echo(f"chat: {printable(sentence)}", err=True)


def can_ask() -> bool:
    """Return whether a person at a terminal can answer a question."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr is not None and sys.stderr.isatty()


def write(messages: Sequence[Said], as_json: bool) -> None:
    """Write messages to standard output. Raises OSError."""
    from chatapp.client.fronts import output

    for said in messages:
        for line in [output.as_json(said)] if as_json else output.messages(said):
            streams.write_line(line)


class Person:
    """Signs in for a command: with the password of the file, the token of this device, or what a person types.

    The token is used only where a person at a terminal would be asked for the password: a script signs in with what it
    is given. The deadline of ``front`` does not run while a person is asked.
    """

    def __init__(self, reach: Reach) -> None:
        self.front: OneShot | None = None
        self.reach = reach
        self._token = ""
        self._token_tried = False

    async def look_for_token(self) -> None:
        """Find the token that this device keeps for the account, if a person would be asked for the password."""
        reach = self.reach
        if reach.password or not can_ask():
            return
        from chatapp.client.network.kept_tokens import KeptTokens

        try:
            kept = await KeptTokens(reach.config or connecting.default_config()).get(reach.address, reach.nick)
        except ChatError as error:
            tell(str(error))
        else:
            self._token = kept.token

    def password(self, refused: str) -> str:
        """Return the next password to try; ``refused`` is why the server refused the last password, or empty.

        Raises SignInError if the password from the file was refused, or if there is no terminal to ask.
        """
        reach = self.reach
        if self._token:
            token, self._token, self._token_tried = self._token, "", True
            return token
        if refused:
            if reach.password or not can_ask():
                raise SignInError(f"Not signed in as {reach.nick}: {refused}")
            tell(_SIGNED_OUT if self._token_tried else refused)
            self._token_tried = False
        if reach.password:
            return reach.password
        if not can_ask():
            raise SignInError(
                "There is no terminal to ask for the password: give --password-file (CHAT_PASSWORD_FILE)."
            )
        return self._timed(lambda: questions.password(f"Password for {reach.nick}"))

    async def trust(self, fingerprint: str) -> bool:
        """Ask whether to trust a new key. This blocks the event loop; there is no connection to serve yet."""
        click.echo(
            f"The server at {self.reach.address} is not known yet. The fingerprint of its key is {fingerprint}",
            err=True,
        )
        question = "If `chat serve` shows the same there, it is the right one. Is it?"
        return self._timed(lambda: questions.is_yes(question))

    def _timed(self, ask: Callable[[], _Answer]) -> _Answer:
        """Return the answer of ``ask()``, and extend the deadline by the time that the person took to answer."""
        began_s = time.monotonic()
        try:
            return ask()
        finally:
            if self.front is not None:
                self.front.extend_deadline(time.monotonic() - began_s)


def run(person: Person, front: OneShot, work: Callable[[Keeper], Coroutine[Any, Any, int]], dial_s: float) -> int:
    """Connect, run ``work`` beside the connection, and return its exit code; to connect may take ``dial_s`` each time.

    ``person`` signs ``front`` in.
    """
    reach, person.front = person.reach, front

    async def main() -> int:
        from chatapp.client.network.keeper import Keeper

        if reach.identity is not None and can_ask():
            reach.identity.ask = person.trust
        await person.look_for_token()
        keeper = Keeper(front.session, connecting.dialer(reach.address, reach.identity, dial_s), front.heard)
        return await keeper.beside(work(keeper))

    return connecting.run_until_signal(main())
