"""WHO: show the users of a channel or of the server, and whether they are here or away.

``WHO *`` shows all users. Accounts without a connection are included, and are away.

Spec: modern-irc, "WHO message".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from chatapp.model.channels import may_see
from chatapp.model.entities import User
from chatapp.model.state import State
from chatapp.protocol import modes
from chatapp.protocol import numerics as num
from chatapp.protocol.names import fold, is_channel
from chatapp.server import capabilities as cap
from chatapp.server.delivery import render
from chatapp.server.session.session import Session


async def who(session: Session, mask: str) -> None:
    """Show users by channel, name or mask (``*`` and ``?``)."""
    services = session.services
    shown = 0
    async for piece in session.pieces(_candidates(services.state, session.user, mask)):
        for user, channel, flags in _matches(services.state, mask, piece):
            if shown < services.config.who_max:
                here = "G" if services.presence.away(user.uid) else "H"
                prefix = modes.prefixes(flags, bool(session.caps & cap.MULTI_PREFIX))
                session.send(_line(session, user, channel, here + prefix))
                shown += 1
        session.charge_lines(len(piece))
    session.reply(num.RPL_ENDOFWHO, mask or "*")


def _line(session: Session, user: User, channel: str, flags: str) -> str:
    """Return the reply for one user. If it is too long, leave out the real name, then the host and server names."""
    host = session.services.host
    line = ""
    for shown_host, realname in ((host, user.realname), (host, ""), ("*", "")):
        # "<channel> <username> <host> <server> <nick> <flags> :<hopcount> <realname>"
        params = (channel, user.name, shown_host, shown_host, user.name, flags)
        line = num.numeric_line(num.RPL_WHOREPLY, host, session.nick, *params, text=f"0 {realname}")
        if render.fits(line):
            break
    return line


def _candidates(state: State, viewer: User | None, mask: str) -> list[str]:
    """Return the uids of all users that may match the mask."""
    if is_channel(mask):
        channel = state.channel_named(mask)
        return [] if channel is None or not may_see(state, viewer, channel) else list(channel.members)
    if mask in ("*", "0", "") or set("*?") & set(mask):
        return list(state.users)
    found = state.user_named(mask)
    return [] if found is None else [found.uid]


def _matches(state: State, mask: str, uids: Iterable[str]) -> Iterator[tuple[User, str, int]]:
    """Yield the users that match, each with the channel name (or ``*``) and its flags as a member."""
    channel = state.channel_named(mask) if is_channel(mask) else None
    folded = fold(mask).replace("[", "[[]")
    for uid in uids:
        user = state.users.get(uid)
        if user is None:
            continue
        if channel is not None:
            if uid in channel.members:
                yield user, channel.name, channel.members[uid]
        elif mask in ("*", "0", "") or fnmatchcase(fold(user.name), folded):
            yield user, "*", 0
