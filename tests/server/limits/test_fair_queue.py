"""Each key gets its fair share of a queue, whatever other keys put in."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chatapp.server.limits.fair_queue import FairQueue


def taken(queue: FairQueue[str]) -> list[str]:
    """Take everything."""
    found = []
    while (item := queue.take()) is not None:
        found.append(item)
    return found


def test_keys_take_turns():
    """One with many items does not hold up one with few; items of one key stay in their order."""
    queue: FairQueue[str] = FairQueue(100)
    for item in ("a1", "a2", "a3", "b1", "c1", "b2"):
        queue.add(item, (item[0],))
    assert [queue.ahead(item) for item in ("a1", "b1", "a3")] == [0, 1, 5]
    assert taken(queue) == ["a1", "b1", "c1", "a2", "b2", "a3"]
    assert len(queue) == 0


def test_an_item_of_two_keys_waits_for_both():
    """An address with many accounts, and an account with many addresses, both stand back behind somebody new."""
    queue: FairQueue[str] = FairQueue(100)
    for number in range(5):
        queue.add(f"address{number}", (f"account {number}", "one address"))
        queue.add(f"account{number}", ("one account", f"address {number}"))
    queue.add("new", ("new account", "new address"))
    assert taken(queue).index("new") == 2


def test_the_heaviest_user_makes_room():
    """When it is full, the last of a key with the most leaves, not who came last."""
    queue: FairQueue[str] = FairQueue(3)
    assert [queue.add(f"a{number}", ("a",)) for number in range(4)] == [None, None, None, "a3"]
    assert queue.add("b", ("b",)) == "a2"
    assert taken(queue) == ["a0", "b", "a1"]


def test_leaving_gains_nothing():
    """Who adds items and takes them back does not come before its turn with the next one."""
    queue: FairQueue[str] = FairQueue(100)
    queue.add("a0", ("a",))
    for number in range(50):
        queue.add("gone", ("a",))
        queue.add(f"a{number + 1}", ("a",))
        queue.discard("gone")
    queue.discard("gone")
    queue.add("b", ("b",))
    assert taken(queue)[:2] == ["a0", "b"]


steps = st.lists(st.one_of(st.tuples(st.just("add"), st.integers(0, 3), st.integers(0, 3)), st.just(("take", 0, 0)),
                           st.tuples(st.just("discard"), st.integers(0, 20), st.just(0))), max_size=60)  # fmt: skip


@given(steps)
def test_everything_leaves_once(steps):
    """Whatever is added is taken, discarded, or has left because the queue was full; and nothing is kept of it."""
    queue: FairQueue[int] = FairQueue(10)
    here: set[int] = set()
    for number, (step, one, other) in enumerate(steps):
        if step == "add":
            here.add(number)
            left = queue.add(number, (f"x{one}", f"y{other}"))
            here.discard(left)
        elif step == "take":
            item = queue.take()
            assert (item is None) == (not here)
            here.discard(item)
        else:
            queue.discard(one)
            here.discard(one)
        assert len(queue) == len(here) <= 10
        assert sorted(queue.ahead(item) for item in here) == list(range(len(here)))
    taken(queue)
    assert queue._flows == {}
