"""Counts administrators and channels, at most once in ``COUNT_S``: a welcome must not look at each of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from chatapp.model.channels import may_see
from chatapp.model.entities import ADMINISTRATOR
from chatapp.model.state import State
from chatapp.server.delivery.presence import Presence

COUNT_S = 5.0
NAMES_MAX = 10  # names of administrators that are kept


class Counted(NamedTuple):
    """The numbers of one count.

    ``channels`` are the channels that everybody may know of, so that the number tells nobody of a secret channel.
    """

    administrators: tuple[str, ...]  # names of the first NAMES_MAX accounts with the role
    administrators_here: int  # the administrators that are connected
    channels: int
    invisible_here: int  # the users with the mode i that are connected to this server
    elsewhere: int  # the users that are connected only to other servers that share the log


class Figures:
    """The latest count. ``clock`` gives seconds that never go back."""

    def __init__(self, state: State, presence: Presence, clock: Callable[[], float]) -> None:
        self._state = state
        self._presence = presence
        self._clock = clock
        self._latest: Counted | None = None
        self.users_most = 0  # the largest number of users on all servers, of all counts
        self._due_s = 0.0

    def latest(self) -> Counted:
        """Return a count that is at most COUNT_S old."""
        now_s = self._clock()
        if self._latest is None or now_s >= self._due_s:
            self._latest, self._due_s = self._count(), now_s + COUNT_S
            self.users_most = max(self.users_most, len(self._presence.by_user) + self._latest.elsewhere)
        return self._latest

    def _count(self) -> Counted:
        state, presence = self._state, self._presence
        found = [user for user in state.users.values() if user.role == ADMINISTRATOR]
        return Counted(
            tuple(user.name for user in found[:NAMES_MAX]),
            sum(presence.is_connected(user.uid) for user in found),
            sum(may_see(state, None, channel) for channel in state.channels.values()),
            sum("i" in state.users[uid].modes for uid in presence.by_user if uid in state.users),
            sum(presence.is_elsewhere(uid) for uid in state.users if uid not in presence.by_user),
        )
