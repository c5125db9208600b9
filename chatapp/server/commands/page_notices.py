"""Pages of the past for clients without batches: one NOTICE for each message, and one that says how many there were."""

from __future__ import annotations

from collections.abc import Container, Sequence

from chatapp.model.events import PastEvent
from chatapp.model.messages import only_readable
from chatapp.server.delivery.past_text import text_lines
from chatapp.server.session.session import Session


async def tell_page(session: Session, found: Sequence[PastEvent], redacted: Container[str], end: str) -> None:
    """Answer with the messages of a page, as text.

    ``end`` is the text of the last NOTICE; its field ``{messages}`` is the number of messages, such as ``2 messages``.
    Left out are, at the time of sending, messages whose msgid is in ``redacted``, messages of users that the reader has
    silenced, and what it may not read.
    """
    told = 0
    async for piece in session.pieces(found):
        reader = session.user
        if reader is None:
            return
        for event in only_readable(session.services.state, reader, piece):
            if event.id in redacted or event.actor in reader.silenced:
                continue
            lines = list(text_lines(session.services.state, event, reader, session.services.host))
            for line in lines:
                session.send(line)
            told += bool(lines)
            session.charge_lines(len(lines))
    messages = {0: "no messages", 1: "1 message"}.get(told, f"{told} messages")
    session.notice(end.format(messages=messages) if told else "Nothing found.")
