"""chatapp/storage/outages.py."""

from __future__ import annotations

from chatapp.storage.outages import Ended, Outage


def test_a_fault_that_comes_and_goes_is_one_outage() -> None:
    """However often it fails, each text is told once; the end is told once, when it has been quiet for long enough."""
    outage = Outage(10.0)
    assert outage.take_ended(0.0) is None
    assert [outage.failed("full", now, 2) for now in (0.0, 0.1, 9.0, 18.9)] == [True, False, False, False]
    assert outage.take_ended(28.8) is None
    assert outage.take_ended(28.9) == Ended(8, 18.9)
    assert outage.take_ended(100.0) is None
    assert outage.failed("full", 100.0)


def test_a_new_outage_begins_also_where_nobody_took_the_end() -> None:
    """After the quiet time a text is told again."""
    outage = Outage(10.0)
    assert outage.failed("full", 0.0)
    assert outage.failed("full", 10.0)
    assert outage.take_ended(20.0) == Ended(1, 0.0)


def test_a_second_cause_is_told_and_the_number_of_texts_is_bounded() -> None:
    """Causes that alternate are told once each; texts without end are not kept."""
    outage = Outage(10.0)
    assert [outage.failed(text, 0.0) for text in ("full", "broken", "full", "broken")] == [True, True, False, False]
    assert sum(outage.failed(f"cause {number}", 0.0) for number in range(100)) == 8
