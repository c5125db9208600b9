"""Saying things, asking things, and what comes back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.client.core import reading
from chatapp.client.core.answers import Change
from chatapp.client.core.events import (
    CaughtUp,
    ChannelRenamed,
    Deleted,
    History,
    Invited,
    Joined,
    Kicked,
    Knocked,
    Left,
    ModesChanged,
    NickChanged,
    NotDone,
    Notice,
    NotSent,
    PasswordChanged,
    PasswordNotChanged,
    People,
    Person,
    Presence,
    Said,
    Sent,
    TopicSet,
)
from chatapp.client.core.session import Session
from chatapp.errors import NameNotAllowedError, RefusedError
from chatapp.protocol.framing import LineBuffer
from chatapp.protocol.message import Message
from tests.client.fake_server import NOT_CONNECTED, FakeServer, Wire, signed_in


@pytest.fixture
def server() -> FakeServer:
    """A server with three accounts."""
    return FakeServer({"alice": "secret", "bob": "secret", "carol": "secret"})


@pytest.fixture
def alice(server: FakeServer) -> Wire:
    """Be alice, signed in, with nothing left to hear."""
    wire = signed_in(server, "alice")
    wire.pump()
    return wire


def of(events: list[object], kind: type) -> list[object]:
    """Pick events of a kind."""
    return [event for event in events if isinstance(event, kind)]


def test_a_message_to_somebody_who_is_here(server, alice):
    """The echo is the receipt."""
    signed_in(server, "bob").pump()
    alice.session.say("bob", "hi")
    events = alice.pump()
    assert of(events, Sent) == [Sent("bob", "hi", lines=1)]
    (said,) = of(events, Said)
    assert (said.conversation, said.sender, said.own, said.ours) == ("bob", "alice", True, True)


def test_a_message_to_somebody_who_is_away(server, alice):
    """301 beside the echo says why the text waits: bob's own away message, or that he is not connected (R5)."""
    alice.session.say("BOB", "hi")
    assert of(alice.pump(), Sent) == [Sent("BOB", "hi", lines=1, away=NOT_CONNECTED)]
    server.away["bob"] = "gone fishing"
    alice.session.say("bob", "hi")
    assert of(alice.pump(), Sent) == [Sent("bob", "hi", lines=1, away="gone fishing")]


def test_an_away_message_without_words():
    """A bad server may leave the message of 301 empty; the recipient is away all the same."""
    for line in Message("301", ["alice", "bob", ""]), Message("301", ["alice", "bob"]):
        assert reading.away([Message("PRIVMSG", ["bob", "hi"]), line]) == "away"
    assert reading.away([Message("PRIVMSG", ["bob", "hi"])]) == ""


def test_a_message_to_nobody(alice):
    """401: the name is unknown, nothing was sent."""
    alice.session.say("zed", "hi")
    assert alice.pump() == [NotSent("zed", "hi", "401", "There is nobody with that name.", lines=1, stored=0)]


def test_a_message_that_could_not_be_stored(server, alice):
    """FAIL names a code; the person learns that it is not there."""
    server.refuse["hi"] = "MESSAGE_NOT_STORED"
    alice.session.say("#lobby", "hi")
    refused = NotSent("#lobby", "hi", "MESSAGE_NOT_STORED", "It could not be stored.", 1, 0, member=True)
    assert alice.pump() == [refused]


def test_a_message_that_meets_a_server_which_stops(server, alice):
    """It is not refused for good: it goes again over the next connection, and arrives exactly once."""
    server.refuse["hi"] = "SERVER_STOPPING"
    alice.session.say("#lobby", "hi")
    assert alice.pump() == []
    assert len(alice.session.outbox) == 1
    server.refuse.clear()
    alice.drop()
    assert [event.text for event in of(alice.open().pump(), Sent)] == ["hi"]
    assert [entry.text for entry in server.log] == ["hi"]


@pytest.mark.parametrize("target", ["", "a b", "a,b", "#", "#a,#b", "1st", "x" * 33])
def test_what_cannot_be_a_target_is_not_sent(alice, target):
    """A target is one name; a comma would make it several."""
    with pytest.raises(NameNotAllowedError):
        alice.session.say(target, "hi")
    assert alice.pump() == []


def test_a_message_to_a_role(alice):
    """Spec: modern-irc, "STATUSMSG parameter". Where the server does not offer it, the text goes nowhere."""
    session = alice.session
    with pytest.raises(RefusedError, match="only to members with that role"):
        session.say("@#lobby", "psst")
    session.received(b":s 005 alice STATUSMSG=~&@ :are supported by this server", 0)
    for target in ("+#lobby", "@@bob"):
        with pytest.raises(RefusedError if "#" in target else NameNotAllowedError):
            session.say(target, "psst")
    assert session.say("@#lobby", "psst") == 1
    session.received(b":bob!b@s RENAME #lobby #hall :", 0)
    assert [text.target for text in session.outbox.texts] == ["@#hall"]
    assert b" PRIVMSG @#hall psst\r\n" in session.take()


def test_what_cannot_be_a_text_is_not_sent(alice):
    """A NUL cannot be sent, and nothing is sent in its place."""
    with pytest.raises(RefusedError):
        alice.session.say("bob", "a\0b")
    assert alice.session.say("bob", " \n ") == 0
    assert alice.pump() == []


def test_a_long_text_arrives_whole(server, alice):
    """ "A text longer than one line holds arrives whole": as one message, of lines of at most 512 bytes."""
    text = "Grüße an alle! " * 400
    lines = alice.session.say("bob", text)
    assert of(alice.pump(), Sent) == [Sent("bob", text, lines, away=NOT_CONNECTED)]
    assert "".join(entry.text for entry in server.log) == text
    said = [message for message in alice.peer.heard if message.verb == "PRIVMSG"]
    assert (len(server.log), len(said)) == (1, lines)
    assert all(len(f":alice!alice@fake.example PRIVMSG bob :{each.param(1)}\r\n".encode()) <= 512 for each in said)
    assert lines < 25


def test_a_text_with_blank_lines_is_one_message(server, alice):
    """ "Lines that are pasted together are one text": so /edit and /delete are about all of it."""
    assert alice.session.say("#lobby", "\n \none\n\n  two\n\n") == 3
    events = alice.pump()
    assert of(events, Sent) == [Sent("#lobby", "\n \none\n\n  two\n\n", lines=3)]
    assert [entry.text for entry in server.log] == ["one\n\n  two"]
    assert [said.text for said in of(events, Said)] == ["one\n\n  two"]


def test_a_message_of_several_lines_is_stored_once(server, alice):
    """Its echo is lost: it goes again under the same id on the next connection."""
    alice.session.say("#lobby", "one\n\ntwo")
    alice.collect()
    for _ in range(5):
        alice.step_up()
    alice.drop()
    again = Wire(server, alice.session).open()
    assert [sent.lines for sent in of(again.pump(), Sent)] == [3]
    assert [entry.text for entry in server.log] == ["one\n\ntwo"]


@pytest.mark.parametrize("sent", [True, False])
def test_messages_of_several_lines_are_not_taken_any_more(server, alice, sent):
    """The server that comes back does not offer them: the lines go one by one."""
    alice.session.say("#lobby", "one\n\ntwo")
    if sent:
        alice.collect()
    alice.drop()
    server.offers = server.offers.replace("draft/multiline", "x")
    again = Wire(server, alice.session).open()
    assert [each.lines for each in of(again.pump(), Sent)] == [3]
    assert [entry.text for entry in server.log] == ["one", " ", "two"]


def test_a_flood_is_paced_by_the_answers(alice):
    """No more than a window of lines is on its way, however long the text is; a message of several lines is one."""
    alice.session.account.enabled.discard("draft/multiline")
    alice.session.say("#lobby", "\n".join(map(str, range(100))))
    alice.collect()
    assert len(alice.up) == 20
    alice.pump()
    assert len(alice.session.outbox) == 0


def test_what_others_say(server, alice):
    """A channel's message belongs to the channel, a direct one to its sender."""
    server.say("bob", "#lobby", "to all")
    server.say("bob", "alice", "to you")
    one, two = alice.pump()
    assert one == Said(server.time - 1, "#lobby", "#lobby", "bob", "to all", f"m{server.time - 1}")
    assert two == Said(server.time, "bob", "alice", "bob", "to you", f"m{server.time}")


def test_what_we_say_elsewhere(server, alice):
    """Any session of an account sees what its others send: our own, but not this session's."""
    other = signed_in(server, "alice", run="other")
    other.pump()
    other.session.say("bob", "from my phone")
    other.pump()
    (said,) = alice.pump()
    assert (said.conversation, said.own, said.ours) == ("bob", True, False)


def test_who_is_there(server, alice):
    """Everyone with an account, here or away."""
    signed_in(server, "bob").pump()
    alice.session.ask_people()
    everyone = (Person("alice", True, True), Person("bob", True, False), Person("carol", False, False))
    assert alice.pump() == [People("*", everyone)]
    alice.session.ask_people("zed")
    assert alice.pump() == [People("zed", ())]


def test_history_on_request(server, alice):
    """The latest ones, then those before; they may have been shown already."""
    for number in range(5):
        server.say("bob", "#lobby", str(number))
    alice.pump()
    alice.session.ask_history("#lobby", 2)
    (page,) = alice.pump()
    assert isinstance(page, History)
    assert [said.text for said in page.messages] == ["3", "4"]
    alice.session.ask_history("#lobby", 2, before=page.messages[0].time)
    (page,) = alice.pump()
    assert [said.text for said in page.messages] == ["1", "2"]


def test_joining_and_leaving(alice):
    """The answer is an event of its own; a refusal says why."""
    alice.session.join("#dev")
    assert alice.pump() == [Joined("#dev", "alice", me=True)]
    assert set(alice.session.channels) == {"#lobby", "#dev"}
    alice.session.leave("#dev")
    assert alice.pump() == [Left("#dev", "alice", me=True, reason="")]
    assert set(alice.session.channels) == {"#lobby"}
    alice.session.join("#locked")
    assert alice.pump() == [NotDone("joining #locked", "One has to be invited.", code="473")]


@pytest.mark.parametrize(
    ("line", "event"),
    [
        (":bob!bob@h JOIN #lobby", Joined("#lobby", "bob", me=False)),
        (":bob!bob@h PART #lobby :Bye", Left("#lobby", "bob", me=False, reason="Bye")),
        (":bob!bob@h KICK #lobby alice :Out", Kicked("#lobby", "alice", me=True, by="bob", reason="Out")),
        (":bob!bob@h KICK #lobby carol :Bob", Kicked("#lobby", "carol", me=False, by="bob", reason="")),
        (
            ":bob!bob@h MODE #lobby +o-v ALICE carol",
            ModesChanged(
                "#lobby", "bob", (Change(True, "o", "ALICE", "operator", True), Change(False, "v", "carol", "voice"))
            ),
        ),
        (":h MODE #lobby :+m", ModesChanged("#lobby", "h", (Change(True, "m", ""),))),
        (":bob!bob@h INVITE alice #dev", Invited("#dev", "alice", me=True, by="bob")),
        (":h 710 alice #lobby zoe!z@h :please", Knocked("#lobby", "zoe", "please")),
        (":h 710 alice #lobby zoe!z@h :asks to be invited.", Knocked("#lobby", "zoe", "")),
        (":h 710 alice #lobby zoe!z@h :asks to be invited. please", Knocked("#lobby", "zoe", "please")),
        (":h 710 alice #lobby zoe!z@h :has asked for an invite.", Knocked("#lobby", "zoe", "")),
        (":h 710 alice #lobby zoe!z@h :is KNOCKing: let me in", Knocked("#lobby", "zoe", "let me in")),
        (":bob!bob@h TOPIC #lobby :News", TopicSet("#lobby", "bob", "News")),
        (":bob!bob@h AWAY :gone", Presence("bob", here=False, away="gone")),
        (":s 301 alice bob :gone", Presence("bob", here=False, away="gone")),
        (":bob!bob@h AWAY", Presence("bob", here=True)),
        (":s NOTICE alice :Going down soon", Notice("Going down soon")),
        ("WARN * SOMETHING :Take care", Notice("Take care")),
        ("FAIL * SOMETHING :That failed", Notice("That failed")),
        (":s 421 alice FOO :There is no such command.", Notice("There is no such command.")),
    ],
)
def test_what_the_server_tells(alice, line, event):
    """One event for each thing that a person may want to know."""
    assert alice.session.received(line.encode(), 0) == [event]


@pytest.mark.parametrize("line", [b"PRIVMSG", b":b!b@h PRIVMSG", b"352", b"CAP", b"BATCH", b"001", b"PONG"])
def test_lines_with_nothing_in_them(alice, line):
    """A line that lacks what it should have breaks nothing."""
    alice.session.received(line, 0)
    assert alice.session.signed_in


@pytest.mark.parametrize("line", [b"\xff\xfe", b"@only-tags", b":only-source", b"a\0b", None])
def test_what_cannot_be_read(alice, line):
    """It is told, in words, and the session goes on."""
    (event,) = alice.session.received(line, 0)
    assert isinstance(event, Notice)
    assert alice.session.signed_in


def test_a_ping_is_answered(alice):
    """The server asks for a sign of life."""
    assert alice.session.received(b"PING :are you there", 0) == []
    assert alice.session.take() == b"PONG :are you there\r\n"


def test_without_echo_a_message_is_not_called_sent(alice):
    """ACK says that the server has read the line, not that the message is stored."""
    alice.session.say("bob", "hi")
    alice.collect()
    label = alice.up[0].decode().partition("label=")[2].partition(" ")[0].partition(";")[0]
    (event,) = alice.session.received(f"@label={label} ACK".encode(), 0)
    assert isinstance(event, NotSent)


@given(st.data())
def test_bytes_may_come_split_anywhere(data):
    """ "any split of the incoming bytes gives the same result"."""
    server = FakeServer({"alice": "secret"})
    wire = signed_in(server, "alice")
    wire.pump()
    for text in ("one", "zwei ü", "three"):
        server.say("bob", "#lobby", text)
    assert wire.peer is not None
    stream, wire.peer.out = b"".join(wire.peer.out), []
    buffer, events = LineBuffer(1000), []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        for line in buffer.feed(stream[:size]):
            events += wire.session.received(line, 0)
        stream = stream[size:]
    assert [said.text for said in events if isinstance(said, Said)] == ["one", "zwei ü", "three"]


@given(st.lists(st.one_of(st.binary(max_size=60), st.text(max_size=60).map(str.encode)), max_size=20))
def test_no_bytes_break_a_session(lines):
    """Whatever a server sends, there are events or none, and never an exception."""
    session = Session("alice", "run")
    session.opened(tls=True)
    for line in lines:
        session.received(line, 0)
        session.take()


def test_leaving_marks_what_was_read_and_says_goodbye(server, alice):
    """The read marker is the account's, so all its devices agree."""
    server.say("bob", "#lobby", "hello")
    alice.pump()
    alice.session.quit()
    assert alice.pump() == []
    assert server.markers["alice", "#lobby"] == server.time
    assert alice.sent()[-1].verb == "QUIT"


def test_markers_are_not_sent_twice(server, alice):
    """What is marked is marked."""
    server.say("bob", "#lobby", "hello")
    alice.pump()
    alice.session.mark_read()
    alice.session.mark_read()
    alice.pump()
    assert [message.verb for message in alice.sent()].count("MARKREAD") == 1


@pytest.mark.parametrize("by", ["leaving", "being put out"])
def test_a_channel_that_is_left_is_not_marked_any_more(server, alice, by):
    """MARKREAD after PART would be refused, and the person would read of a refusal of what nobody asked for."""
    server.say("bob", "#lobby", "hello")
    alice.pump()
    if by == "leaving":
        alice.session.leave("#LOBBY")
        alice.step_up()
        server.say("bob", "#lobby", "between the question and its answer")
    else:
        alice.session.received(b":bob!bob@h KICK #lobby alice :out", server.time)
    alice.pump()
    alice.session.mark_read()
    alice.pump()
    assert "MARKREAD" not in [message.verb for message in alice.sent()]
    alice.session.join("#lobby")
    alice.pump()
    server.say("bob", "#lobby", "again")
    alice.pump()
    alice.session.mark_read()
    alice.pump()
    assert server.markers["alice", "#lobby"] == server.time


def test_few_markers_at_once(server, alice):
    """What a person asks for does not wait behind many markers: there is a bound, and it says when there are more."""
    for name in ("bob", "carol"):
        server.say(name, "alice", "hello")
    alice.pump()
    assert alice.session.mark_read(2)
    assert alice.session.mark_read(1)
    assert not alice.session.mark_read(1)
    alice.pump()
    assert server.markers.keys() == {("alice", "#lobby"), ("alice", "bob"), ("alice", "carol")}


def test_questions_without_a_connection_are_not_asked(alice):
    """There is nobody to answer them."""
    alice.drop()
    alice.session.ask_people()
    assert alice.session.take() == b""
    assert alice.session.unsettled == 0


def test_nothing_was_missed(server):
    """A new account has missed nothing, and is told when it may look."""
    wire = signed_in(server, "alice")
    assert wire.pump()[-1] == CaughtUp()


def test_another_password(server, alice):
    """The answer is an event; the next connection signs in with the new password, without asking anybody."""
    alice.session.change_password("wrong", "a new secret")
    assert alice.pump() == [PasswordNotChanged("WRONG_PASSWORD", "The old password is wrong.")]
    alice.session.change_password("secret", "a new secret, ü")
    assert alice.pump() == [PasswordChanged()]
    assert server.accounts["alice"] == "a new secret, ü"
    alice.drop()
    alice.open().pump()
    assert alice.session.signed_in


def test_another_password_where_the_server_has_no_command_for_it(server):
    """It says so, and asks nothing."""
    server.offers = server.offers.replace("chatapp/account", "")
    alice = signed_in(server, "alice")
    with pytest.raises(RefusedError, match="cannot change their password"):
        alice.session.change_password("secret", "a new secret")


@pytest.mark.parametrize(("target", "member"), [("#lobby", True), ("#dev", False), ("bob", False)])
def test_a_refusal_says_whether_we_are_in_the_channel(target, member):
    """Joining is of no use to a member, so a front has to know."""
    server = FakeServer({"alice": "secret", "bob": "secret"})
    server.refuse["no"] = "CANNOT_SEND"
    wire = signed_in(server, "alice")
    wire.pump()
    wire.session.say(target, "no")
    (event,) = [event for event in wire.pump() if isinstance(event, NotSent)]
    assert event.member is member


def test_removed_while_there_was_no_connection(server, alice):
    """ "Missed changes during a lost connection must not confuse": it is said, and the channel is no longer ours."""
    alice.session.join("#dev")
    alice.pump()
    alice.drop()
    events = alice.open().pump()  # the server names #lobby only
    assert of(events, Left) == [Left("#dev", "alice", me=True, reason="")]
    assert set(alice.session.channels) == {"#lobby"}
    alice.drop()
    assert of(alice.open().pump(), Left) == []


def test_removed_and_not_back(alice):
    """After a KICK of our own nick, the channel is no longer ours, and nothing is sent to come back."""
    alice.session.join("#dev")
    alice.pump()
    alice.session.received(b":bob!b@h KICK #dev alice :out", 0)
    assert set(alice.session.channels) == {"#lobby"}
    assert alice.session.take() == b""


def test_a_marker_that_is_refused(alice):
    """A KICK may cross our MARKREAD. Nobody asked for the marker, so its refusal is nothing to tell."""
    fail = b":s FAIL MARKREAD INVALID_PARAMS #lobby :You have no channel or conversation of this name."
    assert alice.session.received(fail, 0) == []
    assert alice.session.received(b":s FAIL JOIN NOPE :No.", 0) == [Notice("No.")]


def test_what_somebody_does(server, alice):
    """CTCP ACTION: "\\x01ACTION <text>\\x01", each line of a long text; the receipt has the text as it was typed."""
    assert alice.session.say("#lobby", "waves\x01 a\nlot", action=True) == 2
    assert of(alice.pump(), Sent) == [Sent("#lobby", "waves\x01 a\nlot", lines=2)]
    assert [entry.text for entry in server.log] == ["\x01ACTION waves a\x01", "\x01ACTION lot\x01"]
    lines = alice.session.say("#lobby", "ü" * 500, action=True)
    alice.pump()
    sent = [entry.text for entry in server.log[2:]]
    assert lines == len(sent) == 3
    assert all(len(f":alice!alice@fake.example PRIVMSG #lobby :{text}\r\n".encode()) <= 512 for text in sent)
    assert alice.session.say("#lobby", " \x01 ", action=True) == 0


def test_a_channel_gets_another_name(alice):
    """What waits goes to the new name, the read marker too, and nothing that was told is told again."""
    session = alice.session
    session.join("#old")
    alice.pump()
    session.say("#OLD", "waits")
    (event,) = session.received(b":bob!b@s RENAME #old #new :why", 0)
    assert event == ChannelRenamed("#old", "#new", "bob", "why")
    assert session.outbox.texts[0].target == "#new"
    assert "#new" in session.channels
    for line in (
        b":bob!b@s RENAME #new bob :x",
        b":bob!b@s RENAME bob #x",
        b":bob!b@s RENAME #new",
        b":s RENAME #new :#a b",
    ):
        assert session.received(line, 0) == []
    assert "#new" in session.channels


def test_only_what_was_read_is_marked():
    """A front says which conversations a person sees; the markers of others stay due."""
    server = FakeServer({"alice": "secret", "bob": "secret"})
    wire = signed_in(server, "alice")
    wire.pump()
    wire.session.is_read = lambda conversation: conversation == "#lobby"
    server.say("bob", "#lobby", "one")
    server.say("bob", "alice", "two")
    wire.pump()
    wire.session.mark_read()
    wire.pump()
    assert set(server.markers) == {("alice", "#lobby")}
    assert wire.session.conversations["bob"].unread == 1
    wire.session.is_read = lambda conversation: True
    wire.session.mark_read()
    wire.pump()
    assert set(server.markers) == {("alice", "#lobby"), ("alice", "bob")}


def test_another_name(alice):
    """Others are told of it, so that nobody can pose as somebody else; we too."""
    assert alice.session.received(b":steve!~u@h NICK Teacher", 0) == [NickChanged("steve", "Teacher", me=False)]
    assert alice.session.received(b":alice!~u@h NICK alicia", 0) == [
        NickChanged("alice", "alicia", me=True, channels=("#lobby",))
    ]
    assert alice.session.nick == "alicia"


def test_deleting_what_was_said_to_a_role(alice):
    """A message to a role in a channel is one of the channel, so its author and its text are known."""
    alice.session.received(b"@msgid=m1 :bob!b@h PRIVMSG +#lobby :hi", 0)
    (deleted,) = alice.session.received(b":alice!a@h REDACT +#lobby m1 :", 0)
    assert deleted == Deleted("#lobby", "alice", True, "m1", "", author="bob", was="hi")


def test_what_the_server_says_about_a_channel(alice):
    """A notice to a channel says which; NOTE and WARN are told in the server's words."""
    for line, text in (
        (b":s NOTICE #lobby :eve is away", "#lobby: eve is away"),
        (b":s NOTICE @#lobby :eve knocks", "#lobby: eve knocks"),
        (b":s NOTICE alice :hello", "hello"),
        (b":s NOTE MODE EXCEPTED #lobby eve :eve can write all the same", "eve can write all the same"),
        (b":s WARN MODE X :Take care", "Take care"),
    ):
        assert alice.session.received(line, 0) == [Notice(text)]
