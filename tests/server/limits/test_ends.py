"""When things end that each have an end of their own."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chatapp.server.limits.ends import OUTDATED_MAX, Ends


def test_what_ends_first_is_due_first():
    """Each is due once, and not before its end."""
    ends = Ends[str]()
    for key, end in (("a", 30), ("b", 10), ("c", 20)):
        ends.set(key, end)
    assert ends.due(9, 9) == []
    assert ends.due(25, 9) == ["b", "c"]
    assert ends.due(25, 9) == []
    assert ends.due(30, 9) == ["a"]


def test_a_few_at_a_time():
    """The rest is due as well, when it is asked for."""
    ends = Ends[str]()
    for number in range(5):
        ends.set(str(number), number + 1)
    assert [ends.due(9, 2) for _ in range(4)] == [["0", "1"], ["2", "3"], ["4"], []]


def test_another_end_replaces_the_first():
    """Sooner, later, or none."""
    ends = Ends[str]()
    for key, first, second in (("sooner", 20, 10), ("later", 20, 30), ("never", 20, 0), ("same", 20, 20)):
        ends.set(key, first)
        ends.set(key, second)
    ends.set("unknown", 0)
    assert ends.due(10, 9) == ["sooner"]
    assert ends.due(20, 9) == ["same"]
    assert ends.due(99, 9) == ["later"]


def test_the_heap_is_bounded():
    """However often a mask is renewed."""
    ends = Ends[str]()
    for end in range(1, 10_000):
        ends.set("a", end)
    assert len(ends) < 100
    assert ends.due(10_000, 9) == ["a"]


def test_keys_that_are_gone():
    """They are forgotten when they are many, and the others keep their ends."""
    ends = Ends[str]()
    for number in range(10_000):
        ends.set(str(number), number + 1)
        ends.keep({"1", "2"})
        assert len(ends) <= 2 * 2 + OUTDATED_MAX + 1
    assert {"1", "2"} <= set(ends.due(10_000, 100))


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 20)), max_size=300), st.integers(0, 20))
def test_the_last_end_counts(steps, now):
    """Whatever was set before."""
    ends, last = Ends[str](), dict[str, int]()
    for key, end in steps:
        ends.set(key, end)
        last[key] = end
    assert sorted(ends.due(now, 9)) == sorted(key for key, end in last.items() if 0 < end <= now)
