"""Pure: what Tab does: it completes the word at the cursor, and shows the other words that fit, one after the other."""

from __future__ import annotations

from chatapp.client.fronts.commands import BY_NAME_ON_SCREEN, ON_SCREEN
from chatapp.client.fronts.emoji import matching
from chatapp.client.fronts.full import settings
from chatapp.client.fronts.full.state import State
from chatapp.client.fronts.full.text import shown
from chatapp.client.fronts.person import completion
from chatapp.client.fronts.person.questions import Ask
from chatapp.client.fronts.person.roster import sort_names
from chatapp.protocol.names import fold

OPTIONS_SHOWN_MAX = 30
MATCHES_SHOWN_MAX = 12
RECENT = 200  # messages whose senders are offered first


class Completing:
    """Completes the word at the cursor of the present draft."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._options: list[str] = []
        self._at = -1
        self._length = 0  # of what stands in the draft now

    def stop(self) -> None:
        """Begin anew with the next Tab."""
        self._options, self._at = [], -1

    def go_on(self) -> None:
        """Complete, or show the next option."""
        draft = self._state.buffer.draft
        if not self._options:
            word, self._options = self._found(draft.before)
            self._length = len(word)
            if not self._options:
                return
        self._at = (self._at + 1) % len(self._options)
        option = self._options[self._at]
        draft.replace_word(self._length, option)
        self._length = len(option)
        if len(self._options) == 1:
            self.stop()
        else:
            rest = [each.strip() for each in self._options[self._at + 1 :] + self._options[: self._at]]
            self._state.hint = "Tab: " + "  ".join(rest[:OPTIONS_SHOWN_MAX])

    def _found(self, before: str) -> tuple[str, list[str]]:
        line = before.rpartition("\n")[2]
        word = line.rpartition(" ")[2]
        if before.startswith("/") and " " not in before and not before.startswith("//"):
            return word, [f"/{row.names[0]} " for row in ON_SCREEN if row.names[0].startswith(word[1:].lower())]
        if before.startswith(("/set ", "/theme ")) and "\n" not in before:
            return word, _setting_words(before.split(" ")[:-1], word)
        if before.lower() == "/topic ":
            conversation = self._state.session.conversations.get(self._state.buffer.name)
            return "", [conversation.topic] if conversation is not None and conversation.topic else []
        if word.startswith(":") and len(word) > 1:
            return word, [emoji for code, emoji in matching(word) if code.startswith(word.strip(":").lower())]
        sign = word[:1] if word[:1] in ("@", "(") and len(word) > 1 else ""  # such as (bob or @bob
        line, before = (each.removesuffix(word) + word.removeprefix(sign) for each in (line, before))
        slot = completion.slot(before if before.startswith("/") else line, Ask.TALK)
        names = completion.candidates(slot, self._names(), list(self._state.session.channels.values()))
        is_first = len(slot.word) == len(line) and not before.startswith("/") and "\n" not in before
        end = ": " if is_first and not sign else " "
        return slot.word, [name + (" " if name.startswith("#") else end) for name in names]

    def _names(self) -> list[str]:
        """Return the names that may be meant: who wrote last, the other members, the other people."""
        state, buffer = self._state, self._state.buffer
        last = [each.sender for each in reversed(buffer.entries.all[-RECENT:]) if each.sender and not each.own]
        members = sort_names(state.session.conversations.nicks(buffer.name)) if buffer.name else []
        people = [each.name for each in state.buffers.listed if not each.is_channel]
        names = {fold(name): name for name in [*last, *members, *people] if name and shown(name) == name}
        return list(names.values())


def _setting_words(words: list[str], word: str) -> list[str]:
    """Return what may follow /set or /theme: the names of settings, or the values of one."""
    name = "theme" if words == ["/theme"] else words[1] if len(words) == 2 else ""
    values = settings.CHOICES.get(name) or ("on", "off") if name in settings.SINGLE else ()
    found = settings.SINGLE if words == ["/set"] else values
    return [f"{each} " if words == ["/set"] else each for each in found if each.startswith(word.lower())]


def command_hint(text: str) -> str:
    """Return what the command does that is being typed, or the commands that begin so; empty for a text."""
    if not text.startswith("/") or text.startswith("//") or "\n" in text:
        return ""
    name, space, _ = text[1:].partition(" ")
    row = BY_NAME_ON_SCREEN.get(name.lower())
    if row is not None and (space or name):
        return f"{row.usage}: {row.help}"
    fits = [f"/{each.names[0]}" for each in ON_SCREEN if each.names[0].startswith(name.lower())]
    if space or not fits:
        return "No such command. F1 shows all; // sends a /"
    return " ".join(fits[:MATCHES_SHOWN_MAX]) + (" ..." if len(fits) > MATCHES_SHOWN_MAX else "")
