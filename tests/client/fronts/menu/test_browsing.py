"""Going backwards through a conversation."""

from __future__ import annotations

from tests.client.fronts.menu.desk import Desk


def test_history(server, alice):
    """The lobby where nothing else is said; /older goes on backwards."""
    for number in range(30):
        server.say("bob", "#lobby", str(number))
    alice.see()
    rows = alice.type("/history 3")
    assert rows[1:4] == [f"12:00 #lobby <bob> {number}" for number in (27, 28, 29)]
    assert alice.type("/older")[1:-1] == [f"12:00 #lobby <bob> {number}" for number in range(7, 27)]
    assert alice.type("/history carol") == ["-- There is nothing yet with carol."]
    assert alice.type("/older") == ["-- Type /history or /search first."]


def test_older_is_offered_where_there_is_older(server, alice):
    """After the last page nothing is promised, and /older says that there is nothing."""
    for number in range(24):
        server.say("bob", "#lobby", str(number))
    alice.see()
    server.modes = "+nt"
    offer = "-- /older shows what came before."
    assert alice.type("/history 24")[-1] == "12:00 #lobby <bob> 23"
    assert alice.type("/history 23")[-1] == offer
    assert alice.type("/older")[-1] == "12:00 #lobby <bob> 0"
    assert alice.type("/older") == ["-- There is nothing older in #lobby."]
    assert alice.type("/history 4")[-1] == offer
    assert len(alice.type("/older")) == 21  # the name, and 20 messages that are all there are


def test_a_channel_whose_past_is_closed(server, alice):
    """Who came later cannot know whether nothing was said, or may not be read. Mode W is the project's own."""
    server.modes = "+ntW"
    since = "In this channel newcomers read only what was said since they came."
    assert alice.type("/history #lobby") == [f"-- There is nothing yet in #lobby that you can read. {since}"]
    server.say("bob", "#lobby", "hello")
    alice.see()
    assert alice.type("/history #lobby")[1:] == ["12:00 #lobby <bob> hello"]
    assert alice.type("/older") == [f"-- There is nothing older in #lobby that you can read. {since}"]
    server.modes = "+nt"
    assert alice.type("/older") == ["-- There is nothing older in #lobby."]


def test_a_channel_that_we_are_not_in(server, alice):
    """Its modes may be nobody's business, so they are not asked for."""
    assert alice.type("/history #nowhere") == ["-- There is nothing yet in #nowhere."]


def test_the_most_history_at_once(server, alice):
    """A server gives a thousand: then it is not known whether there is more, and it is offered."""
    for number in range(1001):
        server.say("bob", "#lobby", str(number))
    alice.see()
    rows = alice.type("/history 1000")
    assert (len(rows), rows[1]) == (1002, "12:00 #lobby <bob> 1")
    assert alice.type("/older")[1:] == ["12:00 #lobby <bob> 0"]


def test_search(server, alice):
    """What matches, wherever it was said; /older goes on backwards, and shows each match once."""
    for number in range(50):
        server.say("bob", "alice" if number % 2 else "#lobby", f"plan {number}")
    for number, entry in enumerate(server.log[5:15]):  # the server's bound is inclusive, so the pages overlap
        entry.time, entry.number = server.log[5].time, number
    server.say("bob", "#lobby", "else")
    alice.see()
    first = alice.type("/search plan")
    assert first[0] == "-- Found for plan"
    assert first[-2:] == ["12:00 to you <bob> plan 49", "-- /older shows what was found before."]
    second, third = alice.type("/older"), alice.type("/older")
    assert len(third) == 11
    numbers = [int(row.rpartition(" ")[2]) for row in third[1:] + second[1:-1] + first[1:-1]]
    assert sorted(numbers) == list(range(50))
    assert alice.type("/older") == ["-- Nothing older was found for plan"]
    assert alice.type("/search nowhere") == ["-- Nothing was found for nowhere"]
    assert alice.type("/older") == ["-- Type /history or /search first."]


def test_a_search_that_is_not_whole(server, alice):
    """The person learns that some matches may be missing."""
    server.indexing = True
    warning = "-- The server has not indexed all messages yet, so some may be missing. Search again in a minute."
    assert alice.type("/search plan") == ["-- Nothing was found for plan", warning]
    server.say("bob", "#lobby", "plan a")
    alice.see()
    assert alice.type("/search plan") == ["-- Found for plan", "12:00 #lobby <bob> plan a", warning]


def test_what_was_done_in_a_channel(server):
    """/history shows it in its place among the messages, and counts it as a message."""
    server.offers += " draft/event-playback"
    desk = Desk(server)
    desk.see()
    desk.type("secret")
    server.say("bob", "#lobby", "before")
    server.do("bob", "KICK", "#lobby", "carol", "too loud")
    server.do("dave", "JOIN", "#lobby")
    server.say("bob", "#lobby", "after")
    desk.see()
    before, after = "12:00 #lobby <bob> before", "12:00 #lobby <bob> after"
    act = "12:00 -- carol was removed from #lobby by bob: too loud"
    assert desk.type("/history #lobby") == ["-- #lobby:", before, act, after]
    assert desk.type("/history #lobby 2") == ["-- #lobby:", act, after, "-- /older shows what came before."]
    assert desk.type("/older") == ["-- #lobby:", before]


def test_what_was_done_while_we_were_away(server):
    """One line says it."""
    server.offers += " draft/event-playback"
    desk = Desk(server)
    desk.see()
    desk.type("secret")
    server.say("bob", "#lobby", "hello")
    desk.see()
    desk.drop()
    server.do("bob", "KICK", "#lobby", "carol", "too loud")
    server.do("bob", "TOPIC", "#lobby", "sums")
    desk.wire.open()
    removed = "-- While you were away, bob removed carol from #lobby"
    assert desk.see() == ["-- Connected again.", f'{removed} and set the topic of #lobby to "sums".']
