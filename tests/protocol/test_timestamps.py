"""Tests of chatapp.protocol.timestamps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.errors import MalformedLineError
from chatapp.protocol.timestamps import TIME_MS_MAX, format_minute, format_short, format_time, parse_time

times = st.integers(0, TIME_MS_MAX)


@given(times)
def test_a_time_is_read_back(ms):
    """parse_time(format_time(ms)) == ms."""
    assert parse_time(format_time(ms)) == ms


@given(times, times)
def test_texts_sort_as_times_do(one, other):
    """The earlier time has the smaller text."""
    assert (format_time(one) < format_time(other)) == (one < other)


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_318_987_143_419, "2011-10-19T01:19:03.419Z"),
        (951_782_400_001, "2000-02-29T00:00:00.001Z"),
        (TIME_MS_MAX, "9999-12-31T23:59:59.999Z"),
    ],
)
def test_form(ms, text):
    """Spec: server-time, YYYY-MM-DDThh:mm:ss.sssZ."""
    assert format_time(ms) == text
    assert parse_time(text) == ms


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000Z"),
        ("2026-01-02T03:04:05.1Z", "2026-01-02T03:04:05.100Z"),
        ("2026-01-02T03:04:05.123999Z", "2026-01-02T03:04:05.123Z"),
        ("2012-06-30T23:59:60.419Z", "2012-07-01T00:00:00.419Z"),
    ],
)
def test_other_ways_to_write_a_time(text, same):
    """Another fraction is read to the millisecond; the leap second of the specification's example is the next one."""
    assert format_time(parse_time(text)) == same


@pytest.mark.parametrize(
    "text",
    ["", "*", "now", "2026-01-02", "2026-01-02 03:04:05Z", "2026-01-02T03:04:05", "2026-01-02T03:04:05+00:00"]
    + ["2026-02-30T00:00:00.000Z", "2026-13-01T00:00:00.000Z", "2026-01-01T24:00:00.000Z", "2026-01-01T00:00:61.000Z"]
    + ["1969-12-31T23:59:59.999Z", "0000-01-01T00:00:00.000Z", "9999-12-31T23:59:60.000Z", "2026-01-01T00:00:00.Z"]
    + ["٢٠٢٦-01-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z\n", "2026-01-01T00:00:00.0000000000Z"],
)
def test_what_is_no_time_is_malformed(text):
    """Another form, a day or time that does not exist, and times before 1970 are refused."""
    with pytest.raises(MalformedLineError):
        parse_time(text)


@given(st.text(max_size=30) | st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z"))
def test_any_text_is_a_time_or_malformed(text):
    """Whatever is given, the answer is a time that can be written or MalformedLineError."""
    try:
        ms = parse_time(text)
    except MalformedLineError:
        return
    assert 0 <= ms <= TIME_MS_MAX


def test_for_people():
    """In sentences: no milliseconds, and which time zone it is."""
    assert format_short(parse_time("2026-01-31T23:59:59.999Z")) == "2026-01-31 23:59"
    assert format_minute(0) == "1970-01-01 00:00 UTC"
    assert format_minute(TIME_MS_MAX) == "9999-12-31 23:59 UTC"
