"""ISUPPORT: show the features and limits of the server (005), also before the welcome.

Spec: IRCv3 extended-isupport.
"""

from __future__ import annotations

from chatapp.protocol import numerics as num
from chatapp.server.capabilities import EXTENDED_ISUPPORT
from chatapp.server.commands.refusals import CommandRefused
from chatapp.server.session.isupport import send_isupport
from chatapp.server.session.session import Session


def isupport(session: Session) -> None:
    """Send all lines of RPL_ISUPPORT. Raises CommandRefused.

    Spec: IRCv3 extended-isupport, "When the draft/extended-isupport capability is enabled by the client, the server
    MUST accept ISUPPORT commands before connection registration completes".
    """
    if session.registering is not None and not session.caps & EXTENDED_ISUPPORT:
        raise CommandRefused(num.ERR_NOTREGISTERED)
    send_isupport(session)
