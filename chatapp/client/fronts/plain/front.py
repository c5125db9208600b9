"""Lines in, lines out: the client for pipes and scripts. It never asks anything.

In: each line is text for one target (the lobby where no other was named), whatever the line begins with, so that nobody
whose words a program passes on can command it. Only with ``commands`` does a line that begins with ``/`` mean a command
of ``commands.py``, and ``//`` a text that begins with ``/``. With ``json`` each line is an object that says what it is.

Out: every message, ours included, as ``2026-01-02T10:11:12Z #lobby <alice> text``; all else is a notice on stderr.
With ``json`` all of it is one object per line on stdout instead (``plain_format.py``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from chatapp.client.core.events import Event, NotDone, NotSent, Presence, Sent, SignInNeeded
from chatapp.client.core.session import Session
from chatapp.client.fronts import commands, farewell
from chatapp.client.fronts.plain import output
from chatapp.client.fronts.plain.input import LinesIn
from chatapp.client.network.keeper import Connection
from chatapp.errors import CannotConnectError, ChatError, SignInError
from chatapp.protocol.names import fold

WAITING_LINES_MAX = 200  # no more is read while so many wait for the server
EXIT_REFUSED = 1
COMMAND_CHARACTERS_MAX = 40  # of a word that is none, where it is repeated


def check_sign_in(name: str, event: SignInNeeded, *, has_password: bool, new: bool) -> None:
    """Make sure that nobody has to be asked. Raises SignInError, which says what to do instead."""
    if event.refused:
        raise SignInError(f"Not signed in as {name}: {event.refused}")
    if not has_password:
        raise SignInError("There is no terminal to ask for the password: give --password-file (CHAT_PASSWORD_FILE).")
    if event.lookup == "unknown" and not new:
        raise SignInError(f"There is no account {name} on this server. To make it, give --new as well.")
    if event.lookup == "known" and new:
        raise SignInError(f"Not made: {name} has an account already. Leave out --new to sign in.")


class Plain:
    """The front of one session; ``out`` and ``err`` take one line each, without its end."""

    def __init__(
        self,
        session: Session,
        out: Callable[[str], None],
        err: Callable[[str], None],
        *,
        password: str,
        new: bool = False,
        to: str = "",
        json: bool = False,
        commands: bool = False,
    ) -> None:
        self._session = session
        self._out = out
        self._err = err
        self._password = password
        self._new = new
        self._to = to
        self._json = json
        self._commands = commands
        self.line_bytes_max = output.JSON_LINE_BYTES_MAX if json else output.LINE_BYTES_MAX
        self._older: tuple[str, int] | None = None
        self.leaving = False
        self.failed = False  # something was not sent or not done
        self._away: set[str] = set()  # those of whom it was said since they were here
        self.lines = 0  # of stdin that were taken
        self.output_error: OSError | None = None
        self.on_output_error: Callable[[], None] = lambda: None

    # What happens

    def heard(self, events: Sequence[Event]) -> None:
        """Tell what the session tells. Raises SignInError when the password is not the right one."""
        for event in events:
            if isinstance(event, SignInNeeded):
                self._sign_in(event)
                continue
            if isinstance(event, NotSent | NotDone):
                self.failed = True
            if self._json:
                self._write(output.as_json(event))
                continue
            for line in output.messages(event):
                self._write(line)
            if not self._said_before(event):
                for line in output.notices(event):
                    self._err(line)

    def _said_before(self, event: Event) -> bool:
        """Tell whether the notice of an event would only repeat that its reader is away."""
        if isinstance(event, Presence):
            self._away.discard(fold(event.nick))
        if not isinstance(event, Sent):
            return False
        target = fold(event.target)
        known = event.away and target in self._away
        if event.away:
            self._away.add(target)
        else:
            self._away.discard(target)
        return known

    def _write(self, line: str) -> None:
        """Write a line of output; after one that could not be, write no others and count nothing as read."""
        if self.output_error is not None:
            return
        try:
            self._out(line)
        except OSError as error:
            self.output_error = error
            self.leaving = True
            self._session.marks_read = False
            self.on_output_error()

    def tell_unacknowledged(self) -> None:
        """Say what has perhaps not arrived."""
        text = farewell.sentence(self._session.outbox.texts)
        if text:
            self._err(text)

    def check_output(self) -> None:
        """Raise the OSError that ended the output; what became of the input is said before."""
        if self.output_error is not None:
            count = "1 line" if self.lines == 1 else f"{self.lines} lines"
            self._err(f"The output can no longer be written, so no more was read of the input. Sent of it: {count}.")
            raise self.output_error

    def _sign_in(self, event: SignInNeeded) -> None:
        check_sign_in(self._session.nick, event, has_password=bool(self._password), new=self._new)
        if self._new:
            self._session.sign_up(self._password)
        else:
            self._session.sign_in(self._password)

    # What is typed

    def typed(self, line: bytes | None) -> None:
        """Take a line of stdin (None: one that is too long)."""
        self.lines += 1
        try:
            self._take(line)
        except ChatError as error:
            self._refuse(str(error))

    def _take(self, line: bytes | None) -> None:
        if line is None:
            self._refuse("Not sent: the line is too long.")
            return
        if self._json:
            self._take_object(output.read_json(line))
            return
        try:
            text = line.decode()
        except UnicodeDecodeError:
            self._refuse("Not sent: the line is not UTF-8.")
            return
        if not self._commands or not text.startswith("/"):
            self._say(text)
        elif text.startswith("//"):
            self._say(text[1:])
        else:
            self._command(text)

    def _take_object(self, given: output.Input) -> None:
        if isinstance(given.command, str):
            self._command(given.command)
        elif isinstance(given.text, str) and given.text.strip():
            self._say(given.text, given.to if isinstance(given.to, str) else None)
        else:
            self._refuse("Not sent: there is no text.")

    def _command(self, text: str) -> None:
        found = commands.find(text, menu=False)
        if found is None:
            name = farewell.shortened(text.partition(" ")[0], COMMAND_CHARACTERS_MAX)
            self._refuse(f"{name} is not a command; nothing was sent. /help lists them.")
        else:
            found[0].run(self, found[1])

    def _say(self, text: str, to: str | None = None) -> None:
        """Send a text; ``to`` may be empty, which is nobody's name and refused as such."""
        target = to if to is not None else self._to or self._session.lobby
        if target or to is not None:
            self._session.say(target, text)
        else:
            self._refuse("Not sent: this server has no lobby. Say where with --to.")

    def _refuse(self, text: str) -> None:
        self.failed = True
        if self._json:
            self._write(output.json_notice(text))
        else:
            self._err(text)

    # The commands (Actions)

    def write_to(self, target: str, text: str) -> None:
        """Send a text to a person or a channel."""
        if not (target and text):
            raise commands.UsageError("Type /dm NAME TEXT")
        self._session.say(target, text)

    def write_to_all(self, text: str) -> None:
        """Send a text to the lobby."""
        if not text:
            raise commands.UsageError("Type /bm TEXT")
        if not self._session.lobby:
            raise commands.UsageError("Not sent: this server has no lobby.")
        self._session.say(self._session.lobby, text)

    def list_people(self, channel: str) -> None:
        """Tell who is here and who is away."""
        self._needs_connection()
        self._session.ask_people(channel or "*")

    def show_history(self, conversation: str, messages: int) -> None:
        """Tell the latest messages of a conversation."""
        self._needs_connection()
        conversation = conversation or self._to or self._session.lobby
        if not conversation:
            raise commands.UsageError("Type /history NAME or /history #CHANNEL")
        self._session.ask_history(conversation, messages)

    def show_older(self) -> None:
        """Go backwards; only a person needs that."""
        raise commands.UsageError("/older is for the terminal; type /history NAME HOW-MANY")

    def join(self, channel: str) -> None:
        """Become a member of a channel."""
        self._needs_connection()
        self._session.join(channel)

    def leave(self, channel: str) -> None:
        """Stop being a member of a channel."""
        self._needs_connection()
        self._session.leave(channel)

    def menu(self) -> None:
        """End a conversation; only a person has one."""
        raise commands.UsageError("/menu is for the terminal.")

    def change_password(self) -> None:
        """Change the password; only a person at a terminal can be asked for it."""
        raise commands.UsageError("/passwd is for the terminal.")

    def help(self) -> None:
        """Tell the table of commands."""
        for command in commands.COMMANDS:
            if command.terminal:
                continue
            text = f"{command.usage}: {command.help}"
            if self._json:
                self._write(output.json_notice(text))
            else:
                self._err(text)

    def exit(self) -> None:
        """Read no further."""
        self.leaving = True

    def _needs_connection(self) -> None:
        if not self._session.signed_in:
            raise commands.UsageError("There is no connection just now. Try again when there is.")


async def _send_lines(front: Plain, connection: Connection, stdin: int) -> None:
    """Give the front one line after another, as fast as the server takes them."""
    if front.leaving:
        return
    lines = LinesIn(stdin, line_bytes_max=front.line_bytes_max)
    front.on_output_error = lines.end
    try:
        async for line in lines:
            await connection.room(WAITING_LINES_MAX)
            if front.leaving:  # meanwhile
                break
            front.typed(line)
            connection.flush()
            if front.leaving:
                break
    finally:
        lines.end()


async def talk(
    front: Plain,
    session: Session,
    connection: Connection,
    stdin: int,
    timeout_s: float,
    sign_in_s: float | None = None,
) -> int:
    """Tell what is unread, send the lines of ``stdin`` until its end, wait until all is acknowledged, and leave.

    Returns the exit code.

    When the output cannot be written any more, no more lines are read, and those that were are sent all the same.
    However it ends, what was not acknowledged is said. Raises CannotConnectError when the sign-in takes longer than
    ``sign_in_s`` (``None``: as long as the server lets it wait), or when the server acknowledges nothing more for
    ``timeout_s``; and OSError when the output cannot be written.
    """
    try:
        try:
            async with asyncio.timeout(sign_in_s):
                await connection.signed_in()
        except TimeoutError:
            text = f"Not signed in within {sign_in_s:g} s. Nothing was sent. Try again, or with a longer --timeout."
            raise CannotConnectError(text) from None
        settled = await connection.settle(timeout_s, answers=True)  # what is unread is told first
        if settled:
            await _send_lines(front, connection, stdin)
            settled = await connection.settle(timeout_s, answers=True)
    except BaseException:
        front.tell_unacknowledged()
        raise
    if not settled:
        text = farewell.sentence(session.outbox.texts)
        raise CannotConnectError(text or "The server has not answered all that it was asked. Try again.")
    await connection.leave()
    front.check_output()
    return EXIT_REFUSED if front.failed else 0
