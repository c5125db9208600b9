"""NAMES: who is a member of a channel."""

from __future__ import annotations

from chatapp.protocol import numerics as num
from chatapp.protocol.message import Message
from chatapp.server import greeting
from chatapp.server.dispatch import CommandRefused
from chatapp.server.session import Session


async def names(session: Session, message: Message) -> None:
    """Show the members of one channel; a channel that is not there has none."""
    hub = session.hub
    name = message.param(0)
    if "," in name:
        raise CommandRefused(num.ERR_TOOMANYTARGETS, name, text="Ask for one channel at a time.")
    await hub.turns.wait()
    channel = hub.state.channel_named(name)
    if channel is None:
        session.reply(num.RPL_ENDOFNAMES, name or "*")
        return
    session.charge_lines(len(channel.members))
    async for piece in session.pieces([*greeting.names_lines(hub.state, channel, session.nick, hub.host)]):
        for line in piece:
            session.send_raw(line)
