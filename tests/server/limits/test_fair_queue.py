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


def test_a_new_key_waits_for_two_items_of_each_other():
    """An item "whose keys have no other item in the queue waits for at most two items of each other key"."""
    queue: FairQueue[str] = FairQueue(100)
    for number in range(3):
        for key in "abc":
            queue.add(f"{key}{number}", (key,))
    assert queue.take() == "a0"
    queue.add("d", ("d",))
    assert taken(queue)[:6] == ["b0", "c0", "a1", "b1", "c1", "d"]


def test_the_last_item_makes_room():
    """ "The last item in the order is dropped, even if one of its keys has no other item in the queue"."""
    queue: FairQueue[str] = FairQueue(2)
    queue.add("a0", ("a", "x"))
    queue.add("a1", ("a", "y"))
    assert queue.add("b0", ("b", "z")) == "a1", "no other item has the key y"
    assert queue.add("c0", ("c", "z")) == "c0"


def test_the_heaviest_user_makes_room():
    """When it is full, the last item of a key with many leaves, not the item that came last."""
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


@given(st.lists(st.sampled_from("abc-"), max_size=40))
def test_a_new_key_waits_for_at_most_two_items_of_each_other(steps):
    """Whatever was added and taken before."""
    queue: FairQueue[str] = FairQueue(100)
    for number, key in enumerate(steps):
        if key == "-":
            queue.take()
        else:
            queue.add(f"{key}{number}", (key,))
    queue.add("new", ("new",))
    order = taken(queue)
    ahead = [item[0] for item in order[: order.index("new")]]
    assert all(ahead.count(key) <= 2 for key in "abc")
