"""What a command is: a verb, its handler, and what has to be so before the handler runs.

A handler runs once for a line, never a second time. It gets the session and what the command's ``arguments`` make of
the line's parameters. It answers, or raises a ChatError, which ``refusals.py`` puts into words. It returns ``None``, or
a coroutine for a command that awaits something; the session's next line waits for that.
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
    """Tell that a command waits until the session's messages are settled, whatever its parameters are."""
    return False


def always(session: Session, message: Message) -> bool:
    """Tell that a command never waits for the session's messages: it is not answered."""
    return True


class Command(msgspec.Struct, frozen=True):
    """A verb, its handler, the arguments the handler gets, and when the command may come.

    ``early``: before the session is welcomed; ``late``: after. ``stores``: may add to the disk. ``lists``: the first
    parameter is a list with commas, and each item counts as a command. ``usage``: what a FAIL says where a parameter
    is missing; without it, 461 says so.

    ``flows`` tells of a line whether its command need not wait until the session's messages are settled. Then its
    handler may only propose one message, or answer nothing, or raise a ChatError: an answer would come before the echo
    of what was said before. (A refusal waits for these echoes.)
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
