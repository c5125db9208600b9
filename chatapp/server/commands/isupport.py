"""ISUPPORT: show the features and limits of the server (005), also before the welcome.

Spec: IRCv3 extended-isupport.
"""

from __future__ import annotations

from chatapp.server import refusals
from chatapp.server.capabilities import EXTENDED_ISUPPORT
from chatapp.server.session.isupport import send_isupport
from chatapp.server.session.session import Session


def isupport(session: Session) -> None:
    """Send all lines of RPL_ISUPPORT. Raises CommandRefused.

    Spec: IRCv3 extended-isupport, "When the draft/extended-isupport capability is enabled by the client, the server
    MUST accept ISUPPORT commands before connection registration completes".
    """
    if session.registering is not None and not session.caps & EXTENDED_ISUPPORT:
        raise refusals.NOT_REGISTERED.of()
    send_isupport(session)
