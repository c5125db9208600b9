"""AWAY: say that the user is away from the screen. The away message is not stored.

Spec: modern-irc, "AWAY message"; IRCv3 away-notify.
"""

from __future__ import annotations

from chatapp.model.entities import User
from chatapp.protocol import numerics as num
from chatapp.server.commands.refusals import CommandRefused
from chatapp.server.session.session import Session


def away(session: Session, user: User, text: str) -> None:
    """Set the away message ``text``, or end being away if it is empty; for all connections of the account."""
    services = session.services
    most = services.config.away_bytes_max
    if len(text.encode()) > most:
        words = f"Why you are away has {most} bytes at most. Nothing changed."
        raise CommandRefused(num.ERR_INPUTTOOLONG, text=words)
    before = services.presence.status(user)
    services.presence.set_away(user.uid, text)
    session.reply(num.RPL_NOWAWAY if text else num.RPL_UNAWAY)
    services.delivery.statuses.changed(user, before)
