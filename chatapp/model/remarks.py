"""Pure: remarks, which are said about an earlier message and belong to it: its edits, and the reactions to it.

A remark is a message of its own in the log, without a place among the texts of a page. It names the message that it is
about by the msgid. The history finds the remarks of a message (``HistoryStore.remarks``), and shows every message with
its newest text (:func:`corrected`).

Spec: IRCv3 pull request 425 (message editing); IRCv3 client-tags react and reply.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import msgspec

from chatapp.model.events import MessageEdited, MessageSent, MultilineSent, PastEvent
from chatapp.protocol.timestamps import format_time

REACT, UNREACT = "+draft/react", "+draft/unreact"
REPLIES = ("+reply", "+draft/reply")  # both names of the tag, in the order in which they count
EDITED = "chatapp/edited"  # the server's tag on an edited message of the past: when it was edited
TEXTLESS = frozenset({"TAGMSG", "EDIT"})  # the verbs of messages that are no text of their own in a page

_Past = TypeVar("_Past", bound=PastEvent)


def reply_of(tags: dict[str, str] | None) -> str:
    """Return the msgid that a message with these client tags replies to; empty for none."""
    if not tags:
        return ""
    return tags.get("+reply") or tags.get("+draft/reply") or ""


def is_reaction(verb: str, tags: dict[str, str] | None) -> bool:
    """Return whether a message with this verb and these client tags adds or removes a reaction."""
    return verb == "TAGMSG" and tags is not None and (REACT in tags or UNREACT in tags) and bool(reply_of(tags))


def target_of(message: MessageSent) -> str:
    """Return the msgid of the message that a remark is about; empty for a message that is no remark."""
    if isinstance(message, MessageEdited):
        return message.msgid
    return reply_of(message.tags) if is_reaction(message.verb, message.tags) else ""


def corrected(message: MessageSent, edit: MessageEdited) -> MessageSent:
    """Return a message with the text of its newest edit, and with the tag that says when it was edited."""
    tags = {EDITED: format_time(edit.time), **(message.tags or {})}
    if type(message) is MessageSent and "\n" not in edit.text:
        return msgspec.structs.replace(message, text=edit.text, tags=tags)
    known = {field: getattr(message, field) for field in MessageSent.__struct_fields__}
    known |= {"text": edit.text, "tags": tags}
    return MultilineSent(**known) if "\n" in edit.text else MessageSent(**known)


def newest(edits: Iterable[MessageSent]) -> dict[str, MessageEdited]:
    """Return the newest edit of each message, by msgid. ``edits`` are in log order; other remarks are left out."""
    return {edit.msgid: edit for edit in edits if isinstance(edit, MessageEdited)}


def with_texts(events: Iterable[_Past], edits: dict[str, MessageEdited]) -> list[_Past]:
    """Return events, each message with the text of its newest edit, if ``edits`` has one."""
    if not edits:
        return [*events]
    return [
        corrected(event, edits[event.id]) if event.id in edits and isinstance(event, MessageSent) else event  # type: ignore[misc]
        for event in events
    ]


def erased(message: MessageSent) -> MessageSent:
    """Return a message without its text and tags. The state does not depend on them, so a replay gives the same."""
    if isinstance(message, MultilineSent):
        return msgspec.structs.replace(message, text="", tags=None, splits=())
    if isinstance(message, MessageEdited):
        return msgspec.structs.replace(message, text="", tags=None, was="")
    return msgspec.structs.replace(message, text="", tags=None)


def is_erased(message: MessageSent) -> bool:
    """Return whether a message was erased. The server stores no message that has neither a text nor tags."""
    return not message.text and message.tags is None
