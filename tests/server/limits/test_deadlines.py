"""Who has to have done something by when, and how many may be waiting at once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chatapp.server.limits.deadlines import Deadlines


def test_late():
    """Those whose time is over are taken out, once, in the order of their times."""
    deadlines = Deadlines[str](10.0, 5)
    assert [deadlines.add(name, now) for name, now in (("a", 0.0), ("b", 1.0), ("c", 2.0))] == [None] * 3
    assert deadlines.late(9.9) == []
    assert deadlines.late(11.0) == ["a", "b"]
    assert deadlines.late(11.0) == []
    assert (len(deadlines), "c" in deadlines, "a" in deadlines) == (1, True, False)


def test_late_a_few_at_a_time():
    """The rest is late as well, when it is asked for."""
    deadlines = Deadlines[str](10.0, 5)
    for name, now in (("a", 0.0), ("b", 1.0), ("c", 2.0), ("d", 9.0)):
        deadlines.add(name, now)
    assert [deadlines.late(12.0, 2) for _ in range(3)] == [["a", "b"], ["c"], []]


def test_adding_again_begins_anew():
    """The time runs from the last time it was added."""
    deadlines = Deadlines[str](10.0, 5)
    deadlines.add("a", 0.0)
    deadlines.add("b", 1.0)
    deadlines.add("a", 5.0)
    assert deadlines.late(12.0) == ["b"]
    assert deadlines.late(15.0) == ["a"]


def test_forgetting():
    """Nothing happens to one that has no time."""
    deadlines = Deadlines[str](10.0, 5)
    deadlines.add("a", 0.0)
    deadlines.forget("a")
    deadlines.forget("b")
    assert deadlines.late(100.0) == []


def test_full():
    """The oldest makes room."""
    deadlines = Deadlines[str](10.0, 2)
    assert [deadlines.add(name, 0.0) for name in "abcb"] == [None, None, "a", None]
    assert deadlines.late(10.0) == ["c", "b"]


@given(steps=st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from(["add", "forget", "late"])), max_size=50))
def test_never_more_than_there_is_room_for(steps):
    """Bounded, whatever happens; and whoever is late is late by the time that was given."""
    deadlines = Deadlines[str](3.0, 3)
    since = {}
    for now, (name, step) in enumerate(steps):
        if step == "add":
            gone = deadlines.add(name, float(now))
            since[name] = now
            if gone is not None:
                since.pop(gone)
        elif step == "forget":
            deadlines.forget(name)
            since.pop(name, None)
        else:
            assert set(deadlines.late(float(now))) == {each for each, start in since.items() if now - start >= 3}
            since = {each: start for each, start in since.items() if now - start < 3}
        assert len(deadlines) == len(since) <= 3
