"""How often somebody may do something."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chatapp.server.limits.allowances import Allowance, Allowances, JointAllowance, Rate, SharedAllowances


def test_so_many_at_once_and_then_so_many_a_second():
    """A key has its burst, then its rate; after a rest it has the burst again, and never more."""
    allowances = Allowances(Rate(3, 2.0), size=10)
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
    allowances = Allowances(Rate(1, 10.0), size=10)
    waits = []
    for _ in range(4):
        waits.append(round(allowances.wait_s("a", 5.0), 6))
        allowances.take("a", 5.0)
    assert waits == [0, 0.1, 0.2, 0.3]


@given(keys=st.lists(st.sampled_from("abcdefgh"), max_size=60))
def test_the_table_is_bounded(keys):
    """Of too many keys the one used longest ago is forgotten, and none of the others."""
    allowances = Allowances(Rate(1, 0.001), size=3)
    for now, key in enumerate(keys):
        allowances.take(key, float(now))
    latest = list(dict.fromkeys(reversed(keys)))[:3]
    assert len(allowances) == len(latest)
    assert all(allowances.wait_s(key, float(len(keys))) > 0 for key in latest)


@given(
    asked=st.lists(st.tuples(st.integers(1, 30), st.floats(0, 20)), max_size=40),
    burst=st.integers(1, 20),
    per_s=st.integers(1, 10),
)
def test_nobody_has_more_than_its_rate(asked, burst, per_s):
    """In no time are there more than the burst and what comes at the rate; where one waits as told, there is one."""
    allowance = Allowance(Rate(burst, per_s))
    now, taken = 1_000.0, []
    for most, pause in asked:
        now += pause
        got = allowance.take(most, now)
        assert 0 <= got <= most
        taken += [now] * got
        if got < most:
            now += allowance.wait_s + 1e-6
            assert allowance.take(1, now) == 1
            taken.append(now)
    for first in range(len(taken)):
        for last in range(first, len(taken)):
            assert last - first + 1 <= burst + (taken[last] - taken[first]) * per_s + 1e-3


def test_a_charge():
    """What costs more than one is paid with the next ones; what is given back may be taken again."""
    allowance = Allowance(Rate(5, 1.0))
    assert allowance.take(2, 100.0) == 2
    allowance.charge(4.0)
    assert allowance.take(1, 100.0) == 0
    assert allowance.wait_s == 2.0
    allowance.charge(-3.0)
    assert allowance.take(9, 100.0) == 2


def test_after_the_time_for_one_there_is_one():
    """Waiting as long as was said is enough, however the fractions of a second add up."""
    allowance = Allowance(Rate(1, 10.0))
    now = 1000.0
    assert allowance.take(1, now) == 1
    for _ in range(1000):
        assert allowance.take(1, now) == 0
        now += allowance.wait_s
        assert allowance.take(1, now) == 1


def test_a_debt_is_not_forgiven():
    """What was charged beyond what there was has to be waited for, all of it."""
    allowance = Allowance(Rate(10, 1.0))
    allowance.charge(40.0)
    assert allowance.take(5, 10.0) == 0  # 10 at first, 40 charged, 10 filled
    assert allowance.wait_s == 21.0
    assert allowance.take(5, 30.9) == 0
    assert allowance.take(5, 31.5) == 1


def test_a_joint_bucket():
    """What is taken counts in both; who takes nothing from the common bucket keeps its own tokens."""
    one, other = JointAllowance(Rate(5, 1.0)), JointAllowance(Rate(5, 1.0))
    one.common = other.common = Allowance(Rate(6, 2.0))
    assert one.take(4, 10.0) == 4
    assert other.take(4, 10.0) == 2
    assert (one.wait_s, other.wait_s) == (0.5, 0.5)
    assert other.take(9, 100.0) == 5
    assert (other.wait_s, one.take(9, 100.0)) == (1.0, 1)
    one.charge(-3)
    assert one.take(9, 100.0) == 3


def test_shared_buckets():
    """Whoever asks for the same key gets the same bucket; the bucket asked for longest ago is forgotten."""
    shared = SharedAllowances(Rate(5, 1.0), size=2)
    first = shared.of("a")
    shared.of("b")
    assert shared.of("a") is first
    shared.of("c")
    assert shared.of("a") is first
    assert shared.of("b") is not first
    shared.of("c")
    assert shared.of("a") is not first
