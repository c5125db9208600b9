"""Pure: the names of streams (a channel's uid, or a conversation), and what an id tells. See ``events.py``."""

from __future__ import annotations

NODE_DIGITS = 2  # hexadecimal, at the end of an id


def conversation(one: str, other: str) -> str:
    """Return the stream of the conversation of two users.

    The arguments are their uids in any order; they are equal for a user's conversation with itself.
    """
    return f"{one}+{other}" if one < other else f"{other}+{one}"


def peer(stream: str, uid: str) -> str:
    """Return the other uid of a conversation; the same uid for a conversation with oneself."""
    length = len(uid)  # of every uid
    return stream[length + 1 :] if stream[:length] == uid else stream[:length]


def is_conversation(stream: str) -> bool:
    """Return whether a stream is a conversation, not a channel's uid."""
    return "+" in stream


def node_of(id: str) -> str:
    """Return the node (server) that made an event's id, or a guest's or channel's uid: its last two digits.

    In ids from before there were nodes, these digits have no meaning.
    """
    return id[-NODE_DIGITS:]
