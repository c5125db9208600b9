"""Where event ids and times come from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.server.stamps import AHEAD_MS, BEHIND_MS, ID_STEP, LATEST_MS, Stamps, doubts, id_of, now_ms, stepped

NOW = 1_767_225_600_000


class Clock:
    """Shows what it is told."""

    def __init__(self, *times):
        self.times = list(times)

    def __call__(self):
        return self.times.pop(0) if len(self.times) > 1 else self.times[0]


def test_ids():
    """16 hexadecimal digits, each greater than the one before, the later the greater; not to be guessed."""
    stamps = Stamps("", 0, Clock(NOW, NOW, NOW, NOW + 1))
    made = [stamps.new("")[0] for _ in range(4)]
    assert made == sorted(set(made))
    assert all(len(each) == 16 and int(each, 16) for each in made)
    assert int(made[3], 16) >> 22 == NOW + 1
    assert Stamps("", 0, Clock(NOW)).new("")[0] != made[0]


@pytest.mark.parametrize("clock", [NOW, 0, LATEST_MS], ids=["of today", "before 1970", "beyond 2100"])
def test_several_ids_are_reserved(clock):
    """ "Reserve ids and times for ``count`` events": no id or time of the stream is given again."""
    stamps = Stamps(f"{NOW << 22:016x}", NOW - 1, Clock(clock), node=7)
    number, time = stamps.several("room", 3)
    ids = [id_of(number + each * ID_STEP) for each in range(3)]
    made = [stamps.new("room") for _ in range(4)]
    assert [*ids, *(id for id, _ in made)] == sorted({*ids, *(id for id, _ in made)})
    assert [time for _, time in made] == list(range(time + 3, time + 7))


def test_ids_end_with_the_node():
    """ "Two nodes never make the same id": also not the first id of a millisecond."""
    stamps = Stamps("", 0, Clock(NOW, NOW, NOW + 1), node=7)
    assert [stamps.new("")[0][-2:] for _ in range(3)] == ["07", "07", "07"]


@given(times=st.lists(st.integers(NOW - 5, NOW + 5), min_size=1, max_size=30), last=st.integers(0, 2**62))
def test_ids_go_on_whatever_the_clock_does(times, last):
    """ "Each greater than the one before, in this run and all runs before", though the clock goes back."""
    stamps = Stamps(f"{last:016x}", 0, Clock(*times))
    made = [stamps.new("")[0] for _ in times]
    assert [f"{last:016x}", *made] == sorted({f"{last:016x}", *made})


@given(
    steps=st.lists(
        st.tuples(st.integers(NOW - 5, NOW + 5), st.sampled_from(["a", "b", ""]), st.integers(1, 4)),
        min_size=1,
        max_size=40,
    )
)
def test_times_never_go_back_nor_meet_in_a_stream(steps):
    """R6: "Times never go backwards, neither within a stream nor across the whole log, even when the clock does"."""
    stamps = Stamps("", NOW - 3, Clock(*(time for time, _, _ in steps)))
    given_out = {"a": [], "b": [], "": []}
    everything = []
    numbers = []
    for _, stream, count in steps:
        number, time = stamps.several(stream, count)
        numbers += range(number, number + count * ID_STEP, ID_STEP)
        given_out[stream] += range(time, time + count)
        everything += range(time, time + count)
    assert everything == sorted(everything)
    assert numbers == sorted(set(numbers))
    assert [id_of(number) for number in numbers] == sorted(id_of(number) for number in numbers)
    shown, highest = [time for time, _, _ in steps], NOW - 3
    for number, (now, (_, _, count)) in enumerate(zip(shown, steps, strict=True)):
        if now < highest:  # while the clock is behind, nothing shares a time
            first = sum(count for _, _, count in steps[:number])
            assert everything[first] not in everything[:first]
        highest = max(highest, now)
    for stream in ("a", "b"):
        assert given_out[stream] == sorted(set(given_out[stream]))
    assert all(time >= NOW - 3 for time in everything)


def test_times_are_the_clocks():
    """Where there is time enough, nothing is moved; what is remembered does not grow."""
    stamps = Stamps("", 0, Clock(*range(NOW, NOW + 1_000)))
    assert [stamps.new(f"stream {number}")[1] for number in range(1_000)] == list(range(NOW, NOW + 1_000))
    assert len(stamps._at_latest) == 1


def test_an_event_that_begins_a_stream():
    """The id of the JOIN that creates a channel is the channel's stream: its first message has a later time."""
    stamps = Stamps("", 0, Clock(NOW))
    channel, time = stamps.new("")
    assert time == NOW
    assert [stamps.new(stream)[1] for stream in ("other", channel, "other")] == [NOW, NOW + 1, NOW + 1]


def test_the_time_of_day():
    """Milliseconds since 1970."""
    assert NOW < now_ms() < 2 * NOW


def test_a_clock_before_1970(monkeypatch):
    """It counts as 1970, and so as behind: nothing that shows a time fails."""
    monkeypatch.setattr("time.time_ns", lambda: -1_000_000_000)
    assert now_ms() == 0


@pytest.mark.parametrize("clock", [LATEST_MS, LATEST_MS + 10 * 365 * 24 * 3600 * 1000, 1 << 62])
def test_a_clock_beyond_2100_is_not_used(clock):
    """Ids and times go on after the last ones, for every stream; nothing is too great to be written."""
    stamps = Stamps(f"{NOW << 22:016x}", NOW, Clock(clock))
    made = [stamps.new(stream) for stream in "aab"]
    assert [time for _, time in made] == [NOW + 1, NOW + 2, NOW + 3]
    assert all(NOW <= int(number, 16) >> 22 <= NOW + 3 for number, _ in made)


def test_a_clock_before_1970_from_the_first_event_on():
    """R6: while the clock shows nothing that can be used, no two events of any streams share a time."""
    stamps = Stamps("", 0, Clock(0))
    made = [stamps.new(stream) for stream in ("a", "b", "", "a", "c")]
    assert [time for _, time in made] == [1, 2, 3, 4, 5]
    assert [id for id, _ in made] == sorted({id for id, _ in made})
    assert stamps.now() == 5


def test_a_clock_that_begins_to_be_usable():
    """Times are the clock's as soon as it is set."""
    stamps = Stamps("", 0, Clock(0, 0, NOW, NOW))
    assert [stamps.new(stream)[1] for stream in "abcd"] == [1, 2, NOW, NOW]


@pytest.mark.parametrize(
    ("clock", "last", "words"),
    [
        (NOW, 0, ""),
        (NOW, NOW, ""),
        (NOW, NOW + BEHIND_MS, ""),
        (NOW, NOW + BEHIND_MS + 1, "is behind the last message"),
        (NOW, NOW - AHEAD_MS, ""),
        (NOW, NOW - 3 * AHEAD_MS - 1, "is 3 days ahead of the last message"),
        (LATEST_MS, NOW, "after the year 2100"),
        (1 << 62, 0, "after the year 2100"),
        (0, NOW, "before the year 1970, so it is not used. Messages get the time of the last one"),
        (0, 0, "before the year 1970, so it is not used. Messages get times of 1970"),
        (1, NOW, "is behind the last message"),
    ],
)
def test_when_a_clock_is_doubted(clock, last, words):
    """It is said why, and what follows from it."""
    assert words in doubts(clock, last)
    assert bool(words) == bool(doubts(clock, last))


def test_a_step_of_the_clock():
    """Each time that is told is what it is said to be; a clock beyond 2100 is not used, so it is told as always."""
    before, now = "2023-11-14T22:13:20.000Z", "2023-11-17T22:13:20.000Z"
    words = stepped(1_700_259_200_000, 1_700_000_000_000, 5)
    assert (
        f"moved 3 days ahead at once: it shows {now}, and without that step it would show {before}. If {now}" in words
    )
    assert stepped(LATEST_MS, NOW, NOW - 1) == doubts(LATEST_MS, NOW - 1)


def test_a_clock_that_is_days_ahead_is_not_believed_at_a_start():
    """ "Warn loudly when the clock is more than a day ahead": what the server itself stores before anybody can read the
    warning does not have the clock's time; without a log, there is nothing to doubt it by.
    """
    stamps = Stamps(f"{NOW << 22:016x}", NOW, Clock(NOW + 2 * AHEAD_MS))
    stamps.doubting = True
    ahead, time = stamps.new("")
    assert (time, stamps.now()) == (NOW, NOW)
    stamps.doubting = False
    assert stamps.new("")[1] == NOW + 2 * AHEAD_MS
    assert stamps.new("")[0] > ahead
    fresh = Stamps("", 0, Clock(NOW))
    fresh.doubting = True
    assert fresh.new("")[1] == NOW
