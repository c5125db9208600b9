"""UBAN, KILL, OPER, WALLOPS and REHASH: what administrators do on the whole server.

Spec: modern-irc, "KILL message", "OPER message", "WALLOPS message", "REHASH message". UBAN has the syntax of Ergo's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from chatapp.errors import AuthError, ChatError, MalformedLineError
from chatapp.model import events
from chatapp.model.administration import lives
from chatapp.model.entities import ADMINISTRATOR, Ban, User
from chatapp.protocol import modes
from chatapp.protocol import numerics as num
from chatapp.protocol.durations import is_duration, looks_like_duration, not_a_duration, parse_duration
from chatapp.protocol.message import Message
from chatapp.protocol.names import fold
from chatapp.protocol.timestamps import format_minute
from chatapp.server import administrating, refusals
from chatapp.server.accounts import WrongPasswordError
from chatapp.server.administrating import AdministrationError
from chatapp.server.commands.arguments import USER
from chatapp.server.commands.topics import TOPICS
from chatapp.server.delivery import render
from chatapp.server.limits.hash_queue import BusyError
from chatapp.server.services import Services
from chatapp.server.session.registration import check_password
from chatapp.server.session.session import Session


def check_administrator(user: User) -> None:
    """Raise CommandRefused (481) for a user who is no administrator."""
    if user.role != ADMINISTRATOR:
        raise refusals.NOT_AN_ADMINISTRATOR.of()


async def uban(session: Session, user: User, action: str, message: Message) -> None:
    """Ban an account or a network from the server, end such a ban, or list the bans.

    After ADD come the target, a duration that may be missing, and the reason; after DEL comes the target.
    """
    check_administrator(user)
    words = _words(message.params[1:])
    services, action = session.services, action.upper()
    if action == "LIST" or (action == "ADD" and not words):
        bans = [each for each in services.state.bans.values() if lives(each.until, services.log_ms())]
        for each in bans:
            session.notice(describe(each, services))
        session.notice(f"Bans: {len(bans)}." if bans else "There are no bans.")
        return
    if action not in ("ADD", "DEL") or not words:
        raise refusals.WRONG_PARAMS.of(action or "*", usage=TOPICS["UBAN"].syntax)
    target, rest = words[0], words[1:]
    try:
        if action == "DEL":
            session.notice(f"The ban of {(await administrating.unban(services, user, target)).target} has ended.")
            return
        seconds = _seconds(rest.pop(0)) if rest and looks_like_duration(rest[0]) else 0
        made = await administrating.ban(services, user, target, seconds, " ".join(rest))
    except (AdministrationError, MalformedLineError) as error:
        raise refusals.CANNOT_BAN.of(render.shown(target), why=error) from None
    session.notice(describe(made.ban, services))
    if words_after := administrating.words_after(made):
        session.notice(words_after)


def _seconds(text: str) -> int:
    """Return the seconds of a duration. Raises MalformedLineError for another text: the ban would have no end."""
    if not is_duration(text):
        raise MalformedLineError(not_a_duration(text))
    return parse_duration(text)


def _words(params: Sequence[str]) -> list[str]:
    """Return the words of parameters. An address that began with two colons has only one, and is the last parameter.

    Spec: modern-irc, "Parameters": the last parameter may begin with a colon, which is no part of it.
    """
    if not params or not params[0]:
        return []
    first, *others = " ".join(params).split(" ")
    if len(params) > 1 or not re.match(":[0-9A-Fa-f]", first):
        return [first, *others]
    return [f":{first}", *(word.removeprefix(":") for word in others)]


def describe(ban: Ban, services: Services) -> str:
    """Return one sentence about a ban. The server has set the bans of ``chat ban``."""
    kind = "account " if ban.uid else "network " if "/" in ban.target else "address "
    until = f" until {format_minute(ban.until)}" if ban.until else ""
    why = f": {ban.reason}" if ban.reason else ""
    setter = services.state.name_shown(ban.by, ban.nick) or services.host
    return f"The {kind}{ban.target} is banned{until}, by {setter} on {format_minute(ban.time)}{why}"


async def kill(session: Session, user: User, nick: str, reason: str) -> None:
    """End all connections of a user; the user may come back.

    Spec: modern-irc, "KILL message": ERR_NOPRIVILEGES, ERR_NOSUCHNICK.
    """
    check_administrator(user)
    target = USER.read(session, nick)
    if not session.services.presence.is_connected(target.uid):
        raise refusals.NO_CONNECTION.of(target.name)
    try:
        killed = await administrating.kill(session.services, user, nick, reason)
    except AdministrationError as error:
        raise refusals.CANNOT_KILL.of(why=error) from None
    session.notice(f"The connections of {killed.name} were ended. To keep somebody out, use UBAN.")


async def oper(session: Session, user: User, name: str, password: str) -> None:
    """Confirm that the session's account is an administrator. Its role gives it the rights already.

    An account that gave up the role (``MODE -o``) takes it back with OPER.

    Spec: modern-irc, "OPER message": RPL_YOUREOPER, ERR_PASSWDMISMATCH, ERR_NOOPERHOST.
    """
    if not (user.role == ADMINISTRATOR or user.resigned):
        raise refusals.ACCOUNT_IS_NO_ADMINISTRATOR.of()
    if fold(name) != fold(user.name):
        raise refusals.OPER_IN_OWN_NAME.of(name=user.name)
    try:
        await check_password(session, name, password)
    except BusyError as error:
        raise refusals.TRY_AGAIN.of("OPER", why=error) from None
    except (AuthError, WrongPasswordError) as error:
        raise refusals.PASSWORD_REFUSED.of(why=error) from None
    now = session.user
    if now is not None and now.resigned:
        event = session.services.proposals.event(events.UserModesChanged, now, added=modes.ADMINISTRATOR)
        await session.services.proposals.settle(event, session, session.response)
    session.reply(num.RPL_YOUREOPER)


def wallops(session: Session, user: User, text: str) -> None:
    """Send a text to all administrators who are connected, and to who has the mode w.

    Spec: modern-irc, "WALLOPS message": "send a message to all currently connected users who have set the 'w' user mode
    for themselves".
    """
    check_administrator(user)
    services = session.services
    line = f":{render.source(user.name, services.host)} WALLOPS :{text}"
    if not render.fits(line):
        raise refusals.LINE_TOO_LONG.of()
    for uid in services.presence.uids():
        other = services.state.users.get(uid)
        if other is not None and (other.role == ADMINISTRATOR or "w" in other.modes):
            for recipient in services.presence.sessions(uid):
                recipient.deliver(line.encode() + b"\r\n")


def rehash(session: Session, user: User) -> None:
    """Read the certificate and the password file again, as SIGHUP does.

    Spec: modern-irc, "REHASH message".
    """
    check_administrator(user)
    session.reply(num.RPL_REHASHING, "cert.pem")
    try:
        session.services.read_files_again()
    except ChatError as error:
        raise refusals.UNKNOWN_ERROR.of("REHASH", why=error) from None
