"""KICK: remove members from a channel.

Spec: modern-irc, "KICK message".
"""

from __future__ import annotations

from chatapp.errors import ChatError
from chatapp.model import events
from chatapp.model.entities import User
from chatapp.protocol import numerics as num
from chatapp.server.commands.arguments import CHANNEL, MEMBER
from chatapp.server.commands.refusals import CommandRefused, refuse
from chatapp.server.delivery import render
from chatapp.server.limits.disk_use import grows_on_disk
from chatapp.server.session.session import Session


async def kick(session: Session, user: User, names: list[str], nicks: list[str], reason: str) -> None:
    """Remove each member from the channel; with several channels, each member from the channel in its place.

    Spec: RFC 2812, section 3.2.8: "either one channel parameter and multiple user parameters, or as many channel
    parameters as there are user parameters".
    """
    if len(nicks) > session.services.config.targets_max:
        raise CommandRefused(num.ERR_TOOMANYTARGETS, nicks[0], text="That is too many names at once.")
    if len(names) not in (1, len(nicks)):
        raise CommandRefused(num.ERR_NEEDMOREPARAMS, "KICK")
    for index, nick in enumerate(nicks):
        try:
            await _kick(session, user, names[index] if len(names) > 1 else names[0], nick, reason)
        except ChatError as error:
            refuse(session, "KICK", nick or "*", error)


async def _kick(session: Session, user: User, name: str, nick: str, reason: str) -> None:
    services = session.services
    channel = CHANNEL.read(session, name)
    target = MEMBER.read(session, nick)
    if session.closed:
        return
    line = f":{render.source(user.name, services.host)} KICK {channel.name} {target.name} :{reason}"
    too_long = len(reason.encode()) > services.config.topic_bytes_max  # KICKLEN
    if too_long or not render.fits(line) or grows_on_disk(reason):
        raise CommandRefused(num.ERR_INPUTTOOLONG, text=f"The reason is too long. {target.name} is still there.")
    event = services.proposals.event(
        events.Kicked, user, channel.uid, target=target.uid, target_nick=target.name, reason=reason
    )
    await services.proposals.settle(event, session, session.response)
