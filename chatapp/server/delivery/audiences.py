"""Which sessions hear an event, for each kind of audience (see ``announcements.py``)."""

from __future__ import annotations

from collections.abc import Iterable

from chatapp.model.outcome import Applied
from chatapp.model.tables import Tables
from chatapp.server import capabilities as cap
from chatapp.server.delivery.announcements import Audience
from chatapp.server.delivery.presence import Presence
from chatapp.server.delivery.readers import readers
from chatapp.server.delivery.recipient import Recipient


def recipients(
    audience: Audience, applied: Applied, tables: Tables, presence: Presence
) -> Iterable[tuple[int, Recipient]]:
    """Return the recipients of an event, each with its capabilities. Nobody is returned twice."""
    actor = applied.actor
    if audience is Audience.CHANNELS:
        return members(applied, presence)
    if audience is Audience.PEER:
        assert applied.peer is not None
        return _sessions(applied.peer.uid, presence)
    if audience is Audience.UNINVITED:
        assert applied.peer is not None
        return () if applied.is_repeated else _sessions(applied.peer.uid, presence)
    if actor is None:
        assert audience is Audience.CHANNELS_AND_SELF
        return members(applied, presence)
    if audience is Audience.SELF:
        return _sessions(actor.uid, presence)
    if audience is Audience.CHANNELS_AND_SELF:
        return _members_and_self(applied, actor.uid, presence)
    if audience is Audience.READERS:
        return readers(tables, presence, applied, actor)
    if audience is Audience.INVITED:
        return _invited(applied, actor.uid, presence)
    others = presence.neighbours(applied.channels, besides=actor.uid)
    if audience is Audience.NEIGHBOURS:
        return others
    if audience is Audience.FOLLOWERS_AND_SELF:
        silencers = tables.silenced_by.get(actor.uid, ())
        followers = [*others, *presence.distant_watchers(actor, applied.channels)]
        return [*(each for each in followers if each[1].uid not in silencers), *_sessions(actor.uid, presence)]
    return [*others, *_sessions(actor.uid, presence)]


def members(applied: Applied, presence: Presence) -> list[tuple[int, Recipient]]:
    """Return the sessions of the members of the event's channels, each with its capabilities.

    A member that the event removes is still among them.
    """
    return [
        (caps, recipient)
        for channel in applied.channels
        for caps, group in presence.listeners(channel.uid).items()
        for recipient in group
    ]


def _sessions(uid: str, presence: Presence) -> list[tuple[int, Recipient]]:
    return [(recipient.caps, recipient) for recipient in presence.sessions(uid)]


def _members_and_self(applied: Applied, actor: str, presence: Presence) -> list[tuple[int, Recipient]]:
    found = members(applied, presence)
    if any(actor in channel.members for channel in applied.channels):
        return found
    told = {recipient for _, recipient in found}  # the actor may have removed itself just now
    return [*found, *(each for each in _sessions(actor, presence) if each[1] not in told)]


def _invited(applied: Applied, actor: str, presence: Presence) -> list[tuple[int, Recipient]]:
    peer = applied.peer
    assert peer is not None
    told = [each for each in members(applied, presence) if each[0] & cap.INVITE_NOTIFY and each[1].uid != actor]
    return told if applied.is_repeated or actor in peer.silenced else [*told, *_sessions(peer.uid, presence)]
