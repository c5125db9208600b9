"""HELP on subjects that are no commands."""

from __future__ import annotations

import pytest

from chatapp.server.commands.subjects import SUBJECTS
from chatapp.server.commands.topics import TOPICS


@pytest.mark.parametrize("subject", ["mute", "BAN", "roles", "op", "UNMUTE", "modes"])
def test_subjects_that_are_no_commands(world, subject):
    """People ask for what they want to do, by the names that other servers and clients use."""
    heard = world.enter("alice").ask(f"HELP {subject}")
    assert heard[0].startswith(f":s 704 alice {subject} :{subject.upper()}")
    assert heard[2].startswith(f":s 705 alice {subject} :MODE <channel")
    assert all(len(line) <= 510 for line in heard)


def test_subjects_are_no_commands():
    """A command has its help in the table of commands."""
    assert SUBJECTS.keys().isdisjoint(TOPICS)
