"""Conversations of two users: how they begin, and what remains of them after a user has gone."""

from __future__ import annotations

from chatapp.model import events
from chatapp.model.entities import Conversation, Gone, User
from chatapp.model.tables import Tables

DEPARTED_MAX = 500  # conversations that a user keeps with users who have gone; beyond this, the oldest is dropped


def begin_conversation(tables: Tables, stream: str, one: User, other: User) -> Conversation:
    """Begin the conversation ``stream`` of two users (or of a user with itself), and return it.

    The conversation may exist already: a removed account comes back with its uid when the password file is restored.
    """
    names = {one.uid: one.name, other.uid: other.name}
    conversation = tables.conversations.setdefault(stream, Conversation(stream, {}, 0))
    conversation.names.update(names)
    one.conversations[stream] = other.conversations[stream] = None
    return conversation


def close_conversation(tables: Tables, leaver: User, stream: str) -> bool:
    """End a leaving user's part of a conversation, and return whether the other user keeps the conversation.

    A user keeps at most ``DEPARTED_MAX`` conversations with users who have gone; those with guests are dropped first.
    """
    other = tables.users.get(events.peer(stream, leaver.uid))
    if other is None or other is leaver or stream not in other.conversations:
        del tables.conversations[stream]
        tables.release(events.peer(stream, leaver.uid))
        return False
    tables.conversations[stream].names[leaver.uid] = leaver.name
    departed = [each for each in other.conversations if events.peer(each, other.uid) not in tables.users]
    if len(departed) >= DEPARTED_MAX:
        oldest = min(
            departed, key=lambda each: (_was_account(tables, each, other), tables.conversations[each].time, each)
        )
        del other.conversations[oldest]
        del tables.conversations[oldest]
        other.markers.pop(oldest, None)
        other.preferences.pop(oldest, None)
        tables.release(events.peer(oldest, other.uid))
    return True


def _was_account(tables: Tables, stream: str, user: User) -> bool:
    gone = tables.gone.get(events.peer(stream, user.uid))
    return gone is not None and gone.account


def departures_since(tables: Tables, user: User, position: int) -> list[Gone]:
    """Return the users who have gone after a position of the log and with whom ``user`` keeps a conversation.

    The last to leave comes first. A client that was not connected got no QUIT, and would mistake the next owner of the
    name for the user who has gone.
    """
    found = []
    for gone in reversed(tables.gone.values()):
        if gone.position <= position:
            break
        if events.conversation(user.uid, gone.uid) in user.conversations:
            found.append(gone)
    return found
