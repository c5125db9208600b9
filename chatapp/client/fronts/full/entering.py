"""Pure: enters a channel for a person, and shows it, or the channel to which the server sends the person instead."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chatapp.client.core import requests
from chatapp.client.core.events import NotDone, Person
from chatapp.client.fronts.full.buffers import Buffer
from chatapp.client.fronts.full.state import State
from chatapp.client.fronts.person.asking import Asking
from chatapp.protocol.names import fold

_SENT_ON = "470"  # Spec: irc-defs, ERR_LINKCHANNEL; the JOIN of the other channel comes before or after it


class Entering:
    """Remembers which channel a person has asked for; ``show`` shows a conversation."""

    def __init__(self, state: State, asking: Asking, show: Callable[[Buffer], None]) -> None:
        self._state, self._asking, self._show = state, asking, show
        self.lost()

    def lost(self) -> None:
        """Forget what was asked for: the connection is lost."""
        self._wanted = self._what = ""  # the folded channel, and its request in words
        self._is_sent_on = False
        self._other = ""  # another channel that we have joined meanwhile

    def enter(self, channel: str, key: str = "") -> None:
        """Join a channel."""
        request = requests.join(channel, key)
        self.lost()
        self._wanted, self._what = fold(channel), request.what
        self._state.session.ask(request)

    def joined(self, channel: str) -> None:
        """Note that we have joined a channel: show it, if the person has asked for that."""
        if fold(channel) == self._wanted or self._is_sent_on:
            self._enter(channel)
        elif self._wanted:
            self._other = channel

    def not_done(self, event: NotDone) -> None:
        """Note that the server has refused a request, perhaps to join the channel."""
        if not self._what or event.what != self._what:
            return
        if event.code != _SENT_ON:
            self.lost()
        elif self._other:
            self._enter(self._other)
        else:
            self._is_sent_on = True

    def _enter(self, channel: str) -> None:
        self.lost()
        buffer = self._state.buffers.get(channel)
        buffer.asked_people = True  # with the next request
        self._show(buffer)
        self._asking.people(channel, lambda people: self._tell_alone(buffer, people), waits=False)

    def _tell_alone(self, buffer: Buffer, people: Sequence[Person]) -> None:
        """Say how others come to a channel, if nobody else is in it."""
        if people and all(person.me for person in people):
            self._state.note(f"Nobody else is in {buffer.name} yet. /invite NAME invites somebody.", where=buffer)
