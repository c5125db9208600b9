"""Pure: the events that tell what happened in a channel, each a small record; ``events.py`` has the others.

Texts and times: see ``events.py``.
"""

from __future__ import annotations

import msgspec

from chatapp.client.core.answers import Change


class Joined(msgspec.Struct, frozen=True):
    """A user became a member of a channel; ``me``: it is us."""

    channel: str
    nick: str
    me: bool


class Left(msgspec.Struct, frozen=True):
    """A user is no longer a member of a channel; ``me``: it is us."""

    channel: str
    nick: str
    me: bool
    reason: str


class Gone(msgspec.Struct, frozen=True):
    """A user is no longer on this server: the account was removed, or a guest has left.

    ``channels``: those of ours in which the user was.
    """

    nick: str
    reason: str
    channels: tuple[str, ...] = ()


class NickChanged(msgspec.Struct, frozen=True):
    """A user who was called ``nick`` is now called ``name``; ``me``: it is us. Guests can do so at any time.

    ``channels``: those of ours in which the user is.
    """

    nick: str
    name: str
    me: bool
    channels: tuple[str, ...] = ()


class Kicked(msgspec.Struct, frozen=True):
    """The user ``by`` removed a member from a channel; ``me``: it is us. ``reason`` may be empty."""

    channel: str
    nick: str
    me: bool
    by: str
    reason: str


class ChannelRenamed(msgspec.Struct, frozen=True):
    """The user ``by`` gave a channel the name ``name``; members and messages stay. ``reason`` may be empty."""

    channel: str
    name: str
    by: str
    reason: str


class ModesChanged(msgspec.Struct, frozen=True):
    """The user ``by`` (or a server) changed modes of a channel, also roles of members; ``reason`` may be empty."""

    channel: str
    by: str
    changes: tuple[Change, ...]
    reason: str = ""


class TopicSet(msgspec.Struct, frozen=True):
    """A channel's topic changed; empty text means none. Without ``nick``: it is the answer to a request for it."""

    channel: str
    nick: str
    text: str


class Act(msgspec.Struct, frozen=True):
    """What somebody did in a channel at a ``time`` (ms), as its history tells it."""

    time: int
    what: Kicked | ModesChanged | TopicSet


class WhileAway(msgspec.Struct, frozen=True):
    """What others did in a channel while we had no connection, oldest first; ``more`` earlier acts are left out."""

    channel: str
    acts: tuple[Act, ...]
    more: int = 0
