"""The commands of a session that has signed in with a restricted token: each is judged first (``model/tokens.py``)."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable
from functools import partial
from typing import Any

from chatapp.model.tokens import held, may_do
from chatapp.protocol.message import Message
from chatapp.protocol.names import fold
from chatapp.server import refusals
from chatapp.server.commands.arguments import MESSAGE, read
from chatapp.server.commands.command import Command
from chatapp.server.delivery import render
from chatapp.server.session.session import Session


def restricted(commands: Iterable[Command]) -> list[Command]:
    """Return the same commands, as a session with a restricted token may run them."""
    return [
        Command(
            each.verb,
            partial(_run, each),
            (MESSAGE,),
            early=each.early,
            late=each.late,
            stores=each.stores,
            lists=each.lists,
        )
        for each in commands
    ]


def _run(command: Command, session: Session, message: Message) -> Coroutine[Any, Any, None] | None:
    """Run a command if the session's token allows it. Raises StandardRefused, and what the command raises."""
    verb, targets = _judged(message)
    user = session.user
    token = held(user, session.token) if user is not None else None
    if user is None or token is None:
        return None  # the connection is closing
    if not may_do(token, verb, targets):
        about = render.shown(message.param(0))
        raise refusals.TOKEN_RESTRICTED.of(about, name=token.name, targets=", ".join(token.targets))
    work = command.handler(session, *read(session, command.verb, command.arguments, message, command.usage))
    if verb == "JOIN":
        assert work is not None
        return _join(session, work, targets)
    return work


def _judged(message: Message) -> tuple[str, list[str]]:
    """Return the verb and the targets by which a line is judged.

    A BATCH is judged as the message that it sends. It names the target at its beginning; its lines have the same.
    """
    if message.verb == "BATCH":
        return ("PRIVMSG", message.params[2:3]) if message.param(0)[:1] != "-" else ("PONG", [])
    return message.verb, message.param(0).split(",")


async def _join(session: Session, work: Coroutine[Any, Any, None], names: list[str]) -> None:
    """Join channels, and then send the session a JOIN for each of them that its account is a member of.

    Delivery sends this session nothing of a channel, so it would get no JOIN otherwise.
    """
    await work
    state, user = session.services.state, session.user
    for name in {fold(each): each for each in names}.values():
        channel = state.channel_named(name)
        if user is not None and channel is not None and user.uid in channel.members:
            session.send(f":{render.source(user.name, session.services.host)} JOIN {channel.name}")
