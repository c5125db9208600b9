"""Reasons are cut at a character; the tests of AWAY, KICK, PART, QUIT and REDACT have the rest."""

from __future__ import annotations

import pytest

from chatapp.protocol.message import LINE_BYTES_MAX
from chatapp.server.commands.reasons import fitted


@pytest.mark.parametrize(
    ("reason", "bytes_max", "told"),
    [("", 3, ""), ("abc", 3, "abc"), ("abcd", 3, "abc"), ("éé", 3, "é"), ("a🎉", 4, "a"), ("é", 1, "")],
)
def test_the_limit_of_the_reason(reason, bytes_max, told):
    """It ends with a whole character."""
    assert fitted(":x AWAY :", reason, bytes_max) == told


def test_the_limit_of_the_line():
    """A line has 512 bytes with CR LF, and 510 without."""
    head = ":é!é@s PART #room :"
    room = LINE_BYTES_MAX - 2 - len(head.encode())
    assert fitted(head, "x" * 600) == "x" * room
    assert fitted("h" * 600, "x") == ""
