"""ISUPPORT: show the features and limits of the server (005), also before the welcome.

Spec: IRCv3 extended-isupport.
"""

from __future__ import annotations

from chatapp.protocol import numerics as num
from chatapp.server.capabilities import EXTENDED_ISUPPORT
from chatapp.server.commands.refusals import CommandRefused
from chatapp.server.delivery import greeting
from chatapp.server.session.session import Session


def isupport(session: Session) -> None:
    """Send all lines of RPL_ISUPPORT. Raises CommandRefused.

    Spec: IRCv3 extended-isupport, "the server MUST accept ISUPPORT commands before connection registration completes";
    "The server MUST group all RPL_ISUPPORT messages inside a draft/isupport batch when the batch and
    draft/extended-isupport capabilities are enabled."
    """
    extended = session.caps & EXTENDED_ISUPPORT
    if session.registering is not None and not extended:
        raise CommandRefused(num.ERR_NOTREGISTERED)
    lines = greeting.isupport_lines(session.services.config, session.nick)
    if not extended:
        session.send_all(lines)
        return
    batch = session.begin_batch(greeting.ISUPPORT_BATCH)
    for line in lines:
        batch.send(line)
    batch.close()
