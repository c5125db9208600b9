"""BATCH from a client: a message of several lines, which is one message for everybody.

The message takes effect at the line that ends its batch. Other commands may come before that line; they run at once. A
batch that is wrong is answered with one FAIL, when its first wrong line comes, and its further lines are dropped.

For the rate limit, a message costs as much as one command, and a tenth of a command for each of its lines, so that a
pasted text is not slowed down in the middle.

Spec: IRCv3 draft/multiline; IRCv3 batch.
"""

from __future__ import annotations

import re
from collections.abc import Coroutine
from functools import partial
from typing import Any

from chatapp.errors import ChatError
from chatapp.model.events import MessageSent
from chatapp.protocol import numerics as num
from chatapp.protocol.message import Message
from chatapp.protocol.names import fold
from chatapp.server import refusals
from chatapp.server.commands import strangers, talk
from chatapp.server.commands.message import check_same, client_tags, is_known, refuse_password
from chatapp.server.commands.refuse import refuse_within
from chatapp.server.delivery.multiline import NEEDED
from chatapp.server.delivery.response import Response
from chatapp.server.limits.disk_use import grows_on_disk
from chatapp.server.session.open_batch import OpenBatch
from chatapp.server.session.session import Session

_CONCAT = "draft/multiline-concat"
_LINE_COST = 0.1  # of a line in a batch, in commands
_REFERENCE = re.compile(r"[A-Za-z0-9-]+")


def flows(session: Session, message: Message) -> bool:
    """Return whether the only answer to the line is the echo of the message that it ends."""
    batch = session.batch
    return message.param(0)[:1] != "-" or batch is None or is_known(session, batch.target)


def batch(session: Session, reference: str, message: Message) -> Coroutine[Any, Any, None] | None:
    """Begin a message (``+reference``), or end it and send it (``-reference``)."""
    if reference[0] == "+":
        _begin(session, reference[1:], message)
        return None
    if reference[0] == "-":
        return _end(session, reference[1:])
    raise refusals.NOT_A_BATCH.of()


def _begin(session: Session, reference: str, message: Message) -> None:
    """Open a batch. A session has one open batch; an earlier one that has not ended is refused."""
    if session.batch is not None and not session.batch.refused:
        _refuse(session, session.batch, refusals.SECOND_BATCH.of())
    session.batch = None
    # Spec: IRCv3 batch, "Reference tag MUST contain only ASCII letters, numbers, and/or hyphen".
    if not _REFERENCE.fullmatch(reference):
        raise refusals.BAD_REFERENCE.of()
    opened = session.batch = OpenBatch(reference, message.param(2))
    if session.caps & NEEDED != NEEDED:
        raise refusals.BATCH_NEEDS_CAPABILITIES.of()
    if message.param(1) != "draft/multiline" or len(message.params) != 3 or not opened.target:
        raise refusals.BATCH_USAGE.of()
    # Spec: IRCv3 draft/multiline, "all client-only tags associated with the message must be sent attached to the
    # initial BATCH command".
    if message.tags:
        opened.tags, opened.client_id, opened.since = client_tags(session, message)
    opened.response, opened.refused = _held(session), False
    services = session.services
    opened.timer = services.loop.call_later(services.config.multiline_s, _time_out, session, opened)


def take(session: Session, message: Message) -> None:
    """Add a line with the tag ``batch`` to the open batch; refuse a line that belongs to no open batch."""
    opened = session.batch
    if opened is None or opened.reference != message.tags["batch"]:
        _answer(session, _held(session), "BATCH", refusals.LINE_WITHOUT_BATCH.of())
        return
    session.charge(_LINE_COST - 1)
    if opened.refused:
        return
    try:
        _add(session, opened, message)
    except refusals.StandardRefused as error:
        _refuse(session, opened, error)


def _add(session: Session, opened: OpenBatch, message: Message) -> None:
    """Add a line to a batch. Raises StandardRefused.

    Spec: IRCv3 draft/multiline, "Errors", and the sentences quoted below.
    """
    config, target, text = session.services.config, message.param(0), message.param(1)
    continues = _CONCAT in message.tags
    # "Multiline batches MUST only contain one or more PRIVMSG lines."
    if message.verb != "PRIVMSG":
        raise refusals.BATCH_OF_OTHER_COMMAND.of(verb=message.verb)
    # "Clients MUST NOT send tags other than draft/multiline-concat and batch on messages within the batch."
    if message.tags.keys() - {"batch", _CONCAT}:
        raise refusals.TAG_WITHIN_BATCH.of()
    # "These lines MUST all have a target which matches the batch target."
    if fold(target) != fold(opened.target):
        raise refusals.BATCH_OF_OTHER_TARGET.of(opened.target, target or "*")
    # "Clients MUST NOT send blank lines with the draft/multiline-concat tag." Nor is there a line before the first.
    if continues and not (text and opened.parts):
        raise refusals.BLANK_CONTINUATION.of()
    if len(opened.parts) >= config.multiline_lines_max:
        most = config.multiline_lines_max
        raise refusals.TOO_MANY_LINES.of(str(most), most=most)
    if opened.size_with(text, continues) > config.multiline_bytes_max:
        most = config.multiline_bytes_max
        raise refusals.TOO_MANY_BYTES.of(str(most), most=most)
    opened.add(text, continues)


def _end(session: Session, reference: str) -> Coroutine[Any, Any, None] | None:
    """End the open batch, and propose its message."""
    opened = session.batch
    if opened is None or opened.reference != reference:
        raise refusals.BATCH_WITHOUT_BEGINNING.of()
    session.batch = None
    if opened.refused:
        return None
    assert opened.timer is not None
    opened.timer.cancel()
    session.charge(-1)  # the line that began the batch has paid
    response = opened.response or _held(session)
    try:
        _send(session, opened, response)
    except refusals.CommandRefused as error:
        if error.numeric is num.ERR_NOSUCHNICK and session.services.accounts.roster.changed():
            return _send_to_newcomer(session, opened, response)
        _answer(session, response, "PRIVMSG", error, opened.target)
    except ChatError as error:
        _answer(session, response, _verb_of(error), error, opened.target)
    return None


async def _send_to_newcomer(session: Session, opened: OpenBatch, response: Response | None) -> None:
    """Send a message again after reading the password file, as ``message.say`` does."""
    try:
        await session.services.accounts.roster.take_in()
        _send(session, opened, response)
    except ChatError as error:
        _answer(session, response, _verb_of(error), error, opened.target)


def _send(session: Session, opened: OpenBatch, response: Response | None) -> None:
    """Propose the message of a batch. Raises ChatError."""
    services, parts = session.services, opened.parts
    # "Clients MUST NOT send messages consisting entirely of blank lines", and a batch has "one or more PRIVMSG lines".
    if not any(text for text, _ in parts):
        raise refusals.BATCH_WITHOUT_TEXT.of()
    # For clients without the capability each line is a message of its own, so a later line could be an unwanted CTCP.
    if len(parts) > 1 and any(text.startswith("\x01") for text, _ in parts):
        raise refusals.CTCP_OF_LINES.of()
    for text, _ in parts:
        refuse_password(opened.target, text)
    to = talk.find(session, "PRIVMSG", opened.target)
    if to is None:
        return  # the account was removed; its connection is closing
    check_same(to, opened.since)
    if any(len(text.encode()) > to.text_bytes_max for text, _ in parts):
        raise refusals.LINE_OF_BATCH_TOO_LONG.of(room=to.text_bytes_max)
    text, splits = opened.whole()
    if grows_on_disk(text):
        raise refusals.BATCH_HAS_CONTROLS.of()
    if not opened.client_id:
        services.proposals.check(to.sample)
    if to.is_stranger:
        strangers.check(session, to)
    if len(parts) > 1:
        said: MessageSent = talk.multiline(session, to, text, splits, opened.tags, opened.client_id)
    else:
        (said,) = talk.messages(session, to, [text], opened.tags, opened.client_id)
    services.proposals.messages([said], session, response)
    if response is not None:
        session.close_response(response)


def _time_out(session: Session, opened: OpenBatch) -> None:
    """Refuse a batch that has not ended in time."""
    if session.batch is opened and not opened.refused and not session.closed:
        seconds = session.services.config.multiline_s
        opened.drop()
        response, opened.response = opened.response, None
        refuse_within(session, response, "BATCH", "", refusals.BATCH_TOO_SLOW.of(seconds=seconds))


def _refuse(session: Session, opened: OpenBatch, error: refusals.StandardRefused) -> None:
    """Refuse an open batch, in the response to the line that began it, or else to the current line."""
    opened.drop()
    response, opened.response = opened.response, None
    _answer(session, response or _held(session), "BATCH", error)


def _answer(session: Session, response: Response | None, verb: str, error: ChatError, target: str = "") -> None:
    """Answer a refusal after the echoes of earlier messages, in the :func:`_held` response, if any."""
    session.when_settled(partial(refuse_within, session, response, verb, target, error))


def _held(session: Session) -> Response | None:
    """Return the labelled response to the current line, which from now on waits for one more part."""
    response = session.response
    if response is not None:
        response.pending += 1
    return response


def _verb_of(error: ChatError) -> str:
    """Return the verb for the answer: BATCH if the batch is wrong, or else that of its message."""
    return "BATCH" if isinstance(error, refusals.StandardRefused) else "PRIVMSG"
