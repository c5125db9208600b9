"""RPL_ISUPPORT (005) for one session: the features and limits of the server, in a batch if the client wants that."""

from __future__ import annotations

from chatapp.server.capabilities import EXTENDED_ISUPPORT
from chatapp.server.delivery import greeting
from chatapp.server.session.session import Session


def send_isupport(session: Session) -> None:
    """Answer the current command with all lines of RPL_ISUPPORT.

    Spec: IRCv3 extended-isupport, "The server MUST group all RPL_ISUPPORT messages inside a draft/isupport batch when
    the batch and draft/extended-isupport capabilities are enabled."
    """
    lines = greeting.isupport_lines(session.services.config, session.nick)
    if not session.caps & EXTENDED_ISUPPORT:
        for line in lines:
            session.send(line)
        return
    batch = session.begin_batch("draft/isupport")
    for line in lines:
        batch.send(f"{line}\r\n".encode())
    batch.close()
