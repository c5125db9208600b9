"""Pure: picking a message of the conversation, and what a person can do with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from chatapp.client.core import requests
from chatapp.client.core.reading import action
from chatapp.client.core.requests import Request
from chatapp.client.core.unacknowledged import Text
from chatapp.client.fronts.command import Command
from chatapp.client.fronts.emoji import REACTIONS, matching
from chatapp.client.fronts.full import lines
from chatapp.client.fronts.full.actions import FullActions
from chatapp.client.fronts.full.boxes import Box, Item
from chatapp.client.fronts.full.buffers import Buffer
from chatapp.client.fronts.full.effects import Do
from chatapp.client.fronts.full.entries import Entry
from chatapp.client.fronts.full.last_message import ask_to_delete
from chatapp.client.fronts.full.offered import NOT_OFFERED, offered
from chatapp.client.fronts.full.state import State
from chatapp.client.fronts.full.text import shown
from chatapp.client.fronts.printable import printable_lines
from chatapp.errors import ChatError
from chatapp.protocol.names import fold

ABOUT_CHARACTERS_MAX = 60


class Picking:
    """The picked message is ``buffer.picked``, or ``state.picked_text``: a text of ours that waits.

    ``answer`` does what a word of the menu means at a question.
    """

    def __init__(
        self,
        state: State,
        actions: FullActions,
        look_at: Callable[[Entry], None],
        answer: Callable[[Command], None],
    ) -> None:
        self._state = state
        self._actions = actions
        self._look_at = look_at
        self._answer = answer
        self._was_at: tuple[Entry, int] | None = None  # what the screen showed before a message was picked
        self._held: tuple[Entry, int] | None = None  # the anchor that keeps the picked message on the screen

    @property
    def is_on(self) -> bool:
        """Tell whether a message is picked."""
        return self._state.buffer.picked is not None or self._state.picked_text is not None

    def stop(self) -> None:
        """Pick nothing; the newest messages are shown again if they only waited for this."""
        buffer = self._state.buffer
        buffer.picked = self._state.picked_text = None
        if self._held is not None and buffer.anchor is self._held:
            buffer.anchor, buffer.below = None, 0
        self._held = None

    def leave(self) -> None:
        """Pick nothing, and show what the screen showed before."""
        self.stop()
        buffer = self._state.buffer
        buffer.anchor = self._was_at
        if buffer.anchor is None:
            buffer.below = 0

    def came(self, buffer: Buffer) -> None:
        """Count a message that came below what is shown; while one is picked, the screen keeps what it shows."""
        is_below = buffer is self._state.buffer and buffer.picked is not None and len(buffer.entries) > 1
        if is_below and buffer.anchor is None:
            buffer.anchor = self._held = (buffer.entries.all[-2], 0)
        if buffer.anchor is not None:
            buffer.below += 1

    def begin(self) -> None:
        """Pick the last message on the screen, or the message that a search has led to.

        If the newest messages are shown and a text of ours waits below them, pick this text.
        """
        self.stop()
        buffer = self._state.buffer
        end = len(buffer.entries)
        shown_end = end if buffer.anchor is None else buffer.entries.position(buffer.anchor[0]) + 1
        self._was_at, found = buffer.anchor, buffer.found
        waiting = self._state.waiting(buffer)
        if found is not None and buffer.entries.find(found.msgid) is found and not found.gone:
            buffer.picked = found
        elif waiting and buffer.anchor is None:
            self._state.picked_text = waiting[-1]
        elif not self._pick(shown_end, -1) and not self._pick(end, -1):
            self._state.hint = "There is no message here yet."

    def _pick(self, at: int, step: int) -> bool:
        """Pick the next message from a position on, up or down."""
        entries = self._state.buffer.entries.all
        at += step
        while 0 <= at < len(entries):
            if not entries[at].note and not entries[at].gone:
                self._state.picked_text = None
                self._state.buffer.picked = entries[at]
                self._look_at(entries[at])
                return True
            at += step
        return False

    def arrived(self, entry: Entry) -> None:
        """Pick the message of ours that has arrived, if its text was picked while it waited."""
        state = self._state
        if state.picked_text is not None and all(text is not state.picked_text for text in state.session.outbox.texts):
            state.picked_text, state.buffer.picked = None, entry

    def move(self, step: int) -> None:
        """Pick the message above (-1) or below (1)."""
        state = self._state
        if state.picked_text is not None:
            self._move_waiting(state.picked_text, step)
        elif state.buffer.picked is not None:
            moved = self._pick(state.buffer.entries.position(state.buffer.picked), step)
            waiting = state.waiting(state.buffer)
            if not moved and step < 0:
                self._actions.fetch(state.buffer)
            elif not moved and waiting:
                state.buffer.picked, state.picked_text = None, waiting[0]

    def _move_waiting(self, text: Text, step: int) -> None:
        """Pick the next of our texts that wait, which are below the messages; above the first one, the last message."""
        waiting = self._state.waiting(self._state.buffer)
        at = next((place for place, each in enumerate(waiting) if each is text), 0) + step
        if 0 <= at < len(waiting):
            self._state.picked_text = waiting[at]
        elif at < 0:
            self._pick(len(self._state.buffer.entries), -1)

    def press(self, key: str) -> bool:
        """Do something with the picked message; False if the key does nothing here."""
        text, entry = self._state.picked_text, self._state.buffer.picked
        if text is not None:
            return self._press_waiting(key, text)
        if entry is None:
            return False
        if entry.why:
            return self._press_refused(key, entry)
        deed = self._DEEDS.get(key)
        if deed is None:
            return False
        if key not in offered(self._state.session, entry):
            self._state.hint = NOT_OFFERED
            return True
        self.stop()
        deed(self, entry)
        return True

    def _press_waiting(self, key: str, text: Text) -> bool:
        if key not in ("r", "d"):
            return False
        self.stop()
        self._actions.settle(text, drop=key == "d")
        return True

    def _press_refused(self, key: str, entry: Entry) -> bool:
        if key not in ("r", "d", "y"):
            return False
        self.stop()
        if key == "y":
            self._copy(entry)
            return True
        self._state.buffer.entries.remove(entry)
        if key == "r":
            buffer = self._state.buffer
            is_here = self._state.buffers.find(entry.to) is buffer
            buffer.draft.set(entry.text if is_here else f"/dm {entry.to} {entry.text}")  # never to others by mistake
        return True

    # What the keys do

    def _reply(self, entry: Entry) -> None:
        draft = self._state.buffer.draft
        draft.reply_to, draft.edits = entry.msgid, ""
        draft.about = f"{entry.sender}: {_beginning(entry)}"
        self._state.hint = f"Esc: no answer. You answer {shown(draft.about)}"

    def _react(self, entry: Entry) -> None:
        target = self._state.buffer.name

        def react(reaction: str) -> None:
            me = fold(self._state.session.nick)
            is_there = any(each.text == reaction and me in map(fold, each.nicks) for each in entry.reactions)
            self._state.box = None
            self._ask(requests.react(target, entry.msgid, reaction, on=not is_there))

        def items(typed: str) -> list[Item]:
            found = matching(typed) if typed else [("", emoji) for emoji in REACTIONS]
            return [Item([("", f"{emoji}  {code}")], partial(react, emoji)) for code, emoji in found]

        title = "An emoji or a short text; the same again takes it back"
        self._state.box = Box(title, items, prompt="React:", submit=react, answer=self._answer)

    def _edit(self, entry: Entry) -> None:
        if not entry.own:
            self._state.hint = "Only your own messages can be edited."
            return
        draft = self._state.buffer.draft
        draft.clear()
        draft.edits = entry.msgid
        draft.set(entry.text)
        self._state.hint = "Enter sends the right text, Esc keeps the old"

    def _copy(self, entry: Entry) -> None:
        self._state.do(Do.COPY, printable_lines(_words(entry)))  # a shell obeys what is pasted
        self._state.hint = "Copied, if your terminal allows it."

    def _open(self, entry: Entry) -> None:
        self.open_link([entry])

    def open_link(self, entries: list[Entry]) -> None:
        """Open the last link of some messages."""
        for entry in reversed(entries):
            found = lines.links(entry.text)
            if found:
                begin, end = found[-1]
                self._state.do(Do.OPEN, entry.text[begin:end])
                self._state.hint = f"Opening {shown(entry.text[begin:end])}"
                return
        self._state.hint = "There is no link in it."

    def _delete(self, entry: Entry) -> None:
        ask_to_delete(self._state, self._actions.ask, self._state.buffer.name, entry.msgid, _beginning(entry))

    def _ask(self, request: Request) -> None:
        try:
            self._actions.ask(request)
        except ChatError as error:
            self._state.note(str(error), bad=True)

    _DEEDS: ClassVar[dict[str, Callable[[Picking, Entry], None]]] = {
        "r": _reply,
        "e": _react,
        "E": _edit,
        "y": _copy,
        "o": _open,
        "d": _delete,
    }


def _words(entry: Entry) -> str:
    done = action(entry.text, notice=entry.notice)
    return entry.text if done is None else done


def _beginning(entry: Entry) -> str:
    text = _words(entry).replace("\n", " ")
    return text if len(text) <= ABOUT_CHARACTERS_MAX else f"{text[: ABOUT_CHARACTERS_MAX - 3]}..."
