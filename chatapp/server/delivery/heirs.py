"""Tells the members of a channel who has become a founder, because the last founder's account was removed."""

from __future__ import annotations

from chatapp.model.outcome import Applied
from chatapp.model.state import State
from chatapp.protocol import modes
from chatapp.server.delivery.presence import Presence
from chatapp.server.delivery.render import mode_line


def tell_heirs(state: State, presence: Presence, applied: Applied, host: str) -> None:
    """Send the members of each channel with a new founder the MODE, as a change that the server made."""
    removed = applied.event.actor
    for user, channel in applied.heirs:
        line = mode_line(state, "", channel.name, [("+", modes.FOUNDER.letter, user.uid)], host)
        for group in presence.listeners(channel.uid).values():
            for recipient in group:
                if recipient.uid != removed:
                    recipient.deliver(f"{line}\r\n".encode())
