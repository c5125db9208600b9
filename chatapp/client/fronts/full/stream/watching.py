"""Pure: tells what changes beside the messages: the connection, hints, questions, the picked message, who types."""

from __future__ import annotations

from chatapp.client.core.unacknowledged import Text
from chatapp.client.fronts.full.entries import Entry
from chatapp.client.fronts.full.lines import Look
from chatapp.client.fronts.full.offered import OFFERED_MAX, offered
from chatapp.client.fronts.full.scrolling import mark
from chatapp.client.fronts.full.state import State
from chatapp.client.fronts.full.stream import words
from chatapp.client.fronts.full.stream.output_lines import OutputLines
from chatapp.client.fronts.full.stream.words import NOTE, safe

BEGINNING = 60  # characters of a text of ours that names it
REFUSED_HELP = "r takes it back to the input, d drops it, y copies it, Up and Down, Esc."


class Watching:
    """Compares the state with what was told of it."""

    def __init__(self, state: State, look: Look, lines: OutputLines) -> None:
        self._state = state
        self._look = look
        self._lines = lines
        self._is_begun = False
        self._was_signed_in = False
        self._was_offline = False
        self._is_leaving = False
        self._hint = ""
        self._question: object = None
        self._picked: Entry | Text | None = None
        self._found: Entry | None = None
        self._marks: list[tuple[Text, str]] = []  # the texts that wait, and what was told of each
        self._typing = ""  # who was told to be typing

    def update_connection(self) -> None:
        """Tell what has changed of the connection, and of the texts that wait for it."""
        self._tell_connection()
        self._tell_waiting()

    def update_answers(self) -> None:
        """Tell what has changed in answer to keys, and who types."""
        self._tell_typing()
        self._tell_asked()
        self._tell_picked()

    def _note(self, text: str, *, urgent: bool = False) -> None:
        self._lines.add(NOTE + text, urgent=urgent)

    def _tell_connection(self) -> None:
        state = self._state
        if not self._is_begun and state.place:
            self._note(f"Connecting to {safe(state.place)}")
        self._is_begun = True
        if state.offline and not self._was_offline:
            again = "What you write waits." if state.signed_in else "Trying again."
            self._note(f"No connection. {safe(state.offline)} {again}")
            self._was_offline = True
        if state.session.signed_in and (self._was_offline or not self._was_signed_in):
            where = f" at {safe(state.network)}" if state.network else ""
            self._note(f"Connected {'again ' if self._was_signed_in else ''}as {safe(state.session.nick)}{where}.")
            self._was_signed_in, self._was_offline = True, False
        if state.leaving and not self._is_leaving and len(state.session.outbox):
            self._note("Leaving when what you wrote has arrived. Ctrl-C leaves at once.", urgent=True)
        self._is_leaving = state.leaving

    def _tell_waiting(self) -> None:
        """Tell of each text of ours that it waits, and why."""
        state = self._state
        before, self._marks = self._marks, []
        for text in state.session.outbox.texts if len(state.session.outbox) else ():
            was = next((told for each, told in before if each is text), "")
            now = mark(state, text)
            if not state.session.signed_in and not state.session.outbox.is_held(text):
                now = was or "waits for the connection"
            if now and now != was:
                self._note(f"{safe(_beginning(text.text))} (to {safe(text.target)}): {now}", urgent=True)
            self._marks.append((text, now or was))

    def _tell_typing(self) -> None:
        """Tell who begins to type in a conversation with one person, once until the next message."""
        buffer = self._state.buffer
        if not buffer.name or buffer.is_channel:
            return
        typing = self._state.session.conversations.typing(buffer.name, self._state.now_ms)
        key = f"{buffer.key} {buffer.entries.last_time}"
        if typing and key != self._typing:
            self._typing = key
            self._note(f"{safe(typing[0])} is typing.")

    def _tell_asked(self) -> None:
        state = self._state
        question = state.question
        asked = None if question is None else question._replace(answer="")
        if question is not None and asked != self._question:
            about = f" {safe(question.about)}" if question.about else ""
            how = "Type y and Enter, or n." if question.refused else "Press y or n."
            self._note(f"{safe(question.text)}{about} {how}", urgent=True)
        self._question = asked
        if state.hint and state.hint != self._hint:
            self._note(state.hint, urgent=True)
        self._hint = state.hint

    def _tell_picked(self) -> None:
        state = self._state
        found, was_found = state.buffer.found, self._found
        self._found = found
        if found is not None and found is not was_found:
            self._note(f"Found: {words.said(found, self._look)}", urgent=True)
            self._note(f"F6 picks it: {self._offered(found, OFFERED_MAX)}; Up and Down read on.", urgent=True)
        picked = state.picked_text or state.buffer.picked
        was, self._picked = self._picked, picked
        if picked is None or picked is was:
            return
        if isinstance(picked, Text):
            self._note(f"Waits: {safe(_beginning(picked.text))} r sends it, d drops it, Esc.", urgent=True)
            return
        self._note(f"Picked: {words.said(picked, self._look)}", urgent=True)
        if picked.why:
            self._note(REFUSED_HELP, urgent=True)
        elif was is None:
            self._note(f"{self._offered(picked)}, Up and Down, Esc.", urgent=True)

    def _offered(self, entry: Entry, most: int | None = None) -> str:
        found = [f"{key} {word}" for key, word in offered(self._state.session, entry).items()]
        return ", ".join(found[:most])


def _beginning(text: str) -> str:
    return text if len(text) <= BEGINNING else f"{text[: BEGINNING - 3]}..."
