"""Verb -> command; the only place where a refusal becomes a reply."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

import msgspec

from chatapp.errors import ChatError, LogUnavailableError
from chatapp.model.outcome import Reason
from chatapp.protocol import numerics as num
from chatapp.protocol.message import Message
from chatapp.server.proposals import EventRefusedError

if TYPE_CHECKING:
    from chatapp.server.session import Session

log = logging.getLogger(__name__)

Handler = Callable[["Session", Message], Coroutine[Any, Any, None] | None]


class Command(msgspec.Struct, frozen=True):
    """A verb: its handler, how many parameters it needs, and when it may come.

    ``early``: before the session is welcomed; ``late``: after. ``flows``: does not wait for the session's messages
    to be settled, as it only adds one. ``stores``: may add to the disk. ``lists``: its first parameter is a list with
    commas, and each item counts as a command. A handler returns ``None``, or a coroutine for a command that waits.
    """

    verb: str
    handler: Handler
    params_min: int = 0
    early: bool = False
    late: bool = True
    flows: bool = False
    stores: bool = False
    lists: bool = False


class CommandRefused(ChatError):
    """A command cannot be done; carries the numeric and its parameters."""

    def __init__(self, numeric: num.Numeric, *params: str, text: str | None = None) -> None:
        super().__init__(text if text is not None else numeric.text)
        self.numeric = numeric
        self.params = params


class NotYetError(ChatError):
    """A command has to wait until the session's messages are settled; it is run again then."""


class StandardRefused(ChatError):
    """A command cannot be done; answered by a standard reply: FAIL verb code context :text."""

    def __init__(self, code: str, *context: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.context = context


_REFUSALS: dict[Reason, num.Numeric] = {
    Reason.NOT_HERE: num.ERR_NOTREGISTERED,
    Reason.NO_SUCH_CHANNEL: num.ERR_NOSUCHCHANNEL,
    Reason.NO_SUCH_NICK: num.ERR_NOSUCHNICK,
    Reason.NOT_A_MEMBER: num.ERR_NOTONCHANNEL,
    Reason.CANNOT_SEND: num.ERR_CANNOTSENDTOCHAN,
    Reason.CHANNELS_OF_USER: num.ERR_TOOMANYCHANNELS,
    Reason.CHANNELS_OF_SERVER: num.ERR_TOOMANYCHANNELS,
    Reason.CHANNEL_FULL: num.ERR_CHANNELISFULL,
    Reason.NAME_TAKEN: num.ERR_NICKNAMEINUSE,
    Reason.NAME_IS_ACCOUNT: num.ERR_NICKNAMEINUSE,
    # Not 433: clients say "already in use" to that, in words of their own.
    Reason.NAME_FIXED: num.ERR_NONICKCHANGE,
}
_WORDS: dict[Reason, str] = {
    Reason.CHANNELS_OF_SERVER: "This server has as many channels as it can hold. Join one that exists.",
    Reason.CHANNEL_FULL: "This channel has as many members as it can hold. Ask one of them to make another.",
    Reason.NAME_IS_ACCOUNT: "That name belongs to an account. Sign in to it, or take another name.",
    Reason.NAME_FIXED: "Your name is your account's and stays. To show another one, use SETNAME.",
}
_SILENT = {Reason.ALREADY_A_MEMBER, Reason.UNCHANGED}


def run(session: Session, command: Command | None, message: Message) -> bool:
    """Run a command to its end, or begin it if it waits.

    Returns False when the line has to come again after the session's messages are settled.
    """
    response = session.begin_response(message.tags) if message.tags else None
    try:
        if command is None:
            unknown(session, message.verb)
        elif _allowed(session, command, message):
            work = command.handler(session, message)
            if command.lists and "," in message.param(0):
                session.charge(message.params[0].count(","))
            if work is not None:
                session.wait_for(work, message)
                return True
    except ChatError as error:
        if session.unsettled:  # their echoes come first; then it is judged again
            session.response = None
            return session.stand_alone()
        refuse(session, message.verb, message.param(0), error)
    except Exception:
        _bug(session, message)
    if response is not None:
        session.response = None
        if response.pending == 1 and session.unsettled:  # it would be answered before what was asked before
            return session.stand_alone()
        session.close_response(response)
    return True


async def finish(session: Session, work: Coroutine[Any, Any, None], message: Message) -> None:
    """Run a command that waits to its end."""
    response = session.response
    try:
        await work
    except ChatError as error:
        refuse(session, message.verb, message.param(0), error)
    except Exception:
        _bug(session, message)
    session.response = None
    if response is not None and not session.closed:
        session.close_response(response)


def _bug(session: Session, message: Message) -> None:
    """End one connection on a mistake of ours; the others go on."""
    log.exception("a bug in %s", message.verb)
    session.response = None
    session.close("This server made a mistake with your last command, and has noted it. Connect again to go on.")


def unknown(session: Session, verb: str) -> None:
    """Answer a command that there is not."""
    if session.signing_in is not None:
        session.reply(num.ERR_NOTREGISTERED)
    else:
        session.reply(num.ERR_UNKNOWNCOMMAND, verb if verb.isprintable() else "*")


def _allowed(session: Session, command: Command, message: Message) -> bool:
    if session.signing_in is not None:
        if not command.early:
            session.reply(num.ERR_NOTREGISTERED)
            return False
    elif not command.late:
        session.reply(num.ERR_ALREADYREGISTERED)
        return False
    if len(message.params) < command.params_min:
        session.reply(num.ERR_NEEDMOREPARAMS, command.verb)
        return False
    return True


def refuse(session: Session, verb: str, target: str, error: ChatError) -> None:
    """Answer a command that could not be done, in the words and the numeric for the reason."""
    if verb == "NOTICE" and session.response is None and _is_of_no_answer(error):
        return
    if isinstance(error, CommandRefused):
        session.reply(error.numeric, *error.params, text=str(error))
    elif isinstance(error, StandardRefused):
        session.fail(verb, error.code, *error.context, text=str(error))
    elif isinstance(error, EventRefusedError):
        reason, subject = error.refusal
        numeric = _REFUSALS.get(reason)
        if numeric is not None:
            session.reply(numeric, *([subject or target] if subject or target else []), text=_WORDS.get(reason))
        else:
            assert reason in _SILENT, reason
    elif isinstance(error, LogUnavailableError):
        session.fail(verb, f"{'MESSAGE' if verb in _MESSAGES else 'CHANGE'}_NOT_STORED", target or "*", text=str(error))
    else:
        log.error("a refusal without words: %s %r", verb, error)
        session.reply(num.ERR_UNKNOWNERROR, verb, text=str(error))


def _is_of_no_answer(error: ChatError) -> bool:
    """Tell what a NOTICE that asks for no answer (by a label) is not answered with.

    Spec: modern-irc, "NOTICE message": "This rule also applies to servers: they must not send any error back to the
    client on receipt of a NOTICE command", so that programs do not answer each other for ever. What would be lost
    although it could have been said (too long, a full disk) is told all the same.
    """
    if isinstance(error, CommandRefused):
        return error.numeric is not num.ERR_INPUTTOOLONG
    return isinstance(error, EventRefusedError)


_MESSAGES = frozenset({"PRIVMSG", "NOTICE", "TAGMSG"})
