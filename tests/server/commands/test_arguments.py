"""The arguments of commands: what a row declares is what its handler takes."""

from __future__ import annotations

import inspect
import typing

import pytest

from chatapp.server.commands import COMMANDS
from chatapp.server.commands.command import Command


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.verb)
def test_a_handler_takes_what_its_row_declares(command: Command) -> None:
    """A handler gets the session and the arguments of its row, in their order and of their types."""
    names = list(inspect.signature(command.handler).parameters)
    hints = typing.get_type_hints(command.handler)
    assert [hints[name] for name in names[1:]] == [argument.type for argument in command.arguments]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.verb)
def test_a_parameter_that_is_missing_is_told_in_one_way(world, command: Command) -> None:
    """Without its required parameters a command is answered by 461, or by FAIL with what it looks like; never run."""
    if not any(argument.required and argument.type is not None for argument in command.arguments):
        return
    needed = [each for each in command.arguments if each.required and each.type.__name__ not in ("User", "Message")]
    if not needed:
        return
    actor = world.enter("alice") if command.late else world.connect("x")
    (heard,) = actor.ask(command.verb)
    missing = f" 461 {'alice' if command.late else '*'} {command.verb} :"
    assert missing in heard or f" FAIL {command.verb} NEED_MORE_PARAMS :Usage: {command.usage}" in heard
