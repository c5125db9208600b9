"""AWAY: not looking at the screen. It is of the moment: nothing of it is stored."""

from __future__ import annotations

from chatapp.protocol import numerics as num
from chatapp.protocol.message import Message
from chatapp.server.dispatch import CommandRefused
from chatapp.server.session import Session


def away(session: Session, message: Message) -> None:
    """Be away, with words, or be back, without; it counts for all of the account's connections."""
    hub, user, text = session.hub, session.user, message.param(0)
    most = hub.config.away_bytes_max
    if len(text.encode()) > most:
        words = f"Why you are away has {most} bytes at most. Nothing changed."
        raise CommandRefused(num.ERR_INPUTTOOLONG, text=words)
    if user is None:
        return
    before = hub.presence.away(user.uid)
    hub.presence.set_away(user.uid, text)
    session.reply(num.RPL_NOWAWAY if text else num.RPL_UNAWAY)
    if text != before:
        hub.delivery.away(user, text)
