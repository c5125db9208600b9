"""Redaction: who may erase the text of a message. The rule is beside its effect.

    the author                 its own messages, for a time that the server's configuration sets
    half-operator and higher   every message of the channel, unless its author has a higher role
    administrator              every message of every channel, without being a member

In a conversation, only the author may redact a message. Who may not write to a channel now may redact there, but the
reason is dropped.

The state has no messages, so the event says what the rule needs to know: the server that proposes the event has found
the message in its history. The effect changes the state hardly at all: it keeps the msgid for a while, so that
no edit follows that was proposed before. The server erases the text, in the log and in the history, when the event was
applied (``server/proposals.py``, ``server/running.py``).

Spec: IRCv3 draft/message-redaction, "Server implementation considerations": "more granular redaction permissions",
such as "Allowing channel moderators or server admins to delete unwelcome messages from others" and "Specifying a
cut-off time".
"""

from __future__ import annotations

import msgspec

from chatapp.model import events
from chatapp.model.acts import note_act
from chatapp.model.channels import judge_target, moved, rank_in, reason_told
from chatapp.model.entities import User
from chatapp.model.messages import ALL, Readable, may_read
from chatapp.model.outcome import Applied, Reason, Refusal, Step
from chatapp.model.tables import Tables
from chatapp.protocol import modes


def may_know(tables: Tables, user: User, stream: str) -> Readable | None:
    """Return of which messages of a stream a user who wants to redact may learn whether they exist.

    These are the messages that the user may read, and for an administrator all messages of every channel. ``None``: of
    no message.

    Spec: IRCv3 draft/message-redaction, "Server implementation considerations": servers "should considered whether
    errors returned on REDACT may leak a message's existence to users who did not receive it".
    """
    channel = tables.channel_of(stream)
    if channel is not None and rank_in(tables, user.uid, channel) == modes.ADMINISTRATOR_RANK:
        return ALL
    return may_read(tables, user, stream)


def may_learn_of(tables: Tables, user: User, stream: str, sent: int, author: str) -> bool:
    """Return whether a user who wants to redact or edit may learn of a message ``sent`` at a time (ms) by ``author``.

    A member may learn of its own message to a role that it does not have: it got the echo.
    """
    known = may_know(tables, user, stream)
    if known is not None:
        return sent > known.after
    channel = tables.channel_of(stream)
    return channel is not None and stream != channel.uid and author == user.uid and user.uid in channel.members


def may_find(tables: Tables, event: events.Redacted | events.MessageEdited) -> Refusal | None:
    """Judge whether the actor may learn of the message that it redacts or edits."""
    user = tables.users.get(event.actor)
    if user is None:
        return Refusal(Reason.NOT_HERE, event.nick)
    if not may_learn_of(tables, user, event.stream, event.sent, event.author):
        known = may_know(tables, user, event.stream)
        return Refusal(Reason.NOT_A_MEMBER if known is None else Reason.NO_SUCH_MESSAGE)
    return None


def may_redact(tables: Tables, event: events.Redacted) -> Refusal | None:
    """Judge a redaction. The module's docstring has the rule."""
    refusal = may_find(tables, event)
    if refusal is not None:
        return refusal
    channel = tables.channel_of(event.stream)
    rank = rank_in(tables, event.actor, channel) if channel is not None else 0
    if channel is not None and rank >= modes.HALFOP.rank:
        return judge_target(tables, channel, event.author, rank)
    if event.author != event.actor:
        return Refusal(Reason.NOT_THE_AUTHOR)
    return None if event.time - event.sent <= event.within else Refusal(Reason.TOO_LATE)


def _redact(tables: Tables, event: events.Redacted) -> Applied:
    actor = tables.users[event.actor]
    channel = tables.channel_of(event.stream)
    tables.note_redacted(event.msgid)
    if channel is not None:
        event = moved(channel, event)
        if event.reason:
            reason = reason_told(tables, actor, channel, event.reason, event.time)
            event = msgspec.structs.replace(event, reason=reason)
        if event.author != event.actor:
            author = tables.users.get(event.author) or tables.gone.get(event.author)
            note_act(tables, event, "redact", author or "*", channel, event.reason)
        return Applied(event, actor, (channel,))
    event = moved(tables.conversations[event.stream], event)
    return Applied(event, actor, (), tables.users.get(events.peer(event.stream, actor.uid)))


STEPS: dict[type, Step] = {events.Redacted: Step(may_redact, _redact)}
