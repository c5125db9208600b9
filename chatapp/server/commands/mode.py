"""MODE: show modes. There are no modes to change, but clients ask for them when they join.

Every change is refused, also one without a parameter: an empty list in reply to ``+b`` would look as if bans worked.
The question ``MODE #channel b``, without a sign, is answered with an empty list. irssi sends it on its own after JOIN,
accepts no other answer, and waits for 368 before it asks anything about the next channel.

Spec: modern-irc, "MODE message".
"""

from __future__ import annotations

from chatapp.protocol import numerics as num
from chatapp.protocol.names import fold, is_channel
from chatapp.server.commands.arguments import CHANNEL
from chatapp.server.commands.refusals import CommandRefused
from chatapp.server.session.session import Session


def mode(session: Session, target: str, change: str, parameter: str) -> None:
    """Show the modes of a channel, or of the session's own user. Raises CommandRefused for a change."""
    if is_channel(target):
        channel = CHANNEL.read(session, target)
        if change in ("", "+"):
            session.reply(num.RPL_CHANNELMODEIS, channel.name, "+")
            session.reply(num.RPL_CREATIONTIME, channel.name, str(channel.created // 1000))
            return
        if change == "b" and not parameter:
            session.reply(num.RPL_ENDOFBANLIST, channel.name, text="Nobody can be banned here: channels have no bans.")
            return
        raise CommandRefused(
            num.ERR_UNKNOWNMODE, change.lstrip("+-")[:1] or "*", text="Channels have no modes to change."
        )
    if session.services.state.user_named(target) is None:
        raise CommandRefused(num.ERR_NOSUCHNICK, target)
    if fold(target) != fold(session.nick):
        raise CommandRefused(num.ERR_USERSDONTMATCH)
    if change and set(change.lstrip("+-")) - {"i"}:
        raise CommandRefused(num.ERR_UMODEUNKNOWNFLAG)
    session.reply(num.RPL_UMODEIS, "+i")
