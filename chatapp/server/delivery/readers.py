"""Who is told of a redaction or an edit."""

from __future__ import annotations

from collections.abc import Iterator

from chatapp.model import events
from chatapp.model.entities import User
from chatapp.model.messages import may_read
from chatapp.model.outcome import Applied
from chatapp.model.tables import Tables
from chatapp.server.capabilities import MESSAGE_REDACTION
from chatapp.server.delivery.presence import Presence
from chatapp.server.delivery.recipient import Recipient


def readers(tables: Tables, presence: Presence, applied: Applied, actor: User) -> Iterator[tuple[int, Recipient]]:
    """Yield the sessions of the users who may read the redacted or edited message.

    Of a redaction, only sessions with draft/message-redaction are told; an edit is told to all. A user who has silenced
    the author has never got the message. The sessions of the actor are always told: it may be an administrator who is
    no member.

    Spec: IRCv3 draft/message-redaction, "Command": the server "SHOULD forward this REDACT ... to the target recipients
    that have negotiated the draft/message-redaction capability", and "MUST not forward this REDACT to target recipients
    that have not negotiated this capability". These get nothing in its place: "The fallback method used (if any) is
    left up to server implementations".
    """
    event = applied.event
    assert isinstance(event, events.Redacted | events.MessageEdited)
    needed = MESSAGE_REDACTION if isinstance(event, events.Redacted) else 0
    peers = () if applied.peer is None else (applied.peer.uid,)
    members = (uid for channel in applied.channels for uid in channel.members)
    for uid in dict.fromkeys((actor.uid, *peers, *members)):
        sessions = [each for each in presence.sessions(uid) if each.caps & needed == needed]
        if sessions and (uid == actor.uid or _has_got(tables, tables.users[uid], event)):
            yield from ((each.caps, each) for each in sessions)


def _has_got(tables: Tables, user: User, event: events.Redacted | events.MessageEdited) -> bool:
    readable = may_read(tables, user, event.stream)
    return readable is not None and event.sent > readable.after and event.author not in user.silenced
