"""How often somebody may do something."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chatapp.server.allowances import Allowances


def test_so_many_at_once_and_then_so_many_a_second():
    """A key has its burst, then its rate; after a rest it has the burst again, and never more."""
    allowances = Allowances(burst=3, per_s=2.0, size=10)
    for _ in range(3):
        assert allowances.wait_s("a", 100.0) == 0
        allowances.take("a", 100.0)
    assert allowances.wait_s("a", 100.0) == 0.5
    assert allowances.wait_s("a", 100.25) == 0.25
    assert allowances.wait_s("a", 100.5) == 0
    assert allowances.wait_s("b", 100.0) == 0
    for _ in range(3):
        assert allowances.wait_s("a", 1_000.0) == 0
        allowances.take("a", 1_000.0)
    assert allowances.wait_s("a", 1_000.0) > 0


def test_what_is_taken_in_advance_is_waited_for():
    """Each that is taken where there is none is one that comes later: in the order of asking, at the rate."""
    allowances = Allowances(burst=1, per_s=10.0, size=10)
    waits = []
    for _ in range(4):
        waits.append(round(allowances.wait_s("a", 5.0), 6))
        allowances.take("a", 5.0)
    assert waits == [0, 0.1, 0.2, 0.3]


@given(keys=st.lists(st.sampled_from("abcdefgh"), max_size=60))
def test_the_table_is_bounded(keys):
    """Of too many keys the one used longest ago is forgotten, and none of the others."""
    allowances = Allowances(burst=1, per_s=0.001, size=3)
    for now, key in enumerate(keys):
        allowances.take(key, float(now))
    latest = list(dict.fromkeys(reversed(keys)))[:3]
    assert len(allowances) == len(latest)
    assert all(allowances.wait_s(key, float(len(keys))) > 0 for key in latest)
