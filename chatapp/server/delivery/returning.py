"""Tells the members of a channel which roles a member has got back by joining again."""

from __future__ import annotations

from chatapp.model import events
from chatapp.model.entities import Channel, User
from chatapp.protocol import modes
from chatapp.server import capabilities as cap
from chatapp.server.delivery import render
from chatapp.server.delivery.presence import Presence


def tell_roles(presence: Presence, event: events.AnyEvent, user: User, channel: Channel, host: str) -> None:
    """Send the other members the MODE of the server with the roles of a user whose JOIN they have just got.

    The line is no event and has no msgid, and no page of history has it. The user itself sees its roles in NAMES, and
    so does who creates a channel.

    Spec: modern-irc, "MODE message": clients learn the prefixes of members from NAMES and MODE only. Ergo sends the
    same line for the roles of accounts.
    """
    flags = channel.members[user.uid]
    if not flags or channel.uid == event.id:
        return
    changes = [("+", role.letter, user.name) for role in modes.ROLES if flags & role.bit]
    line = f":{host} MODE {channel.name} {modes.written(changes)}\r\n".encode()
    for caps, recipient in presence.neighbours((channel,), besides=user.uid):
        recipient.deliver(render.tags(event, caps & cap.SERVER_TIME).encode() + line)
