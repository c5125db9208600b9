"""WHO: who is in a channel, or on the server, and whether they are here or away.

Spec: modern-irc, "WHO message". ``WHO *`` shows everyone, accounts without a connection included (they are away).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from itertools import islice

from chatapp.model.state import OPERATOR, State, User
from chatapp.protocol import numerics as num
from chatapp.protocol.message import Message
from chatapp.protocol.names import fold, is_channel
from chatapp.server import render
from chatapp.server.session import Session


def who(session: Session, message: Message) -> None:
    """Show users by channel, name or mask (``*`` and ``?``)."""
    hub, mask = session.hub, message.param(0, "*")
    for user, channel, flags in islice(_matches(hub.state, mask), hub.config.who_max):
        here = "G" if hub.presence.away(user.uid) else "H"
        prefix = "@" if flags & OPERATOR else ""
        session.send(_line(session, user, channel, here + prefix))
    session.reply(num.RPL_ENDOFWHO, mask or "*")


def _line(session: Session, user: User, channel: str, flags: str) -> str:
    """Write one user; with the longest names there are not all of it fits, and what matters least is left out."""
    host = session.hub.host
    line = ""
    for shown_host, realname in ((host, user.realname), (host, ""), ("*", "")):
        # "<channel> <username> <host> <server> <nick> <flags> :<hopcount> <realname>"
        words = f"{channel} {user.name} {shown_host} {shown_host} {user.name} {flags} :0 {realname}"
        line = f":{host} {num.RPL_WHOREPLY.code} {session.nick} {words}"
        if render.fits(line):
            break
    return line


def _matches(state: State, mask: str) -> Iterator[tuple[User, str, int]]:
    if is_channel(mask):
        channel = state.channel_named(mask)
        if channel is not None:
            for uid, flags in channel.members.items():
                yield state.users[uid], channel.name, flags
        return
    users: Iterable[User] = state.users.values()
    if mask not in ("*", "0", ""):
        if not set("*?") & set(mask):
            found = state.user_named(mask)
            users = [] if found is None else [found]
        else:
            folded = fold(mask).replace("[", "[[]")
            users = (user for user in users if fnmatchcase(fold(user.name), folded))
    for user in users:
        yield user, "*", 0
