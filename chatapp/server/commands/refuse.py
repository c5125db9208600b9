"""The replies to refused commands: here every ChatError that a command raises becomes a numeric or a FAIL.

The words are in the folder ``server/refusals``.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from chatapp.errors import ChatError, LogUnavailableError, StoppingError
from chatapp.model.outcome import Reason, Refusal
from chatapp.protocol import modes
from chatapp.protocol import numerics as num
from chatapp.protocol.lookalikes import is_service
from chatapp.protocol.timestamps import format_minute
from chatapp.server import refusals
from chatapp.server.capabilities import STANDARD_REPLIES
from chatapp.server.commands.topics import TOPICS
from chatapp.server.delivery import render
from chatapp.server.delivery.response import Response
from chatapp.server.proposals import EventRefusedError
from chatapp.server.session.session import Session

log = logging.getLogger(__name__)


_OF_REASON: dict[Reason, refusals.Numbered] = {
    Reason.NOT_HERE: refusals.NOT_REGISTERED,
    Reason.NO_SUCH_CHANNEL: refusals.NO_SUCH_CHANNEL,
    Reason.NO_SUCH_NICK: refusals.NO_SUCH_NICK,
    Reason.NOT_A_MEMBER: refusals.NOT_ON_CHANNEL,
    Reason.CANNOT_SEND: refusals.NOT_IN_CHANNEL,
    Reason.CHANNELS_OF_USER: refusals.TOO_MANY_CHANNELS,
    Reason.CHANNELS_OF_SERVER: refusals.CHANNELS_OF_SERVER,
    Reason.CHANNEL_FULL: refusals.CHANNEL_FULL,
    Reason.LIMIT_REACHED: refusals.LIMIT_REACHED,
    Reason.INVITE_ONLY: refusals.INVITE_ONLY,
    Reason.BANNED: refusals.BANNED_FROM_CHANNEL,
    Reason.BAD_KEY: refusals.BAD_KEY,
    Reason.ACCOUNTS_ONLY: refusals.ACCOUNTS_ONLY,
    Reason.MODERATED: refusals.MODERATED,
    Reason.ACCOUNTS_SPEAK: refusals.ACCOUNTS_SPEAK,
    Reason.MUTED: refusals.MUTED,
    Reason.BANNED_INSIDE: refusals.BANNED_INSIDE,
    Reason.MUTED_ELSEWHERE: refusals.MUTED_NICK,
    Reason.NO_CTCP: refusals.NO_CTCP,
    Reason.TARGET_ABOVE: refusals.TARGET_ABOVE,
    Reason.NOT_IN_CHANNEL: refusals.USER_NOT_IN_CHANNEL,
    Reason.NOT_INVITED: refusals.NOT_INVITED,
    Reason.IN_CHANNEL: refusals.USER_ON_CHANNEL,
    Reason.STRANGER: refusals.STRANGER,
    Reason.TAKES_NO_CTCP: refusals.TAKES_NO_CTCP,
    Reason.SILENCE_FULL: refusals.SILENCE_FULL,
    Reason.CHANNEL_RENAMED: refusals.CHANNEL_RENAMED,
    Reason.CHANNEL_NAME_TAKEN: refusals.CHANNEL_NAME_TAKEN,
    Reason.NO_ADMINISTRATOR: refusals.NOT_AN_ADMINISTRATOR,
    Reason.IS_ADMINISTRATOR: refusals.IS_ADMINISTRATOR,
    Reason.NO_SUCH_BAN: refusals.NO_SUCH_BAN,
    Reason.BANS_FULL: refusals.BANS_FULL,
    Reason.LIST_FULL: refusals.LIST_FULL,
    Reason.NO_FORWARD: refusals.NO_FORWARD,
    Reason.FORWARD_RANK_TOO_LOW: refusals.FORWARD_RANK_TOO_LOW,
    Reason.NAME_TAKEN: refusals.NICK_IN_USE,
    Reason.NAME_IS_ACCOUNT: refusals.NICK_IS_ACCOUNT,
    Reason.NAME_FIXED: refusals.NICK_FIXED,
}
# The refusal for Reason.RANK_TOO_LOW, by the letter of the lowest role that may do it.
_OF_ROLE: dict[str, refusals.Numbered] = {
    modes.HALFOP.letter: refusals.ONLY_HALFOPS,
    modes.OPERATOR.letter: refusals.ONLY_OPERATORS,
    modes.FOUNDER.letter: refusals.ONLY_FOUNDERS,
}
# Spec: modern-irc, "ERR_NOTREGISTERED", "ERR_NOPRIVILEGES": "<client> :...".
_WITHOUT_PARAMETERS = {num.ERR_NOTREGISTERED, num.ERR_NOPRIVILEGES}
_SILENT = {Reason.ALREADY_A_MEMBER, Reason.UNCHANGED}
_MESSAGES = frozenset({"PRIVMSG", "NOTICE", "TAGMSG"})


def refuse(session: Session, verb: str, target: str, error: ChatError) -> None:
    """Answer a refused command with the numeric or the FAIL for ``error``.

    ``target`` is the command's first parameter as typed, or the refused item if that parameter is a list.
    """
    if verb == "NOTICE" and session.response is None and _is_silent_for_notice(error):
        return
    if isinstance(error, refusals.CommandRefused):
        if error.numeric is num.ERR_NEEDMOREPARAMS:
            session.reply(refusals.USAGE, *error.params, usage=TOPICS[verb].syntax)
        else:
            session.reply(error.refusal, *error.params, text=str(error))
        if error.numeric is num.ERR_NOSUCHNICK and verb in _MESSAGES and is_service("".join(error.params)):
            session.notice(refusals.NO_SERVICES)
    elif isinstance(error, refusals.StandardRefused):
        session.fail(verb, error.refusal, *error.context, **error.fields)
    elif isinstance(error, EventRefusedError):
        _refuse_event(session, verb, target, error.refusal)
    elif isinstance(error, LogUnavailableError):
        what = refusals.MESSAGE_NOT_STORED if verb in _MESSAGES else refusals.CHANGE_NOT_STORED
        refusal = refusals.SERVER_STOPPING if isinstance(error, StoppingError) else what
        session.fail(verb, refusal, target or "*", why=error)
    else:
        log.error("a refusal without words: %s %r", verb, error)
        session.reply(refusals.UNKNOWN_ERROR, verb, why=error)


def _refuse_event(session: Session, verb: str, target: str, refused: Refusal) -> None:
    """Answer a command whose event the model refuses."""
    reason = refused.reason
    answer = _OF_ROLE[refused.needs] if reason is Reason.RANK_TOO_LOW else _OF_REASON.get(reason)
    if answer is None:
        assert reason in _SILENT, reason
        return
    params = _parameters(answer.numeric, verb, target, refused)
    if reason is Reason.MUTED_ELSEWHERE:
        session.reply(answer, *params, why=why_muted(refused))
    else:
        text = _with_reason(session, answer, params, refused)
        session.reply(answer, *params, text=text)
        # COMPAT(irssi, 1.4): it shows words of its own for 474, so its user would not read until when and why.
        if reason is Reason.BANNED and (refused.until or refused.why) and not session.caps & STANDARD_REPLIES:
            session.notice(f"{params[0]}: {text}")


def _with_reason(session: Session, answer: refusals.Numbered, params: Sequence[str], refused: Refusal) -> str:
    """Return the text of a refusal, with the reason of the ban or the mute if the line has room for it."""
    text = answer.text.format(until=_until(refused))
    if not refused.why:
        return text
    longer = f"{text.removesuffix('.')}: {refused.why}"
    line = num.numeric_line(answer, session.services.host, session.nick, *params, text=longer)
    return longer if render.fits(line) else text


def why_not_joined(refused: Refusal) -> str:
    """Return why a user may not join a channel, as the numeric for it says, without the reason of a ban."""
    return _OF_REASON[refused.reason].text.format(until=_until(refused))


def why_muted(refused: Refusal) -> str:
    """Return why a user who may not write to a channel may not change what its members would see."""
    return refusals.MUTED_ELSEWHERE.format(channel=refused.channel, until=_until(refused))


def _until(refused: Refusal) -> str:
    return f" until {format_minute(refused.until)}" if refused.until else ""


def _parameters(numeric: num.ErrorNumeric, verb: str, target: str, refused: Refusal) -> list[str]:
    """Return the parameters of the numeric for a refusal, between the client's nick and the text.

    Spec: modern-irc, "Numerics": ERR_INVALIDMODEPARAM is ``<target chan/user> <mode char> <parameter>``, and
    ERR_UNKNOWNERROR is ``<command>{ <subcommand>}``; RFC 2812, section 5.2: ERR_BANLISTFULL is ``<channel> <char>``.
    """
    subject, channel = refused.subject, refused.channel
    if numeric in _WITHOUT_PARAMETERS:
        return []
    if numeric is num.ERR_UNKNOWNERROR:
        return [verb]
    if refused.letter:
        return [each for each in (channel, refused.letter, subject) if each]
    return [each for each in (subject or target, channel) if each]


def refuse_within(session: Session, response: Response | None, verb: str, target: str, error: ChatError) -> None:
    """Answer a refusal, inside the labelled response if there is one."""
    current, session.response = session.response, response
    refuse(session, verb, target, error)
    session.response = current
    if response is not None:
        session.close_response(response)


def _is_silent_for_notice(error: ChatError) -> bool:
    """Return whether ``error`` must not be sent in reply to a NOTICE without a label.

    Some errors are still sent, so that no text gets lost silently: it is too long, has too many tags, or is not stored.

    Spec: modern-irc, "NOTICE message": "This rule also applies to servers: they must not send any error back to the
    client on receipt of a NOTICE command", so that programs do not answer each other forever.
    """
    if isinstance(error, refusals.CommandRefused):
        return error.numeric is not num.ERR_INPUTTOOLONG
    return isinstance(error, EventRefusedError)
