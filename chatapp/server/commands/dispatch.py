"""The dispatcher: it parses a line, finds its command, decides whether it may run now, runs it, answers refusals."""

from __future__ import annotations

import logging
from collections.abc import Coroutine, Iterable, Sequence
from functools import partial
from typing import Any

from chatapp.errors import ChatError, LineTooLongError, NotUtf8Error, ProtocolError, UnknownVerbError
from chatapp.protocol.message import Message, client_tags, client_verb, parse_client
from chatapp.server import refusals
from chatapp.server.commands import batch, talk
from chatapp.server.commands.arguments import MESSAGE, SELF, Argument, NoUserError, read
from chatapp.server.commands.command import Command
from chatapp.server.commands.refuse import refuse, refuse_within
from chatapp.server.commands.restricted import restricted
from chatapp.server.delivery.response import Response
from chatapp.server.session.session import Session

# Verbs that on other networks write to services.
_OF_SERVICES = frozenset({"NS", "NICKSERV", "CS", "CHANSERV", "MS", "MEMOSERV", "HOSTSERV", "BOTSERV", "IDENTIFY"})
log = logging.getLogger(__name__)


class Dispatcher:
    """Runs the lines of all sessions; it implements ``Commands`` of ``session/parts.py``."""

    def __init__(self, commands: Iterable[Command], unsettled_max: int) -> None:
        """``unsettled_max``: how many messages of one session may be proposed and not yet stored or refused."""
        self._commands = {command.verb: command for command in commands}
        self._unsettled_max = unsettled_max
        self._restricted: Dispatcher | None = None  # made when the first session needs it
        self.more = talk.more
        self.refuse = refuse

    def restricted(self) -> Dispatcher:
        """Return the dispatcher of the sessions with a restricted token. It has no fast path for messages."""
        if self._restricted is None:
            self._restricted = Dispatcher(restricted(self._commands.values()), self._unsettled_max)
            self._restricted.more = _none
        return self._restricted

    def run(self, session: Session, line: bytes | None) -> bool:
        """Run a line, or start it if its command awaits something. ``None`` stands for a line that was too long.

        Returns False if the line must wait. Then nothing was done, and the session calls again later with this line.
        """
        message: Message | None = None
        command: Command | None = None
        error: ProtocolError | None = None
        try:
            if line is None:
                raise LineTooLongError(refusals.LINE_TOO_LONG.text)
            message = parse_client(line)
            command = self._commands.get(message.verb)
        except ProtocolError as raised:
            error = raised
        flows = message is not None and command is not None and self._flows(session, command, message)
        if session.unsettled and not flows:
            session.settle_first()
            return False
        if command is not None and command.stores and not session.may_store():
            return False
        if not session.may_run():
            return False
        if message is not None:
            self._run(session, command, message)
        elif error is not None:
            response = session.begin_response(client_tags(line or b""))
            _complain(session, line or b"", error)
            _end_response(session, response)
        return True

    def _flows(self, session: Session, command: Command, message: Message) -> bool:
        """Return whether a command may start before the session's messages are settled."""
        return (
            session.unsettled < self._unsettled_max
            and (not command.stores or session.services.proposals.room > 0)
            and command.flows(session, message)
        )

    def _run(self, session: Session, command: Command | None, message: Message) -> None:
        """Run a command, or start it if it awaits something."""
        response = session.begin_response(message.tags) if message.tags else None
        try:
            if command is None:
                _refuse_unknown(session, message.verb)
            elif not _is_in_time(session, command):
                pass
            elif message.tags and "batch" in message.tags:
                batch.take(session, message)
            else:
                values = read(session, command.verb, command.arguments, message, command.usage)
                work = command.handler(session, *values)
                if command.lists:
                    _charge_list(session, command, message)
                if work is not None:
                    session.start_work(work, message)
                    return
        except ChatError as error:
            session.response = None
            session.when_settled(partial(refuse_within, session, response, message.verb, message.param(0), error))
            return
        except NoUserError:
            pass
        except Exception:
            _end_for_bug(session, message)
        _end_response(session, response)

    async def finish(self, session: Session, work: Coroutine[Any, Any, None], message: Message) -> None:
        """Run the rest of a command that awaits something, and end its response."""
        response = session.response
        try:
            await work
        except ChatError as error:
            refuse(session, message.verb, message.param(0), error)
        except NoUserError:
            pass
        except Exception:
            _end_for_bug(session, message)
        _end_response(session, response)


def _none(session: Session, lines: Sequence[bytes | None], begin: int) -> int:
    """Take no line: for a session without a fast path."""
    return 0


def _charge_list(session: Session, command: Command, message: Message) -> None:
    """Charge each item of a command's longest list, except the first, as much as a command."""
    lists = [param for each, param in zip(_taken(command), message.params, strict=False) if each.type == list[str]]
    items = max((param.count(",") for param in lists or message.params[:1]), default=0)
    if items:
        session.charge(items)


def _taken(command: Command) -> list[Argument]:
    """Return the arguments of a command that take a parameter."""
    return [each for each in command.arguments if each is not SELF and each is not MESSAGE]


def _end_response(session: Session, response: Response | None) -> None:
    """End the response to the current command; it is sent when the messages that belong to it are settled."""
    session.response = None
    if response is None or session.closed:
        return
    if response.pending > 1:  # the command has proposed events, so the response waits for them
        session.close_response(response)
    else:  # the response must not overtake the answers to earlier lines
        session.when_settled(partial(session.close_response, response))


def _complain(session: Session, line: bytes, error: ProtocolError) -> None:
    """Answer a line that cannot be parsed."""
    if isinstance(error, LineTooLongError):
        session.reply(refusals.LINE_TOO_LONG, text=str(error))
    elif isinstance(error, UnknownVerbError):
        _refuse_unknown(session, error.verb)
    elif isinstance(error, NotUtf8Error):
        session.fail(client_verb(line), refusals.NOT_UTF8, why=error)
    else:
        session.fail("*", refusals.NOT_A_MESSAGE, why=error)


def _end_for_bug(session: Session, message: Message) -> None:
    """Log a bug in our code and end this connection; the others go on."""
    log.exception("a bug in %s", message.verb)
    session.response = None
    session.end(refusals.BUG)


def _refuse_unknown(session: Session, verb: str) -> None:
    """Answer a line whose verb is unknown."""
    if session.registering is not None:
        session.reply(refusals.NOT_REGISTERED)
    else:
        session.reply(refusals.UNKNOWN_COMMAND, verb if verb.isprintable() else "*")
        if verb in _OF_SERVICES:
            session.notice(refusals.NO_SERVICES)


def _is_in_time(session: Session, command: Command) -> bool:
    """Return whether the command is allowed at this point, before or after the welcome; if not, answer it."""
    if session.registering is not None:
        session.registering.commands += 1
        if not command.early:
            session.reply(refusals.NOT_REGISTERED)
            return False
    elif not command.late:
        session.reply(refusals.ALREADY_REGISTERED)
        return False
    return True
