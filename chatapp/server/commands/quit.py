"""QUIT: the client ends its connection. An account stays where it is, and is away; a guest is gone."""

from __future__ import annotations

from chatapp.protocol.message import Message
from chatapp.server.session import Session


def quit(session: Session, message: Message) -> None:
    """End the connection."""
    session.left_politely = True
    reason = message.param(0)
    session.quit_reason = f"Quit: {reason}" if reason else "Quit"
    session.close("Bye.")
