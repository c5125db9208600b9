"""Pure: streams, the ordering keys of events, and the nodes that made ids.

A stream is a channel (its uid), a role in a channel, or a conversation of two users. ``events.py`` has these functions
too.
"""

from __future__ import annotations

NODE_DIGITS = 2  # hexadecimal, at the end of an id
NODES_MAX = 256


def conversation(one: str, other: str) -> str:
    """Return the stream of the conversation of two users.

    The arguments are their uids in any order; they are equal for a user's conversation with itself.
    """
    return f"{one}+{other}" if one < other else f"{other}+{one}"


def peer(stream: str, uid: str) -> str:
    """Return the other uid of a conversation; the same uid for a conversation with oneself.

    For a channel and for a role in a channel, this is not the uid of a user.
    """
    length = len(uid)  # of every uid
    return stream[length + 1 :] if stream[:length] == uid else stream[: -length - 1]


def is_conversation(stream: str) -> bool:
    """Return whether a stream is a conversation, not a channel's uid."""
    return "+" in stream


def role_stream(letter: str, channel: str) -> str:
    """Return the stream of the messages to the members of a channel (a uid) with a role or a higher one (STATUSMSG).

    A version that knows no such stream refuses its messages, and shows them to nobody.
    """
    return f"{letter}:{channel}"


def channel_uid(stream: str) -> str:
    """Return the channel's uid of a stream that is a channel or a role in a channel; other streams are unchanged."""
    return stream[2:] if stream[1:2] == ":" else stream


def node_of(id: str) -> str:
    """Return the node (server) that made an event's id, or a guest's or channel's uid: its last two digits.

    In ids from before there were nodes, these digits have no meaning.
    """
    return id[-NODE_DIGITS:]
