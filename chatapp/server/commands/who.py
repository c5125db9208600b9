"""WHO: show the users of a channel or of the server, and whether they are here or away.

``WHO *`` shows all users. Accounts without a connection are included, and are away.

Spec: modern-irc, "WHO message"; IRCv3 whox.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from chatapp.model.channels import may_list, visible_channel
from chatapp.model.entities import ADMINISTRATOR, Channel, User
from chatapp.protocol import numerics as num
from chatapp.protocol.modes import prefixes
from chatapp.protocol.names import fold, is_channel
from chatapp.protocol.wildcards import is_wild, matcher
from chatapp.server import refusals
from chatapp.server.capabilities import MULTI_PREFIX
from chatapp.server.commands.whois import idle_s
from chatapp.server.delivery import render
from chatapp.server.session.session import Session, sessions_of

_EVERYBODY = frozenset({"", "*", "0"})
_OPTIONS = r"(?s)([^%]*)(?:%([^,]*)(?:,(.*))?)?"
_TOKEN = re.compile(r"[0-9]{1,3}")
_HIDDEN = "255.255.255.255"  # "is used for [ip] when the server refuses to disclose the IP address"


class Row(NamedTuple):
    """A user that is shown, with the channel that was asked for and the flags of its membership (0 without one)."""

    user: User
    channel: Channel | None
    membership: int


class Options(NamedTuple):
    """The second parameter: whether only administrators are shown, and the fields of WHOX (``None``: no WHOX)."""

    only_administrators: bool
    fields: frozenset[str] | None
    token: str


async def who(session: Session, mask: str, options: str) -> None:
    """Show users by channel, nick, or mask (``nick`` or ``nick!user@host``, with ``*`` and ``?``).

    At most ``who_max`` users are shown; then ERR_TOOMANYMATCHES says that there are more.

    Spec: RFC 2812, section 3.6.1: "If the "o" parameter is passed only operators are returned".
    """
    services, chosen, shown = session.services, _options(options), 0
    wanted, by_name = _matcher(mask, services.host), _is_name(mask)
    async for piece in session.pieces(_candidates(session, mask)):
        head = num.numeric_line(num.RPL_WHOREPLY, services.host, session.nick)
        for row in _rows(session, mask, piece):
            if chosen.only_administrators and row.user.role != ADMINISTRATOR:
                continue
            if row.channel is None and not wanted(row.user):
                continue
            if not by_name and not may_list(session.user, row.user):
                continue
            if shown == services.config.who_max:
                session.reply(refusals.TOO_MANY_MATCHES, "WHO")
                session.reply(num.RPL_ENDOFWHO, mask or "*")
                return
            session.send(_line(session, head, row) if chosen.fields is None else _line_of_fields(session, row, chosen))
            shown += 1
        session.charge_lines(len(piece))
    session.reply(num.RPL_ENDOFWHO, mask or "*")


def _options(text: str) -> Options:
    """Parse the second parameter: ``[<flags>][%<fields>[,<token>]]``.

    Spec: IRCv3 whox: "The token MUST contain only digit characters and MUST contain at most 3 characters." "Servers
    MUST ignore any non-standard field they don't support."
    """
    match = re.fullmatch(_OPTIONS, text)
    assert match is not None, "the pattern matches every text"
    flags, fields, token = match[1], match[2], match[3] or ""
    chosen = None if fields is None else frozenset(fields)
    return Options("o" in flags, chosen, token if _TOKEN.fullmatch(token) else "0")


# Who is shown


def _candidates(session: Session, mask: str) -> list[str]:
    """Return the uids of all users that may match the mask."""
    state = session.services.state
    if is_channel(mask):
        channel = visible_channel(state, session.user, mask)
        return list(channel.members) if channel is not None else []
    if not _is_name(mask):
        return list(state.users)
    found = state.user_named(mask)
    return [] if found is None else [found.uid]


def _is_name(mask: str) -> bool:
    """Return whether a mask is a nick: then an invisible user is shown too, as WHOIS shows it."""
    return not (is_channel(mask) or mask in _EVERYBODY or is_wild(mask) or "!" in mask or "@" in mask)


def _rows(session: Session, mask: str, uids: Iterable[str]) -> Iterator[Row]:
    """Yield the users with these uids that still exist, and are still members of the channel if ``mask`` is one."""
    state = session.services.state
    if not is_channel(mask):
        yield from (Row(state.users[uid], None, 0) for uid in uids if uid in state.users)
        return
    channel = visible_channel(state, session.user, mask)
    if channel is not None:
        yield from (Row(state.users[uid], channel, channel.members[uid]) for uid in uids if uid in channel.members)


def _matcher(mask: str, host: str) -> Callable[[User], bool]:
    """Return a function that tells whether a user matches a mask that is no channel.

    Spec: modern-irc, "WHO message": "A mask pattern, in which case all visible users whose nickname matches are listed.
    Servers MAY match other user-specified values".
    """
    if mask in _EVERYBODY:
        return lambda user: True
    matches = matcher(mask)
    if "!" in mask or "@" in mask:
        return lambda user: bool(matches(fold(render.source(user.name, host))))
    return lambda user: bool(matches(fold(user.name)))


# How it reads


def _flags(session: Session, row: Row) -> str:
    """Return ``H`` (here) or ``G`` (gone: away), ``*`` for an administrator, the member's prefixes, ``B`` for a bot.

    Spec: modern-irc, RPL_WHOREPLY; IRCv3 multi-prefix: "all possible prefixes ... in NAMES and WHO output"; IRCv3
    bot-mode, "The WHO bot flag".
    """
    here = "G" if session.services.presence.away(row.user.uid) else "H"
    operator = "*" if row.user.role == ADMINISTRATOR else ""
    bot = "B" if "B" in row.user.modes else ""
    return here + operator + prefixes(row.membership, bool(session.caps & MULTI_PREFIX)) + bot


def _line(session: Session, head: str, row: Row) -> str:
    """Return RPL_WHOREPLY. If it is too long, leave out the real name, then the host and server names.

    ``head`` is the line up to the nick of the asker.
    """
    host, user, flags = session.services.host, row.user, _flags(session, row)
    name, line, channel = user.name, "", row.channel.name if row.channel is not None else "*"
    for shown_host, realname in ((host, user.realname), (host, ""), ("*", "")):
        # "<channel> <username> <host> <server> <nick> <flags> :<hopcount> <realname>"
        line = f"{head} {channel} {name} {shown_host} {shown_host} {name} {flags} :0 {realname}"
        if render.fits(line):
            break
    return line


def _line_of_fields(session: Session, row: Row, options: Options) -> str:
    """Return RPL_WHOSPCRPL with the fields that were asked for. If it is too long, shorten it as in RPL_WHOREPLY.

    Spec: IRCv3 whox: "Servers MUST send the fields in the order specified above", and "MUST include in their reply all
    of the standard fields requested by the client". ``d`` (hops) and ``o`` (rank) are not standard; they stand where
    ircu, which defined WHOX, has them.
    """
    host, user, line = session.services.host, row.user, ""
    assert options.fields is not None
    for shown_host, realname in ((host, user.realname), (host, ""), ("*", "")):
        fields = {
            "t": options.token,
            "c": row.channel.name if row.channel is not None else "*",
            "u": user.name,
            "i": _address(session, user) if "i" in options.fields else "",
            "h": shown_host,
            "s": shown_host,
            "n": user.name,
            "f": _flags(session, row),
            "d": "0",
            "l": _idle(session, user) if "l" in options.fields else "",
            "a": "0" if user.guest else user.name,
            "o": "n/a",
        }
        params = [value for letter, value in fields.items() if letter in options.fields]
        if "r" in options.fields:
            line = num.data_line(num.RPL_WHOSPCRPL, host, session.nick, *params, last=realname)
        else:
            line = num.numeric_line(num.RPL_WHOSPCRPL, host, session.nick, *params)
        if render.fits(line):
            break
    return line


def _address(session: Session, user: User) -> str:
    """Return the address of the user's first session, for the user itself and for administrators."""
    asker, sessions = session.user, sessions_of(session.services, user.uid)
    if asker is None or not sessions or (asker is not user and asker.role != ADMINISTRATOR):
        return _HIDDEN
    return render.address(sessions[0].wire.address)


def _idle(session: Session, user: User) -> str:
    """Return the seconds that the user was silent; 0 without a session on this server, because it is not known."""
    sessions = sessions_of(session.services, user.uid)
    return str(idle_s(session, sessions)) if sessions else "0"
