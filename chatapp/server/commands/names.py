"""NAMES: show the members of a channel.

Spec: modern-irc, "NAMES message".
"""

from __future__ import annotations

from chatapp.model.channels import may_see
from chatapp.protocol import numerics as num
from chatapp.server.commands.refusals import CommandRefused
from chatapp.server.delivery import greeting
from chatapp.server.session.session import Session


async def names(session: Session, name: str) -> None:
    """Show the members of one channel. An unknown channel gets RPL_ENDOFNAMES alone."""
    services = session.services
    if "," in name:
        raise CommandRefused(num.ERR_TOOMANYTARGETS, name, text="Ask for one channel at a time.")
    await services.round_robin.wait()
    channel = services.state.channel_named(name)
    if channel is None or not may_see(services.state, session.user, channel):
        session.reply(num.RPL_ENDOFNAMES, name or "*")
        return
    session.charge_lines(len(channel.members))
    lines = [*greeting.names_lines(services.state, channel, session.nick, session.caps, services.host)]
    async for piece in session.pieces(lines):
        session.send_all(piece)
