"""EDIT: give a message of one's own another text. ``model/editing.py`` has the rule.

The command finds the message in the history, as REDACT does, and answers alike for every message that the user may not
read. An edit of an edit changes the message that was edited first.

Spec: IRCv3 pull request 425 (message editing); README.md in the folder above, "Extensions".
"""

from __future__ import annotations

from chatapp.model import events
from chatapp.model.entities import User
from chatapp.model.messages import may_read
from chatapp.model.outcome import Reason
from chatapp.model.redaction import may_learn_of
from chatapp.protocol.message import LINE_BYTES_MAX, Message, escape_tag
from chatapp.server import refusals
from chatapp.server.commands.chathistory import Source, place_of
from chatapp.server.delivery import render
from chatapp.server.delivery.edits import (
    EDIT_TEXT,
    NEEDED,
    TARGET_MSGID,
    TEXT_BYTES_MAX,
    is_action,
    quoted,
    without_action,
)
from chatapp.server.finding import FoundMessage, find_message
from chatapp.server.limits.disk_use import grows_on_disk
from chatapp.server.proposals import EventRefusedError
from chatapp.server.session.session import Session

_LINE_COST = 0.1  # of each line after the first, in commands, as in a message of several lines


async def edit(session: Session, user: User, target: str, message: Message) -> None:
    """Give the message that the tags of the line name the text that they have. Raises StandardRefused."""
    if session.caps & NEEDED != NEEDED:
        raise refusals.EDIT_NEEDS_CAPABILITIES.of(target)
    msgid, text = message.tags.get(TARGET_MSGID, ""), message.tags.get(EDIT_TEXT, "")
    if not msgid:
        raise refusals.EDIT_OF_NOTHING.of(target, tag=TARGET_MSGID)
    source = _source(session, user, target)
    services = session.services
    found = await find_message(services.history, msgid, source.stream)
    if found is None:
        raise refusals.NO_SUCH_MESSAGE.of(target, msgid)
    _author(session, found, target, msgid)
    place, upto = found.place, services.state.position
    (before,) = await services.history.around(place.stream, place.time, 1, upto) or (None,)
    earlier, _ = await services.history.remarks([(found.msgid, place.stream)], upto)
    actor = _author(session, found, target, msgid)
    if not isinstance(before, events.MessageSent) or before.id != found.msgid:
        raise refusals.EDIT_OF_NO_TEXT.of(target, msgid)
    text = _new_text(session, actor, before, text, target, msgid)
    session.charge(_LINE_COST * text.count("\n"))
    edits = sum(isinstance(each, events.MessageEdited) for each in earlier)
    event = _event(session, actor, found, before, text, edits)
    try:
        await services.proposals.settle(event, session, session.response)
    except EventRefusedError as error:
        reason = error.refusal.reason
        if reason in _OWN_REASONS:
            raise _refused(session, reason, target, msgid) from None
        raise


def _author(session: Session, found: FoundMessage, target: str, msgid: str) -> User:
    """Return the session's user, if it wrote the message and may learn of it. Raises StandardRefused."""
    actor = session.user
    if actor is None or session.closed:
        raise refusals.NO_SUCH_STREAM.of(target)  # nobody gets it
    source = _source(session, actor, target)
    if not found.is_in(source.stream) or not may_learn_of(session.services.state, actor, *found.sent):
        raise refusals.NO_SUCH_MESSAGE.of(target, msgid)
    if found.place.author != actor.uid:
        raise _refused(session, Reason.NOT_THE_AUTHOR, target, msgid)
    return actor


def _event(
    session: Session, actor: User, found: FoundMessage, before: events.MessageSent, text: str, earlier: int
) -> events.MessageEdited:
    config, place = session.services.config, found.place
    event = session.services.proposals.event(
        events.MessageEdited,
        actor,
        place.stream,
        verb="EDIT",
        target=session.services.state.name_of(place.stream, actor),
        text=text,
        tags={events.BOT_TAG: ""} if "B" in actor.modes else None,
        msgid=found.msgid,
        position=place.seq,
        author=place.author,
        sent=place.time,
        said=before.verb,
        was=quoted(before.text),
        within=round(config.edit_s * 1000),
        earlier=earlier,
        most=config.edits_per_message_max,
    )
    session.spoke_ms = event.time
    return event


def _new_text(session: Session, actor: User, before: events.MessageSent, text: str, target: str, msgid: str) -> str:
    """Return the new text as it is stored; an ACTION stays one. Raises StandardRefused for a text that cannot be sent.

    The limits are those of a message, because recipients without the capability get the text as a message.
    """
    config, action = session.services.config, is_action(before.text)
    if before.text.startswith("\x01") and not action:
        raise refusals.EDIT_OF_CTCP.of(target, msgid)
    words = without_action(text) if action else text
    lines = words.split("\n")
    text = f"\x01ACTION {words}\x01" if action else text
    head = f":{render.source(actor.name, session.services.host)} {before.verb} {before.target} :"
    room = LINE_BYTES_MAX - 2 - len(head.encode()) - (len(text) - len(words))
    wrong = ""
    if not any(lines):
        wrong = refusals.EDIT_WITHOUT_TEXT.format(tag=EDIT_TEXT)
    elif text == before.text:
        wrong = refusals.EDIT_CHANGES_NOTHING
    elif (action and ("\n" in words or "\x01" in words)) or any(line.startswith("\x01") for line in lines):
        wrong = refusals.EDIT_HAS_CTCP
    elif "\r" in text or "\0" in text or grows_on_disk(text):
        wrong = refusals.EDIT_HAS_CONTROLS
    elif len(lines) > config.multiline_lines_max or len(text.encode()) > config.multiline_bytes_max:
        wrong = refusals.EDIT_TOO_LONG.format(lines=config.multiline_lines_max, bytes=config.multiline_bytes_max)
    elif len(escape_tag(text).encode()) > TEXT_BYTES_MAX:
        wrong = refusals.TAG_OF_EDIT_TOO_LONG.format(room=TEXT_BYTES_MAX)
    elif any(len(line.encode()) > room for line in lines):
        wrong = refusals.LINE_OF_EDIT_TOO_LONG.format(room=room)
    if wrong:
        raise refusals.UNUSABLE_EDIT.of(target, msgid, why=wrong)
    return text


def _source(session: Session, user: User, target: str) -> Source:
    """Return the stream that ``target`` names. Raises StandardRefused if the user may read no such stream."""
    source = place_of(session.services.state, user, target, may_read)
    if source is None:
        raise refusals.NO_SUCH_STREAM.of(target)
    return source


_OWN_REASONS = frozenset(
    {
        Reason.NOT_HERE,
        Reason.NOT_A_MEMBER,
        Reason.NO_SUCH_MESSAGE,
        Reason.NOT_THE_AUTHOR,
        Reason.TOO_LATE,
        Reason.TOO_MANY_EDITS,
    }
)


def _refused(session: Session, reason: Reason, target: str, msgid: str) -> refusals.StandardRefused:
    """Return the answer for one of ``_OWN_REASONS``. For the others, ``refuse.py`` chooses a numeric."""
    config = session.services.config
    if reason in (Reason.NOT_HERE, Reason.NOT_A_MEMBER):
        return refusals.NO_SUCH_STREAM.of(target)
    if reason is Reason.NO_SUCH_MESSAGE:
        return refusals.NO_SUCH_MESSAGE.of(target, msgid)
    if reason is Reason.TOO_LATE:
        return refusals.TOO_LATE_TO_EDIT.of(target, msgid, str(round(config.edit_s)))
    if reason is Reason.TOO_MANY_EDITS:
        return refusals.TOO_MANY_EDITS.of(target, msgid, most=config.edits_per_message_max)
    return refusals.EDIT_OWN_ONLY.of(target, msgid)
