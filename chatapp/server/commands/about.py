"""ADMIN, INFO, LINKS, TIME and VERSION: what this server is."""

from __future__ import annotations

from chatapp.protocol import numerics as num
from chatapp.protocol.names import fold
from chatapp.protocol.wildcards import matcher
from chatapp.server.commands.refusals import CommandRefused
from chatapp.server.session.session import Session


def check_server(session: Session, target: str) -> None:
    """Raise ERR_NOSUCHSERVER if ``target`` names another server. There is only this one, and all users are on it.

    Spec: modern-irc, "VERSION message": "If <target> is a client, the information for the server that client is
    connected to is requested. If <target> is given and a matching server cannot be found, the server will respond with
    the ERR_NOSUCHSERVER numeric"; "Wildcards are allowed in the <target> parameter."
    """
    services = session.services
    if target and not matcher(target)(fold(services.host)) and services.state.user_named(target) is None:
        raise CommandRefused(num.ERR_NOSUCHSERVER, target)
