"""REDACT: erase the text of a message. ``model/redaction.py`` has the rule: who may redact what, and when.

The command finds the message in the history, because the rule needs to know its author and its time. A message that
does not exist, that the user may not read, that is in another channel, or that is redacted already gets the same
answer; so do a channel that does not exist and a channel that the user may not read.

Spec: "To redact a message, a client MUST negotiate the draft/message-redaction capability". As in Ergo, a client
without the capability may redact too: a person may want to take back a text in any client. The client must not get a
REDACT, so it gets a NOTICE. Other clients without the capability get nothing.

Spec: IRCv3 draft/message-redaction.
"""

from __future__ import annotations

from chatapp.model import events
from chatapp.model.channels import reason_told
from chatapp.model.entities import User
from chatapp.model.outcome import Reason
from chatapp.model.redaction import may_know, may_learn_of
from chatapp.server import refusals
from chatapp.server.capabilities import MESSAGE_REDACTION
from chatapp.server.commands.chathistory import Source, place_of
from chatapp.server.commands.reasons import fitted, tell_if_cut
from chatapp.server.delivery import render
from chatapp.server.finding import find_message
from chatapp.server.limits.disk_use import grows_on_disk
from chatapp.server.proposals import EventRefusedError
from chatapp.server.session.session import Session


async def redact(session: Session, user: User, target: str, msgid: str, reason: str) -> None:
    """Redact the message ``msgid`` of a channel or of the conversation with a user. Raises StandardRefused."""
    services = session.services
    source = _source(session, user, target)
    found = await find_message(services.history, msgid, source.stream)
    actor = session.user
    if actor is None or session.closed:
        return
    source = _source(session, actor, target)
    if found is None or not found.is_in(source.stream) or not may_learn_of(services.state, actor, *found.sent):
        raise refusals.NO_SUCH_MESSAGE.of(target, msgid)
    asked = reason
    reason = fitted(f":{render.source(actor.name, services.host)} REDACT {source.name} {msgid} :", reason)
    if grows_on_disk(reason):
        raise refusals.REDACT_REASON_HAS_CONTROLS.of()
    cut = reason
    channel = services.state.channel_of(found.place.stream)
    if channel is not None:
        reason = reason_told(services.state, actor, channel, reason, services.log_ms())
    window_s = services.config.redact_s
    event = services.proposals.event(
        events.Redacted,
        actor,
        found.place.stream,
        msgid=found.msgid,
        position=found.place.seq,
        author=found.place.author,
        sent=found.place.time,
        within=round(window_s * 1000),
        reason=reason,
    )
    try:
        await services.proposals.settle(event, session, session.response)
    except EventRefusedError as error:
        raise _refused(error.refusal.reason, target, msgid, window_s) from None
    if not session.caps & MESSAGE_REDACTION:
        session.notice("The message was redacted.")
    tell_if_cut(session, "REDACT", asked, cut)


def _source(session: Session, user: User, target: str) -> Source:
    """Return the stream of which the user may learn whether it has a message. Raises StandardRefused."""
    source = place_of(session.services.state, user, target, may_know)
    if source is None:
        raise refusals.NO_SUCH_STREAM.of(target)
    return source


def _refused(reason: Reason, target: str, msgid: str, window_s: float) -> refusals.StandardRefused:
    """Spec: draft/message-redaction, "Errors"."""
    if reason in (Reason.NOT_HERE, Reason.NOT_A_MEMBER):
        return refusals.NO_SUCH_STREAM.of(target)
    if reason is Reason.NO_SUCH_MESSAGE:
        return refusals.NO_SUCH_MESSAGE.of(target, msgid)
    if reason is Reason.TOO_LATE:
        return refusals.TOO_LATE_TO_REDACT.of(target, msgid, str(round(window_s)))
    if reason is Reason.NOT_THE_AUTHOR:
        return refusals.REDACT_OWN_ONLY.of(target, msgid)
    return refusals.AUTHOR_ABOVE.of(target, msgid)
