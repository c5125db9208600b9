"""Pure: sends what was typed: a text, a command, or a word of the menu."""

from __future__ import annotations

import difflib
from collections.abc import Callable

from chatapp.client.core import multiline, requests
from chatapp.client.core.splitting import pieces
from chatapp.client.fronts import commands
from chatapp.client.fronts.emoji import with_emoji
from chatapp.client.fronts.farewell import shortened
from chatapp.client.fronts.full import kept_drafts
from chatapp.client.fronts.full.actions import FullActions
from chatapp.client.fronts.full.boxes import Box, Item, Question
from chatapp.client.fronts.full.draft import Draft
from chatapp.client.fronts.full.state import State
from chatapp.errors import ChatError
from chatapp.protocol.names import fold, is_channel

ELSEWHERE = {
    "create": "join",
    "accept": "invite",
    "wc": "close",
    "disconnect": "exit",
    "find": "search",
    "grep": "search",
    "nicklist": "names",
    "users": "who",
}  # names in other clients, and ours
WITH_TEXT = ("bm", "dm", "edit", "me", "notice", "reply", "say")  # commands whose texts are sent
EARLY = ("exit", "help", "set", "status", "theme")  # commands that work before the sign-in
# Texts that people who are new send when they look for a command, and how to have it.
MEANT = {**dict.fromkeys(("ex", "exit", "quit"), "To leave, type /exit."), "help": "F1 shows the help."}
SCROLLING = ("older",)  # commands that show older messages from where the screen is
PASTED_UNASKED_MAX = 3  # pasted lines that are sent without a question
LINES_UNASKED_MAX = 20  # lines that go to a channel without a question
TYPING_S = 3.0  # Spec: IRCv3 typing, "MUST NOT be sent more often than once every 3 seconds"


class Sending:
    """Sends the present draft."""

    def __init__(self, state: State, actions: FullActions) -> None:
        self._state = state
        self._actions = actions
        self._told_s = -TYPING_S  # when we told last that we are typing
        self._told = ""  # the conversation in which the others think that we are typing

    def send(self) -> None:
        """Send the draft, or run it as a command; show the newest messages, where the answer appears."""
        buffer = self._state.buffer
        draft, text = buffer.draft, buffer.draft.text
        if not text.strip():
            return
        is_command = kept_drafts.is_command(text)
        try:
            if is_command:
                if self._run(text).names[0] in SCROLLING:
                    draft.sent()
                    return
            elif not self._answers_offer(draft) and not self._is_menu_word(text):
                self._confirm(draft)
                return
            draft.sent()
        except ChatError as error:
            if is_command:
                self._state.note(str(error), bad=True)
                draft.sent()  # Up shows it again
            else:
                self._state.refuse(str(error))
        buffer.to_bottom()

    def run_early(self) -> bool:
        """Run the draft before the sign-in; False if it is not a command that works then."""
        text = self._state.buffer.draft.text
        found = commands.find(text, menu=False, on_screen=True) if kept_drafts.is_command(text) else None
        command = found[0] if found is not None else commands.word_alone(text)
        if command is None or command.names[0] not in EARLY:
            return False
        self.send()
        return True

    def _answers_offer(self, draft: Draft) -> bool:
        """Take y or n alone, if it is the first text after the offer to stay signed in; later it is a text."""
        staying = self._state.staying
        is_answer = draft.text.strip().lower() in ("y", "n") and not draft.reply_to and not draft.edits
        if not staying.offered or not is_answer:
            return False
        staying.answer(draft.text.strip().lower() == "y")
        return True

    def _is_menu_word(self, text: str) -> bool:
        """Run a line that begins with a word of the menu, or asks for help; show the command that does the same.

        In the lobby, where the menu is taught, ``dm NAME TEXT`` counts too, so that no private text gets there; in
        other conversations only a word in capital letters that is alone in the line.
        """
        first, _, rest = text.strip().partition(" ")
        buffer = self._state.buffer
        word = commands.menu_word(first)
        if word is None and not rest and first.lower() in ("help", "?"):
            word = commands.BY_NAME["help"]
        if word is None or (rest and not self._is_meant(first, rest)):
            return False
        if buffer.name and buffer.key != fold(self._state.session.lobby) and (rest or first != word.menu):
            return False
        self._state.note(f"{first} is {word.usage}: {word.help}")
        word.run(self._actions, with_emoji(rest.strip()))
        return True

    def ask(
        self, title: str, items: Callable[[str], list[Item]], prompt: str, submit: Callable[[str], None] | None = None
    ) -> Box:
        """Open a list with a line to type in; ``submit`` takes what was typed if it leads to no item."""
        self._state.box = box = Box(title, items, prompt=prompt, submit=submit, answer=self.answer)
        return box

    def answer(self, word: commands.Command) -> None:
        """Do what a word of the menu means at a question: EX goes back, the others do what they do in the input."""
        self._state.box = None
        if word is not commands.BY_NAME["exit"]:
            word.run(self._actions, "")

    def _is_meant(self, first: str, rest: str) -> bool:
        """Tell whether a person means a word of the menu that is followed by a text."""
        if first.upper() == "EX":
            return False
        name, state = fold(rest.strip(" ").partition(" ")[0]), self._state
        nicks = {*map(fold, state.session.conversations.nicks(state.session.lobby)), *state.away}
        return first.isupper() or (first.upper() == "DM" and (is_channel(name) or name in nicks))

    def _run(self, text: str) -> commands.Command:
        """Run a command, and return it. Raises UsageError."""
        found = commands.find(text, menu=False, on_screen=True)
        if found is None:
            name = text.split(" ", 1)[0].split("\n", 1)[0]
            typed = name[1:].lower()
            near = ELSEWHERE.get(typed) or next(
                iter(difflib.get_close_matches(typed, commands.BY_NAME_ON_SCREEN, 1)), ""
            )
            hint = f" Did you mean /{near}?" if near else " F1 shows all."
            short = shortened(name, commands.COMMAND_CHARACTERS_MAX)
            raise commands.UsageError(f"There is no command {short}.{hint} To send a text that begins with /, type //")
        command, rest = found
        if command is commands.BY_NAME["exit"]:
            self._actions.exit(rest)
        else:
            command.run(self._actions, with_emoji(rest) if command.names[0] in WITH_TEXT else rest)
        return command

    def _confirm(self, draft: Draft) -> None:
        """Send a text; ask first, if many lines were pasted, or many lines go to a channel."""
        buffer = self._state.buffer
        if not buffer.name:
            raise commands.UsageError("To whom? Ctrl-K shows people and channels; /join #CHANNEL begins a channel.")
        self._state.session.outbox.acquaintances.known(buffer.name)  # refuses if the person has gone
        if draft.edits:
            self._actions.ask(requests.edit(buffer.name, draft.edits, with_emoji(draft.text)))
            draft.sent()
            return
        count = len(pieces(draft.text, self._state.session.text_bytes_max(buffer.name)))
        many = count > LINES_UNASKED_MAX and buffer.is_channel
        if many or (draft.pasted_lines > PASTED_UNASKED_MAX and draft.text.count("\n") >= PASTED_UNASKED_MAX):
            lines = draft.text.count("\n") + 1
            account = self._state.session.account
            room = multiline.room(account.offers, account.enabled)
            is_one = count <= room.lines_max and len(draft.text.encode()) <= room.bytes_max
            words = f"Send {lines} lines to {buffer.name} as {'one message' if is_one else 'several messages'}?"
            self._state.question = Question(words, lambda: self._say(buffer.name, draft))
        else:
            self._say(buffer.name, draft)

    def _say(self, target: str, draft: Draft) -> None:
        reply_to = draft.reply_to
        text = with_emoji(draft.sent())
        self._state.staying.pass_over()
        self._told = ""
        self._actions.say(target, commands.unescaped(text), reply_to=reply_to)
        if text.strip().lower() in MEANT:
            self._state.note(f"This was sent as a text. {MEANT[text.strip().lower()]}")
        self._state.buffer.to_bottom()
        self._state.buffer.stopped = None

    def typing(self) -> None:
        """Tell the others that we are typing, or no longer."""
        state, buffer = self._state, self._state.buffer
        if (
            not state.settings.typing
            or not state.session.signed_in
            or not buffer.name
            or state.session.outbox.acquaintances.is_gone(buffer.name)
            or "message-tags" not in state.session.account.enabled
        ):
            return
        text = buffer.draft.text
        if text and not text.startswith("/"):
            if state.now_s - self._told_s >= TYPING_S:
                self._told_s, self._told = state.now_s, buffer.name
                state.session.ask(requests.typing(buffer.name, "active"))
        elif self._told == buffer.name and not text:
            self._told = ""
            state.session.ask(requests.typing(buffer.name, "done"))
