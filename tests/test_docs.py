"""README.md tells of every subcommand, option and variable of ``chat``, and of none that is not there."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

import chatapp.cli

ROOT = Path(__file__).parent.parent


def find_group() -> click.Group:
    """Find the Click group ``chat``."""
    groups = [value for value in vars(chatapp.cli).values() if isinstance(value, click.Group)]
    assert len(groups) == 1
    return groups[0]


def commands() -> dict[str, click.Context]:
    """Return a context of each subcommand, by its name; of the group itself under ``chat``."""
    group = find_group()
    top = group.make_context("chat", [], resilient_parsing=True)
    found = {"chat": top}
    for name in group.list_commands(top):
        command = group.get_command(top, name)
        assert command is not None
        found[name] = command.make_context(name, [], parent=top, resilient_parsing=True)
    return found


def variables(context: click.Context) -> set[str]:
    """Return the environment variables that the options of a command are read from."""
    names: set[str] = set()
    for param in context.command.params:
        if isinstance(param.envvar, str):
            names.add(param.envvar)
        elif param.envvar:
            names.update(param.envvar)
        elif isinstance(param, click.Option) and param.allow_from_autoenv and context.auto_envvar_prefix and param.name:
            names.add(f"{context.auto_envvar_prefix}_{param.name.upper()}")
    return names


@pytest.fixture(scope="module")
def readme() -> str:
    """Read README.md."""
    return (ROOT / "README.md").read_text()


@pytest.mark.parametrize("name", sorted(set(commands()) - {"chat"}))
def test_every_subcommand_is_in_the_readme(name, readme):
    """A subcommand that README does not show is not there for people."""
    assert re.search(rf"\bchat {re.escape(name)}\b", readme)


@pytest.mark.parametrize(
    ("command", "option"),
    [
        (name, option)
        for name, context in sorted(commands().items())
        for param in context.command.params
        if isinstance(param, click.Option)
        for option in [*param.opts, *param.secondary_opts]
        if option.startswith("--")
    ],
)
def test_every_option_is_in_the_readme(command, option, readme):
    """Every long option of every subcommand is told of."""
    assert re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", readme), f"chat {command} {option}"


def test_every_variable_is_in_the_readme_and_no_other(readme):
    """Each option's ``CHAT_`` variable is told of by its name, and each that is told of does something."""
    known = set().union(*(variables(context) for context in commands().values()))
    assert set(re.findall(r"\bCHAT_[A-Z][A-Z_]*[A-Z]\b", readme)) == known


@pytest.mark.parametrize(
    ("command", "option"),
    [
        (name, param)
        for name, context in sorted(commands().items())
        for param in context.command.params
        if isinstance(param, click.Option)
    ],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_every_option_has_a_help_text(command, option):
    """``--help`` says of each option what it does."""
    assert option.help, f"chat {command} {option.opts[0]}"
