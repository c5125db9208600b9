"""Whether the name of a new channel could be mistaken for that of another channel."""

from __future__ import annotations

from chatapp.errors import NameReservedError
from chatapp.model.state import State
from chatapp.protocol.lookalikes import skeleton


class ChannelLooks:
    """The looks of all channels."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._names = -1  # State.names as of the last look
        self._skeletons: dict[str, str] = {}  # uid of a channel -> skeleton of its name
        self._channels: dict[str, str] = {}  # skeleton -> name of a channel

    def check(self, name: str) -> None:
        """Raise NameReservedError if a new channel of this name would look like one that exists."""
        if self._names != self._state.names:
            self._take_in()
        other = self._channels.get(skeleton(name))
        if other is not None:
            raise NameReservedError(
                f"{name} looks like {other}, which is another channel. Join that, or take another name."
            )

    def _take_in(self) -> None:
        known = self._skeletons
        channels = self._state.channels
        self._skeletons = {uid: known.get(uid) or skeleton(channel.name) for uid, channel in channels.items()}
        self._channels = {look: channels[uid].name for uid, look in self._skeletons.items()}
        self._names = self._state.names
