"""Pure: an event as it is told to users who silence its actor: that it happened, without the actor's words.

A message of the actor does not reach these users at all, nor does its SETNAME. But they must learn who comes to their
channels and who goes. What keeps order (the words of KICK, MODE and TOPIC) is told to everybody.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from chatapp.model import events
from chatapp.model.outcome import Applied
from chatapp.model.tables import Tables


def telling(tables: Tables, applied: Applied) -> Callable[[str], Applied]:
    """Return a function that returns the event as it is told to a user (a uid)."""
    silencers = applied.silencers or tables.silenced_by.get(applied.event.actor)
    if not silencers:
        return lambda _: applied
    wordless = _without_words(applied)
    return lambda uid: wordless if uid in silencers else applied


def _without_words(applied: Applied) -> Applied:
    """Return an event without the reason of its PART or QUIT, and without the real name of its actor."""
    actor, event = applied.actor, applied.event
    if actor is not None and actor.realname:
        actor = msgspec.structs.replace(actor, realname="")
    if isinstance(event, events.Parted):
        event = msgspec.structs.replace(event, reason="")
    elif isinstance(event, events.GuestLeft) and event.reason.startswith(events.QUIT_SAYS):
        event = msgspec.structs.replace(event, reason=events.QUIT)
    return msgspec.structs.replace(applied, actor=actor, event=event)
