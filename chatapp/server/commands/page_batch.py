"""Pages of the past for clients with batches: one batch, in parts, with the reactions to the messages.

``page_notices.py`` writes pages for the other clients.
"""

from __future__ import annotations

from collections.abc import Container, Sequence

from chatapp.errors import LogUnavailableError
from chatapp.model.events import MessageEdited, MessageSent, MultilineSent, PastEvent
from chatapp.model.messages import only_readable
from chatapp.model.remarks import TEXTLESS, target_of
from chatapp.server.commands.remarked import with_reactions
from chatapp.server.delivery import edits
from chatapp.server.delivery.past import past_items
from chatapp.server.delivery.recipient import BatchWriter
from chatapp.server.delivery.response import Item
from chatapp.server.session.session import Session


async def send_page(
    session: Session, kind: str, found: Sequence[PastEvent], redacted: Container[str], *, tag: str = ""
) -> None:
    """Answer with a batch; ``kind`` is its type with the parameters, ``tag`` a tag of its first line, or empty.

    Left out are messages that the session has no capability for and, at the time of sending, messages whose msgid is in
    ``redacted``, messages of users that the reader has silenced, and what it may not read. Raises LogUnavailableError.
    """
    batch: BatchWriter | None = None  # begun when the first part is there: reading it may fail
    try:
        async for piece in session.pieces(found):
            async for part in with_reactions(session, piece):
                batch = batch or session.begin_batch(kind, tag)
                _send(session, batch, part, redacted)
    except LogUnavailableError:
        if batch is not None:
            batch.close()
        raise
    (batch or session.begin_batch(kind, tag)).close()


def _send(session: Session, batch: BatchWriter, part: Sequence[PastEvent], redacted: Container[str]) -> None:
    state, reader, host = session.services.state, session.user, session.services.host
    silenced = reader.silenced if reader is not None else ()
    items: list[Item] = []
    lines = len(part)
    for event in only_readable(state, reader, part):
        if event.actor in silenced or event.id in redacted:
            continue
        if type(event) is not MessageSent or event.verb in TEXTLESS:
            if not _is_shown(session, event, redacted):
                continue
            if isinstance(event, MultilineSent):
                lines += len(event.parts()) - 1
        items += past_items(state, event, session.caps, host)
    batch.send_all(items)
    session.charge_lines(lines)


def _is_shown(session: Session, event: PastEvent, redacted: Container[str]) -> bool:
    """Return whether an event of a page is sent to a client.

    An edit is sent to clients that know EDIT; the others see the new text in the place of the old one anyway. Nothing
    is sent about a message that is redacted.
    """
    if not isinstance(event, MessageSent) or event.verb not in TEXTLESS:
        return True
    if target_of(event) in redacted:
        return False
    return not isinstance(event, MessageEdited) or session.caps & edits.NEEDED == edits.NEEDED
