"""The record of a command: its verb, its handler, and the conditions under which the handler runs.

A handler runs once for each line. It gets the session and the argument values that ``arguments.py`` makes from the
line's parameters. It answers, or it raises a ChatError, which ``refuse.py`` turns into a reply. It returns ``None``,
or a coroutine if the command awaits something; then the session's next line waits for the coroutine.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import msgspec

from chatapp.protocol.message import Message
from chatapp.server.commands.arguments import Argument
from chatapp.server.session.session import Session

Handler = Callable[..., Coroutine[Any, Any, None] | None]


def never(session: Session, message: Message) -> bool:
    """Return False: the command always waits until the session's messages are settled."""
    return False


def always(session: Session, message: Message) -> bool:
    """Return True: the command never waits for the session's messages, because it has no answer."""
    return True


class Command(msgspec.Struct, frozen=True):
    """One row of the list of commands.

    ``early``: clients may send the command before they are welcomed. ``late``: they may send it afterwards.
    ``stores``: the command may add to the disk. ``lists``: the rate limit counts each item of a list with commas as one
    command. Of several LIST arguments, the longest list counts; without a LIST argument, the first parameter counts.
    ``usage``: the syntax, which a FAIL shows if a parameter is missing; without ``usage`` the reply is 461.

    ``flows`` returns, for a line, whether its command may run before the session's earlier messages are settled. Such a
    handler may propose one message or raise a ChatError, no more. Any other answer would come before the echoes of the
    earlier messages; a refusal waits for these echoes.
    """

    verb: str
    handler: Handler
    arguments: tuple[Argument, ...] = ()
    early: bool = False
    late: bool = True
    stores: bool = False
    lists: bool = False
    usage: str = ""
    flows: Callable[[Session, Message], bool] = never
