"""The replies to refused commands: here every ChatError that a command raises becomes a numeric or a FAIL."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from chatapp.errors import ChatError, LogUnavailableError, StoppingError
from chatapp.model.outcome import Reason, Refusal
from chatapp.protocol import modes
from chatapp.protocol import numerics as num
from chatapp.protocol.lookalikes import is_service
from chatapp.protocol.timestamps import format_minute
from chatapp.server.commands.topics import TOPICS
from chatapp.server.delivery import render
from chatapp.server.delivery.response import Response
from chatapp.server.proposals import EventRefusedError
from chatapp.server.session.session import Session

log = logging.getLogger(__name__)


class CommandRefused(ChatError):
    """A command is refused; the reply is ``numeric`` with ``params`` and a text."""

    def __init__(self, numeric: num.Numeric, *params: str, text: str | None = None) -> None:
        super().__init__(text if text is not None else numeric.text)
        self.numeric = numeric
        self.params = params


class StandardRefused(ChatError):
    """A command is refused; the reply is a standard reply, ``FAIL verb code context :text``.

    Spec: IRCv3 standard-replies.
    """

    def __init__(self, code: str, *context: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.context = context


_NUMERICS: dict[Reason, num.Numeric] = {
    Reason.NOT_HERE: num.ERR_NOTREGISTERED,
    Reason.NO_SUCH_CHANNEL: num.ERR_NOSUCHCHANNEL,
    Reason.NO_SUCH_NICK: num.ERR_NOSUCHNICK,
    Reason.NOT_A_MEMBER: num.ERR_NOTONCHANNEL,
    Reason.CANNOT_SEND: num.ERR_CANNOTSENDTOCHAN,
    Reason.CHANNELS_OF_USER: num.ERR_TOOMANYCHANNELS,
    Reason.CHANNELS_OF_SERVER: num.ERR_TOOMANYCHANNELS,
    Reason.CHANNEL_FULL: num.ERR_CHANNELISFULL,
    Reason.LIMIT_REACHED: num.ERR_CHANNELISFULL,
    Reason.INVITE_ONLY: num.ERR_INVITEONLYCHAN,
    Reason.BANNED: num.ERR_BANNEDFROMCHAN,
    Reason.BAD_KEY: num.ERR_BADCHANNELKEY,
    Reason.ACCOUNTS_ONLY: num.ERR_NEEDREGGEDNICK,
    Reason.MODERATED: num.ERR_CANNOTSENDTOCHAN,
    Reason.ACCOUNTS_SPEAK: num.ERR_CANNOTSENDTOCHAN,
    Reason.MUTED: num.ERR_CANNOTSENDTOCHAN,
    Reason.BANNED_INSIDE: num.ERR_CANNOTSENDTOCHAN,
    Reason.SILENCED: num.ERR_BANNICKCHANGE,
    Reason.NO_CTCP: num.ERR_CANNOTSENDTOCHAN,
    Reason.RANK_TOO_LOW: num.ERR_CHANOPRIVSNEEDED,
    Reason.TARGET_ABOVE: num.ERR_CHANOPRIVSNEEDED,
    Reason.NOT_IN_CHANNEL: num.ERR_USERNOTINCHANNEL,
    Reason.NOT_INVITED: num.ERR_NOTINVITED,
    Reason.IN_CHANNEL: num.ERR_USERONCHANNEL,
    Reason.STRANGER: num.ERR_CANTSENDTOUSER,
    Reason.TAKES_NO_CTCP: num.ERR_CANTSENDTOUSER,
    Reason.SILENCE_FULL: num.ERR_SILELISTFULL,
    Reason.CHANNEL_NAME_TAKEN: num.ERR_UNKNOWNERROR,
    Reason.NO_ADMINISTRATOR: num.ERR_NOPRIVILEGES,
    Reason.IS_ADMINISTRATOR: num.ERR_NOPRIVILEGES,
    Reason.NO_SUCH_BAN: num.ERR_NOSUCHNICK,
    Reason.BANS_FULL: num.ERR_UNKNOWNERROR,
    Reason.LIST_FULL: num.ERR_BANLISTFULL,
    Reason.NO_FORWARD: num.ERR_INVALIDMODEPARAM,
    Reason.FORWARD_RANK_TOO_LOW: num.ERR_INVALIDMODEPARAM,
    Reason.NAME_TAKEN: num.ERR_NICKNAMEINUSE,
    Reason.NAME_IS_ACCOUNT: num.ERR_NICKNAMEINUSE,
    # Not 433: clients show their own text for it, "already in use".
    Reason.NAME_FIXED: num.ERR_NONICKCHANGE,
}
# Texts for reasons that the numeric's own text does not fit.
_WORDS: dict[Reason, str] = {
    Reason.CHANNELS_OF_SERVER: "This server has as many channels as it can hold. Join one that exists.",
    Reason.CHANNEL_FULL: "This channel has as many members as it can hold. Ask one of them to make another.",
    Reason.MODERATED: "Nothing was sent: in this channel only members with a role may write now (mode m).",
    Reason.ACCOUNTS_SPEAK: "Nothing was sent: in this channel only accounts may write (mode M). Sign up first.",
    Reason.BANNED: "You cannot join: you are banned from that channel{until}.",
    Reason.MUTED: "Nothing was sent: you are muted in this channel{until}.",
    Reason.BANNED_INSIDE: "Nothing was sent: you are banned from this channel{until}.",
    Reason.SILENCED: "The members of {channel} would see it, and you may not write there{until}."
    " Leave it first, or ask its operators.",
    Reason.NO_CTCP: "Nothing was sent: this channel takes no CTCP (mode C).",
    Reason.STRANGER: "Nothing was sent: they take messages only from people they know (mode R).",
    Reason.TAKES_NO_CTCP: "Nothing was sent: they take no CTCP (mode T).",
    Reason.CHANNEL_NAME_TAKEN: "That name is taken.",
    Reason.IS_ADMINISTRATOR: "That account is an administrator. Take the role away first (chat role NAME none).",
    Reason.NO_SUCH_BAN: "There is no such ban. UBAN LIST shows them.",
    Reason.NO_FORWARD: "There is no such channel to send people to.",
    Reason.FORWARD_RANK_TOO_LOW: "To send people to that channel you must be an operator there too.",
    Reason.BANS_FULL: "There are as many bans as there may be. Remove some first.",
    Reason.TARGET_ABOVE: "You cannot do that to a member with a higher role than yours.",
    Reason.NAME_IS_ACCOUNT: "That name belongs to an account. Sign in to it, or take another name.",
    Reason.NAME_FIXED: "Your name is your account's and stays. To show another one, use SETNAME.",
}
# Spec: modern-irc, "ERR_NOTREGISTERED", "ERR_NOPRIVILEGES": "<client> :...".
_WITHOUT_PARAMETERS = {num.ERR_NOTREGISTERED, num.ERR_NOPRIVILEGES}
# Who may do it, of Reason.RANK_TOO_LOW: by the letter of the lowest role that may.
_WHO_MAY: dict[str, str] = {
    modes.HALFOP.letter: "Only half-operators of the channel and higher roles can do that.",
    modes.OPERATOR.letter: "Only operators of the channel and higher roles can do that.",
    modes.FOUNDER.letter: "Only founders of the channel can do that.",
}
_NO_SERVICES = (
    "There are no services such as NickServ here, and nothing was stored. You sign in with SASL, or with the server"
    " password name:password. See HELP REGISTER, HELP PASSWD and HELP CERT."
)
_SILENT = {Reason.ALREADY_A_MEMBER, Reason.UNCHANGED}
_MESSAGES = frozenset({"PRIVMSG", "NOTICE", "TAGMSG"})


def refuse(session: Session, verb: str, target: str, error: ChatError) -> None:
    """Answer a refused command with the numeric or the FAIL for ``error``.

    ``target`` is the command's first parameter as typed, or the refused item if that parameter is a list.
    """
    if verb == "NOTICE" and session.response is None and _is_silent_for_notice(error):
        return
    if isinstance(error, CommandRefused):
        text = str(error)
        if error.numeric is num.ERR_NEEDMOREPARAMS:
            text = f"Usage: {TOPICS[verb].syntax}"
        session.reply(error.numeric, *error.params, text=text)
        if error.numeric is num.ERR_NOSUCHNICK and verb in _MESSAGES and is_service("".join(error.params)):
            tell_no_services(session)
    elif isinstance(error, StandardRefused):
        session.fail(verb, error.code, *error.context, text=str(error))
    elif isinstance(error, EventRefusedError):
        reason = error.refusal.reason
        numeric = _NUMERICS.get(reason)
        if numeric is not None:
            parameters = _parameters(numeric, verb, target, error.refusal)
            session.reply(numeric, *parameters, text=_with_reason(session, numeric, parameters, error.refusal))
        else:
            assert reason in _SILENT, reason
    elif isinstance(error, LogUnavailableError):
        what = "MESSAGE_NOT_STORED" if verb in _MESSAGES else "CHANGE_NOT_STORED"
        code = "SERVER_STOPPING" if isinstance(error, StoppingError) else what
        session.fail(verb, code, target or "*", text=str(error))
    else:
        log.error("a refusal without words: %s %r", verb, error)
        session.reply(num.ERR_UNKNOWNERROR, verb, text=str(error))


def tell_no_services(session: Session) -> None:
    """Say that there are no services such as NickServ, in a NOTICE: clients replace the texts of 401 and 421."""
    session.notice(_NO_SERVICES)


def _parameters(numeric: num.Numeric, verb: str, target: str, refusal: Refusal) -> list[str]:
    """Return the parameters of the numeric for a refusal, between the client's nick and the text.

    Spec: modern-irc, "Numerics": ERR_INVALIDMODEPARAM is ``<target chan/user> <mode char> <parameter>``, and
    ERR_UNKNOWNERROR is ``<command>{ <subcommand>}``; RFC 2812, section 5.2: ERR_BANLISTFULL is ``<channel> <char>``.
    """
    subject, channel = refusal.subject, refusal.channel
    if numeric in _WITHOUT_PARAMETERS:
        return []
    if numeric is num.ERR_UNKNOWNERROR:
        return [verb]
    if refusal.letter:
        return [each for each in (channel, refusal.letter, subject) if each]
    return [each for each in (subject or target, channel) if each]


def words_of(refusal: Refusal) -> str | None:
    """Return the text of a refusal; None if the numeric's own text fits."""
    if refusal.reason is Reason.RANK_TOO_LOW:
        return _WHO_MAY[refusal.needs]
    words = _WORDS.get(refusal.reason)
    until = f" until {format_minute(refusal.until)}" if refusal.until else ""
    return words.format(until=until, channel=refusal.channel) if words is not None else None


def _with_reason(session: Session, numeric: num.Numeric, parameters: Sequence[str], refusal: Refusal) -> str | None:
    """Return the text of a refusal, with the reason of the ban or the mute if the line has room for it."""
    text = words_of(refusal)
    if not refusal.why:
        return text
    longer = f"{(text or numeric.text).removesuffix('.')}: {refusal.why}"
    line = num.numeric_line(numeric, session.services.host, session.nick, *parameters, text=longer)
    return longer if render.fits(line) else text


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
    if isinstance(error, CommandRefused):
        return error.numeric is not num.ERR_INPUTTOOLONG
    return isinstance(error, EventRefusedError)
