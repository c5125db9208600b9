"""Pure: the message that a command is about, and the question before it is deleted."""

from __future__ import annotations

from collections.abc import Callable

from chatapp.client.core import requests
from chatapp.client.core.recent import Remembered, Which
from chatapp.client.core.requests import Request
from chatapp.client.fronts import commands
from chatapp.client.fronts.full.boxes import Question
from chatapp.client.fronts.full.state import State
from chatapp.errors import ChatError

NOT_DELETED = "Nothing was deleted. To delete, answer with y and Enter."


def last_message(state: State, which: Which, needs: str) -> Remembered:
    """Return one of the last messages of the present conversation; ``needs``: see ``message_of``. Raises UsageError.

    Who means "the last" of somebody else, and sees that it was deleted, means no other.
    """
    theirs = (each for each in reversed(state.buffer.entries.all) if not each.note and not each.own)
    last = next(theirs, None) if which == Which() else None
    if last is not None and last.gone and needs in state.session.account.enabled:
        raise commands.UsageError(
            f"Not done: the last message, of {last.sender}, was deleted. F6 picks another, or say whose: @NAME"
        )
    return commands.message_of(state.session, state.buffer.name, which, needs)


def ask_to_delete(
    state: State, ask: Callable[[Request], None], target: str, msgid: str, text: str, reason: str = ""
) -> None:
    """Ask whether to delete a message, whose beginning is ``text``; ``ask`` sends the request."""

    def delete() -> None:
        try:
            ask(requests.delete(target, msgid, reason))
        except ChatError as error:
            state.note(str(error), bad=True)

    state.question = Question("Delete for everyone?", delete, f'"{text}"', NOT_DELETED)
