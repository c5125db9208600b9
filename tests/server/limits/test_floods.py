"""chatapp/server/limits/floods.py."""

from __future__ import annotations

from chatapp.server.limits.floods import Floods, Summary

KEYS_MAX = 3


def test_the_first_events_of_a_window_are_told_and_the_rest_counted():
    """Of a flood there are some lines and one count, with the keys that most of it came from."""
    floods = Floods(10.0, KEYS_MAX)
    assert [floods.admit("x", "a", 2, 0.0) for _ in range(5)] == [True, True, False, False, False]
    assert not floods.admit("x", "b", 2, 9.0)
    assert floods.ended(9.9) == []
    assert floods.ended(10.0) == [Summary("x", 4, (("a", 3), ("b", 1)), 2)]
    assert floods.admit("x", "a", 2, 10.0)


def test_a_window_without_a_flood_has_no_summary():
    """What was told by itself is not told again."""
    floods = Floods(10.0, KEYS_MAX)
    assert floods.admit("x", "a", 1, 0.0)
    assert floods.ended(10.0) == []
    assert floods.ended(100.0) == []


def test_kinds_are_counted_apart():
    """A flood of one kind takes nothing from another."""
    floods = Floods(10.0, KEYS_MAX)
    assert [floods.admit(kind, "a", 1, 0.0) for kind in "xyx"] == [True, True, False]


def test_the_table_of_keys_is_bounded():
    """Any number of addresses takes the memory of a few; every event is counted all the same."""
    floods = Floods(10.0, KEYS_MAX)
    for number in range(1_001):
        floods.admit("x", str(number), 1, 0.0)
    ((kind, events, most, keys),) = floods.ended(10.0)
    assert (kind, events, len(most), keys) == ("x", 1_000, 3, KEYS_MAX)
