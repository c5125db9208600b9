"""Where event ids and times come from."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chatapp.server.clock import Stamps, id_of, now_ms

NOW = 1_767_225_600_000


class Clock:
    """Shows what it is told."""

    def __init__(self, *times):
        self.times = list(times)

    def __call__(self):
        return self.times.pop(0) if len(self.times) > 1 else self.times[0]


def test_ids():
    """16 hexadecimal digits, each greater than the one before, the later the greater; not to be guessed."""
    stamps = Stamps("", Clock(NOW, NOW, NOW, NOW + 1))
    made = [stamps.new("")[0] for _ in range(4)]
    assert made == sorted(set(made))
    assert all(len(each) == 16 and int(each, 16) for each in made)
    assert int(made[3], 16) >> 22 == NOW + 1
    assert Stamps("", Clock(NOW)).new("")[0] != made[0]


@given(times=st.lists(st.integers(NOW - 5, NOW + 5), min_size=1, max_size=30), last=st.integers(0, 2**62))
def test_ids_go_on_whatever_the_clock_does(times, last):
    """ "Each greater than the one before, in this run and all runs before", though the clock goes back."""
    stamps = Stamps(f"{last:016x}", Clock(*times))
    made = [stamps.new("")[0] for _ in times]
    assert [f"{last:016x}", *made] == sorted({f"{last:016x}", *made})


@given(
    steps=st.lists(
        st.tuples(st.integers(NOW - 5, NOW + 5), st.sampled_from(["a", "b", ""]), st.integers(1, 4)),
        min_size=1,
        max_size=40,
    )
)
def test_times_never_meet_in_a_stream(steps):
    """ "The clock's, but never one twice in a stream", as long as the clock does not go back; nor do ids."""
    stamps = Stamps("", Clock(*sorted(time for time, _, _ in steps)))
    given_out = {"a": [], "b": [], "": []}
    numbers = []
    for _, stream, count in steps:
        number, time = stamps.several(stream, count)
        numbers += range(number, number + count)
        given_out[stream] += range(time, time + count)
    assert numbers == sorted(set(numbers))
    assert [id_of(number) for number in numbers] == sorted(id_of(number) for number in numbers)
    for made in given_out.values():
        assert made == sorted(set(made))
        assert all(time >= NOW - 5 for time in made)


def test_times_are_the_clocks():
    """Where there is time enough, nothing is moved; what is remembered does not grow."""
    stamps = Stamps("", Clock(*range(NOW, NOW + 1_000)))
    assert [stamps.new(f"stream {number}")[1] for number in range(1_000)] == list(range(NOW, NOW + 1_000))
    assert len(stamps._given) == 1


def test_the_time_of_day():
    """Milliseconds since 1970."""
    assert NOW < now_ms() < 2 * NOW
