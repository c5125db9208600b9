"""Pure: gives each key to what is open: a question, a list, a picked message, or the text that is typed."""

from __future__ import annotations

from collections.abc import Callable, Container

from chatapp.client.fronts.commands import word_alone
from chatapp.client.fronts.full import view
from chatapp.client.fronts.full.boxes import Box, Question
from chatapp.client.fronts.full.deeds import WHEEL_ROWS, Deeds
from chatapp.client.fronts.full.draft import Draft
from chatapp.client.fronts.full.keys import ACTIONS, PREFIXES
from chatapp.client.fronts.full.state import State
from chatapp.client.fronts.person.questions import NOTHING, yes_or_no
from chatapp.client.fronts.printable import continues_a_flag, printable
from chatapp.errors import SignInError

_EDITING = frozenset({
    "left", "right", "word_left", "word_right", "line_begin", "line_end", "backspace", "delete", "delete_word_left",
    "delete_word_right", "delete_to_begin", "delete_to_end", "put_back", "swap", "undo",
})  # fmt: skip
# What can be done with a text before the sign-in.
_EARLY = frozenset({"new_line", "interrupt", "delete_or_leave", "line_end", "up", "down", "redraw", "suspend"})
_BACK = tuple(key for key, action in ACTIONS.items() if action == "escape")
DROPPED = "Dropped, as it could be a password: type when you are asked."
DROPPED_NARROW = "Dropped: type when you are asked."
WAITS = "Not connected yet: your text stays here."
ANSWER_CHARACTERS_MAX = 20
ROWS_MAX = 1_000_000  # more than a list has


class Pressing:
    """Takes the keys of a person, one after the other."""

    def __init__(self, state: State, deeds: Deeds) -> None:
        self._state = state
        self._deeds = deeds
        self._before = ""  # the keys before this one, of a sequence that is not complete

    def key(self, key: str, data: str = "") -> None:
        """Take a key, as ``keys.py`` writes it; ``data``: the character that it types, or empty."""
        state = self._state
        state.hint = ""
        if state.focused is False:  # the terminal has told of no focus since, but whoever presses a key is there
            state.focused = True
            self._deeds.seen()
        whole = f"{self._before} {key}" if self._before else key
        if whole in PREFIXES and not self._is_alone(whole):
            self._before = whole
            return
        if self._before == "escape" and whole not in ACTIONS and not data:
            self.pause()  # Esc was pressed alone, and this key soon after it
            whole = key
        self._before = ""
        if whole != key and whole not in ACTIONS:
            return
        if whole != "c-c":
            self._deeds.other_key()
        if whole != "c-i":
            self._deeds.completing.stop()
        self._give(whole, data if whole == key else "")

    def _is_alone(self, key: str) -> bool:
        return key == "escape" and (self._state.asked != NOTHING or not self._state.signed_in)

    def pause(self) -> None:
        """Note that no further key of a sequence has come in time: Esc was pressed alone."""
        before, self._before = self._before, ""
        if before:
            self._state.hint = ""
            self._give(before, "")

    @property
    def ends_with_escape(self) -> bool:
        """Tell whether Esc is the last key of a sequence that is not complete: Esc alone, or the first half of Alt."""
        return self._before.endswith("escape")

    def end_escape(self) -> None:
        """Take Esc, if it is the last key of a sequence that is not complete: no key has followed it in time."""
        if self.ends_with_escape:
            self.pause()

    def paste(self, text: str) -> None:
        """Take a pasted text."""
        state = self._state
        if state.asked != NOTHING:
            state.secret.text += text.replace("\r", "\n").split("\n", 1)[0]
        elif state.box is not None and state.box.prompt:
            state.box.query.paste(text.replace("\r", " ").replace("\n", " "))
            state.box.typed()
        elif state.signed_in and state.question is None:
            self._deeds.picking.stop()
            state.box = None
            state.buffer.draft.paste(text)
        elif not state.signed_in:
            if self._keeps_early(text):
                state.buffer.draft.paste(text)
            else:
                self._drop()

    def _give(self, key: str, data: str) -> None:
        state = self._state
        if state.asked != NOTHING:
            self._answer(key, data)
        elif state.question is not None:
            self._decide(state.question, key, data)
        elif state.box is not None:
            self._in_box(state.box, key, data)
        elif not state.signed_in:
            self._early(key, data)
        elif self._deeds.picking.is_on:
            self._in_picking(key, data)
        else:
            self._type(key, data)

    def _keeps_early(self, typed: str) -> bool:
        """Tell whether what is typed before the sign-in stays as a draft: a text that is no password, or a command."""
        is_command = (self._deeds.draft.text or typed).startswith("/")
        return is_command or self._state.signing_in.asks_nothing

    def _drop(self) -> None:
        self._state.hint = DROPPED if self._deeds.size.columns >= len(DROPPED) else DROPPED_NARROW

    def _early(self, key: str, data: str) -> None:
        """Take a key before the sign-in, while nothing is asked."""
        draft, keeps = self._deeds.draft, self._keeps_early(data)
        if key in ("c-c", "c-d") and not (draft and keeps):
            self._state.interrupted = True
        elif key == "f1":
            self._deeds.help()
        elif not keeps:
            self._drop()
        elif key != "c-m":
            self._type(key, data, actions=_EARLY)
        elif draft and not self._deeds.sending.run_early():
            self._state.hint = WAITS

    def _answer(self, key: str, data: str) -> None:
        """Take a key of the answer to a question of the sign-in."""
        state = self._state
        if key == "c-m":
            answer = state.secret.take()
            if state.signed_in and state.changing.question is not None:
                word = word_alone(answer)
                if word is not None:
                    state.changing.drop()
                    self._deeds.sending.answer(word)
                else:
                    state.changing.typed(answer)
            else:
                state.signing_in.typed(answer)
        elif key == "c-h":
            state.secret.text = state.secret.text[:-1]
        elif key == "c-u":
            state.secret.text = ""
        elif key in ("c-c", "c-d", *_BACK):
            self._give_up(key)
        elif data:
            state.secret.text += data

    def _give_up(self, key: str) -> None:
        state = self._state
        state.secret.take()
        if state.signed_in and state.changing.question is not None:
            state.changing.drop()
        elif key == "c-c":
            state.interrupted = True
        elif key == "c-d":
            raise SignInError("Not signed in.")

    def _decide(self, question: Question, key: str, data: str) -> None:
        """Take a key of the answer to a question; what cannot be undone needs ``y`` and then Enter."""
        state, answer = self._state, question.answer
        if key in ("c-c", *_BACK) or (key in ("n", "N") and not answer):
            decided: bool | None = False
        elif key in ("y", "Y") and not answer and not question.refused:
            decided = True
        elif key != "c-m":
            typed = answer[:-1] if key == "c-h" else (answer + printable(data))[:ANSWER_CHARACTERS_MAX]
            state.question = question._replace(answer=typed)
            return
        elif question.refused:
            decided = bool(yes_or_no(answer))
        else:
            decided = yes_or_no(answer or "y")
        word = word_alone(answer) if key == "c-m" else None
        if decided is None and word is None:
            state.question = question._replace(answer="")
            state.hint = "Type y or n."
            return
        state.question = None
        if decided:
            question.yes()
            return
        state.hint = question.refused
        if word is not None:
            self._deeds.sending.answer(word)

    def _in_box(self, box: Box, key: str, data: str) -> None:
        parts = view.parts(self._state, self._deeds.size)
        page = max(1, parts.body - 1)
        moves = {"up": -1, "down": 1, "c-p": -1, "c-n": 1, "c-i": 1, "s-tab": -1, "pageup": -page, "pagedown": page}
        moves |= {"<scroll-up>": -WHEEL_ROWS, "<scroll-down>": WHEEL_ROWS}
        if not box.prompt:
            moves |= {"home": -ROWS_MAX, "end": ROWS_MAX}
        if key in moves:
            box.scroll(moves[key], parts.inside, parts.body)
        elif key == "c-m":
            if not box.choose() and not box.prompt:
                self._state.box = None
        elif key in ("c-c", "f1", *_BACK) or (key == "q" and not box.prompt):
            self._state.box = None
        elif key in ("c-k", "c-f") and not box.prompt:
            (self._deeds.jump if key == "c-k" else self._deeds.search)()
        elif box.prompt and (data or ACTIONS.get(key) in _EDITING):
            _edit(box.query, key, data)
            box.typed()

    def _in_picking(self, key: str, data: str) -> None:
        picking = self._deeds.picking
        if key in ("up", "down", "c-p", "c-n", "k", "j"):
            picking.move(-1 if key in ("up", "c-p", "k") else 1)
        elif key in ("c-c", "c-@", "f6", "q", *_BACK):
            picking.leave()
        elif not picking.press(key) and not data:
            picking.stop()
            self._type(key, data)

    def _type(self, key: str, data: str, actions: Container[str] | None = None) -> None:
        """Take a key of the text; ``actions``: what else the key may do (None: everything)."""
        draft = self._deeds.draft
        action = self._state.vi.press(draft, key, data) if self._state.settings.keys == "vi" else None
        if action == "":
            return
        action = action or ACTIONS.get(key)
        if action in _EDITING and action != "line_end":
            _edit(draft, key, data)
        elif action is not None and actions is not None and action not in actions:
            return
        elif action is not None:
            doing: Callable[[], None] = getattr(self._deeds, action)
            doing()
        elif _is_typed(draft, data):
            _edit(draft, key, data)
        else:
            return
        self._deeds.sending.typing()


def _edit(draft: Draft, key: str, data: str) -> None:
    """Change a text with an editing key, or a character."""
    action = ACTIONS.get(key)
    if action != "undo":
        draft.remember(data if action is None else "")
    if action in _EDITING:
        getattr(draft, action)()
    elif _is_typed(draft, data):
        draft.insert(data)


def _is_typed(draft: Draft, data: str) -> bool:
    """Tell whether a key is a character of a text."""
    return bool(data) and (printable(data) == data or continues_a_flag(draft.before, data))
