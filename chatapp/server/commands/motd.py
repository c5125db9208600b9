"""MOTD: show the message of the day.

Spec: modern-irc, "MOTD message".
"""

from __future__ import annotations

from chatapp.server.commands.about import check_server
from chatapp.server.delivery import greeting
from chatapp.server.session.session import Session


async def motd(session: Session, target: str) -> None:
    """Send the message of the day, or that there is none.

    Spec: modern-irc, "MOTD message": "If <target> is given and a matching server cannot be found, the server will
    respond with the ERR_NOSUCHSERVER numeric and the command will fail."
    """
    check_server(session, target)
    async for piece in session.pieces([*greeting.motd_lines(session.services.config, session.nick)]):
        for line in piece:
            session.send(line)
