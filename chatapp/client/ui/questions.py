"""What the line client can ask a person, one at a time."""

from __future__ import annotations

import dataclasses
import enum


class Ask(enum.Enum):
    """What is asked."""

    NOTHING = enum.auto()  # the server has to answer first
    TRUST = enum.auto()
    PASSWORD = enum.auto()
    CREATE = enum.auto()
    NEW_PASSWORD = enum.auto()
    REPEAT_PASSWORD = enum.auto()
    COMMAND = enum.auto()
    PICK = enum.auto()
    TEXT = enum.auto()


@dataclasses.dataclass(frozen=True, slots=True)
class Question:
    """What is asked now, and the text before the cursor."""

    ask: Ask
    prompt: str = ""

    @property
    def hidden(self) -> bool:
        """Tell whether what is typed must not be shown."""
        return self.ask in (Ask.PASSWORD, Ask.NEW_PASSWORD, Ask.REPEAT_PASSWORD)

    @property
    def signed_in(self) -> bool:
        """Tell whether it is one of those after the sign-in."""
        return self.ask in (Ask.COMMAND, Ask.PICK, Ask.TEXT)


NOTHING = Question(Ask.NOTHING)
COMMAND = Question(Ask.COMMAND, "> ")
PICK = Question(Ask.PICK, "To whom (number or name, Enter goes back): ")


def yes_or_no(text: str) -> bool | None:
    """Read the answer to a question that wants yes or no; None where it is neither."""
    return {"y": True, "yes": True, "n": False, "no": False}.get(text.strip().lower())
