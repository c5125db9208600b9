"""MOTD: the message of the day."""

from __future__ import annotations

from chatapp.protocol.message import Message
from chatapp.server import greeting
from chatapp.server.session import Session


async def motd(session: Session, message: Message) -> None:
    """Show it."""
    async for piece in session.pieces([*greeting.motd_lines(session.hub.config, session.nick)]):
        for line in piece:
            session.send(line)
