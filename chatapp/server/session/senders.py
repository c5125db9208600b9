"""A session that has signed in with a restricted token: it only sends to the targets of the token, and hears nothing.

It is none of its user's sessions (``Presence.sessions``), so nothing is delivered to it but the answers to its own
commands. So whoever finds a program's token cannot read with it. The account is not here because of such a session,
and no message counts as received because this session is open.
"""

from __future__ import annotations

from chatapp.model.entities import User
from chatapp.server.delivery import greeting
from chatapp.server.session.isupport import send_isupport
from chatapp.server.session.session import Session


def begin(session: Session, user: User, token_name: str) -> None:
    """Welcome a session that only sends."""
    services = session.services
    session.hears, session.untold = False, True
    session.commands = session.commands.restricted()
    services.presence.add_sender(session)
    for line in greeting.welcome_lines(services.config, user.name, services.started_ms):
        session.send(line)
    send_isupport(session)
    for line in greeting.motd_lines(services.config, user.name):
        session.send(line)
    wire = session.wire
    services.activity.signed_in(user.name, False, wire.address, wire.tls, services.presence.count(user.uid), token_name)


def end(session: Session) -> None:
    """Handle the end of a session that only sends."""
    services, user = session.services, session.user
    services.presence.remove_sender(session)
    name = user.name if user is not None else ""
    reason = "quit" if session.quit_reason else session.why_closed or "the connection ended"
    seconds = max(0, services.clock_ms() - session.since_ms) // 1000
    left = services.presence.count(session.uid)
    services.activity.signed_out(name, False, session.wire.address, seconds, reason, left)
