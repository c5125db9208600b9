"""Pure: the invitations that a server tells at each sign-in, of which a person reads each once."""

from __future__ import annotations

from chatapp.client.core.events import Invited
from chatapp.protocol.names import fold

TOLD_MAX = 1_000  # invitations that are remembered or held; beyond this number, the oldest is forgotten


class Invitations:
    """Holds the invitations of a sign-in until it is done, and remembers which invitations were told."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, str], Invited] = {}
        self._told: dict[tuple[str, str], None] = {}  # folded channel, folded nick of who invited us

    def hold(self, event: Invited) -> None:
        """Take an invitation that came before the sign-in is done."""
        self._held[_key(event)] = event
        if len(self._held) > TOLD_MAX:
            del self._held[next(iter(self._held))]

    def told(self, event: Invited) -> None:
        """Note that an invitation was told."""
        self._told[_key(event)] = None
        if len(self._told) > TOLD_MAX:
            del self._told[next(iter(self._told))]

    def take(self) -> list[Invited]:
        """Return the held invitations that were not told yet; they count as told."""
        held, self._held = self._held, {}
        new = [event for key, event in held.items() if key not in self._told]
        for event in new:
            self.told(event)
        return new

    def joined(self, channel: str) -> None:
        """Note that we are in a channel: a later invitation to it is another one."""
        for key in [key for key in self._told if key[0] == fold(channel)]:
            del self._told[key]


def _key(event: Invited) -> tuple[str, str]:
    return fold(event.channel), fold(event.by)
