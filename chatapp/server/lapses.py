"""Ends bans, mutes and other masks whose time is over: proposes MasksLapsed, which tells the members.

``watch.py`` calls :meth:`Lapses.look` with its timer. Several servers that share a log may propose the same event; the
model refuses all but the first.
"""

from __future__ import annotations

from collections.abc import Callable

from chatapp.model import events
from chatapp.model.bans import next_end
from chatapp.model.entities import Channel
from chatapp.model.lapses import removals
from chatapp.model.outcome import Applied
from chatapp.model.state import State
from chatapp.server.delivery.delivery import Delivery
from chatapp.server.delivery.mode_lines import divided
from chatapp.server.limits.ends import Ends
from chatapp.server.proposals import Proposals
from chatapp.server.stamps import AHEAD_MS

CHANNELS_PER_LOOK_MAX = 100
RETRY_MS = 10_000  # how long to wait before an event that was not stored is proposed again


class Lapses:
    """Knows for each channel when its next mask lapses, and proposes the events."""

    def __init__(
        self, state: State, proposals: Proposals, delivery: Delivery, log_ms: Callable[[], int], host: str
    ) -> None:
        """``log_ms`` returns the time (ms) by which an event proposed now would be judged."""
        self._state = state
        self._proposals = proposals
        self._log_ms = log_ms
        self._host = host
        self._ends: Ends[str] = Ends()  # by the uid of the channel
        for channel in state.channels.values():
            self._ends.set(channel.uid, next_end(channel))
        for kind in (events.ModesChanged, events.MasksLapsed):
            delivery.after[kind] = self._changed

    def look(self) -> None:
        """Propose the events for what has lapsed by now.

        Propose nothing while the clock is more than AHEAD_MS ahead of the last event: the clock may be wrong, and the
        administrator may need time to stop the server (``running.settle_in``). The next event that a user causes brings
        the log to the clock's time.
        """
        now = self._log_ms()
        if 0 < self._state.time < now - AHEAD_MS:
            return
        for uid in self._ends.due(now, CHANNELS_PER_LOOK_MAX):
            channel = self._state.channels.get(uid)
            if channel is not None:
                self.tell(channel)

    def tell(self, channel: Channel) -> None:
        """Propose the events for what has lapsed in a channel by now, if anything has."""
        now = self._log_ms()
        over = removals(channel, now)
        for changes in divided(self._state, channel, over, self._host):
            self._proposals.note(self._proposals.event(events.MasksLapsed, None, channel.uid, changes=changes))
        self._ends.set(channel.uid, now + RETRY_MS if over else next_end(channel))

    def _changed(self, applied: Applied, *_: object) -> None:
        """Note when the next mask of a changed channel lapses; forget channels that have died."""
        (channel,) = applied.channels
        self._ends.set(channel.uid, next_end(channel))
        self._ends.keep(self._state.channels.keys())
