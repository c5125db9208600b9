"""KICK: remove members from a channel.

Spec: modern-irc, "KICK message".
"""

from __future__ import annotations

from chatapp.errors import ChatError
from chatapp.model import events
from chatapp.model.entities import User
from chatapp.server import refusals
from chatapp.server.commands.arguments import CHANNEL, USER
from chatapp.server.commands.reasons import fitted, tell_if_cut
from chatapp.server.commands.refuse import refuse
from chatapp.server.delivery import render
from chatapp.server.limits.disk_use import grows_on_disk
from chatapp.server.session.session import Session


async def kick(session: Session, user: User, names: list[str], nicks: list[str], reason: str) -> None:
    """Remove each member from the channel; with several channels, each member from the channel in its place.

    Spec: RFC 2812, section 3.2.8: "either one channel parameter and multiple user parameters, or as many channel
    parameters as there are user parameters".
    """
    if len(nicks) > session.services.config.targets_max:
        raise refusals.TOO_MANY_NAMES.of(nicks[0])
    if len(names) not in (1, len(nicks)):
        raise refusals.NEED_MORE_PARAMS.of("KICK")
    shortest = reason
    for index, nick in enumerate(nicks):
        try:
            told = await _kick(session, user, names[index] if len(names) > 1 else names[0], nick, reason)
            shortest = min(shortest, told, key=len)
        except ChatError as error:
            refuse(session, "KICK", nick or "*", error)
    tell_if_cut(session, "KICK", reason, shortest)


async def _kick(session: Session, user: User, name: str, nick: str, reason: str) -> str:
    """Remove one member, and return the reason as the members are told it."""
    services = session.services
    channel = CHANNEL.read(session, name)
    target = USER.read(session, nick)
    if session.closed:
        return reason
    head = f":{render.source(user.name, services.host)} KICK {channel.name} {target.name} :"
    reason = fitted(head, reason, services.config.topic_bytes_max)  # KICKLEN
    if grows_on_disk(reason):
        raise refusals.KICK_REASON_HAS_CONTROLS.of(name=target.name)
    event = services.proposals.event(
        events.Kicked, user, channel.uid, target=target.uid, target_nick=target.name, reason=reason
    )
    await services.proposals.settle(event, session, session.response)
    return reason
