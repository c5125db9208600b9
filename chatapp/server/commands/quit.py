"""QUIT: the client ends its connection. An account stays where it is, and is away; a guest is gone."""

from __future__ import annotations

from chatapp.server.delivery import render
from chatapp.server.limits.disk_use import grows_on_disk
from chatapp.server.session.session import Session


def quit(session: Session, reason: str) -> None:
    """End the connection."""
    session.note_arrived()
    reason = f"Quit: {reason}" if reason else "Quit"
    whole = not grows_on_disk(reason) and render.fits(
        f":{render.source(session.nick, session.services.host)} QUIT :{reason}"
    )
    session.quit_reason = reason if whole else "Quit"  # it cannot be refused, and is not cut
    session.end("Bye.")
