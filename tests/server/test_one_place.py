"""What one function does for the whole server is written nowhere else."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import chatapp
from chatapp.model import events

pytestmark = pytest.mark.once

PACKAGE = Path(chatapp.__file__).parent
TREES = {
    path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text())
    for room in ("model", "protocol", "server")
    for path in sorted((PACKAGE / room).rglob("*.py"))
}


def functions() -> Iterator[tuple[str, ast.AST]]:
    """Yield each function, with the name of its file."""
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{name} {node.name}", node


def calls(node: ast.AST) -> set[str]:
    """Return the last names of the functions that are called."""
    called = (each.func for each in ast.walk(node) if isinstance(each, ast.Call))
    return {each.attr if isinstance(each, ast.Attribute) else getattr(each, "id", "") for each in called}


def test_a_channel_that_a_user_may_know_of_is_looked_up_in_one_place():
    """``visible_channel`` looks it up. Two functions also ask about a channel that the user may not know of."""
    found = {name for name, node in functions() if {"channel_named", "may_see"} <= calls(node)}
    assert found == {
        "model/channels.py visible_channel",
        "server/commands/join.py _join_or_forward",
        "server/commands/rename.py _in_use",
    }


def test_each_argument_has_a_command():
    """``arguments.py`` makes no argument that no command reads."""
    made = {
        target.id
        for node in TREES["server/commands/arguments.py"].body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    files = [tree for name, tree in TREES.items() if name.startswith("server/commands/") and "arguments" not in name]
    assert made <= {node.id for tree in files for node in ast.walk(tree) if isinstance(node, ast.Name)}


def writes_code(node: ast.AST) -> bool:
    """Tell whether a text is made with the code of a reply in it: ``f"{numeric.code}"`` or ``f"{code}"``."""
    fields = [each.value for each in getattr(node, "values", []) if isinstance(each, ast.FormattedValue)]
    names = [each.attr if isinstance(each, ast.Attribute) else getattr(each, "id", "") for each in fields]
    return isinstance(node, ast.JoinedStr) and "code" in names


def test_numerics_and_standard_replies_are_each_written_in_one_place():
    """``numeric_line`` writes every numeric, and ``standard_line`` every FAIL, WARN and NOTE."""
    found = {name for name, node in functions() if any(map(writes_code, ast.walk(node)))}
    assert found == {
        "protocol/numerics.py numeric_line",
        "server/delivery/render.py standard_line",
        "protocol/invitation_link.py format_link",  # the code of an invitation
    }


def makes_event(node: ast.AST) -> bool:
    """Tell whether a call makes an event: ``events.Joined(...)`` or ``Joined(...)``."""
    name = ast.unparse(node.func).removeprefix("events.") if isinstance(node, ast.Call) else ""
    kind = getattr(events, name, None)
    return isinstance(kind, type) and issubclass(kind, events.Event)


def test_events_are_made_in_one_place():
    """``Proposals.event`` makes every event that the server proposes, except messages of one line: it makes many."""
    found = {name for name, node in functions() if name.startswith("server/") and any(map(makes_event, ast.walk(node)))}
    assert found == {
        "server/commands/talk.py messages",
        "server/commands/talk.py _look_up",  # a sample for policy, which is not proposed
        "server/delivery/multiline.py with_new_names",  # stored messages, as they are shown
        "server/delivery/past.py repeated_items",
    }
