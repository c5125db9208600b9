"""Tells the members of a channel what the removal of an account changes there, besides that the account is gone.

The channel may get a new founder, if the account was the last one, and loses the masks about this account alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from chatapp.model.entities import Channel
from chatapp.model.events import Change
from chatapp.model.outcome import Applied
from chatapp.model.state import State
from chatapp.protocol import modes
from chatapp.server.delivery.mode_lines import divided
from chatapp.server.delivery.presence import Presence
from chatapp.server.delivery.render import mode_line


def tell_heirs(state: State, presence: Presence, applied: Applied, host: str) -> None:
    """Send the members of each channel that has changed the MODE, as a change that the server made."""
    for channel, changes in applied.dropped:
        for part in divided(state, channel, changes, host):
            _tell(state, presence, applied, channel, part, host)
    for user, channel in applied.heirs:
        _tell(state, presence, applied, channel, [("+", modes.FOUNDER.letter, user.uid)], host)


def _tell(
    state: State, presence: Presence, applied: Applied, channel: Channel, changes: Sequence[Change], host: str
) -> None:
    removed = applied.event.actor
    line = mode_line(state, "", channel.name, changes, host)
    for group in presence.listeners(channel.uid).values():
        for recipient in group:
            if recipient.uid != removed:
                recipient.deliver(f"{line}\r\n".encode())
