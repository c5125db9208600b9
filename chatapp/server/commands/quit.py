"""QUIT: the client ends its connection. An account stays where it is, and is away; a guest is gone."""

from __future__ import annotations

from chatapp.protocol.message import Message
from chatapp.server import render
from chatapp.server.disk_use import grows_on_disk
from chatapp.server.session import Session


def quit(session: Session, message: Message) -> None:
    """End the connection."""
    session.note_arrived()
    reason = f"Quit: {message.param(0)}" if message.param(0) else "Quit"
    whole = not grows_on_disk(reason) and render.fits(
        f":{render.source(session.nick, session.hub.host)} QUIT :{reason}"
    )
    session.quit_reason = reason if whole else "Quit"  # it cannot be refused, and is not cut
    session.close("Bye.")
