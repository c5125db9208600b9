"""The table that documents the commands is complete, and the table in README.md is the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import chatapp.server
from chatapp.protocol import modes
from chatapp.server.capabilities import CAPABILITIES
from chatapp.server.commands import COMMANDS
from chatapp.server.commands.arguments import MESSAGE, SELF
from chatapp.server.commands.topics import TOPICS

README = Path(chatapp.server.__file__).parent / "README.md"


def test_every_command_has_a_topic():
    """And there is no topic for a command that does not exist."""
    assert list(TOPICS) == [command.verb for command in COMMANDS]


@pytest.mark.parametrize("verb", sorted(TOPICS))
def test_the_form_of_a_topic(verb):
    """The syntax begins with the verb, and the summary is a sentence."""
    topic = TOPICS[verb]
    assert topic.syntax.split(" ")[0] == verb
    assert topic.summary.endswith(".")
    assert all(len(line) <= 300 and line for line in (topic.syntax, topic.summary, *topic.more))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.verb)
def test_the_syntax_names_what_is_required(command):
    """As many parameters without brackets as the command's row requires."""
    needed = sum(each.required for each in command.arguments if each is not SELF and each is not MESSAGE)
    outside, depth = "", 0
    for letter in TOPICS[command.verb].syntax:
        depth += (letter == "[") - (letter == "]")
        outside += letter if not depth else ""
    assert len(outside.split()) > needed


def test_the_readme_has_the_same_table():
    """README.md lists every command of the code, and no other, with the same syntax and summary."""
    rows = re.findall(
        r"^\| `([A-Z][^`]*)` \| (.*) \|$", README.read_text().partition("## Capabilities")[0], re.MULTILINE
    )
    assert rows == [(topic.syntax, topic.summary) for topic in TOPICS.values()]


def test_the_readme_lists_the_capabilities_and_modes():
    """README.md promises exactly what the code has."""
    text = README.read_text()
    listed = text.partition("## Capabilities")[2].partition("## ")[0]
    names = [name for name in re.findall(r"`([^`]+)`", listed) if name != "sts"]
    assert names == [capability.name for capability in CAPABILITIES]
    table = text.partition("## Modes of channels")[2].partition("## ")[0]
    letters = re.findall(r"^\| `([A-Za-z])(?: <\w+>)?` \|", table, re.MULTILINE)
    assert sorted(letters) == list(modes.LETTERS)
    own = text.partition("## Modes of users")[2].partition("## ")[0]
    assert sorted(re.findall(r"^\| `([A-Za-z])` \|", own, re.MULTILINE)) == list(modes.USER_LETTERS)
    with_parameter = {letter for letter in modes.LETTERS if f"| `{letter} <" in table}
    assert with_parameter == set(modes.LISTS + modes.KEYED + modes.WITH_VALUE)
