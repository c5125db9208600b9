"""Pure: the table of announcements: for each type of event, its recipients and its renderer.

An event without a row is told to nobody, unless ``delivery.py`` or a command tells it: messages, for example, have a
faster path there. ``chatapp/__init__.py`` lists what else a new type of event needs.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any, NamedTuple

from chatapp.model import events
from chatapp.model.outcome import Applied
from chatapp.model.tables import Tables
from chatapp.server.delivery import edits, greeting, render


class Audience(enum.Enum):
    """Which sessions get an event."""

    CHANNELS = enum.auto()  # the sessions of all members of the event's channels
    NEIGHBOURS = enum.auto()  # the same without the actor's sessions; each session once
    NEIGHBOURS_AND_SELF = enum.auto()  # the neighbours, and the actor's sessions
    # The neighbours, who monitors the actor (extended-monitor), and its sessions; not who silences the actor.
    FOLLOWERS_AND_SELF = enum.auto()
    SELF = enum.auto()  # the actor's sessions
    PEER = enum.auto()  # the sessions of the event's peer
    CHANNELS_AND_SELF = enum.auto()  # the sessions of all members, and the actor's, also if it is no member
    READERS = enum.auto()  # the sessions of the users who may read the message that is redacted or edited
    UNINVITED = enum.auto()  # the sessions of the event's peer, if it knew of the invitation
    INVITED = enum.auto()  # the sessions of the event's peer, and members' sessions with invite-notify


class Announcement(NamedTuple):
    """The audience of an event, and its renderer.

    The renderer gets the state's tables, the applied event, the event, the recipient's capabilities (a bit set) and the
    server's name. It returns a line with CR LF, or an empty line if the recipient gets nothing.
    """

    audience: Audience
    line: Callable[[Tables, Applied, Any, int, str], bytes]


ANNOUNCEMENTS: dict[type, Announcement] = {
    events.AccountCreated: Announcement(Audience.CHANNELS, render.account_created),
    events.AccountRemoved: Announcement(Audience.NEIGHBOURS, render.account_removed),
    events.CertificateAdded: Announcement(Audience.SELF, render.certificate_added),
    events.CertificateRemoved: Announcement(Audience.PEER, render.certificate_removed),
    events.GuestLeft: Announcement(Audience.NEIGHBOURS, render.guest_left),
    events.Invited: Announcement(Audience.INVITED, render.invited),
    events.Uninvited: Announcement(Audience.UNINVITED, render.uninvited),
    events.Kicked: Announcement(Audience.CHANNELS_AND_SELF, render.kicked),
    events.ModesChanged: Announcement(Audience.CHANNELS_AND_SELF, render.modes_changed),
    events.MasksLapsed: Announcement(Audience.CHANNELS, render.modes_changed),
    events.Joined: Announcement(Audience.CHANNELS, render.joined),
    events.MessageEdited: Announcement(Audience.READERS, edits.edited),
    events.MarkerSet: Announcement(Audience.SELF, greeting.marker_set),
    events.Parted: Announcement(Audience.CHANNELS, render.parted),
    events.RealnameSet: Announcement(Audience.FOLLOWERS_AND_SELF, render.realname_set),
    events.Redacted: Announcement(Audience.READERS, render.redacted),
    events.Renamed: Announcement(Audience.NEIGHBOURS_AND_SELF, render.renamed),
    events.RoleSet: Announcement(Audience.SELF, render.role_set),
    events.UserModesChanged: Announcement(Audience.SELF, render.user_modes_changed),
    events.TopicSet: Announcement(Audience.CHANNELS_AND_SELF, render.topic_set),
}
