"""Refuses names of channels, and their display names, that look like the name of another channel."""

from __future__ import annotations

from chatapp.errors import NameReservedError
from chatapp.model.channels import visible_channel
from chatapp.model.entities import Channel, User
from chatapp.model.state import State
from chatapp.protocol.lookalikes import looks_of_text, skeleton
from chatapp.protocol.names import CHANNEL_PREFIX, is_channel
from chatapp.server import refusals


class ChannelLooks:
    """The skeletons of all channel names.

    Spec: UTS #39, section 4 (Confusable Detection).
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._names = -1  # State.names when the tables below were built
        self._skeletons: dict[str, str] = {}  # name of a channel -> its skeleton
        self._channels: dict[str, str] = {}  # skeleton -> name of a channel

    def check(self, name: str, user: User) -> None:
        """Raise NameReservedError if a new channel with this name would look like an existing channel.

        The text names the other channel only if the user may know of it.
        """
        other = self._alike(name)
        if other is None:
            return
        if visible_channel(self._state, user, other) is None:
            raise NameReservedError(refusals.LOOKS_LIKE_SECRET_CHANNEL.format(name=name))
        raise NameReservedError(refusals.LOOKS_LIKE_CHANNEL.format(name=name, other=other))

    def like(self, text: str, user: User, own: Channel) -> str:
        """Return the name of a channel other than ``own`` for which a channel called ``text`` could be mistaken.

        The result is empty if there is no such channel, or the user may not know of it.
        """
        for form in looks_of_text(text):
            other = self._alike(form if is_channel(form) else CHANNEL_PREFIX + form)
            channel = visible_channel(self._state, user, other) if other is not None else None
            if channel is not None and channel is not own:
                return channel.name
        return ""

    def _alike(self, name: str) -> str | None:
        """Return the name of the channel that has the same skeleton as ``name``."""
        if self._names != self._state.names:
            self._rebuild()
        return self._channels.get(skeleton(name))

    def _rebuild(self) -> None:
        known = self._skeletons
        names = [channel.name for channel in self._state.channels.values()]
        self._skeletons = {name: known.get(name) or skeleton(name) for name in names}
        self._channels = {look: name for name, look in self._skeletons.items()}
        self._names = self._state.names
