"""Masks that lapse: the event that ends bans, mutes and other masks whose time is over.

What a mask allows or forbids ends at its time, also before this event (``bans.py``). The event removes the mask from
its list, and lets clients know.
"""

from __future__ import annotations

from chatapp.model import events
from chatapp.model.acts import note_act
from chatapp.model.bans import lapsed_in, note_restricted
from chatapp.model.channels import moved
from chatapp.model.entities import Channel
from chatapp.model.outcome import Applied, Reason, Refusal, Step
from chatapp.model.tables import Tables


def removals(channel: Channel, time: int) -> list[events.Change]:
    """Return the changes that remove what has lapsed at a time (ms) from the lists of a channel."""
    return [("-", letter, mask) for letter, entries in channel.lists.items() for mask in lapsed_in(entries, time)]


def _may_lapse(tables: Tables, event: events.MasksLapsed) -> Refusal | None:
    """Judge the end of masks: all of them are listed, and the time of each is over.

    A mask that somebody has renewed or removed meanwhile refuses the event, so history shows no end that was none. The
    server proposes another event for the masks that remain. An event is applied at the time of the last event or later,
    so that time counts.
    """
    channel = tables.channels.get(event.stream)
    if channel is None:
        return Refusal(Reason.NO_SUCH_CHANNEL)
    over = removals(channel, max(event.time, tables.time))
    is_over = 0 < len(event.changes) == len({*event.changes}.intersection(over))
    return None if is_over else Refusal(Reason.UNCHANGED)


def _lapse(tables: Tables, event: events.MasksLapsed) -> Applied:
    channel = tables.channels[event.stream]
    event = moved(channel, event)
    for _, letter, mask in event.changes:
        del channel.lists[letter][mask]
        note_act(tables, event, f"mode -{letter}", mask, channel, by_server=True)
    tables.verdicts.forget(channel)
    note_restricted(channel)
    return Applied(event, None, (channel,))


STEPS: dict[type, Step] = {events.MasksLapsed: Step(_may_lapse, _lapse)}
