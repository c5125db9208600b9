"""The front for pipes and scripts: lines in, lines out. It never asks a person anything.

In: each line is a text for one target (the lobby if no target was given), whatever it begins with. So a program can
pass on text from strangers: it cannot run commands. With ``commands``, a line that begins with ``/`` is a command of
``commands.py``, and ``//`` begins a text with one ``/``. With ``json``, each line is an object: a text or a command.

Out: every message, ours too, as ``2026-01-02T10:11:12Z #lobby <alice> text`` on stdout; anything else as a notice on
stderr. With ``json``, everything is written to stdout, one object per line (``fronts/output.py``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from chatapp.client.core import requests
from chatapp.client.core.capabilities import MESSAGE_TAGS
from chatapp.client.core.events import (
    ChannelRenamed,
    Event,
    Gone,
    NickChanged,
    NotDone,
    NotSent,
    Presence,
    Sent,
    SignedIn,
    SignInNeeded,
)
from chatapp.client.core.recent import Which
from chatapp.client.core.requests import Request, delete
from chatapp.client.core.session import Session
from chatapp.client.fronts import commands, farewell, output
from chatapp.client.fronts.absences import Absences
from chatapp.client.fronts.bursts import Bursts
from chatapp.client.fronts.partners import Partners, gone_words
from chatapp.errors import ChatError, SignInError
from chatapp.protocol.names import fold, is_channel

SEARCH_MESSAGES = 100  # messages that one /search writes


def check_sign_in(name: str, event: SignInNeeded, *, has_password: bool, new: bool) -> None:
    """Check that the sign-in needs no person. Raises SignInError, which says what to do instead."""
    if event.refused:
        raise SignInError(f"Not signed in as {name}: {event.refused}")
    if not has_password:
        raise SignInError("There is no terminal to ask for the password: give --password-file (CHAT_PASSWORD_FILE).")
    if event.lookup == "unknown" and not new:
        raise SignInError(f"There is no account {name} on this server. To make it, give --new as well.")
    if event.lookup == "known" and new:
        raise SignInError(f"Not made: {name} has an account already. Leave out --new to sign in.")


class Plain:
    """The front of one session for programs.

    ``out`` and ``err`` write one line, given without its line end; ``out`` may raise OSError. ``to`` is the target of
    lines (empty: the lobby). ``new``: make the account, with ``password``.
    """

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
        self._to_gone = False  # the person `to` is no longer on the server
        self._json = json
        self._commands = commands
        self.line_bytes_max = output.JSON_LINE_BYTES_MAX if json else output.LINE_BYTES_MAX
        self.leaving = False
        self.failed = False  # something was not sent or not done
        self._partners = Partners()
        self._absences = Absences(self._partners)
        self._bursts = Bursts()
        self._summing: asyncio.TimerHandle | None = None
        self.lines = 0  # lines of stdin that were taken
        self.output_error: OSError | None = None
        self.on_output_error: Callable[[], None] = lambda: None

    # Events of the session

    def heard(self, events: Sequence[Event]) -> None:
        """Write the events of the session. Raises SignInError when the sign-in needs a person (``check_sign_in``)."""
        for event in events:
            if isinstance(event, SignInNeeded):
                self._sign_in(event)
                continue
            if self._to:
                self._follow(event)
            if isinstance(event, NotSent | NotDone):
                self.failed = True
            if self._json:
                self._write(output.as_json(event))
                continue
            for line in output.messages(event):
                self._write(line)
            if self._counts(event):
                continue
            partner = output.partner(event)
            if partner:
                self._partners.add(partner)
            away = self._absences.take(event)
            if away or not isinstance(event, Presence | Sent):
                for line in output.notices(event):
                    self._err(line)

    def _follow(self, event: Event) -> None:
        """Ask whether the person to whom lines go is there, and note another name, or that the person has gone."""
        if isinstance(event, SignedIn) and not event.again and not is_channel(self._to):
            self._session.ask(requests.look_for(self._to))
        elif isinstance(event, ChannelRenamed) and fold(event.channel) == fold(self._to):
            self._to = event.name
        elif isinstance(event, Gone) and fold(event.nick) == fold(self._to):
            self._to_gone = True
        elif isinstance(event, NickChanged) and fold(event.nick) == fold(self._to):
            self._to = event.name

    def _counts(self, event: Event) -> bool:
        """Return whether an event is news of one of many people, which is summed up later in one sentence."""
        loop = asyncio.get_running_loop()
        if not self._bursts.counts(event, loop.time()):
            return False
        if self._summing is None and self._bursts.due_s is not None:
            self._summing = loop.call_at(self._bursts.due_s, self._sum_up)
        return True

    def _sum_up(self) -> None:
        """Write the sentences that are due, and schedule the next ones."""
        self._summing = None
        loop = asyncio.get_running_loop()
        for sentence in self._bursts.due(loop.time()):
            self._err(sentence)
        if self._bursts.due_s is not None:
            self._summing = loop.call_at(self._bursts.due_s, self._sum_up)

    def _write(self, line: str) -> None:
        """Write a line of output; after a failure, write no more lines and mark no more messages as read."""
        if self.output_error is not None:
            return
        try:
            self._out(line)
        except OSError as error:
            self.output_error = error
            self.leaving = True
            self._session.is_read = lambda conversation: False
            self.on_output_error()

    def tell_unacknowledged(self) -> None:
        """Say on stderr how many lines are unacknowledged, and to whom."""
        text = farewell.sentence(self._session.outbox.texts)
        if text:
            self._err(text)

    def check_output(self) -> None:
        """Raise the OSError that ended the output, if any; before, say how many lines of the input were sent."""
        if self.output_error is not None:
            count = "1 line" if self.lines == 1 else f"{self.lines} lines"
            self._err(f"The output can no longer be written, so no more was read of the input. Sent of it: {count}.")
            raise self.output_error

    def _sign_in(self, event: SignInNeeded) -> None:
        new = self._new or (bool(self._session.account.invitation) and event.lookup != "known")
        check_sign_in(self._session.nick, event, has_password=bool(self._password), new=new)
        if new:
            self._session.sign_up(self._password)
        else:
            self._session.sign_in(self._password)

    # Lines of the input

    def typed(self, line: bytes | None) -> None:
        """Take a line of stdin (None: a line that was too long)."""
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
            name = farewell.shortened(text.partition(" ")[0], commands.COMMAND_CHARACTERS_MAX)
            self._refuse(f"{name} is not a command; nothing was sent. /help lists them.")
        else:
            found[0].run(self, found[1])

    def _say(self, text: str, to: str | None = None, *, action: bool = False, reply_to: str = "") -> None:
        """Send a text to ``to`` (None: the default target); an empty ``to`` is refused as a wrong name."""
        target = to if to is not None else self._to or self._session.lobby
        if self._to_gone and target == self._to:
            self._refuse(f"Not sent: {gone_words(target)}")
        elif target or to is not None:
            self._session.say(target, text, action=action, reply_to=reply_to)
        else:
            self._refuse("Not sent: this server has no lobby. Say where with --to.")

    def _refuse(self, text: str) -> None:
        self.failed = True
        self._tell(text)

    def _tell(self, text: str) -> None:
        if self._json:
            self._write(output.json_notice(text))
        else:
            self._err(text)

    # The commands (Actions)

    def write_to(self, target: str, text: str) -> None:
        """Send a text to a person or a channel. Like all commands here, raises UsageError instead of asking."""
        if not (target and text):
            raise commands.UsageError("Type /dm NAME TEXT")
        self._session.outbox.acquaintances.meet(target)
        self._session.say(target, text)

    def write_to_all(self, text: str) -> None:
        """Send a text to the lobby."""
        if not text:
            raise commands.UsageError("Type /bm TEXT")
        if not self._session.lobby:
            raise commands.UsageError("Not sent: this server has no lobby.")
        self._session.say(self._session.lobby, text)

    def list_people(self, channel: str) -> None:
        """Ask who is here and who is away; the answer comes as an event."""
        self._needs_connection()
        self._session.ask_people(channel or "*")

    def show_history(self, conversation: str, messages: int) -> None:
        """Ask for the latest messages of a conversation; the answer comes as an event."""
        self._needs_connection()
        conversation = conversation or self._to or self._session.lobby
        if not conversation:
            raise commands.UsageError("Type /history NAME or /history #CHANNEL")
        self._session.ask_history(conversation, messages, acts=True)

    def search(self, text: str) -> None:
        """Ask for the latest messages that match a text; the answer comes as an event."""
        self._needs_connection()
        self._session.ask_search(text, SEARCH_MESSAGES)

    def show_older(self) -> None:
        """Refuse: only a person at a terminal goes backwards through a conversation."""
        raise commands.UsageError("/older is for the terminal; type /history NAME HOW-MANY")

    def act(self, text: str) -> None:
        """Send a text that says what we do, to the default target."""
        self._say(text, action=True)

    def reply(self, which: Which, text: str) -> None:
        """Send a text that answers one of the last messages of the default target."""
        self._say(text, reply_to=commands.message_of(self._session, self._default(), which, MESSAGE_TAGS).msgid)

    def ask_about(self, which: Which, request: Callable[[str, str], Request]) -> None:
        """Send a request about one of the last messages of the default target."""
        self._needs_connection()
        target = self._default()
        needs = request(target, "").needs
        self._session.ask(request(target, commands.message_of(self._session, target, which, needs).msgid))

    def delete(self, which: Which, reason: str) -> None:
        """Delete one of the last messages."""
        self.ask_about(which, lambda where, msgid: delete(where, msgid, reason))

    def _default(self) -> str:
        target = self._to or self._session.lobby
        if not target:
            raise commands.UsageError("Not done: this server has no lobby. Say where with --to.")
        return target

    def ask(self, request: Request) -> None:
        """Send a request; the answer comes as events."""
        self._needs_connection()
        self._session.ask(request)

    def ask_in(self, channel: str, *requests: Callable[[str], Request]) -> None:
        """Send requests about a channel, by default the default target."""
        self._needs_connection()
        channel = channel or self._to or self._session.lobby
        if not is_channel(channel):
            raise commands.UsageError("Not done: name the channel, as in /topic #CHANNEL.")
        for request in requests:
            self._session.ask(request(channel))

    def join(self, channel: str, key: str) -> None:
        """Become a member of a channel."""
        self._needs_connection()
        self._session.join(channel, key)

    def leave(self, channel: str, reason: str = "") -> None:
        """Stop being a member of a channel. A program has to name it: it may not know where it is."""
        self._needs_connection()
        if not channel:
            raise commands.UsageError("Not done: name the channel, as in /leave #CHANNEL.")
        self._session.leave(channel, reason)

    def menu(self) -> None:
        """Refuse: only a person at a terminal has a menu."""
        raise commands.UsageError("/menu is for the terminal.")

    def change_password(self) -> None:
        """Refuse: only a person at a terminal can be asked for passwords."""
        raise commands.UsageError("/passwd is for the terminal.")

    def stay_signed_in(self) -> None:
        """Refuse: a program has its password, or a token, in a file."""
        raise commands.UsageError("/tokens stay is for the terminal; a program has a token in its --password-file.")

    def sign_out_device(self) -> None:
        """Refuse: only ``chat connect`` in a terminal keeps a token."""
        raise commands.UsageError("/tokens forget is for the terminal; type /tokens del ID")

    def help(self, about: str) -> None:
        """Write the table of commands, or what one does."""
        table = [f"{command.usage}: {command.help}" for command in commands.COMMANDS if not command.terminal]
        for text in commands.help_on(about) if about else table:
            self._tell(text)

    def exit(self) -> None:
        """Take no more lines of the input."""
        self.leaving = True

    def _needs_connection(self) -> None:
        if not self._session.signed_in:
            raise commands.UsageError("There is no connection just now. Try again when there is.")
