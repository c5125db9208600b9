"""Going backwards through a conversation."""

from __future__ import annotations


def test_history(server, alice):
    """The lobby where nothing else is said; /older goes on backwards."""
    for number in range(30):
        server.say("bob", "#lobby", str(number))
    alice.see()
    rows = alice.type("/history 3")
    assert rows[1:4] == [f"12:00 #lobby <bob> {number}" for number in (27, 28, 29)]
    assert alice.type("/older")[1:-1] == [f"12:00 #lobby <bob> {number}" for number in range(7, 27)]
    assert alice.type("/history carol") == ["-- There is nothing yet with carol."]
    assert alice.type("/older") == ["-- Type /history first."]


def test_older_is_offered_where_there_is_older(server, alice):
    """After the last page nothing is promised, and /older says that there is nothing."""
    for number in range(24):
        server.say("bob", "#lobby", str(number))
    alice.see()
    offer = "-- /older shows what came before."
    assert alice.type("/history 24")[-1] == "12:00 #lobby <bob> 23"
    assert alice.type("/history 23")[-1] == offer
    assert alice.type("/older")[-1] == "12:00 #lobby <bob> 0"
    assert alice.type("/older") == ["-- There is nothing older in #lobby."]
    assert alice.type("/history 4")[-1] == offer
    assert len(alice.type("/older")) == 21  # the name, and 20 messages that are all there are


def test_the_most_history_at_once(server, alice):
    """A server gives a thousand: then it is not known whether there is more, and it is offered."""
    for number in range(1001):
        server.say("bob", "#lobby", str(number))
    alice.see()
    rows = alice.type("/history 1000")
    assert (len(rows), rows[1]) == (1002, "12:00 #lobby <bob> 1")
    assert alice.type("/older")[1:] == ["12:00 #lobby <bob> 0"]
