"""Pure: one row for each kind of event: who hears it, and how it reads. A new event is one row here.

Messages have a way of their own (``delivery.py``), because there are so many of them. An event without a row is heard
by nobody.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any, NamedTuple

from chatapp.model import events
from chatapp.model.outcome import Applied
from chatapp.model.tables import Tables
from chatapp.server.delivery import greeting, render


class Audience(enum.Enum):
    """Which sessions hear an event."""

    CHANNELS = enum.auto()  # all that hear a channel of the event
    NEIGHBOURS = enum.auto()  # all that share a channel of the event with its actor, each once
    NEIGHBOURS_AND_SELF = enum.auto()  # these, and the actor's own
    SELF = enum.auto()  # the actor's own


class Announcement(NamedTuple):
    """The audience of an event, and its renderer.

    The renderer gets the event as it was applied, the recipient's capabilities and the server's name. It returns a line
    with CR LF, or nothing for a recipient that is told nothing.
    """

    audience: Audience
    line: Callable[[Tables, Applied, Any, int, str], bytes]


ANNOUNCEMENTS: dict[type, Announcement] = {
    events.AccountCreated: Announcement(Audience.CHANNELS, render.account_created),
    events.AccountRemoved: Announcement(Audience.NEIGHBOURS, render.account_removed),
    events.GuestLeft: Announcement(Audience.NEIGHBOURS, render.guest_left),
    events.Joined: Announcement(Audience.CHANNELS, render.joined),
    events.MarkerSet: Announcement(Audience.SELF, greeting.marker_set),
    events.Parted: Announcement(Audience.CHANNELS, render.parted),
    events.RealnameSet: Announcement(Audience.NEIGHBOURS_AND_SELF, render.realname_set),
    events.Renamed: Announcement(Audience.NEIGHBOURS_AND_SELF, render.renamed),
    events.TopicSet: Announcement(Audience.CHANNELS, render.topic_set),
}
