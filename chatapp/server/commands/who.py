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
from chatapp.server.session import Session


def who(session: Session, message: Message) -> None:
    """Show users by channel, name or mask (``*`` and ``?``)."""
    hub, mask = session.hub, message.param(0, "*")
    for user, channel, flags in islice(_matches(hub.state, mask), hub.config.who_max):
        here = "G" if hub.presence.away(user.uid) else "H"
        prefix = "@" if flags & OPERATOR else ""
        # "<channel> <username> <host> <server> <nick> <flags> :<hopcount> <realname>"
        words = (channel, user.name, hub.host, hub.host, user.name, here + prefix)
        session.reply(num.RPL_WHOREPLY, *words, text=f"0 {user.realname}")
    session.reply(num.RPL_ENDOFWHO, mask or "*")


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
