"""PART: end the membership of channels.

Spec: modern-irc, "PART message".
"""

from __future__ import annotations

from chatapp.errors import ChatError
from chatapp.model import events
from chatapp.model.channels import reason_told
from chatapp.server import refusals
from chatapp.server.commands.arguments import CHANNEL
from chatapp.server.commands.reasons import fitted, tell_if_cut
from chatapp.server.commands.refuse import refuse
from chatapp.server.delivery import render
from chatapp.server.limits.disk_use import grows_on_disk
from chatapp.server.session.session import Session


async def part(session: Session, names: list[str], reason: str) -> None:
    """Leave each channel of a list."""
    shortest = reason
    for name in names:
        try:
            shortest = min(shortest, await part_one(session, name, reason), key=len)
        except ChatError as error:
            refuse(session, "PART", name or "*", error)
    tell_if_cut(session, "PART", reason, shortest)


async def part_one(session: Session, name: str, reason: str) -> str:
    """Leave the channel ``name``, as typed; return the reason, cut if there is no room for it.

    Raises ChatError if that is refused or cannot be stored.
    """
    services, user = session.services, session.user
    channel = CHANNEL.read(session, name)
    if user is None or session.closed:
        return reason
    reason = fitted(f":{render.source(user.name, services.host)} PART {channel.name} :", reason)
    if grows_on_disk(reason):
        raise refusals.PART_REASON_HAS_CONTROLS.of()
    told = reason_told(services.state, user, channel, reason, services.log_ms())
    event = services.proposals.event(events.Parted, user, channel.uid, reason=told)
    await services.proposals.settle(event, session, session.response)
    return reason
