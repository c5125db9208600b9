"""The arguments of commands: each parameter of a line is converted and looked up before the handler gets it.

A command's row lists its arguments in order. If a parameter is missing or names something unknown, this module refuses
the command. Arguments are valid when the handler starts; after an await, the handler must look them up again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from chatapp.model.channels import visible_channel
from chatapp.model.entities import Channel, User
from chatapp.protocol.message import Message
from chatapp.server import refusals
from chatapp.server.delivery.render import shown
from chatapp.server.session.session import Session


class Argument(NamedTuple):
    """One argument: its type, and the function that makes it from a parameter or raises CommandRefused."""

    type: Any
    read: Callable[[Session, str], Any]
    required: bool = True
    default: Any = None


class NoUserError(Exception):
    """The session has no user any more: the account was removed, and the connection is closing."""


def _channel(session: Session, name: str) -> Channel:
    channel = visible_channel(session.services.state, session.user, name)
    if channel is None:
        raise refusals.NO_SUCH_CHANNEL.of(shown(name))
    return channel


def _user(session: Session, name: str) -> User:
    user = session.services.state.user_named(name)
    if user is None:
        raise refusals.NO_SUCH_NICK.of(shown(name))
    return user


def optional(argument: Argument, default: Any = None) -> Argument:
    """Return a copy of ``argument`` whose parameter may be missing; then the handler gets ``default``."""
    of_type = argument.type if default is not None else argument.type | None
    return argument._replace(type=of_type, required=False, default=default)


# These arguments take no parameter: they come from the session or from the whole line.
SELF = Argument(User, lambda session, _: session.user)  # the user that sent the line
MESSAGE = Argument(Message, lambda session, _: None)  # the whole line, parsed, with its tags

# These arguments take the next parameter.
WORD = Argument(str, lambda session, text: text)  # the text as typed, possibly empty
NAME = Argument(str, lambda session, text: text)  # the text as typed; an empty text counts as missing
CHANNEL = Argument(Channel, _channel)  # a channel that the user may know of
USER = Argument(User, _user)  # any user, by its nick
LIST = Argument(list[str], lambda session, text: text.split(","))  # the items between commas, as typed

# This argument takes all remaining parameters: the words in them, which clients send in one parameter or in several.
WORDS = Argument(list[str], lambda session, text: [word for word in text.split(" ") if word])


def read(session: Session, verb: str, arguments: tuple[Argument, ...], message: Message, usage: str) -> list[Any]:
    """Return the argument values of one command, made from the parameters of its line.

    Raises CommandRefused if a parameter is missing or names something unknown. With a ``usage``, a missing parameter
    raises StandardRefused with that text. Raises NoUserError if the session's user was removed.
    """
    params, index = message.params, 0
    values: list[Any] = []
    taken = [each for each in arguments if each is not SELF and each is not MESSAGE]
    missing = len(params) < sum(each.required for each in taken)
    if missing or any(each is NAME and not param for each, param in zip(taken, params, strict=False)):
        if usage:
            raise refusals.PARAMS_MISSING.of(usage=usage)
        raise refusals.NEED_MORE_PARAMS.of(verb)
    for argument in arguments:
        if argument is SELF:
            user = session.user
            if user is None:
                raise NoUserError
            values.append(user)
        elif argument is MESSAGE:
            values.append(message)
        elif argument.read is WORDS.read:  # also if it is optional
            values.append(WORDS.read(session, " ".join(params[index:])))
        elif index < len(params):
            values.append(argument.read(session, params[index]))
            index += 1
        else:
            values.append(argument.default)
    return values
