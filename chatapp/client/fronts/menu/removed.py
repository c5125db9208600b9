"""Pure: the channels that somebody removed us from."""

from __future__ import annotations

from chatapp.protocol.names import fold

REMOVED_MAX = 1_000  # channels; beyond this number, the oldest is forgotten


class Removed:
    """The channels that we were removed from and have not joined again."""

    def __init__(self) -> None:
        self._channels: dict[str, None] = {}

    def __contains__(self, channel: str) -> bool:
        return fold(channel) in self._channels

    def add(self, channel: str) -> None:
        """Note that somebody removed us from a channel."""
        self._channels[fold(channel)] = None
        if len(self._channels) > REMOVED_MAX:
            del self._channels[next(iter(self._channels))]

    def joined(self, channel: str) -> None:
        """Note that we are in a channel again."""
        self._channels.pop(fold(channel), None)

    def words(self, channel: str) -> str:
        """Say that we were removed from a channel; empty if we were not."""
        if channel not in self:
            return ""
        return f"You were removed from {channel}. Type /join {channel} to come back, unless you are banned."
