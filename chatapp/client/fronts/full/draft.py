"""Pure: the text that a person is typing: a cursor that moves and deletes by graphemes, and the texts sent before."""

from __future__ import annotations

import re

from chatapp.client.fronts.full.text import graphemes
from chatapp.client.fronts.printable import printable

SENT_MAX = 100  # texts sent before that are remembered
UNDO_MAX = 50  # changes that can be taken back
UNDONE_CHARACTERS_MAX = 2_000  # of a text; the changes of a longer text are not remembered
CHARACTERS_MAX = 100_000  # of a draft; what is pasted beyond is dropped

_LINE_ENDS = re.compile("\r\n|\r|\u2028|\u2029|\x85")


class Draft:
    """A text of one or more lines, and the place of the cursor in it (a code point; keys move it by graphemes)."""

    def __init__(self) -> None:
        self.text = ""
        self.at = 0
        self.pasted_lines = 0  # lines that were pasted into the text
        self.reply_to = ""  # the msgid of the message that the text answers, or empty
        self.about = ""  # this message in words
        self.edits = ""  # the msgid of the message of ours that the text replaces, or empty
        self._cut = ""  # what was deleted last with a key that deletes more than a character
        self._sent: list[str] = []
        self._back = 0  # how far back in the sent texts the person has gone; 0: at the text itself
        self._kept: dict[int, str] = {}  # how far back -> the text that the person left there, also the text itself
        self._cut_ended: tuple[str, int] | None = None  # the text and the cursor right after the last such deletion
        self._undo: list[tuple[str, int]] = []  # the texts before the last changes, each with the cursor
        self._types = False  # the last change was a character

    def __bool__(self) -> bool:
        return bool(self.text)

    @property
    def before(self) -> str:
        """The text before the cursor."""
        return self.text[: self.at]

    def set(self, text: str) -> None:
        """Replace the whole text; the cursor goes to its end."""
        self.text, self.at = text[:CHARACTERS_MAX], len(text[:CHARACTERS_MAX])

    def clear(self) -> None:
        """Remove the text, and what it is about."""
        self.set("")
        self.pasted_lines = self._back = 0
        self._kept.clear()
        self.reply_to = self.about = self.edits = ""

    def sent(self) -> str:
        """Return the text, remember it as sent, and clear the draft."""
        text = self.text
        if text.strip() and self._sent[-1:] != [text]:
            self._sent = [*self._sent[1 - SENT_MAX :], text]
        self.clear()
        return text

    def insert(self, text: str) -> None:
        """Insert a text at the cursor, which stays right after it.

        That may be inside a grapheme: the first half of a flag makes one with the flag that follows, until the other
        half comes.
        """
        text = text[: CHARACTERS_MAX - len(self.text)]
        self.text = self.text[: self.at] + text + self.text[self.at :]
        self.at += len(text)

    def paste(self, text: str) -> None:
        """Insert a pasted text: its line ends become line feeds, its control characters become harmless."""
        lines = [printable(line) for line in _LINE_ENDS.sub("\n", text).split("\n")]
        while len(lines) > 1 and not lines[-1]:
            lines.pop()
        self.pasted_lines += len(lines)
        self.insert("\n".join(lines))

    def replace_word(self, length: int, text: str) -> None:
        """Replace the ``length`` code points before the cursor."""
        self.text = self.text[: self.at - length] + text + self.text[self.at :]
        self.at = self._edge(self.at - length + len(text))

    # The cursor

    def _edges(self) -> list[int]:
        """Return where the graphemes of the text begin, and the end of the text."""
        edges, at = [0], 0
        for each in graphemes(self.text):
            at += len(each)
            edges.append(at)
        return edges

    def _edge(self, at: int) -> int:
        """Return the first edge of a grapheme that is not before ``at``."""
        return at if self.text.isascii() else next(edge for edge in self._edges() if edge >= at)

    def left(self) -> None:
        """Move the cursor one grapheme back."""
        self.at = max((edge for edge in self._edges() if edge < self.at), default=0)

    def right(self) -> None:
        """Move the cursor one grapheme on."""
        self.at = min((edge for edge in self._edges() if edge > self.at), default=len(self.text))

    def _word_left(self) -> int:
        at = next((found.start() for found in reversed([*re.finditer(r"\S+", self.before)])), 0)
        return max(edge for edge in self._edges() if edge <= at)

    def _word_right(self) -> int:
        found = re.compile(r"\s*\S+").match(self.text, self.at)
        return self._edge(found.end()) if found is not None else len(self.text)

    def word_left(self) -> None:
        """Move the cursor to the beginning of the word."""
        self.at = self._word_left()

    def word_right(self) -> None:
        """Move the cursor to the end of the word."""
        self.at = self._word_right()

    def line_begin(self) -> None:
        """Move the cursor to the beginning of the line."""
        self.at = self.text.rfind("\n", 0, self.at) + 1

    def line_end(self) -> None:
        """Move the cursor to the end of the line."""
        end = self.text.find("\n", self.at)
        self.at = end if end >= 0 else len(self.text)

    def up(self) -> bool:
        """Move the cursor to the line above; False if there is none."""
        begin = self.text.rfind("\n", 0, self.at) + 1
        if not begin:
            return False
        above = self.text.rfind("\n", 0, begin - 1) + 1
        self.at = self._edge(min(above + self.at - begin, begin - 1))
        return True

    def down(self) -> bool:
        """Move the cursor to the line below; False if there is none."""
        end = self.text.find("\n", self.at)
        if end < 0:
            return False
        begin = self.text.rfind("\n", 0, self.at) + 1
        last = self.text.find("\n", end + 1)
        self.at = self._edge(min(end + 1 + self.at - begin, last if last >= 0 else len(self.text)))
        return True

    # Deleting

    def _remove(self, begin: int, end: int, *, keep: bool = True) -> None:
        removed = self.text[begin:end]
        self._cut = removed if keep and removed else self._cut
        self.text = self.text[:begin] + self.text[end:]
        self.at = self._edge(begin)

    def remove(self, begin: int, end: int) -> None:
        """Delete a part of the text; ``put_back`` inserts it again."""
        self._remove(begin, end)

    def keep(self, begin: int, end: int) -> None:
        """Let ``put_back`` insert a part of the text."""
        self._cut = self.text[begin:end] or self._cut

    def backspace(self) -> None:
        """Delete the grapheme before the cursor."""
        end = self.at
        self.left()
        self._remove(self.at, end, keep=False)

    def delete(self) -> None:
        """Delete the grapheme at the cursor."""
        begin = self.at
        self.right()
        self._remove(begin, self.at, keep=False)

    def _cut_out(self, begin: int, end: int) -> None:
        """Delete a part beside the cursor; what was deleted right before it is put back together with it."""
        before = self._cut if self._cut_ended == (self.text, self.at) else ""
        removed, is_left = self.text[begin:end], end == self.at
        self._remove(begin, end)
        if removed:
            self._cut = (removed + before if is_left else before + removed)[:CHARACTERS_MAX]
        self._cut_ended = self.text, self.at

    def delete_word_left(self) -> None:
        """Delete to the beginning of the word."""
        self._cut_out(self._word_left(), self.at)

    def delete_word_right(self) -> None:
        """Delete to the end of the word."""
        self._cut_out(self.at, self._word_right())

    def delete_to_begin(self) -> None:
        """Delete to the beginning of the line."""
        self._cut_out(self.text.rfind("\n", 0, self.at) + 1, self.at)

    def delete_to_end(self) -> None:
        """Delete to the end of the line."""
        end = self.text.find("\n", self.at)
        self._cut_out(self.at, end if end > self.at else len(self.text))

    def swap(self) -> None:
        """Swap the characters before and at the cursor; at the end, the last two."""
        edges = self._edges()
        at = edges.index(self._edge(self.at))
        at -= at == len(edges) - 1
        if at > 0:
            first, middle, last = edges[at - 1 : at + 2]
            self.text = self.text[:first] + self.text[middle:last] + self.text[first:middle] + self.text[last:]
            self.at = last

    # Taking changes back

    def remember(self, typed: str = "") -> None:
        """Note the text before a change; letters that are ``typed`` one after the other are one change."""
        is_more, self._types = bool(typed.strip()) and self._types, bool(typed)
        if len(self.text) > UNDONE_CHARACTERS_MAX:
            self._undo.clear()
        elif not is_more:
            is_same = bool(self._undo) and self._undo[-1][0] == self.text  # the cursor has moved since
            self._undo = [*(self._undo[:-1] if is_same else self._undo[1 - UNDO_MAX :]), (self.text, self.at)]

    def undo(self) -> None:
        """Take the last change back."""
        self._types = False
        while self._undo and self._undo[-1][0] == self.text:
            self._undo.pop()
        if self._undo:
            self.text, self.at = self._undo.pop()

    def put_back(self) -> None:
        """Insert what was deleted last."""
        self.insert(self._cut)

    # The texts sent before

    def older(self) -> None:
        """Show the text that was sent before."""
        if self._back < len(self._sent):
            self._go(self._back + 1)

    def _go(self, back: int) -> None:
        self._kept[self._back] = self.text
        self._back = back
        self.set(self._kept.get(back, self._sent[-back] if back else ""))

    def sent_before(self, typed: str) -> list[str]:
        """Return the texts sent before that have a text in them, the latest first."""
        return list(dict.fromkeys(each for each in reversed(self._sent) if typed.lower() in each.lower()))

    def newer(self) -> None:
        """Show the text that was sent after; at the end, the text itself."""
        if self._back:
            self._go(self._back - 1)
