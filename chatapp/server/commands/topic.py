"""TOPIC: what a channel is about."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from chatapp.model import events
from chatapp.model.entities import Channel
from chatapp.protocol import numerics as num
from chatapp.protocol.message import LINE_BYTES_MAX, Message
from chatapp.protocol.names import NICK_CHARS_MAX
from chatapp.server import greeting, render
from chatapp.server.disk_use import grows_on_disk
from chatapp.server.dispatch import CommandRefused
from chatapp.server.session import Session


def topic(session: Session, message: Message) -> Coroutine[Any, Any, None] | None:
    """Show the topic, or set it (empty: none)."""
    hub, user = session.hub, session.user
    channel = hub.state.channel_named(message.params[0])
    if channel is None:
        raise CommandRefused(num.ERR_NOSUCHCHANNEL, message.params[0])
    if user is None:
        return None
    if user.uid not in channel.members:
        raise CommandRefused(num.ERR_NOTONCHANNEL, channel.name)
    if len(message.params) > 1:
        return _set(session, channel, message.params[1])
    if channel.topic is None:
        session.reply(num.RPL_NOTOPIC, channel.name)
    for line in greeting.topic_lines(hub.state, channel, user.name, hub.host):
        session.send(line.decode().rstrip("\r\n"))
    return None


async def _set(session: Session, channel: Channel, text: str) -> None:
    hub, user = session.hub, session.user
    most = hub.config.topic_bytes_max
    if len(text.encode()) > most:
        raise CommandRefused(num.ERR_INPUTTOOLONG, text=f"A topic has {most} bytes at most. It stays as it was.")
    if grows_on_disk(text):
        words = "The topic has too many control characters (formatting). It stays as it was: use fewer."
        raise CommandRefused(num.ERR_INPUTTOOLONG, text=words)
    # The longest line that shows it, where the one who asks, or the list of channels, may have the longest name.
    line = f":{render.source('n' * NICK_CHARS_MAX, hub.host)} TOPIC {channel.name} :{text}"
    if not render.fits(line):
        room = len(text.encode()) - (len(line.encode()) - (LINE_BYTES_MAX - 2))
        raise CommandRefused(num.ERR_INPUTTOOLONG, text=f"A topic here has {room} bytes at most. It stays as it was.")
    if user is None or (channel.topic.text if channel.topic is not None else "") == text:
        return
    event = hub.proposals.event(events.TopicSet, user, channel.uid, text=text)
    await hub.proposals.settle(event, session, session.response)
