"""The away messages that a person has been shown."""

from __future__ import annotations

from chatapp.client.core.events import Presence, Sent
from chatapp.client.fronts.absences import ABSENCES_MAX, Absences


def test_each_is_shown_once():
    """Until it changes, or the person was here meanwhile; names are the same in upper and lower case."""
    absences = Absences()
    out = Sent("bob", "hi", 1, "out")
    assert absences.take(out) == "out"
    assert absences.take(out) == absences.take(Sent("BOB", "hi", 1, "out")) == ""
    assert absences.take(Sent("bob", "hi", 1, "lunch")) == "lunch"
    assert absences.take(Sent("carol", "hi", 1, "lunch")) == "lunch"
    assert absences.take(Sent("bob", "hi", 1)) == ""
    assert absences.take(out) == "out"
    assert absences.take(Presence("Bob", here=True)) == ""
    assert absences.take(out) == "out"


def test_few_are_kept():
    """R9: "Every ... table has a limit"; who was written to last is known longest."""
    absences = Absences()
    for number in range(ABSENCES_MAX + 1):
        absences.take(Sent(f"u{number}", "hi", 1, "out"))
        absences.take(Sent("u0", "hi", 1, "out"))
    assert absences.take(Sent("u0", "hi", 1, "out")) == ""
    assert absences.take(Sent("u1", "hi", 1, "out")) == "out"
