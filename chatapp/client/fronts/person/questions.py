"""Pure: the questions of the line client; at most one question is open at a time."""

from __future__ import annotations

import dataclasses
import enum


class Ask(enum.Enum):
    """The kinds of questions."""

    NOTHING = enum.auto()  # no question: the server has to answer first
    TRUST = enum.auto()
    PASSWORD = enum.auto()
    CREATE = enum.auto()
    NEW_PASSWORD = enum.auto()
    REPEAT_PASSWORD = enum.auto()
    COMMAND = enum.auto()  # at the menu
    TALK = enum.auto()  # in a conversation
    PICK = enum.auto()  # whom to write to
    MANY = enum.auto()  # whether to send many lines to a channel
    CHANGE_OLD = enum.auto()
    CHANGE_NEW = enum.auto()
    CHANGE_AGAIN = enum.auto()


_SIGNING_IN = (Ask.TRUST, Ask.PASSWORD, Ask.CREATE, Ask.NEW_PASSWORD, Ask.REPEAT_PASSWORD)

_HIDDEN = (
    *(Ask.PASSWORD, Ask.NEW_PASSWORD, Ask.REPEAT_PASSWORD),
    *(Ask.CHANGE_OLD, Ask.CHANGE_NEW, Ask.CHANGE_AGAIN),
)


@dataclasses.dataclass(frozen=True, slots=True)
class Question:
    """A question, and the text that is shown before the cursor."""

    ask: Ask
    prompt: str = ""

    @property
    def hidden(self) -> bool:
        """Tell whether the answer must not be shown."""
        return self.ask in _HIDDEN

    @property
    def signed_in(self) -> bool:
        """Tell whether the question is one that comes after the sign-in."""
        return self.ask not in (Ask.NOTHING, *_SIGNING_IN)


NOTHING = Question(Ask.NOTHING)
COMMAND = Question(Ask.COMMAND, "> ")


def yes_or_no(text: str) -> bool | None:
    """Return the answer to a yes-or-no question (``EX`` means no); None if it is neither."""
    return {"y": True, "yes": True, "n": False, "no": False, "ex": False}.get(text.strip().lower())
