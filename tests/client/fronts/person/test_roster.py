"""The people whom the line client knows of."""

from __future__ import annotations

from chatapp.client.core.events import Person
from chatapp.client.fronts.partners import PARTNERS_MAX
from chatapp.client.fronts.person.roster import NAMES_MAX, Roster, sort_people
from chatapp.protocol.names import natural_key


def test_natural_order():
    """ "student2 before student10"; numbers are compared as numbers, however long, and case does not matter."""
    names = ["student10", "Student2", "student", "b", "a10b2", "a10b10", "a9", "x" + "9" * 5000, "x1"]
    expected = ["a9", "a10b2", "a10b10", "b", "student", "Student2", "student10", "x1", "x" + "9" * 5000]
    assert sorted(names, key=natural_key) == expected


def test_who_is_here_comes_first():
    """ "shows those who are here first"."""
    people = [Person("a2", False, False), Person("z", True, False), Person("a10", True, False)]
    assert [person.nick for person in sort_people(people)] == ["a10", "z", "a2"]


def test_everything_is_bounded():
    """A server that makes up names fills no memory, and one that cannot be typed is not offered."""
    roster = Roster()
    for number in range(NAMES_MAX + 10):
        roster.saw(f"n{number}")
        roster.wrote_to(f"n{number}")
    roster.saw("e\x1b[2Jvil", "1st", "")
    assert len(roster.names) == NAMES_MAX
    assert roster.names[0] == "n10"
    assert "n0" not in roster.partners
    assert sum(f"n{number}" in roster.partners for number in range(NAMES_MAX + 10)) == PARTNERS_MAX
