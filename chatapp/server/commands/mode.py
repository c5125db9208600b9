"""MODE: clients ask for modes when they join; there are none to change yet.

An empty list of bans would look as if bans worked, so a question for such a list is answered like a change.
"""

from __future__ import annotations

from chatapp.protocol import numerics as num
from chatapp.protocol.message import Message
from chatapp.protocol.names import fold, is_channel
from chatapp.server.dispatch import CommandRefused
from chatapp.server.session import Session


def mode(session: Session, message: Message) -> None:
    """Show the modes of a channel or of oneself."""
    target, change = message.params[0], message.param(1)
    if is_channel(target):
        channel = session.hub.state.channel_named(target)
        if channel is None:
            raise CommandRefused(num.ERR_NOSUCHCHANNEL, target)
        if change in ("", "+"):
            session.reply(num.RPL_CHANNELMODEIS, channel.name, "+")
            session.reply(num.RPL_CREATIONTIME, channel.name, str(channel.created // 1000))
            return
        raise CommandRefused(
            num.ERR_UNKNOWNMODE, change.lstrip("+-")[:1] or "*", text="Channels have no modes to change."
        )
    if session.hub.state.user_named(target) is None:
        raise CommandRefused(num.ERR_NOSUCHNICK, target)
    if fold(target) != fold(session.nick):
        raise CommandRefused(num.ERR_USERSDONTMATCH)
    if change and set(change.lstrip("+-")) - {"i"}:
        raise CommandRefused(num.ERR_UMODEUNKNOWNFLAG)
    session.reply(num.RPL_UMODEIS, "+i")
