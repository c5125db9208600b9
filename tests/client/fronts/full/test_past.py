"""What was shown before a connection was lost: afterwards it is as the server has it now."""

from __future__ import annotations

import pytest

from chatapp.client.fronts.full import past
from tests.client.fake_server import FakeServer
from tests.client.fronts.full.desk import Desk, clock
from tests.client.fronts.full.stream.desk import StreamDesk

OFFERS = "draft/message-edit draft/message-redaction chatapp/aggregate"


@pytest.fixture
def server(server: FakeServer) -> FakeServer:
    """A server that tells edits and reactions."""
    server.offers += f" {OFFERS}"
    return server


def away(desk: Desk, *texts: str) -> dict[str, int]:
    """Let bob say some texts, and lose the connection; return where each stands in the log."""
    for text in texts:
        desk.server.say("bob", "#lobby", text)
    desk.see()
    desk.drop()
    return {each.text: at for at, each in enumerate(desk.server.log)}


def test_what_was_changed_meanwhile(server):
    """What others edited, deleted and reacted to meanwhile is there after it; the stream tells it once."""
    alice = StreamDesk(server).sign_in()
    at = away(alice, "first", "typo", "stays", "secret")
    server.log[at["typo"]].text = "no typo"
    server.log[at["stays"]].tags["chatapp/reactions"] = "2 bob,carol +1"
    del server.log[at["secret"]], server.log[at["first"]]
    server.say("bob", "#lobby", "new")
    alice.back()
    shown = [(each.text, each.edited) for each in alice.state.buffer.entries if each.msgid]
    assert shown == [("deleted", False), ("no typo", True), ("stays", False), ("deleted", False), ("new", False)]
    told = [line for line in alice.transcript if line.startswith("-- Meanwhile: ")]
    assert told == [
        '-- Meanwhile: bob corrected "typo" in #lobby: no typo',
        '-- Meanwhile: reactions to "stays": +1 2',
        '-- Meanwhile: "first" by bob was deleted.',
        '-- Meanwhile: "secret" by bob was deleted.',
    ]
    alice.drop()
    alice.back()
    assert [line for line in alice.transcript if line.startswith("-- Meanwhile: ")] == told


def test_a_conversation_is_renewed_when_it_is_shown(server):
    """No page is asked for before somebody looks."""
    alice = Desk(server).sign_in()
    server.say("bob", "alice", "hello")
    at = away(alice)
    server.log[at["hello"]].text = "hello, alice"
    alice.back()
    asked = [each.params[:2] for each in alice.wire.sent() if each.verb == "CHATHISTORY"]
    assert ["BEFORE", "bob"] not in asked
    alice.say("/dm bob")
    assert "hello, alice" in alice.texts


def test_what_the_pages_do_not_reach_is_fetched_again(server, monkeypatch):
    """The number of pages is bounded; older messages are not shown as they were, but come from the server."""
    monkeypatch.setattr(past, "PAGE_MESSAGES", 5)
    alice = Desk(server).sign_in()
    at = away(alice, *(f"text {number}" for number in range(100)))
    for text in ("text 10", "text 99"):
        server.log[at[text]].text += ", edited"
    alice.back()
    assert [each.text for each in alice.state.buffer.entries if each.msgid][:1] == ["text 75"]
    assert "text 99, edited" in alice.texts
    alice.press("pageup", "pageup", "pageup", "pageup", "pageup", "pageup")
    assert "text 10, edited" in alice.texts
    assert "text 10" not in alice.texts


def test_the_place_of_who_reads_older_messages_survives_however_much_was_missed(server, monkeypatch):
    """The pages begin at what is stale: they are not used up by what was missed, which nobody has to renew."""
    monkeypatch.setattr(past, "PAGE_MESSAGES", 5)
    alice = Desk(server).sign_in()
    at = away(alice, *(f"text {number}" for number in range(20)))
    alice.press("pageup")
    anchor = alice.state.buffer.anchor
    assert anchor is not None
    server.log[at["text 19"]].text += ", edited"
    for number in range(100):
        server.say("bob", "#lobby", f"missed {number}")
    alice.back()
    assert [each.text for each in alice.state.buffer.entries if each.msgid][:20] == [
        *(f"text {number}" for number in range(19)),
        "text 19, edited",
    ]
    assert alice.state.buffer.anchor == anchor


def test_the_place_of_who_reads_much_older_messages_survives(server, monkeypatch):
    """As many pages are asked for as lead to what is on the screen."""
    monkeypatch.setattr(past, "PAGE_MESSAGES", 2)
    monkeypatch.setattr(past, "SHOWN_MAX", 20)
    alice = Desk(server).sign_in()
    for number in range(100):
        server.say("bob", "#lobby", f"text {number}")
    alice.see()
    alice.press(*["pageup"] * 4)
    anchor = alice.state.buffer.anchor
    assert anchor is not None
    assert int(anchor[0].text.removeprefix("text ")) < 100 - 2 * past.PAGES_MAX - 10
    alice.drop()
    alice.back()
    assert alice.state.buffer.anchor == anchor
    assert anchor[0] in list(alice.state.buffer.entries)
    alice.press("end")
    alice.drop()
    alice.back()
    assert anchor[0] not in list(alice.state.buffer.entries)


def test_messages_of_somebody_whom_we_block_stay(server):
    """The pages have no messages of theirs; nobody has deleted these."""
    alice = Desk(server).sign_in()
    server.say("carol", "#lobby", "before")
    server.say("bob", "#lobby", "hello")
    at = away(alice, "after")
    server.obeys = True
    alice.back()
    alice.say("/ignore bob")
    alice.hears("SILENCE", "+bob!*@*", source="alice!a@h")
    alice.drop()
    del server.log[at["after"]], server.log[at["hello"]]
    alice.back()
    assert [each.text for each in alice.state.buffer.entries if each.msgid] == ["before", "hello", "after"]


def test_a_channel_to_which_we_came_back(server):
    """Where newcomers do not read what was said before (mode W), the older messages stay: nobody has deleted these."""
    alice = Desk(server).sign_in()
    server.say("bob", "#lobby", "before")
    alice.see()
    alice.hears("KICK", "#lobby", "alice", "out", source="bob!b@h")
    alice.hears("JOIN", "#lobby", source="alice!a@h")
    at = away(alice, "after", "gone")
    del server.log[at["gone"]], server.log[at["before"]]
    alice.back()
    assert [each.text for each in alice.state.buffer.entries if each.msgid] == ["before", "after", "deleted"]


def test_a_server_that_deletes_nothing(server):
    """Without message-redaction, a message that is missing in a page says nothing; it may never have been stored."""
    server.offers = server.offers.replace("draft/message-redaction", "").replace("chatapp/aggregate", "")
    alice = Desk(server).sign_in()
    at = away(alice, "first", "second", "third")
    del server.log[at["second"]]
    alice.back()
    assert [each.text for each in alice.state.buffer.entries if each.msgid] == ["first", "second", "third"]


def test_what_was_told_live_is_not_in_the_history_again(server):
    """A removal in a channel that nobody looked at yet, and where nobody said anything, is told once."""
    server.offers += " draft/event-playback"
    alice = StreamDesk(server).sign_in()
    alice.hears("JOIN", "#dev", source="alice!a@h")  # our other device has joined
    server.do("bob", "KICK", "#dev", "carol", "noise")
    alice.see()
    alice.say("/dm #dev")
    told = [line for line in alice.transcript if "removed" in line]
    assert told == [f"-- {clock(server.time)} carol was removed from #dev by bob: noise"]
    alice.press("pageup")
    assert sum("carol was removed" in each for each in alice.texts) == 1
