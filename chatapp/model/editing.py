"""Editing: who may give a message another text. The rule is beside its effect.

Only the author may edit a message, within the time and the number of edits that the configuration sets. The author must
still be able to find the message, as for a redaction, and to write there. A redacted message cannot be edited.

The state has no messages. So the proposing server finds the message in its history and copies into the event what the
rule needs.

Spec: IRCv3 pull request 425, "Server implementation considerations": "Specifying a cut-off time after which message
edits are no longer allowed".
"""

from __future__ import annotations

from chatapp.model import events
from chatapp.model.channels import moved
from chatapp.model.messages import may_send
from chatapp.model.outcome import Applied, Reason, Refusal, Refused, Step
from chatapp.model.redaction import may_find
from chatapp.model.tables import Tables


def may_edit(tables: Tables, event: events.MessageEdited) -> Refusal | None:
    """Judge an edit. The module's docstring has the rule."""
    refusal = may_find(tables, event)
    if refusal is not None:
        return refusal
    if event.msgid in tables.redacted:
        return Refusal(Reason.NO_SUCH_MESSAGE)
    if event.author != event.actor:
        return Refusal(Reason.NOT_THE_AUTHOR)
    if event.time - event.sent > event.within:
        return Refusal(Reason.TOO_LATE)
    if event.earlier >= event.most:
        return Refusal(Reason.TOO_MANY_EDITS)
    return may_send(tables, event)


def _edit(tables: Tables, event: events.MessageEdited) -> Applied:
    actor, channel = tables.users[event.actor], tables.channel_of(event.stream)
    if channel is not None:
        event = moved(channel, event)
        # Members who are not connected get the edit when they return.
        if event.stream == channel.uid:
            channel.last = tables.position
        else:
            _, spoken = channel.told.get(event.stream[0], (0, 0))
            channel.told[event.stream[0]] = (tables.position, spoken)
        return Applied(event, actor, (channel,))
    conversation = tables.conversations[event.stream]
    event = moved(conversation, event)
    conversation.last = tables.position
    return Applied(event, actor, (), tables.users[events.peer(event.stream, actor.uid)])


def is_late_edit(refused: Refused) -> bool:
    """Return whether an edit was refused because its message was redacted, or because its author may no longer find it.

    The edit's own text must be erased too.
    """
    return type(refused.event) is events.MessageEdited and refused.refusal.reason is Reason.NO_SUCH_MESSAGE


STEPS: dict[type, Step] = {events.MessageEdited: Step(may_edit, _edit)}
