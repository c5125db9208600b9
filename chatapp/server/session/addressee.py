"""Whom a session speaks to: what a verb and a target mean, kept from one message to the next."""

from __future__ import annotations

import msgspec

from chatapp.model.entities import Channel, User
from chatapp.model.events import MessageSent


class Addressee(msgspec.Struct, gc=False):
    """What a verb and a target mean as long as no name changes (``State.names``)."""

    verb: str
    target: str  # as typed
    head: bytes  # how a line begins that says more to it; empty where each line is to be looked at
    names: int
    user: User  # who speaks
    channel: Channel | None
    peer: User | None
    stream: str
    shown: str  # its name
    sample: MessageSent  # a message to it, to ask policy about; without text, id and time
    text_bytes_max: int  # for which the line fits, as others hear it
