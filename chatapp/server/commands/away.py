"""AWAY: not looking at the screen. It is of the moment: nothing of it is stored."""

from __future__ import annotations

from chatapp.model.entities import User
from chatapp.protocol import numerics as num
from chatapp.server.commands.refusals import CommandRefused
from chatapp.server.session.session import Session


def away(session: Session, user: User, text: str) -> None:
    """Be away, with words, or be back, without; it counts for all of the account's connections."""
    services = session.services
    most = services.config.away_bytes_max
    if len(text.encode()) > most:
        words = f"Why you are away has {most} bytes at most. Nothing changed."
        raise CommandRefused(num.ERR_INPUTTOOLONG, text=words)
    before = services.presence.away(user.uid)
    services.presence.set_away(user.uid, text)
    session.reply(num.RPL_NOWAWAY if text else num.RPL_UNAWAY)
    if text != before:
        services.delivery.away(user, text)
