"""Verb -> command."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from chatapp.server import commands

TESTS = Path(__file__).parent


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("NONSENSE", "421 alice NONSENSE :There is no such command."),
        ("nonsense", "421 alice NONSENSE :There is no such command."),
        ("001", "421 alice 001 :There is no such command."),
        ("X" * 300, "421 alice * :There is no such command."),
        ("FAIL x", "421 alice FAIL :There is no such command."),
        ("JOIN", "461 alice JOIN :Usage: JOIN <channel>[,<channel> ...] [<key>[,<key> ...]]"),
        ("who", "315 alice * :End of WHO list."),
    ],
)
def test_verbs(world, line, answer):
    """What is not there, what is not enough, and what is there in any case of its letters."""
    alice = world.enter("alice")
    assert alice.ask(line)[-1] == f":s {answer}"


def test_each_verb_once():
    """One line in the list for each."""
    verbs = [command.verb for command in commands.COMMANDS]
    assert verbs == sorted(set(verbs))


def test_each_file_of_commands_has_its_tests():
    """ "Each test file covers the module of its name"."""
    folder = Path(commands.__file__).parent
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert modules == {path.stem.removeprefix("test_") for path in TESTS.glob("test_*.py")} | {"command"}
    assert all(importlib.import_module(f"chatapp.server.commands.{name}").__doc__ for name in modules)


@pytest.mark.parametrize(
    ("line", "items"),
    [
        ("PART #room", None),
        ("PART #room,#b,#c :a,b,c,d,e", 2),
        ("JOIN #a,#b k,k,k,k", 3),
        ("KICK #room a,b,c", 2),
        ("NAMES", None),
        ("PRIVMSG #room,bob :a,b,c,d,e", 1),
        ("WHO a,b,c", None),
    ],
)
def test_the_items_of_the_longest_list_count_as_commands(world, monkeypatch, line, items):
    """The first item is paid with the command; parameters that are no lists cost nothing."""
    alice = world.enter("alice")
    world.enter("bob")
    world.channel("#room", "alice bob")
    charged = []
    session = alice.connection._session
    monkeypatch.setattr(type(session), "charge", lambda self, commands: charged.append((self, commands)))
    alice.ask(line)
    assert [cost for who, cost in charged if who is session and isinstance(cost, int)] == ([items] if items else [])


@pytest.mark.parametrize("verb", ["NONEXISTENT_COMMAND", "X-1", "12", "GRÜSSE", "/join", "A" * 400])
def test_a_command_that_there_is_not(make_world, verb):
    """421 with the command as it was written, whatever characters it has, and with its label."""
    world = make_world(accounts="alice")
    alice = world.enter("alice", "batch labeled-response")
    assert alice.ask(f"{verb} x") == [f":s 421 alice {verb if len(verb) < 300 else '*'} :There is no such command."]
    assert alice.ask(f"@label=7 {verb}")[0].startswith("@label=7 :s 421 alice ")


def test_a_command_that_cannot_be_shown(make_world):
    """What would not be text in the answer is left out of it."""
    alice = make_world(accounts="alice").enter("alice")
    assert alice.ask("\x1b[2J x") == [":s 421 alice * :There is no such command."]
