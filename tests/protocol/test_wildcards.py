"""Patterns with ``*`` and ``?``."""

from __future__ import annotations

import time

import pytest

from chatapp.casemap import fold
from chatapp.protocol.wildcards import is_wild, matcher


@pytest.mark.parametrize(
    ("pattern", "text", "result"),
    [
        ("alice", "Alice", True),
        ("ALICE", "alice", True),
        ("a?ice", "alice", True),
        ("a*e", "alice", True),
        ("*", "", True),
        ("?", "", False),
        ("a*b", "alice", False),
        ("[a]*", "alice", False),
        ("[a]*", "[a]lice", True),
        ("a]", "a]", True),
        ("a\\*", "a\\lice", True),
        ("", "", True),
        ("", "a", False),
        ("été?", "étés", True),
        ("a.c", "abc", False),
    ],
)
def test_matcher(pattern, text, result):
    """Only ``*`` and ``?`` are special, a pattern is for the whole text, and ASCII case does not matter."""
    assert bool(matcher(pattern)(fold(text))) is result


@pytest.mark.parametrize(("text", "result"), [("a*", True), ("a?", True), ("[a]", False), ("", False)])
def test_is_wild(text, result):
    """The two wildcards."""
    assert is_wild(text) is result


def test_a_pattern_that_is_hard_to_match():
    """No pattern of a line takes long."""
    match, began = matcher("*a" * 120 + "b"), time.perf_counter()
    assert not match("a" * 500)
    assert time.perf_counter() - began < 1.0
