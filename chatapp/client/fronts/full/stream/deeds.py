"""Pure: what the keys do that move on the screen: in the stream, they tell what the screen would show."""

from __future__ import annotations

from chatapp.client.fronts import commands
from chatapp.client.fronts.full.actions import FullActions
from chatapp.client.fronts.full.boxes import Box
from chatapp.client.fronts.full.columns import buffer_name
from chatapp.client.fronts.full.deeds import Deeds
from chatapp.client.fronts.full.entries import Entry
from chatapp.client.fronts.full.finding import help_items
from chatapp.client.fronts.full.lines import Look
from chatapp.client.fronts.full.state import State
from chatapp.client.fronts.full.status import summary
from chatapp.client.fronts.full.stream.telling import AT_ONCE_MAX, PAGE
from chatapp.client.fronts.full.stream.view import View
from chatapp.client.fronts.full.stream.words import NOTE, safe

LISTED_MAX = 100  # conversations that are told at once
# What the help says of the keys that do something else here.
HELP = {
    "page_up": "tell older messages",
    "page_down": "nothing here: the newest messages come by themselves",
    "wheel_up": "nothing here: the terminal scrolls",
    "wheel_down": "nothing here: the terminal scrolls",
    "stopped": "tell the messages from where you stopped to read",
    "hide_left": "tell the conversations, and what is unread",
    "hide_right": "tell who is here",
    "bare": "nothing here: the messages are in the terminal's own scrollback",
    "redraw": "tell the state: the connection, who is typing, what is unread",
    "escape": "leave a list, a picked message, an answer or a correction",
    "line_end": "the end of the line",
}
NEWEST = "The newest messages come by themselves."


class StreamDeeds(Deeds):
    """The actions of a person at the stream."""

    def __init__(self, state: State, actions: FullActions, look: Look) -> None:
        super().__init__(state, actions, look)
        self.view = View(state, look)
        actions.read_back = lambda messages: self.view.telling.ask_back(messages, from_end=True)

    def page_up(self) -> None:
        """Tell older messages; fetch them, if they are not here."""
        if self.view.telling.older() < PAGE:
            self.actions.fetch(self.state.buffer)
        self.view.telling.ask_back(PAGE)

    def page_down(self) -> None:
        """Say that nothing is below."""
        self.state.hint = NEWEST

    wheel_up = wheel_down = page_down

    def stopped(self) -> None:
        """Tell the messages from where the person stopped to read."""
        stop = self.state.buffer.stopped
        entries = [each for each in self.state.buffer.entries if not each.note or each.act]
        found = [each for each in entries if stop is not None and each.time > stop]
        if found:
            self.view.telling.tell_again(found[:AT_ONCE_MAX], "You stopped to read here:")
        else:
            self.state.hint = "Everything here is read."

    def _look_at(self, entry: Entry) -> None:
        """Do nothing: the message that is picked is told."""

    def hide_left(self) -> None:
        """Tell the conversations, with their numbers and what is unread."""
        state, lines = self.state, self.view.lines
        lines.add(f"{NOTE}Conversations:", urgent=True)
        listed = state.buffers.listed
        for at, buffer in enumerate(listed[:LISTED_MAX]):
            unread, mentions = state.buffers.unread(buffer)
            said = [safe(buffer_name(state, buffer))]
            said += ["you are here"] if buffer is state.buffer else []
            said += [f"{unread} unread"] if unread else []
            said += [f"{mentions} for you"] if mentions and buffer.is_channel else []
            said += ["away"] if buffer.name and not buffer.is_channel and state.is_away(buffer.name) else []
            said += ["with a text that is not sent"] if buffer.draft and buffer is not state.buffer else []
            lines.add(f"{at + 1}. {', '.join(said)}", urgent=True)
        if len(listed) > LISTED_MAX:
            lines.add(f"{NOTE}{len(listed) - LISTED_MAX} more; Ctrl-K finds them.", urgent=True)

    def hide_right(self) -> None:
        """Tell who is here and who is away."""
        self._try(lambda: self.actions.list_people(self.state.buffer.name if self.state.buffer.is_channel else ""))

    def bare(self) -> None:
        """Say that the messages are in the terminal's own scrollback already."""
        self.state.hint = "The messages are in the terminal's own scrollback."

    def redraw(self) -> None:
        """Tell the state of everything."""
        for words in summary(self.state):
            self.view.lines.add(NOTE + words, urgent=True)

    def help_on(self, about: str) -> None:
        """Tell the help, or what one command does. Raises UsageError."""
        about_command = commands.help_on(about, on_screen=True) if about else None
        self.state.box = Box("Help", lambda typed: help_items(about_command, HELP))
