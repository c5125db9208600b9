"""``chat send``: send one message, and wait until the server has stored it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from chatapp.cli import connecting, streams
from chatapp.cli.progress import showing_progress
from chatapp.errors import NameNotAllowedError, SignInError
from chatapp.protocol.names import is_channel, parse_channel, parse_nick

if TYPE_CHECKING:
    from chatapp.client.fronts.send import Sending

_Answer = TypeVar("_Answer")


@click.command()
@connecting.address_arguments
@click.argument("name")
@click.argument("target")
@click.argument("text", required=False)
@connecting.server_options
@connecting.timeout_option(
    "How long all of it may take, from the moment when the text is known.", None, "30, and more for a long text"
)
def send(
    host: str,
    port: int,
    name: str,
    target: str,
    text: str | None,
    trust: str | None,
    password_file: Path | None,
    cert: Path | None,
    cert_key: Path | None,
    plaintext: bool,
    timeout_s: float | None,
    config: Path | None,
) -> int:
    """Send TEXT as NAME to TARGET, a person or a #channel; without TEXT, or with -, standard input.

    TEXT is sent as it is, whatever it begins with. Several lines, or a long one, are one message if the server can take
    it. The command ends with 0 only when the server has acknowledged that all of it is stored.

    Exit codes: 0 stored, 1 refused by the server, 2 usage, 3 cannot connect or not acknowledged in time, 4 sign-in
    failed, 5 the server's identity is unknown or has changed, 130 interrupted.
    """
    try:
        nick = parse_nick(name)
        to = parse_channel(target) if is_channel(target) else parse_nick(target)
    except NameNotAllowedError as error:
        raise click.UsageError(str(error)) from None
    text = _text(text)
    began_s = time.monotonic()
    password = connecting.password_from(password_file, timeout_s)
    spent_s = 0.0 if timeout_s is None else time.monotonic() - began_s  # a person may have typed a passphrase
    from chatapp.client.core.session import Session
    from chatapp.client.fronts.send import Sending, default_timeout_s
    from chatapp.client.fronts.sentences import absent
    from chatapp.client.network.keeper import Keeper
    from chatapp.client.network.link import Identity
    from chatapp.client.network.pins import Address

    address = Address(host, port)
    identity = connecting.identity_of(config, trust, cert, cert_key, plaintext=plaintext)
    within_s = timeout_s or default_timeout_s(text)

    async def run() -> int:
        presents = identity is not None and identity.certificate is not None
        session = Session(nick, connecting.new_run(), catch_up=False, certificate=presents)
        passwords = _Passwords(nick, password)
        front = Sending(session, to, text, lambda refused: _timed(front, lambda: passwords(refused)), _tell)
        if isinstance(identity, Identity) and _can_ask():
            identity.ask = lambda fingerprint: _ask_trust(front, address, fingerprint)
        keeper = Keeper(session, connecting.dialer(address, identity, within_s), front.heard)
        sent = await keeper.beside(showing_progress(session, front.send(keeper, within_s, spent_s)))
        if sent.away:
            _tell(absent(to, sent.away))
        return 0

    return connecting.run_until_signal(run())


def _tell(sentence: str) -> None:
    """Write a sentence to standard error; it may have words of the network."""
    from chatapp.client.fronts.printable import printable

    click.echo(f"chat: {printable(sentence)}", err=True)


def _text(text: str | None) -> str:
    """Return the text to send; read it from standard input if the argument is missing or ``-``.

    Raises click.UsageError if the text is too long, not UTF-8, or blank.
    """
    if text is None or text == "-":
        from chatapp.client.core.splitting import TEXT_BYTES_MAX

        data = streams.stdin().buffer.read(TEXT_BYTES_MAX + 1)
        if len(data) > TEXT_BYTES_MAX:
            raise click.UsageError(f"Nothing was sent: a text has {TEXT_BYTES_MAX} bytes at most.")
        try:
            text = data.decode()
        except UnicodeDecodeError:
            raise click.UsageError("Nothing was sent: the text on standard input is not UTF-8.") from None
    if not text.strip():
        raise click.UsageError("Nothing was sent: there is no text.")
    return text


def _can_ask() -> bool:
    """Return whether a person at a terminal can answer a question."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


class _Passwords:
    """A callable that returns the password from the file, or asks for the password on the terminal."""

    def __init__(self, nick: str, password: str) -> None:
        self._nick = nick
        self._password = password

    def __call__(self, refused: str) -> str:
        """Return the next password to try; ``refused`` is why the server refused the last password, or empty.

        Raises SignInError if the password from the file was refused, or if there is no terminal to ask.
        """
        if refused:
            if self._password or not _can_ask():
                raise SignInError(f"Not signed in as {self._nick}: {refused}")
            click.echo(refused, err=True)
        if self._password:
            return self._password
        if not _can_ask():
            raise SignInError(
                "There is no terminal to ask for the password: give --password-file (CHAT_PASSWORD_FILE)."
            )
        password: str = click.prompt(f"Password for {self._nick}", hide_input=True, err=True)
        return password


async def _ask_trust(front: Sending, address: object, fingerprint: str) -> bool:
    """Ask the person whether to trust a new key. This blocks the event loop; there is no connection to serve yet."""
    click.echo(f"The server at {address} is not known yet. The fingerprint of its key is {fingerprint}", err=True)
    question = "If `chat serve` shows the same there, it is the right one. Is it?"
    return _timed(front, lambda: click.confirm(question, err=True))


def _timed(front: Sending, ask: Callable[[], _Answer]) -> _Answer:
    """Return the answer of ``ask()``, and extend the deadline by the time that the person took to answer."""
    began_s = time.monotonic()
    try:
        return ask()
    finally:
        front.extend_deadline(time.monotonic() - began_s)
