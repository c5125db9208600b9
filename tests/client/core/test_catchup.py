"""What was said while we were not there: everything, in order, and nothing twice."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.client.core import catchup, following
from chatapp.client.core.budget import KEPT_BYTES_MAX
from chatapp.client.core.events import AccountGone, CaughtUp, Earlier, Missed, NotDone, NotSent, Said, Sent
from chatapp.client.core.session import Session
from chatapp.protocol.message import Message
from tests.client.fake_server import FakeServer, Peer, Wire, signed_in
from tests.support.examples import examples


def texts(events: list[object], conversation: str = "") -> list[str]:
    """Return what was said."""
    said = [event for event in events if isinstance(event, Said)]
    return [event.text for event in said if not conversation or event.conversation == conversation]


@pytest.fixture
def server() -> FakeServer:
    """A server with a few accounts."""
    return FakeServer(dict.fromkeys(("alice", "bob", "carol"), "secret"))


def test_a_message_that_waited(server):
    """ "DM to carol who has an account and is away, then carol connects and reads it", once."""
    server.say("alice", "carol", "for you")
    wire = signed_in(server, "carol")
    events = wire.pump()
    assert texts(events) == ["for you"]
    assert events[-1] == CaughtUp((Missed("alice", 1, 1),))
    wire.session.quit()
    wire.pump()
    assert texts(signed_in(server, "carol").pump()) == []


def test_only_what_is_unread(server):
    """The account's read marker says where to begin; what another device has read is not told again."""
    for text in ("old", "new"):
        server.say("bob", "#lobby", text)
    server.markers["alice", "#lobby"] = server.log[0].time
    assert texts(signed_in(server, "alice").pump()) == ["new"]


def test_removed_while_catching_up(server, monkeypatch):
    """The history of a channel that we are no longer in is refused; a person knows why, and did not ask for it."""
    server.say("bob", "#lobby", "old")
    original = Peer.on_chathistory

    def refuse(peer: Peer, message: Message) -> None:
        if message.param(0) == "TARGETS":
            original(peer, message)
            return
        if removes:
            peer.send(Message("KICK", ["#lobby", "alice", "out"], "bob!bob@h"))
        peer.answer(message, [Message("FAIL", ["CHATHISTORY", "INVALID_TARGET", "#lobby", "No such channel."])])

    monkeypatch.setattr(Peer, "on_chathistory", refuse)
    for removes in (True, False):
        events = signed_in(server, "alice").pump()
        refused = [event for event in events if isinstance(event, NotDone)]
        assert [event.text for event in refused] == ([] if removes else ["No such channel."])
        assert events[-1] == CaughtUp()


def test_all_direct_messages_that_are_unread(server):
    """However many there are, none is left out, page by page."""
    server.say("bob", "alice", "read")
    server.markers["alice", "bob"] = server.time
    for number in range(450):
        server.say("bob", "alice", str(number))
    assert texts(signed_in(server, "alice").pump()) == [str(number) for number in range(450)]


@pytest.mark.parametrize("page_max", [7, 100, 1000])
def test_all_direct_messages_of_somebody_new(server, page_max):
    """Also where nothing of somebody was ever read, each of the first messages is told, in order, page by page."""
    server.page_max = page_max
    for number in range(450):
        server.say("bob", "alice", str(number))
    wire = signed_in(server, "alice")
    events = wire.pump()
    assert texts(events) == [str(number) for number in range(450)]
    assert events[-1] == CaughtUp((Missed("bob", 450, 450),))
    limits = [int(message.params[-1]) for message in wire.sent() if message.verb == "CHATHISTORY"]
    assert max(limits[1:]) <= 200  # a page is all that is in memory


def test_the_newest_direct_messages_without_read_markers(server):
    """Where a server keeps no markers nobody knows what was read: the newest are told, and nothing counts as missed."""
    server.offers = server.offers.replace("draft/read-marker", "")
    for number in range(250):
        server.say("bob", "alice", str(number))
    events = signed_in(server, "alice").pump()
    assert texts(events) == [str(number) for number in range(230, 250)]
    assert events[1] == Earlier("bob")
    assert events[-1] == CaughtUp()


def test_a_busy_channel_at_the_first_sign_in(server):
    """ "#lobby: 250 unread, the newest 100 shown": all are counted, and the newest hundred told."""
    server.say("bob", "#lobby", "read")
    server.markers["alice", "#lobby"] = server.time
    for number in range(250):
        server.say("bob", "#lobby", str(number))
    server.say("carol", "alice", "for you")
    events = signed_in(server, "alice").pump()
    assert texts(events, "#lobby") == [str(number) for number in range(150, 250)]
    assert events[-1] == CaughtUp((Missed("#lobby", 250, 100), Missed("carol", 1, 1)))


def test_a_channel_with_more_unread_than_is_counted(server):
    """Counting ends at what a server gives at once, and that is said."""
    server.page_max = 120
    server.say("bob", "#lobby", "read")
    server.markers["alice", "#lobby"] = server.time
    for number in range(250):
        server.say("bob", "#lobby", str(number))
    events = signed_in(server, "alice").pump()
    assert texts(events) == [str(number) for number in range(150, 250)]
    assert events[-1] == CaughtUp((Missed("#lobby", 120, 100, more=True),))


def test_what_was_said_by_oneself_is_not_unread(server):
    """Messages of the own account, from another device, are told and not counted."""
    server.markers["alice", "#lobby"] = server.time
    for number in range(150):
        server.say("alice" if number % 2 else "bob", "#lobby", str(number))
    events = signed_in(server, "alice").pump()
    assert len(texts(events)) == 100
    assert events[-1] == CaughtUp((Missed("#lobby", 75, 50),))


def test_a_new_account_has_missed_nothing(server):
    """ "show what was said before as 'Earlier in #lobby'": the newest messages, and none of them is missed."""
    for number in range(250):
        server.say("bob", "#lobby", str(number))
    events = signed_in(server, "zoe").pump()
    assert events[1] == Earlier("#lobby")
    assert texts(events) == [str(number) for number in range(230, 250)]
    assert events[-1] == CaughtUp()


@pytest.mark.parametrize("messages", [0, 3])
def test_what_is_said_after_the_first_visit_is_unread(server, messages):
    """Also where nothing had been said in the channel before: then it is not told as something earlier."""
    for number in range(messages):
        server.say("bob", "#lobby", f"before {number}")
    wire = signed_in(server, "zoe")
    wire.pump()
    wire.session.quit()
    wire.pump()
    server.say("bob", "#lobby", "meanwhile")
    events = signed_in(server, "zoe").pump()
    assert texts(events) == ["meanwhile"]
    assert events[-1] == CaughtUp((Missed("#lobby", 1, 1),))


def test_a_busy_channel_for_a_script(server):
    """What reads for a program gets all that came after the read marker."""
    for number in range(250):
        server.say("bob", "#lobby", str(number))
    server.markers["alice", "#lobby"] = server.log[9].time
    wire = Wire(server, Session("alice", "run", whole=True)).open()
    wire.session.sign_in("secret")
    assert texts(wire.pump()) == [str(number) for number in range(10, 250)]


@pytest.mark.parametrize("page_max", [1, 7, 1000])
def test_everything_that_was_missed_while_away(server, page_max):
    """After a lost connection all that was missed comes, in channels too, whatever pages the server gives."""
    server.page_max = page_max
    wire = signed_in(server, "alice")
    server.say("bob", "#lobby", "before")
    wire.pump()
    wire.drop()
    for number in range(300 if page_max > 1 else 20):
        server.say("bob", "#lobby", f"c{number}")
        server.say("carol", "alice", f"d{number}")
    events = wire.open().pump()
    expected = range(300 if page_max > 1 else 20)
    assert texts(events, "#lobby") == [f"c{number}" for number in expected]
    assert texts(events, "carol") == [f"d{number}" for number in expected]
    missed = (Missed("#lobby", len(expected), len(expected)), Missed("carol", len(expected), len(expected)))
    assert events[-1] == CaughtUp(missed)


@pytest.mark.parametrize("last", [b":s 465 alice :You are banned from this server", b"ERROR :Your account was removed"])
def test_banned_while_catching_up(server, monkeypatch, last):
    """What has arrived is told before the end: there is no other connection on which it would come again."""
    monkeypatch.setattr(Peer, "on_chathistory", lambda peer, message: None)
    wire = signed_in(server, "alice")
    wire.pump()
    session = wire.session
    for line in (
        b"@time=2026-01-01T10:00:03.000Z;msgid=m3 :bob!b@h PRIVMSG #lobby :live",
        b":s BATCH +p chathistory #lobby",
        b"@batch=p;time=2026-01-01T10:00:01.000Z;msgid=m1 :bob!b@h PRIVMSG #lobby :missed",
        b"@batch=p;time=2026-01-01T10:00:03.000Z;msgid=m3 :bob!b@h PRIVMSG #lobby :live",
    ):
        assert texts(session.received(line, 0)) == []
    events = session.received(last, 0)
    assert texts(events) == ["missed", "live"]
    assert isinstance(events[-1], AccountGone)
    assert len(events) == 3


def test_what_is_said_meanwhile_comes_after_what_was_missed(server):
    """A live message of a conversation that is behind is held until it is not, and comes once."""
    wire = signed_in(server, "alice")
    server.say("bob", "#lobby", "first")
    wire.pump()
    wire.drop()
    server.say("bob", "#lobby", "missed")
    wire.open()
    while not wire.session.signed_in:
        wire.step_up() or wire.step_down()
    server.say("bob", "#lobby", "live")
    assert texts(wire.pump()) == ["missed", "live"]


def live_after_missed(server, missed: str, live: str) -> list[str]:
    """Miss a message, and hear another one before the history; return what was told."""
    wire = signed_in(server, "alice")
    server.say("bob", "#lobby", "first")
    wire.pump()
    wire.drop()
    server.say("bob", "#lobby", missed)
    wire.open()
    while not wire.session.signed_in:
        wire.step_up() or wire.step_down()
    server.say("bob", "#lobby", live)
    return texts(wire.pump())


def test_messages_of_several_lines(server):
    """Each is one message with one msgid: it is told once, missed or live, whichever page has it."""
    assert live_after_missed(server, "missed\nand more", "live\n\nend") == ["missed\nand more", "live\n\nend"]


def test_lines_without_a_msgid(server):
    """A server without draft/multiline sends the further lines without a msgid: no other line takes their place."""
    server.offers = server.offers.replace("draft/multiline", "x")
    assert live_after_missed(server, "missed\nand more", "live\nend")[:4] == ["missed", "and more", "live", "end"]


def test_what_we_said_is_sent_again_and_arrives_once(server):
    """ "sends again what was not echoed before the drop, which arrives exactly once", under the same id."""
    wire = signed_in(server, "alice")
    wire.pump()
    wire.session.say("#lobby", "heard, echo lost")
    wire.step_up()
    wire.session.say("#lobby", "not heard")
    wire.drop()
    wire.session.say("#lobby", "said while away")
    events = wire.open().pump()
    assert [entry.text for entry in server.log] == ["heard, echo lost", "not heard", "said while away"]
    assert texts(events) == ["heard, echo lost", "not heard", "said while away"]
    assert [event.text for event in events if isinstance(event, Sent)] == texts(events)


def test_without_chathistory_it_still_arrives_once(server):
    """Where there is no history to look at, the server itself knows the id and answers with the first echo."""
    server.offers = server.offers.replace("draft/chathistory", "")
    wire = signed_in(server, "alice")
    wire.pump()
    wire.session.say("#lobby", "heard, echo lost")
    wire.step_up()
    wire.drop()
    events = wire.open().pump()
    assert len(server.log) == 1
    assert [type(event) for event in events if isinstance(event, Sent | NotSent)] == [Sent]


def test_without_catching_up(server):
    """A session that only sends asks for no history."""
    server.say("bob", "alice", "unread")
    wire = signed_in(server, "alice", catch_up=False)
    assert texts(wire.pump()) == []
    assert "CHATHISTORY" not in [message.verb for message in wire.sent()]


ACTIONS = st.one_of(
    st.tuples(st.just("i say"), st.sampled_from(["#lobby", "bob", "carol"])),
    st.tuples(st.just("bob says"), st.sampled_from(["#lobby", "alice"])),
    st.tuples(st.just("carol says"), st.sampled_from(["#lobby", "alice"])),
    st.tuples(st.just("bytes move"), st.integers(1, 40)),
    st.tuples(st.just("drop"), st.booleans()),
    st.tuples(st.just("mark"), st.none()),
)


class Story:
    """A session through any number of lost connections, and what has to come of it."""

    def __init__(self, follow: str = "") -> None:
        self.server = FakeServer(dict.fromkeys(("alice", "bob", "carol"), "secret"))
        self.since = 0  # what is told begins after this time
        if follow:
            for text in ("first", "second", "third"):
                self.server.say("bob", "#lobby", text)
            self.since = self.server.log[0 if follow == "since" else 2].time
        session = Session("alice", "run")
        if follow:
            session.catching_up.following.begin(following.FROM_NOW if follow == "now" else self.since)
        self.wire: Wire = signed_in(self.server, "alice", session=session)
        self.events = self.wire.pump()
        self.mine: list[str] = []
        self.count = 0

    def do(self, action: str, what: object) -> None:
        """Let one thing happen."""
        self.count += 1
        if action == "i say":
            self.mine.append(f"{what} {self.count}")
            self.wire.session.say(str(what), self.mine[-1])
        elif action.endswith("says"):
            more = "\nsecond line" if self.count % 2 else ""
            self.server.say(action.split()[0], str(what), f"{action} {self.count}{more}")
        elif action == "bytes move":
            for _ in range(int(str(what))):
                if not self.wire.step_up() and not self.wire.step_down():
                    break
        elif action == "mark":
            self.wire.session.mark_read()
        else:
            self.wire.drop()
            if what:
                self.wire.open()


@pytest.mark.parametrize("follow", ["", "now", "since"])
@settings(max_examples=examples(100))
@given(st.lists(ACTIONS, max_size=60))
def test_whatever_happens_everything_arrives_exactly_once_and_in_order(follow, actions):
    """Messages both ways over any connection that is lost at any moment: none lost, none twice, in order.

    From the first message on, from the sign-in on, or from a moment on.
    """
    story = Story(follow)
    for action, what in actions:
        story.do(action, what)
    if story.wire.peer is None:
        story.wire.open()
    events = story.events + story.wire.pump()
    server = story.server
    assert [entry.text for entry in server.log if entry.sender == "alice"] == story.mine
    assert sorted(event.text for event in events if isinstance(event, Sent)) == sorted(story.mine)
    told: dict[str, list[str]] = {}
    for event in events:
        if isinstance(event, Said):
            told.setdefault(event.conversation, []).append(event.text)
    happened: dict[str, list[str]] = {}
    for entry in [entry for entry in server.log if entry.time > story.since]:
        happened.setdefault(server.conversation("alice", entry), []).append(entry.text)
    assert told == happened
    assert len(story.wire.session.outbox) == 0


@pytest.mark.parametrize("since", [0, following.FROM_NOW])
def test_only_one_conversation(server, since):
    """ "Only": the history of no other conversation is asked for; a channel is followed under its new name."""
    server.say("bob", "#lobby", "one")
    server.say("bob", "alice", "two")
    session = Session("alice", "run")
    session.catching_up.following.begin(since, "#LOBBY")
    wire = signed_in(server, "alice", session=session)
    assert texts(wire.pump()) == (["one"] if since == 0 else [])
    wire.drop()
    server.say("bob", "#lobby", "three")
    server.say("bob", "alice", "four")
    assert texts(wire.open().pump()) == ["three"]
    asked = [message.params for message in wire.sent() if message.verb == "CHATHISTORY"]
    assert {params[1] for params in asked if params[0] != "TARGETS"} == {"#lobby"}
    assert wire.peer is not None
    wire.peer.send(Message("RENAME", ["#lobby", "#hall", ""], "bob!bob@h"))
    wire.pump()
    assert wire.session.catching_up.following._only == "#hall"


def test_a_server_that_lists_no_conversations(server, monkeypatch):
    """Nothing says then what is new, so nothing that is old is told."""
    server.say("bob", "#lobby", "old")
    original = Peer.on_chathistory

    def refuse(peer: Peer, message: Message) -> None:
        if message.param(0) == "TARGETS":
            peer.answer(message, [Message("FAIL", ["CHATHISTORY", "MESSAGE_ERROR", "No."])])
        else:
            original(peer, message)

    monkeypatch.setattr(Peer, "on_chathistory", refuse)
    session = Session("alice", "run")
    session.catching_up.following.begin(following.FROM_NOW)
    wire = signed_in(server, "alice", session=session)
    assert texts(wire.pump()) == []
    server.say("bob", "#lobby", "new")
    assert texts(wire.pump()) == ["new"]


def test_very_many_people(server, monkeypatch):
    """Who writes under one new name after the other ends nobody's client: of too many, the oldest are forgotten."""
    monkeypatch.setattr(catchup, "KNOWN_MAX", 20)
    monkeypatch.setattr(catchup, "CONVERSATION_BYTES", KEPT_BYTES_MAX // 100)
    server.say("bob", "alice", "first")
    wire = signed_in(server, "alice")
    assert texts(wire.pump()) == ["first"]
    told = []
    for number in range(300):
        server.accounts[f"guest{number}"] = "secret"
        server.say(f"guest{number}", "alice", f"hi {number}")
        told += texts(wire.pump())
    assert told == [f"hi {number}" for number in range(300)]
    assert len(wire.session.catching_up._known) <= 21
