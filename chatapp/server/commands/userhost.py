"""USERHOST: whether some users are away and administrators, in one line.

Spec: modern-irc, "USERHOST message".
"""

from __future__ import annotations

from chatapp.model.entities import ADMINISTRATOR, User
from chatapp.protocol import numerics as num
from chatapp.server import refusals
from chatapp.server.session.session import Session


def userhost(session: Session, names: list[str]) -> None:
    """Show the users in ``names`` that exist.

    Spec: modern-irc, "USERHOST message": "The USERHOST command takes up to five nicknames". Further names are ignored.
    """
    if not names:
        raise refusals.NEED_MORE_PARAMS.of("USERHOST")
    services = session.services
    found = map(services.state.user_named, names[: services.config.userhost_max])
    session.reply_data(num.RPL_USERHOST, last=" ".join(_shown(session, user) for user in found if user is not None))


def _shown(session: Session, user: User) -> str:
    """Return the reply for one user. The host is the server's name: no address is shown.

    Spec: modern-irc, RPL_USERHOST: ``nickname [ "*" ] "=" ( "+" / "-" ) hostname``; "*" for an operator, "-" for a user
    that is away. As in all IRC servers, the user name and "@" stand before the host.
    """
    operator = "*" if user.role == ADMINISTRATOR else ""
    away = "-" if session.services.presence.away(user.uid) else "+"
    return f"{user.name}{operator}={away}{user.name}@{session.services.host}"
