"""Pure: what a person chooses while the client runs: settings, and which conversations are pinned or quiet."""

from __future__ import annotations

from typing import Any

from chatapp.client.fronts.full import settings
from chatapp.client.fronts.full.buffers import Buffer
from chatapp.client.fronts.full.effects import Do
from chatapp.client.fronts.full.state import State
from chatapp.errors import ConfigError
from chatapp.protocol.names import fold, is_channel

LISTS = tuple(settings.LISTED_BY)


class Choosing:
    """Changes the settings of the state, and asks the shell to write each change to the file."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.apply()

    def apply(self) -> None:
        """Use the settings."""
        state = self._state
        state.left_shown, state.right_shown = state.settings.conversations, state.settings.people
        state.buffers.pinned, state.buffers.quiet, ignored = map(self._names, LISTS)
        state.session.ignored.use(ignored)

    def _names(self, name: str) -> set[str]:
        """Return the folded names of the conversations in a setting that are on this server."""
        listed: tuple[str, ...] = getattr(self._state.settings, name)
        return {fold(each.rpartition(" ")[0]) for each in listed if each.rpartition(" ")[2] == self._state.place}

    def set(self, name: str, text: str) -> None:
        """Change a setting; without ``text``, show it; without a name, show all. Raises ConfigError."""
        state = self._state
        if not text:
            for each in (settings.known(name),) if name else settings.SINGLE:
                state.note(f"{each} {settings.said(state.settings, each)}: {settings.help_on(each)}")
            if not name:
                state.note("/set NAME VALUE changes a setting, as in: /set bell off")
            return
        changed = settings.chosen(state.settings, name, text)
        state.note(f"{name} is now {settings.said(changed, name)}.")
        self._change(changed, name)

    def _change(self, changed: settings.Settings, name: str) -> None:
        shown = self._state.left_shown, self._state.right_shown
        self._state.settings = changed
        self.apply()
        if name not in ("conversations", "people"):
            self._state.left_shown, self._state.right_shown = shown  # as F2 and F3 have set them
        self._state.do(Do.SETTINGS, name)

    def pin(self) -> None:
        """Pin the present conversation to the top of the list, or end that."""
        buffer = self._state.buffer
        if self._turn("pinned", buffer):
            self._state.note(f"{buffer.name} stands at the top of the list from now on. /pin again ends that.")
        else:
            self._state.note(f"{buffer.name} stands in its place in the list again.")

    def be_quiet(self) -> None:
        """Show no notices of the present conversation, or show them again."""
        if self._turn("quiet", self._state.buffer):
            self._state.note("No notices of this conversation from now on. /quiet again ends that.")
        else:
            self._state.note("Notices of this conversation are on again.")

    def ignore(self, change: str) -> None:
        """Ignore somebody (``+bob!*@*``), or no longer (``-bob!*@*``); without ``change``, say who is ignored.

        This is for a server that cannot do it: the client drops the messages itself. Raises ConfigError.
        """
        nick, state = change[1:].removesuffix("!*@*"), self._state
        ignored = sorted(self._names("ignored"))
        if not nick:
            state.note(f"You ignore {', '.join(ignored)}." if ignored else "You ignore nobody.")
        elif (fold(nick) in ignored) is (change[0] == "+"):
            state.note("Nothing changed: it was so already.")
        elif self._turn_named("ignored", nick):
            state.note(f"This server cannot block {nick}, so chat drops what {nick} writes, on this device.")
        else:
            state.note(f"What {nick} writes is shown again.")

    def _turn(self, name: str, buffer: Buffer) -> bool:
        """Add a conversation to a setting, or remove it; return whether it is there now. Raises ConfigError."""
        if not buffer.name:
            raise ConfigError("Go to a conversation first, with Ctrl-K.")
        return self._turn_named(name, buffer.name)

    def _turn_named(self, name: str, conversation: str) -> bool:
        listed: tuple[str, ...] = getattr(self._state.settings, name)
        item = f"{conversation} {self._state.place}"
        without = tuple(each for each in listed if fold(each) != fold(item))
        is_new = without == listed
        if is_new and len(listed) >= settings.LISTED_MAX:
            raise ConfigError(f"There are {settings.LISTED_MAX} such conversations already.")
        changed: dict[str, Any] = {name: (*without, item) if is_new else without}
        self._change(self._state.settings._replace(**changed), name)
        return is_new

    def renamed(self, old: str, new: str) -> None:
        """Keep a channel pinned, or quiet, when its name changes."""
        place = self._state.place
        for name in LISTS:
            listed: tuple[str, ...] = getattr(self._state.settings, name)
            value = tuple(f"{new} {place}" if fold(each) == fold(f"{old} {place}") else each for each in listed)
            changed: dict[str, Any] = {name: value}
            if value != listed:
                self._change(self._state.settings._replace(**changed), name)

    def list_pinned(self) -> None:
        """Put the pinned people on the screen; a pinned channel is there when we are its member."""
        place = self._state.place
        for each in self._state.settings.pinned:
            name, _, where = each.rpartition(" ")
            if where == place and name and not is_channel(name):
                self._state.buffers.get(name)
