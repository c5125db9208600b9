"""NAMES: show the members of channels.

Spec: modern-irc, "NAMES message".
"""

from __future__ import annotations

from chatapp.model.channels import may_see, visible_channel
from chatapp.protocol import numerics as num
from chatapp.protocol.names import fold
from chatapp.server import refusals
from chatapp.server.delivery import greeting
from chatapp.server.session.session import Session


async def names(session: Session, channels: list[str]) -> None:
    """Show the members of each channel of a list, ``who_max`` lines at most, then ERR_TOOMANYMATCHES.

    Spec: modern-irc, "NAMES message": "If the channel name is invalid or the channel does not exist, one RPL_ENDOFNAMES
    numeric containing the given channel name should be returned. If the given channel has the secret channel mode set
    and the user is not joined to that channel, one RPL_ENDOFNAMES numeric is returned." "If no parameter is given for
    this command, servers SHOULD return one RPL_ENDOFNAMES numeric with the <channel> parameter set to an asterisk".
    """
    services, shown = session.services, 0
    for name in {fold(name): name for name in channels if name}.values() or [""]:
        await services.round_robin.wait()
        state = services.state
        channel = visible_channel(state, session.user, name)
        if channel is None:
            session.reply(num.RPL_ENDOFNAMES, name or "*")
            continue
        session.charge_lines(len(channel.members))
        is_member = session.uid in channel.members
        outsider = None if is_member else session.user
        *lines, end = greeting.names_lines(state, channel, session.nick, session.caps, services.host, outsider)
        room = services.config.who_max - shown
        async for piece in session.pieces(lines[:room]):
            if (is_member and session.uid not in channel.members) or not may_see(state, session.user, channel):
                break  # the asker was removed meanwhile, or the channel has become secret
            session.send_all(piece)
        shown += len(lines)
        if len(lines) > room:
            session.reply(refusals.TOO_MANY_MATCHES, "NAMES")
        session.send_raw(end)
        if len(lines) > room:
            return
