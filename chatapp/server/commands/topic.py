"""TOPIC: show or set the topic of a channel.

Spec: modern-irc, "TOPIC message".
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from chatapp.model import events
from chatapp.model.entities import ADMINISTRATOR, Channel, User
from chatapp.protocol import numerics as num
from chatapp.protocol.message import LINE_BYTES_MAX
from chatapp.server import refusals
from chatapp.server.delivery import greeting, render
from chatapp.server.limits.disk_use import grows_on_disk
from chatapp.server.proposals import EventRefusedError
from chatapp.server.session.session import Session


def topic(session: Session, user: User, channel: Channel, text: str | None) -> Coroutine[Any, Any, None] | None:
    """Show the topic to a member, or set it to ``text``; an empty text removes it. Raises CommandRefused."""
    if text is None and user.uid not in channel.members and user.role != ADMINISTRATOR:
        raise refusals.NOT_ON_CHANNEL.of(channel.name)
    if text is not None:
        return _set(session, channel, text)
    if channel.topic is None:
        session.reply(num.RPL_NOTOPIC, channel.name)
    session.send_all(greeting.topic_lines(session.services.state, channel, user.name, session.services.host))
    return None


async def _set(session: Session, channel: Channel, text: str) -> None:
    services, user = session.services, session.user
    most = services.config.topic_bytes_max
    if len(text.encode()) > most:
        raise refusals.TOPIC_TOO_LONG.of(most=most)
    if grows_on_disk(text):
        raise refusals.TOPIC_HAS_CONTROLS.of()
    line = greeting.longest_topic_line(channel.name, text, services.host)
    if not render.fits(line):
        room = len(text.encode()) - (len(line.encode()) - (LINE_BYTES_MAX - 2))
        raise refusals.TOPIC_TOO_LONG_HERE.of(room=room)
    if user is None:
        return
    event = services.proposals.event(events.TopicSet, user, channel.uid, text=text)
    if (channel.topic.text if channel.topic is not None else "") == text:  # no change, so nothing is stored
        if (refusal := services.state.refusal(event)) is not None:
            raise EventRefusedError(refusal)
        return
    await services.proposals.settle(event, session, session.response)
