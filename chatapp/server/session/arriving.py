"""A client that signs up before its welcome: its new account is shown as it will be when it is welcomed, moments later.

The lobby gets the JOIN of the account when it is made. The real name that the client has sent becomes the account's at
the welcome only, and until then the account is not connected. So the JOIN would have the account's name as its real
name, without a SETNAME later, and an AWAY would follow that ends at once.
"""

from __future__ import annotations

from chatapp.protocol.names import fold
from chatapp.server.delivery.arrivals import Arrival
from chatapp.server.session.session import Session


def begin(session: Session, name: str) -> None:
    """Note that a session signs up for an account, unless another session does so for the same name (as typed)."""
    told, arriving = session.registering, session.services.presence.arriving
    if told is not None and fold(name) not in arriving:
        told.arriving = fold(name)
        arriving[told.arriving] = Arrival(session, told.realname or "")


def welcomed(session: Session, name: str) -> None:
    """Note that the account ``name`` has the session now."""
    arriving = session.services.presence.arriving
    if fold(name) in arriving and arriving[fold(name)].session is session:
        del arriving[fold(name)]


def end(session: Session) -> None:
    """Note that the session will not be welcomed. If it has made its account, tell that the account is away."""
    told, services = session.registering, session.services
    if told is None or not told.arriving:
        return
    user = services.state.user_named(told.arriving)
    before = services.presence.status(user) if user is not None else None
    del services.presence.arriving[told.arriving]
    told.arriving = ""
    if user is not None and before is not None:
        services.delivery.statuses.changed(user, before)
