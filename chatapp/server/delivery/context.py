"""Pure: puts what was said about the messages of a page of history after them: reactions, and the newest edit.

A client pages through the past and does not see a reaction that is later than the page. So the server adds it. Remarks
that are in the page as events of their own are not added.

Spec: IRCv3 draft/chathistory, "draft/chathistory-context tag": "The server may choose to return additional, related
messages alongside regular chat history. Such messages MUST be tagged with the draft/chathistory-context tag and MUST
immediately follow their parent message. Context messages MUST NOT be counted towards the message limit."
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from chatapp.model.events import MessageEdited, MessageSent, PastEvent
from chatapp.model.remarks import newest, target_of
from chatapp.server import capabilities as cap
from chatapp.server.delivery import edits

TAG = "draft/chathistory-context"
# Without draft/event-playback, "the server MUST NOT send any lines other than PRIVMSG and NOTICE".
NEEDED = cap.CHATHISTORY | cap.EVENT_PLAYBACK | cap.MESSAGE_TAGS


def with_context(
    page: Sequence[PastEvent], remarks: Sequence[MessageSent], hidden: Collection[str], caps: int, most: int
) -> list[PastEvent]:
    """Return the events of a page, each message followed by the remarks about it, which have the tag.

    ``remarks`` are in log order; if there are more than ``most``, the oldest are left out. Messages of the users
    ``hidden`` (uids) get no remarks, because the caller does not send these messages. A client without
    draft/message-edit gets no edits: each message has its newest text anyway.
    """
    latest = newest(remarks) if caps & edits.NEEDED == edits.NEEDED else {}
    in_page = {event.id for event in page}
    added = [
        each
        for each in remarks
        if each.id not in in_page and each.actor not in hidden
        if not isinstance(each, MessageEdited) or latest.get(each.msgid) is each
    ]
    by_message: dict[str, list[MessageSent]] = {}
    for each in added[max(0, len(added) - most) :]:
        tagged = msgspec.structs.replace(each, tags={TAG: "", **(each.tags or {})})
        by_message.setdefault(target_of(each), []).append(tagged)
    found: list[PastEvent] = []
    for event in page:
        found.append(event)
        if event.actor not in hidden:
            found += by_message.get(event.id, ())
    return found
