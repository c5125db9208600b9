"""MOTD: the message of the day."""

from __future__ import annotations

from chatapp.protocol.message import Message
from chatapp.server import greeting
from chatapp.server.session import Session


def motd(session: Session, message: Message) -> None:
    """Show it."""
    for line in greeting.motd_lines(session.hub.config, session.nick):
        session.send(line)
