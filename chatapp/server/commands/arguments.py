"""The arguments of commands: what a handler gets, made of the parameters of a line, and looked up.

A command's row lists its arguments in their order. Here is also the one place that answers when a parameter is missing,
or names nothing. What a handler gets is true when it begins; after an await it has to look things up again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from chatapp.model.entities import Channel, User
from chatapp.protocol import numerics as num
from chatapp.protocol.message import Message
from chatapp.server.commands.refusals import CommandRefused, StandardRefused
from chatapp.server.session.session import Session


class Argument(NamedTuple):
    """One argument: its type, and how it is read from a parameter. Reading raises CommandRefused."""

    type: Any
    read: Callable[[Session, str], Any]
    required: bool = True
    default: Any = None


class NoUserError(Exception):
    """The session has no user any more: its account was removed, and its connection is closing."""


def _channel(session: Session, name: str) -> Channel:
    channel = session.services.state.channel_named(name)
    if channel is None:
        raise CommandRefused(num.ERR_NOSUCHCHANNEL, name or "*")
    return channel


def _own_channel(session: Session, name: str) -> Channel:
    channel = _channel(session, name)
    if session.uid not in channel.members:
        raise CommandRefused(num.ERR_NOTONCHANNEL, channel.name)
    return channel


def optional(argument: Argument, default: Any = None) -> Argument:
    """Return the argument as one whose parameter may be missing; the handler gets ``default`` then."""
    of_type = argument.type if default is not None else argument.type | None
    return argument._replace(type=of_type, required=False, default=default)


# Made of the session or of the whole line; these take no parameter.
SELF = Argument(User, lambda session, _: session.user)  # whoever sent the line, who is welcomed
MESSAGE = Argument(Message, lambda session, _: None)  # the line as it came, with its tags

# Made of the next parameter.
WORD = Argument(str, lambda session, text: text)  # as it came; it may be empty
NAME = Argument(str, lambda session, text: text)  # one that is empty counts as missing
CHANNEL = Argument(Channel, _channel)
OWN_CHANNEL = Argument(Channel, _own_channel)  # that the user is a member of
LIST = Argument(list[str], lambda session, text: text.split(","))  # items between commas, as typed


def read(session: Session, verb: str, arguments: tuple[Argument, ...], message: Message, usage: str) -> list[Any]:
    """Make the arguments of one command of the line's parameters.

    Raises CommandRefused (or StandardRefused with ``usage``, where the command has one) when a parameter is missing or
    names nothing, and NoUserError.
    """
    params, index = message.params, 0
    values: list[Any] = []
    taken = [each for each in arguments if each is not SELF and each is not MESSAGE]
    missing = len(params) < sum(each.required for each in taken)
    if missing or any(each is NAME and not param for each, param in zip(taken, params, strict=False)):
        if usage:
            raise StandardRefused("NEED_MORE_PARAMS", text=f"It goes: {usage}.")
        raise CommandRefused(num.ERR_NEEDMOREPARAMS, verb)
    for argument in arguments:
        if argument is SELF:
            user = session.user
            if user is None:
                raise NoUserError
            values.append(user)
        elif argument is MESSAGE:
            values.append(message)
        elif index < len(params):
            values.append(argument.read(session, params[index]))
            index += 1
        else:
            values.append(argument.default)
    return values
