"""RENAME: give a channel another name.

Spec: IRCv3 draft/channel-rename.
"""

from __future__ import annotations

from chatapp.errors import NameNotAllowedError, NameReservedError
from chatapp.model import events
from chatapp.model.entities import Channel, User
from chatapp.model.outcome import Reason
from chatapp.protocol.names import fold, parse_channel
from chatapp.server import refusals
from chatapp.server.delivery import render
from chatapp.server.limits.disk_use import grows_on_disk
from chatapp.server.proposals import EventRefusedError
from chatapp.server.session.session import Session


async def rename(session: Session, user: User, channel: Channel, name: str, reason: str) -> None:
    """Rename a channel; its members, history and modes stay. Raises StandardRefused and EventRefusedError.

    Spec: draft/channel-rename, "Errors": CHANNEL_NAME_IN_USE, CANNOT_RENAME.
    """
    services, state = session.services, session.services.state
    try:
        new = parse_channel(name)
        event = services.proposals.event(
            events.ChannelRenamed, user, channel.uid, old=channel.name, name=new, reason=reason
        )
        refusal = state.refusal(event)
        if refusal is not None and refusal.reason is Reason.CHANNEL_NAME_TAKEN:
            raise refusals.CHANNEL_NAME_IN_USE.of(channel.name, new)
        if refusal is not None:  # before anything that depends on which other channels there are
            raise EventRefusedError(refusal)
        if fold(new) != fold(channel.name):
            services.channel_looks.check(new, user)
    except (NameNotAllowedError, NameReservedError) as error:
        raise refusals.CANNOT_RENAME.of(channel.name, render.shown(name), why=error) from None
    line = f":{render.source(user.name, services.host)} RENAME {channel.name} {new} :{reason}"
    if not render.fits(line) or grows_on_disk(reason):
        raise refusals.RENAME_REASON_TOO_LONG.of(channel.name, new)
    await services.proposals.settle(event, session, session.response)
