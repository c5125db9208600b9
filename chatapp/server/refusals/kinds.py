"""The forms of a refusal, and the exceptions with which a command is refused."""

from __future__ import annotations

import math
from typing import NamedTuple

from chatapp.counting import counted
from chatapp.errors import ChatError
from chatapp.protocol.numerics import ErrorNumeric


class Numbered(NamedTuple):
    """A refusal whose answer is a numeric. ``text`` is the last parameter of the reply; it may have ``{fields}``."""

    numeric: ErrorNumeric
    text: str

    @property
    def code(self) -> str:
        """The three digits of the reply."""
        return self.numeric.code

    def of(self, /, *params: str, **fields: object) -> CommandRefused:
        """Return the exception that refuses a command. ``params`` are the parameters of the reply before its text."""
        return CommandRefused(self, params, fields)


class Standard(NamedTuple):
    """A refusal whose answer is a standard reply. ``text`` is its last parameter; it may have ``{fields}``.

    Spec: IRCv3 standard-replies.
    """

    code: str
    text: str

    def of(self, /, *context: str, **fields: object) -> StandardRefused:
        """Return the exception that refuses a command. ``context`` are the parameters of the reply before its text."""
        return StandardRefused(self, context, fields)


class CommandRefused(ChatError):
    """A command is refused; the reply is the numeric of ``refusal`` with ``params`` and the exception's text."""

    def __init__(self, refusal: Numbered, params: tuple[str, ...], fields: dict[str, object]) -> None:
        super().__init__(refusal.text.format(**fields))
        self.refusal = refusal
        self.params = params

    @property
    def numeric(self) -> ErrorNumeric:
        """The number of the reply."""
        return self.refusal.numeric


class StandardRefused(ChatError):
    """A command is refused; the reply is ``FAIL verb code context :text`` with the code of ``refusal``."""

    def __init__(self, refusal: Standard, context: tuple[str, ...], fields: dict[str, object]) -> None:
        super().__init__(refusal.text.format(**fields))
        self.refusal = refusal
        self.context = context
        self.fields = fields


def seconds(wait_s: float) -> str:
    """Return a wait (s) in words, rounded up, for a field of a refusal: ``1 second``, ``20 seconds``."""
    return counted(math.ceil(wait_s), "second")
