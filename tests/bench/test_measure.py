"""Percentiles, medians over rounds, and what is read of a process."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.bench import measure


@pytest.mark.parametrize(
    ("share", "value"), [(0.0, 1), (0.01, 1), (0.5, 50), (0.501, 51), (0.99, 99), (0.991, 100), (1.0, 100)]
)
def test_a_percentile_is_the_smallest_value_that_so_many_are_not_above(share, value):
    """Nearest rank: of 1 to 100, the p50 is 50 and the p99 is 99."""
    assert measure.percentile(list(range(1, 101)), share) == value


def test_a_percentile_of_one_value_is_that_value():
    """However few there are, a percentile is one of them."""
    assert measure.percentile([7.0], 0.5) == measure.percentile([7.0], 0.99) == 7.0


def test_there_is_no_percentile_of_nothing():
    """Nothing measured is never a figure."""
    with pytest.raises(ValueError, match="nothing"):
        measure.percentile([], 0.5)
    assert measure.latencies([]) == {}


def test_latencies_are_told_in_milliseconds_and_need_no_order():
    """Seconds in, p50, p99 and maximum in milliseconds out."""
    assert measure.latencies([0.004, 0.001, 0.002]) == {"p50_ms": 2.0, "p99_ms": 4.0, "max_ms": 4.0}


def test_rounds_become_medians_but_a_maximum_stays_one():
    """One disturbed round does not count, except where the worst is what is asked for."""
    runs = [
        {"rate": 10.0, "p99_ms": 5.0, "max_ms": 7.0, "peak_mb": 30.0},
        {"rate": 1.0, "p99_ms": 90.0, "max_ms": 99.0, "peak_mb": 31.0},
        {"rate": 12.0, "p99_ms": 6.0, "max_ms": 8.0, "peak_mb": 29.0},
    ]
    assert measure.combine(runs) == {
        "rate": 10.0, "p99_ms": 6.0, "max_ms": 99.0, "peak_mb": 31.0, "rate_low": 1.0, "rate_high": 12.0,
    }  # fmt: skip


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_processor_time_and_memory_of_a_process_are_read():
    """User and system time only grow; the most memory so far is never less than that of now."""
    me = [os.getpid()]
    before = measure.cpu_s(me)
    sum(number * number for number in range(1_000_000))
    assert before < measure.cpu_s(me) <= measure.machine_busy_s()
    assert 0 < measure.memory_kb(me, "VmRSS") <= measure.memory_kb(me, "VmHWM")
    with pytest.raises(ValueError, match="VmNone"):
        measure.memory_kb(me, "VmNone")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_process_that_has_ended_has_no_memory():
    """Neither before its parent asked how it ended, nor after: a server's process for passwords ends during a run."""
    me = os.getpid()
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert measure.memory_kb([child.pid], "VmRSS") == 0
        assert measure.family(child.pid) == [child.pid]
    assert measure.memory_kb([child.pid], "VmRSS") == 0
    assert measure.memory_kb([me, child.pid], "VmRSS") > 0


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_server_may_be_several_processes():
    """What a server's children use counts as well."""
    code = "import subprocess, sys; subprocess.run(['cat'])"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE) as parent:
        assert parent.stdin is not None
        while len(measure.family(parent.pid)) < 2:
            assert parent.poll() is None
        assert measure.family(parent.pid)[0] == parent.pid
        parent.stdin.close()
