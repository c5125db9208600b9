"""The table of keys and the table of commands: each row works, and README and the help have it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from prompt_toolkit.keys import Keys

from chatapp.client.fronts import commands
from chatapp.client.fronts.commands import ON_SCREEN
from chatapp.client.fronts.full import vi
from chatapp.client.fronts.full.deeds import Deeds
from chatapp.client.fronts.full.draft import Draft
from chatapp.client.fronts.full.finding import help_items
from chatapp.client.fronts.full.keys import ACTIONS, KEYS, readable
from chatapp.client.fronts.full.text import plain
from chatapp.client.fronts.viewing import VIEWING

README = (Path(commands.__file__).parent.parent / "README.md").read_text()
KNOWN = {key.value for key in Keys} | set("abcdefghijklmnopqrstuvwxyz0123456789")


@pytest.mark.parametrize("row", KEYS, ids=lambda row: row.action)
def test_every_key_does_something_and_is_documented(row):
    """Each action is there; the help and README name each key."""
    assert callable(getattr(Deeds, row.action, None) or getattr(Draft, row.action))
    assert row.help
    helped = "\n".join(item.name for item in help_items())
    for key in row.keys:
        assert set(key.split(" ")) <= KNOWN
        name, words = readable(key), row.help
        if row.action.startswith("nth_"):
            name, words = f"{name[:-1]}1` to `{name[:-1]}0", "the first to the tenth conversation"
        assert re.search(rf"(?:^|  |, ){re.escape(name.replace('`', ''))}(?:, |$)", helped, re.MULTILINE)
        rows = [line for line in README.split("\n") if line.startswith("| `") and words in line]
        assert any(f"`{name}`" in line for line in rows)


@pytest.mark.parametrize("columns", [40, 80])
def test_the_names_in_the_help_are_whole(columns):
    """A narrow screen cuts none of the keys and commands."""
    for item in help_items():
        shown = " ".join(plain(row).strip() for row in item.rows(columns - 2))
        assert shown.startswith(item.name.strip()), item.name


@pytest.mark.parametrize(("keys", "does"), vi.ROWS)
def test_the_vi_keys_are_documented(keys, does):
    """README and the help tell of each."""
    assert f"| `{keys}` | {does} |" in README
    assert any(keys in item.name and does in plain(item.row) for item in help_items())


def test_no_key_has_two_meanings():
    """Each key is in one row."""
    assert len(ACTIONS) == sum(len(row.keys) for row in KEYS)


@pytest.mark.parametrize("row", KEYS, ids=lambda row: row.action)
def test_every_alt_key_has_a_twin(row):
    """Not every keyboard has an Alt key that works."""
    assert any(not key.startswith("escape ") for key in row.keys)


@pytest.mark.parametrize("command", ON_SCREEN, ids=lambda command: command.names[0])
def test_every_command_of_the_screen_is_documented(command):
    """README and the help tell of each."""
    assert re.search(rf"^\| .*`/{command.names[0]}\b", README, re.MULTILINE)
    assert any(command.usage in item.name + plain(item.row) for item in help_items())


@pytest.mark.parametrize("command", VIEWING, ids=lambda command: command.names[0])
def test_readme_has_the_usage_of_the_commands_that_only_the_screen_has(command):
    """With its arguments, as the help has it."""
    assert re.search(rf"`{re.escape(command.usage)}`", README)


def test_the_names_of_commands():
    """No two commands share a name."""
    names = [name for command in ON_SCREEN for name in command.names]
    assert len(names) == len(set(names))
