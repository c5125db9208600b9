"""MOTD: show the message of the day.

Spec: modern-irc, "MOTD message".
"""

from __future__ import annotations

from chatapp.server.delivery import greeting
from chatapp.server.session.session import Session


async def motd(session: Session) -> None:
    """Send the message of the day, or that there is none."""
    async for piece in session.pieces([*greeting.motd_lines(session.services.config, session.nick)]):
        for line in piece:
            session.send(line)
