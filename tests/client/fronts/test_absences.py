"""The away messages that a person has been shown."""

from __future__ import annotations

from chatapp.client.core.events import Presence, Sent
from chatapp.client.fronts.absences import ABSENCES_MAX, Absences
from chatapp.client.fronts.partners import PARTNERS_MAX, Partners


def test_each_is_shown_once():
    """Until it changes, or the person was here meanwhile; names are the same in upper and lower case."""
    absences = Absences(Partners())
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
    absences = Absences(Partners())
    for number in range(ABSENCES_MAX + 1):
        absences.take(Sent(f"u{number}", "hi", 1, "out"))
        absences.take(Sent("u0", "hi", 1, "out"))
    assert absences.take(Sent("u0", "hi", 1, "out")) == ""
    assert absences.take(Sent("u1", "hi", 1, "out")) == "out"


def test_a_partner_who_goes_away():
    """Who exchanges direct messages with bob is told the text of his AWAY once; of all people it would be noise."""
    partners = Partners()
    absences = Absences(partners)
    lunch, tea = Presence("Bob", here=False, away="lunch"), Presence("Bob", here=False, away="tea")
    assert absences.take(lunch) == ""
    partners.add("bob")
    assert [absences.take(each) for each in (lunch, lunch, tea)] == ["lunch", "", "tea"]
    assert absences.take(Sent("bob", "hi", 1, "tea")) == ""
    assert absences.take(Presence("bob", here=True)) == ""
    assert [absences.take(each) for each in (Sent("bob", "hi", 1, "tea"), tea)] == ["tea", ""]


def test_few_partners_are_kept():
    """R9: "Every ... table has a limit"."""
    partners = Partners()
    for number in range(PARTNERS_MAX + 1):
        partners.add(f"u{number}")
    assert ["u0" in partners, "U1" in partners] == [False, True]
    partners.drop("U1")
    assert "u1" not in partners
