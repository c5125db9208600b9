"""LIST: show the channels of the server.

Spec: modern-irc, "LIST message".
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from chatapp.model.channels import may_see
from chatapp.model.entities import Channel
from chatapp.protocol import numerics as num
from chatapp.protocol.names import fold
from chatapp.server.session.session import Session

MASKS_MAX = 20  # masks of one LIST; further masks are ignored


async def list_channels(session: Session, masks: list[str]) -> None:
    """Show all channels, or those that match a list of names and masks (with ``*`` and ``?``)."""
    services = session.services
    state = services.state
    masks = [fold(mask).replace("[", "[[]") for mask in masks if mask][:MASKS_MAX]
    shown = 0
    session.reply(num.RPL_LISTSTART, "Channel")
    async for piece in session.pieces(list(state.channels)):
        for channel in filter(None, map(state.channels.get, piece)):
            if shown < services.config.who_max and may_see(state, session.user, channel) and _wanted(channel, masks):
                topic = channel.topic.text if channel.topic is not None else ""
                # The topic is the last parameter, and may be empty.
                start = num.numeric_line(
                    num.RPL_LIST, services.host, session.nick, channel.name, str(len(channel.members))
                )
                session.send(f"{start} :{topic}")
                shown += 1
        session.charge_lines(len(piece))
    session.reply(num.RPL_LISTEND)


def _wanted(channel: Channel, masks: list[str]) -> bool:
    return not masks or any(fnmatchcase(fold(channel.name), mask) for mask in masks)
