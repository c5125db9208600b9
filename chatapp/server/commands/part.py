"""PART: leaving channels for good."""

from __future__ import annotations

from chatapp.errors import ChatError
from chatapp.model import events
from chatapp.protocol import numerics as num
from chatapp.protocol.message import Message
from chatapp.server import dispatch, render
from chatapp.server.disk_use import grows_on_disk
from chatapp.server.dispatch import CommandRefused
from chatapp.server.session import Session


async def part(session: Session, message: Message) -> None:
    """Leave each channel of a list."""
    for name in message.params[0].split(","):
        try:
            await part_one(session, name, message.param(1))
        except ChatError as error:
            dispatch.refuse(session, "PART", name or "*", error)


async def part_one(session: Session, name: str, reason: str) -> None:
    """Leave one channel; raises ChatError where that cannot be."""
    hub, user = session.hub, session.user
    channel = hub.state.channel_named(name)
    if channel is None:
        raise CommandRefused(num.ERR_NOSUCHCHANNEL, name or "*")
    if user is None or session.closed:
        return
    if not render.fits(f":{render.source(user.name, hub.host)} PART {channel.name} :{reason}"):
        raise CommandRefused(num.ERR_INPUTTOOLONG, text="The reason is too long for the others. You are still here.")
    if grows_on_disk(reason):
        words = "The reason has too many control characters (formatting). You are still here: use fewer."
        raise CommandRefused(num.ERR_INPUTTOOLONG, text=words)
    event = hub.proposals.event(events.Parted, user, channel.uid, reason=reason)
    await hub.proposals.settle(event, session, session.response)
