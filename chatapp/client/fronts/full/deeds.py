"""Pure: what a person does with the keys (``keys.py``): each action is a method."""

from __future__ import annotations

from functools import partial, partialmethod

from chatapp.client.core.events import Matches, PasswordChanged, PasswordNotChanged, Said
from chatapp.client.fronts import commands
from chatapp.client.fronts.full import columns as side_columns
from chatapp.client.fronts.full import finding, scrolling, view
from chatapp.client.fronts.full.actions import FullActions
from chatapp.client.fronts.full.boxes import Box, Item
from chatapp.client.fronts.full.buffers import Buffer
from chatapp.client.fronts.full.completing import Completing
from chatapp.client.fronts.full.draft import Draft
from chatapp.client.fronts.full.effects import Do
from chatapp.client.fronts.full.entries import Entry
from chatapp.client.fronts.full.lines import Look
from chatapp.client.fronts.full.past import Past
from chatapp.client.fronts.full.picking import Picking
from chatapp.client.fronts.full.sending import Sending
from chatapp.client.fronts.full.state import State
from chatapp.client.fronts.full.text import shown
from chatapp.client.fronts.full.view import Size
from chatapp.errors import ChatError
from chatapp.protocol.names import fold, is_channel

SEEK_MESSAGES = 1_000  # messages that are fetched at once on the way to an old message
WHEEL_ROWS = 3  # of one turn of the mouse wheel
LEAVE_AGAIN_S = 5.0  # how long the first of two Ctrl-C counts
LEAVE_AGAIN = "Press Ctrl-C again to leave."


class Deeds:
    """The actions of a person on the screen; ``size`` is the size of the terminal."""

    def __init__(self, state: State, actions: FullActions, look: Look) -> None:
        self.state = state
        self.actions = actions
        self.look = look
        self.size = Size(80, 24)
        self.completing = Completing(state)
        self.past = Past(state, actions)
        self.sending = Sending(state, actions)
        self.picking = Picking(state, actions, self._look_at, self.sending.answer)
        self._leaves_until_s = 0.0  # the last key was Ctrl-C, and there was nothing to clear: until when it counts
        actions.show, actions.open_finder, actions.open_help = self.show, self.jump_to_person, self.help_on
        actions.open_last = lambda: self.picking.open_link(list(state.buffer.entries.all))
        actions.go_back, actions.search_here = self.page_up, self._search_here

    @property
    def draft(self) -> Draft:
        """The text that is typed in the present conversation."""
        return self.state.buffer.draft

    # Conversations

    def show(self, buffer: Buffer) -> None:
        """Show a conversation."""
        state = self.state
        self.picking.stop()
        state.box = None
        if buffer is not state.buffer:
            if state.is_viewed:
                state.buffer.stopped = None
            if not state.buffers.unread(buffer)[0]:
                buffer.stopped = None  # another device may have read it
            state.buffer.found = None
            state.buffers.previous = state.buffer
            state.buffers.current = buffer
        state.read()
        self.actions.know(buffer)
        state.do(Do.READ)
        self.actions.ask_presence(buffer)
        self.fill()

    def fill(self) -> None:
        """Fetch messages of the conversation that is shown, if few are there."""
        buffer = self.state.buffer
        self.actions.ask_presence(buffer)
        if not buffer.was_shown and self.actions.has_history and not self.state.session.catching_up.active:
            buffer.was_shown = True
            self.actions.fetch(buffer)
        self.past.renew(buffer)

    def _step(self, step: int) -> None:
        listed = self.state.buffers.listed
        at = next((at for at, each in enumerate(listed) if each is self.state.buffer), -1 if step > 0 else 0)
        if listed:
            self.show(listed[(at + step) % len(listed)])

    def next(self) -> None:
        """Show the next conversation."""
        self._step(1)

    def back(self) -> None:
        """Show the conversation before."""
        self._step(-1)

    def _nth(self, number: int) -> None:
        listed = self.state.buffers.listed
        if number <= len(listed):
            self.show(listed[number - 1])

    nth_1, nth_2, nth_3 = partialmethod(_nth, 1), partialmethod(_nth, 2), partialmethod(_nth, 3)
    nth_4, nth_5, nth_6 = partialmethod(_nth, 4), partialmethod(_nth, 5), partialmethod(_nth, 6)
    nth_7, nth_8, nth_9 = partialmethod(_nth, 7), partialmethod(_nth, 8), partialmethod(_nth, 9)
    nth_0 = partialmethod(_nth, 10)

    def next_unread(self) -> None:
        """Show the next conversation with unread messages: first those with a message for us."""
        buffers = self.state.buffers
        listed = buffers.listed
        at = next((at for at, each in enumerate(listed) if each is self.state.buffer), 0)
        ordered = [each for each in listed[at + 1 :] + listed[:at] if buffers.unread(each)[0]]
        if ordered:
            self.show(next((each for each in ordered if buffers.unread(each)[1]), ordered[0]))
        else:
            self.state.hint = "Everything is read."

    def jump(self) -> None:
        """Open the list of channels, people and commands."""
        self._open_jump("", people=False)

    def jump_to_command(self) -> None:
        """Open the list of commands."""
        self._open_jump(">", people=False)

    def jump_to_person(self, typed: str) -> None:
        """Open the list of people."""
        self._open_jump(typed, people=True)

    def _open_jump(self, typed: str, *, people: bool) -> None:
        title = "To whom? /dm NAME does the same." if people else "Go to a channel or a person; > runs a command"
        items = partial(
            finding.jump_items, self.state, open_named=self._open_named, run=self._begin_command, people=people
        )
        box = self.sending.ask(title, items, "To whom?" if people else "Go to:")
        box.query.set(typed)
        box.typed()

    def _open_named(self, name: str) -> None:
        self.state.box = None
        if not name or self.state.buffers.find(name) is not None:
            self.show(self.state.buffers.get(name))
            return
        is_new = is_channel(name) and fold(name) not in self.state.session.channels
        self._try(lambda: self.actions.join(name, "") if is_new else self.actions.write_to(name, ""))

    def _begin_command(self, name: str) -> None:
        self.state.box = None
        self.draft.set(f"/{name} ")

    def _try(self, action: object) -> None:
        try:
            action()  # type: ignore[operator]
        except ChatError as error:
            self.state.note(str(error), bad=True)

    # Messages

    def _area(self) -> tuple[Look, int, int]:
        found = view.parts(self.state, self.size)
        return self.look, found.middle, found.body

    def page_up(self) -> None:
        """Show older messages; at the top, fetch them."""
        self._go_up(max(1, self._area()[2] - scrolling.OVERLAP))

    def wheel_up(self) -> None:
        """Show some older rows; at the top, fetch messages."""
        self._go_up(WHEEL_ROWS)

    def wheel_down(self) -> None:
        """Show some newer rows."""
        look, width, _ = self._area()
        scrolling.down(self.state, look, width, WHEEL_ROWS)
        self.seen()

    def _go_up(self, count: int) -> None:
        if not scrolling.up(self.state, *self._area(), count):
            if self.state.buffer.is_whole or not self.actions.has_history:
                self.state.hint = "Nothing is older here."
            self.actions.fetch(self.state.buffer)
        elif self.state.buffer.anchor is not None:
            seen = scrolling.visible(self.state, *self._area())
            if seen.places and seen.places[0].entry is self.state.buffer.entries.all[0]:
                self.actions.fetch(self.state.buffer)

    def page_down(self) -> None:
        """Show newer messages."""
        scrolling.page_down(self.state, *self._area())
        self.seen()

    def seen(self) -> None:
        """Note that the person sees the newest messages, if they are on the screen."""
        self.state.read()
        self.state.do(Do.READ)

    def stopped(self) -> None:
        """Show where the person stopped to read."""
        buffer = self.state.buffer
        stop, oldest = buffer.stopped, buffer.entries.first_said
        first = next((each for each in buffer.entries if stop is not None and each.time > stop and not each.note), None)
        if first is None or stop is None:
            self.state.hint = "Everything here is read."
            return
        if first is oldest and not buffer.is_whole and self.actions.has_history:
            buffer.seek, buffer.seeks_new = stop, True
            self.actions.fetch(buffer, SEEK_MESSAGES)
        scrolling.show_from(self.state, first, *self._area())
        self.seen()

    def _look_at(self, entry: Entry) -> None:
        scrolling.show_entry(self.state, entry, *self._area())

    def fetched(self, buffer: Buffer) -> None:
        """Go on towards an old message that a person has asked for."""
        oldest = buffer.entries.first_said
        if not buffer.seek or oldest is None:
            return
        if oldest.time > buffer.seek and not buffer.is_whole:
            self.actions.fetch(buffer, SEEK_MESSAGES)
            return
        found = next((each for each in buffer.entries if each.time >= buffer.seek and not each.note), None)
        seeks_new, buffer.seek, buffer.seeks_new = buffer.seeks_new, 0, False
        if buffer is not self.state.buffer:
            return
        if seeks_new:
            self.stopped()
        elif found is not None:
            self._look_at(found)
            buffer.found = found

    def pick(self) -> None:
        """Pick a message."""
        self.picking.begin()

    # Searching

    def search(self) -> None:
        """Ask what to find."""
        title = 'Find messages: words, "a phrase", from:NAME, in:#CHANNEL'
        self.sending.ask(title, lambda typed: [], "Find:", lambda text: self._try(lambda: self._search(text)))

    def _search(self, text: str) -> None:
        self.state.hint = "Searching ..."
        self.actions.search(text)

    def _search_here(self, text: str) -> None:
        why = "This server has no search" if self.state.session.signed_in else "No connection"
        said = finding.said_here(self.state.buffer, text)
        self.found(Matches(text, said), f"{why}: searched only what is here of {self.state.buffer.name}.")

    def found(self, event: Matches, why: str = "") -> None:
        """Show what a search has found, the newest first; ``why``: why not everything was searched."""
        items = [finding.found_item(said, self.look, self._go_to) for said in reversed(event.messages)]
        if not items:
            items = [Item([("note", f"Nothing was found for {event.text}")])]
        if why or not event.whole:
            items.append(Item([("note", why or commands.SEARCH_INCOMPLETE)]))
        self.state.hint = ""
        self.state.box = Box(f"Found for {event.text}", lambda typed: items)

    def _go_to(self, said: Said) -> None:
        buffer = self.state.buffers.get(said.conversation)
        self.show(buffer)
        buffer.seek, buffer.seeks_new = said.time, False
        self.fetched(buffer)
        if buffer.seek:
            self.actions.fetch(buffer, SEEK_MESSAGES)

    # The screen

    def help(self) -> None:
        """Show the help."""
        self.help_on("")

    def help_on(self, about: str) -> None:
        """Show the help, or what one command does. Raises UsageError."""
        about_command = commands.help_on(about, on_screen=True) if about else None
        self.state.box = Box("Help", lambda typed: finding.help_items(about_command))

    def hide_left(self) -> None:
        """Hide or show the conversations."""
        side_columns.turn_left(self.state, self.size.columns)

    def hide_right(self) -> None:
        """Hide or show who is here."""
        side_columns.turn_right(self.state, self.size.columns)

    def bare(self) -> None:
        """Show the bare messages."""
        self.state.do(Do.BARE)

    def redraw(self) -> None:
        """Draw the screen again."""
        self.state.do(Do.REDRAW)

    def suspend(self) -> None:
        """Go back to the shell."""
        self.state.do(Do.SUSPEND)

    def escape(self) -> None:
        """Go back: leave the answer, or show the newest messages."""
        if self.draft.reply_to or self.draft.edits:
            self.draft.clear()
        self.state.buffer.to_bottom()
        self.seen()

    # Writing

    def send(self) -> None:
        """Send the text, or run it as a command."""
        self.sending.send()
        self.seen()

    def new_line(self) -> None:
        """Begin a new line."""
        self.draft.insert("\n")

    def complete(self) -> None:
        """Complete the word at the cursor."""
        self.completing.go_on()

    def up(self) -> None:
        """Move to the line above, or show what was sent before."""
        if not self.draft.up():
            self.draft.older()

    def down(self) -> None:
        """Move to the line below, or show what was sent after."""
        if not self.draft.down():
            self.draft.newer()

    def recall(self) -> None:
        """Open the list of the texts that were sent before in this conversation."""
        draft = self.draft

        def chosen(text: str) -> None:
            self.state.box = None
            draft.set(text)

        def items(typed: str) -> list[Item]:
            return [
                Item([("", shown(each.replace("\n", " ")))], partial(chosen, each)) for each in draft.sent_before(typed)
            ]

        self.sending.ask("What you sent before, the latest first", items, "Find:")

    def line_end(self) -> None:
        """Move to the end of the line; without a text, show the newest messages."""
        if self.draft:
            self.draft.line_end()
        else:
            self.escape()

    def editor(self) -> None:
        """Write the text in an editor."""
        self.state.do(Do.EDITOR)

    def interrupt(self) -> None:
        """Clear the text; twice without a text: leave."""
        if self.draft:
            self.draft.clear()
        elif self.state.now_s < self._leaves_until_s:
            self.state.do(Do.LEAVE)
        else:
            self.state.hint = LEAVE_AGAIN
            self._leaves_until_s = self.state.now_s + LEAVE_AGAIN_S
            return
        self.other_key()

    def tick(self) -> None:
        """Forget a Ctrl-C that was pressed once, after a while."""
        if self._leaves_until_s and self.state.now_s >= self._leaves_until_s:
            self.other_key()
            if self.state.hint == LEAVE_AGAIN:
                self.state.hint = ""

    def delete_or_leave(self) -> None:
        """Delete the next character; without a text, leave."""
        if self.draft:
            self.draft.delete()
        else:
            self.state.do(Do.LEAVE)

    def other_key(self) -> None:
        """Note that a key other than Ctrl-C was pressed."""
        self._leaves_until_s = 0.0

    def password_answered(self, event: PasswordChanged | PasswordNotChanged) -> None:
        """Take the answer to /passwd."""
        self.state.changing.answered(event)
        if isinstance(event, PasswordChanged):
            self.state.staying.password_changed()
