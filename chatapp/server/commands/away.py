"""AWAY: say that the user is away from this connection. The away message is not stored.

A user is away while all its connections are (``Presence.set_away``).

Spec: modern-irc, "AWAY message"; IRCv3 away-notify, pre-away.
"""

from __future__ import annotations

from chatapp.protocol import numerics as num
from chatapp.server import refusals
from chatapp.server.capabilities import PRE_AWAY
from chatapp.server.commands.reasons import fitted, tell_if_cut
from chatapp.server.session.session import Session


def away(session: Session, text: str) -> None:
    """Set the away message ``text`` of this connection, or end being away if it is empty. A long text is cut.

    Raises CommandRefused.

    Spec: IRCv3 pre-away, "If the capability has been negotiated, servers MUST accept the AWAY command before connection
    registration has completed".
    """
    services, told = session.services, session.registering
    if told is not None and not session.caps & PRE_AWAY:
        raise refusals.NOT_REGISTERED.of()
    asked, text = text, fitted("", text, services.config.away_bytes_max)
    session.reply(num.RPL_NOWAWAY if text else num.RPL_UNAWAY)
    tell_if_cut(session, "AWAY", asked, text)
    user = session.user
    if told is not None:
        told.away = text
    elif user is not None:
        before = services.presence.status(user)
        services.presence.set_away(session, text)
        services.delivery.statuses.changed(user, before)
