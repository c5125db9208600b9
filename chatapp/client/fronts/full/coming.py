"""Pure: shows in the conversations who came, who went, and who has another name."""

from __future__ import annotations

from chatapp.client.core.events import Gone, NickChanged
from chatapp.client.fronts.full.buffers import Buffer
from chatapp.client.fronts.full.journal import Came
from chatapp.client.fronts.full.state import State
from chatapp.client.fronts.partners import Partners
from chatapp.client.fronts.sentences import sentences
from chatapp.protocol.names import fold


class Coming:
    """Notes who comes and goes; ``partners`` are the people with whom we talk."""

    def __init__(self, state: State, partners: Partners) -> None:
        self._state = state
        self._partners = partners

    def came(self, buffer: Buffer, nick: str, *, there: bool) -> None:
        """Note in a channel that somebody came, or went (not ``there``)."""
        buffer.entries.came(nick, there=there)
        self._state.tell(buffer, Came(nick, there))

    def gone(self, event: Gone) -> None:
        """Note that somebody is no longer on the server: in each channel, and in the conversation with this person."""
        buffers = self._state.buffers
        self._state.forget(event.nick)
        self._partners.drop(event.nick)
        for channel in event.channels:
            if (buffer := buffers.find(channel)) is not None:
                self.came(buffer, event.nick, there=False)
        if (talk := buffers.find(event.nick)) is not None:
            self._tell(event, [talk])

    def renamed(self, event: NickChanged) -> None:
        """Note where both are that somebody has another name; the conversation goes on under this name."""
        state, buffers = self._state, self._state.buffers
        away = state.is_away(event.nick)
        state.forget(event.nick)
        for buffer in buffers:
            buffer.entries.renamed(event.nick, event.name)
        if event.me:
            if fold(event.name) == state.wanted_nick:  # the next connection begins with it
                state.session.account.names.nick = event.name
            self._tell(event, [state.buffer])
            return
        state.saw(event.name, away=away)
        self._partners.rename(event.nick, event.name)
        if buffers.find(event.name) is None or fold(event.nick) == fold(event.name):
            buffers.rename(event.nick, event.name)
        there = {id(each): each for name in (*event.channels, event.nick, event.name) if (each := buffers.find(name))}
        self._tell(event, list(there.values()))

    def _tell(self, event: Gone | NickChanged, where: list[Buffer]) -> None:
        for buffer in where:
            for sentence in sentences(event):
                self._state.note(sentence, where=buffer)
