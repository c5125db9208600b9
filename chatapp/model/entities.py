"""What the state is made of: users, channels and conversations. Only ``State.apply`` changes them."""

from __future__ import annotations

import msgspec

MARKERS_PER_USER_MAX = 5_000  # read markers; a stream beyond them has none
ADMINISTRATOR = "administrator"  # role of an account
OPERATOR = 1  # flag of a membership: made the channel


class User(msgspec.Struct, gc=False):
    """An account or a guest, as others see it."""

    uid: str
    name: str
    realname: str = ""
    guest: bool = False
    channels: dict[str, None] = {}  # uids, in the order of joining
    conversations: dict[str, None] = {}  # streams
    markers: dict[str, int] = {}  # stream -> read up to, ms
    attended: int = 0  # all of the log up to this position has arrived,
    attended_time: int = 0  # as it was at this time, ms
    role: str = ""  # ADMINISTRATOR, or none


class Topic(msgspec.Struct, frozen=True, gc=False):
    """A channel's topic, who set it, and when (ms)."""

    text: str
    nick: str
    time: int
    uid: str = ""  # of who set it; empty in an old snapshot


class Channel(msgspec.Struct, gc=False):
    """A channel; it lasts as long as it has members. ``time`` is its last event's, ``spoken`` its last text's."""

    uid: str
    name: str
    created: int
    time: int
    spoken: int = 0
    members: dict[str, int] = {}  # uid -> flags, in the order of joining
    topic: Topic | None = None
    last: int = 0  # place of its last message, with a text or without; 0 also where an older snapshot did not tell


class Conversation(msgspec.Struct, gc=False):
    """What two users (or one with oneself) said to each other; names as last known, kept when one is gone.

    ``time`` is its last message's, ``spoken`` its last text's.
    """

    stream: str
    names: dict[str, str]  # uid -> name
    time: int
    spoken: int = 0
    last: int = 0  # as that of a channel

    @property
    def newest(self) -> int:
        """The time of its last text, 0 for none; of an older snapshot, of its last message."""
        return self.spoken or (0 if self.last else self.time)


class Gone(msgspec.Struct, gc=False):
    """A user that is no more: an account that was removed, or a guest of whom somebody keeps a conversation."""

    uid: str
    name: str
    number: int  # of those with the same name that are gone, counted from 1
    account: bool
    conversations: int = 0  # that others keep


class Limits(msgspec.Struct, frozen=True, gc=False):
    """How much the state may hold; 0 means that there is no limit.

    The limits are in the log (``LimitsSet``), because every process must refuse the same events.
    """

    channels: int = 0
    channels_per_user: int = 0
    members_per_channel: int = 0
