"""News of many people at once."""

from __future__ import annotations

import pytest

from chatapp.client.core.events import Event, Gone, Joined, Kicked, Left, NickChanged
from chatapp.client.fronts.bursts import KINDS_MAX, PEOPLE_MAX, Bursts, News, news_of


def test_the_first_at_once_and_the_others_together():
    """ "An adduser loop of 40 does not print 40 lines on every screen"."""
    bursts, told = Bursts(), []
    for second in range(40):
        told += bursts.due(second)
        if bursts.news(News(f"new{second}", "in #lobby now"), second):
            told.append(f"new{second}")
    while (due_s := bursts.due_s) is not None:
        told += bursts.due(due_s)
    assert told == [
        "new0",
        "new1, new2, new3 and 1 more are in #lobby now.",
        "new5, new6, new7 and 7 more are in #lobby now.",
        "new15, new16, new17 and 17 more are in #lobby now.",
        "new35, new36, new37 and 2 more are in #lobby now.",
    ]


def test_afterwards_it_is_at_once_again():
    """Who comes alone is told at once; two are told by their names."""
    bursts = Bursts()
    assert bursts.news(News("a", "here"), 0)
    assert not bursts.news(News("b", "here"), 1)
    assert bursts.due(4.9) == []
    assert bursts.due(5) == ["b is here."]
    assert not bursts.news(News("c", "here"), 6)
    assert not bursts.news(News("d", "here"), 7)
    assert bursts.due(15) == ["c and d are here."]
    assert bursts.due_s is None
    assert bursts.news(News("e", "here"), 100)


def test_kinds_are_bounded_and_apart():
    """News of one channel does not wait for that of another; of very many channels all is told at once."""
    bursts = Bursts()
    assert all(bursts.news(News("a", f"in #{number} now"), 0) for number in range(2 * KINDS_MAX))
    assert bursts.due_s is None
    assert bursts.due(1000) == []


def test_one_person_is_no_crowd():
    """Who comes and goes 25 times is one person, and is told where it is now."""
    bursts, told = Bursts(), []
    for second in range(25):
        told += bursts.due(second)
        for event in (Left("#room", "s13", False, ""), Joined("#room", "s13", False)):
            if not bursts.counts(event, second):
                told.append(f"{event.nick} is {news_of(event).what}.")
    while (due_s := bursts.due_s) is not None:
        told += bursts.due(due_s)
    assert told == ["s13 is no longer in #room.", *["s13 is in #room now."] * 4]


def test_people_are_counted_and_not_their_news():
    """Names are compared casefolded."""
    bursts = Bursts()
    bursts.news(News("a", "here"), 0)
    for nick in ("B", "c", "b", "B", "d", "e", "b", "B"):
        assert not bursts.news(News(nick, "here"), 1)
    assert bursts.due(5) == ["B, c, d and 1 more are here."]


def test_how_many_people_are_counted():
    """R9: memory has a bound; beyond it, the news is told at once."""
    bursts = Bursts()
    counted = [bursts.news(News(f"p{number}", "here"), 0) for number in range(PEOPLE_MAX + 3)]
    assert counted == [True, *[False] * PEOPLE_MAX, True, True]


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (Kicked("#room", "LURKER", False, "teach", ""), ["b is in #room now."]),
        (Left("#room", "lurker", False, ""), ["b is in #room now.", "lurker is no longer in #room."]),
        (Gone("lurker", ""), ["b is in #room now.", "lurker is no longer on this server."]),
        (NickChanged("lurker", "Teacher", False), ["b and Teacher are in #room now."]),
        (Kicked("#other", "lurker", False, "teach", ""), ["lurker and b are in #room now."]),
    ],
)
def test_who_is_there_no_longer(event: Event, told: list[str]):
    """A line that comes later does not say that somebody is there who was removed, left or has another name."""
    bursts = Bursts()
    assert not bursts.counts(Joined("#room", "a", False), 0)
    assert not bursts.counts(Left("#room", "y", False, ""), 0)
    assert not bursts.counts(Gone("z", ""), 0)
    assert bursts.counts(Joined("#room", "lurker", False), 1)
    assert bursts.counts(Joined("#room", "b", False), 1)
    bursts.counts(event, 2)
    assert bursts.due(30) == told


def test_who_is_back():
    """Who left the server and is in a channel a moment later has not gone."""
    bursts = Bursts()
    assert not bursts.counts(Gone("a", ""), 0)
    assert bursts.counts(Gone("guest", ""), 1)
    assert not bursts.counts(Joined("#room", "guest", False), 2)
    assert bursts.due(30) == []
