"""The modes of a session's user as RPL_UMODEIS shows them, and server notices (mode s).

Most modes belong to the user: all its sessions have them, and they are in the log. Two belong to one session: ``s``,
and ``Z``, which says that the session uses TLS.
"""

from __future__ import annotations

from functools import partial

from chatapp.model.entities import ADMINISTRATOR, User
from chatapp.protocol import modes
from chatapp.protocol.message import LINE_BYTES_MAX
from chatapp.server.services import Services
from chatapp.server.session.session import Session


def shown(session: Session, user: User) -> str:
    """Return the modes of a session's user, such as ``+BZi``; ``+`` stands for none.

    Spec: modern-irc, RPL_UMODEIS.
    """
    held = {
        modes.ADMINISTRATOR: user.role == ADMINISTRATOR,
        modes.NOTICES: session in session.services.presence.notified,
        modes.SECURE: session.wire.tls,
    }
    return "+" + "".join(sorted(user.modes + "".join(letter for letter, is_set in held.items() if is_set)))


def watch(session: Session, on: bool) -> bool:
    """Send a session server notices from now on, or no longer. Returns whether that is a change."""
    services, notified = session.services, session.services.presence.notified
    if (session in notified) == on:
        return False
    if on:
        notified[session] = None
        services.activity.tell = partial(_tell, services)
    else:
        del notified[session]
    return True


def _tell(services: Services, text: str) -> None:
    """Send a line of the operational log to the sessions with the mode s, if their users are still administrators."""
    notified = services.presence.notified
    if not notified:
        services.activity.tell = None
    for session in notified:
        user = session.user
        if user is not None and user.role == ADMINISTRATOR:
            head = f":{services.host} NOTICE {user.name} :*** "
            room = LINE_BYTES_MAX - 2 - len(head.encode())
            session.deliver((head + text.encode()[:room].decode(errors="ignore")).encode() + b"\r\n")
