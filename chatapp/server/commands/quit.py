"""QUIT: end the connection. An account keeps its channels and is away; a guest leaves the server.

Spec: modern-irc, "QUIT message".
"""

from __future__ import annotations

from chatapp.model import events
from chatapp.server import refusals
from chatapp.server.commands.reasons import fitted
from chatapp.server.delivery import render
from chatapp.server.limits.disk_use import grows_on_disk
from chatapp.server.session.session import Session


def quit(session: Session, reason: str) -> None:
    """End the connection.

    A QUIT cannot be refused. So a reason whose control characters would take too much room on disk is replaced by
    "Quit".
    """
    session.note_read()
    reason = events.QUIT_SAYS + reason if reason else events.QUIT
    reason = fitted(f":{render.source(session.nick, session.services.host)} QUIT :", reason)
    session.quit_reason = events.QUIT if grows_on_disk(reason) else reason
    session.end(refusals.GOODBYE)
