"""The last target of a session's messages, looked up once and kept from one message to the next."""

from __future__ import annotations

import msgspec

from chatapp.model.entities import Channel, User
from chatapp.model.events import MessageSent


class Addressee(msgspec.Struct, gc=False):
    """A verb and a target with the channel or user that the target names. Valid until any name changes."""

    verb: str
    target: str  # as typed
    head: bytes  # the first bytes of a further line to this target; empty if the command must check each line
    names: int  # ``State.names`` at the look-up; another value there means that a name has changed
    user: User  # the sender
    channel: Channel | None  # the target, if it is a channel
    peer: User | None  # the target, if it is a user
    stream: str  # uid of the channel or conversation
    shown: str  # the target's name as recipients see it
    tags: dict[str, str] | None  # the tags that the server adds to each message: BOT_TAG for a bot
    sample: MessageSent  # a message to this target, without text, id and time, for asking policy
    is_stranger: bool  # whether the sender did not know the user at the look-up; see ``strangers.py``
    text_bytes_max: int  # the longest text with which the line to the recipients keeps the line limit
