"""A server without labels, receipts and accounts: answers are matched by a PING after each request."""

from __future__ import annotations

import pytest

from chatapp.client.core import order, requests
from chatapp.client.core.events import Event, Joined, NotDone, Notice, NotSent, People, Said, Sent, SignedIn, Unusable
from chatapp.client.core.fences import NO_ACCOUNTS
from chatapp.client.core.session import Session
from chatapp.client.core.signin import REQUIRED

NOW = 1_700_000_000_000


class Plain:
    """A session, and what a server of this kind says to it."""

    def __init__(self, *, any_server: bool = True) -> None:
        self.session = Session("alice", "run")
        self.session.account.any_server = any_server
        self.session.opened(tls=False)
        self.sent()

    def hears(self, *lines: str) -> list[Event]:
        """Let the server send lines."""
        return [event for line in lines for event in self.session.received(line.encode(), NOW)]

    def sent(self) -> list[str]:
        """Return what the session has sent since the last call."""
        return self.session.take().decode().split("\r\n")[:-1]

    def welcome(self) -> list[Event]:
        """Offer no capability, and welcome the user."""
        events = self.hears(":s CAP * LS :multi-prefix")
        assert self.sent() == ["CAP REQ multi-prefix"]
        events += self.hears(":s CAP alice ACK :multi-prefix")
        assert self.sent() == ["CAP END"]
        events += self.hears(":s 001 alice :Welcome", ":s 005 alice NETWORK=Other :are supported")
        assert self.sent() == ["PING ready"]
        return events + self.hears(":s PONG s :ready")


@pytest.fixture
def plain() -> Plain:
    """Be signed in."""
    plain = Plain()
    plain.welcome()
    return plain


def test_the_welcome():
    """No question for a password; a notice says what is missing."""
    events = Plain().welcome()
    assert Notice(NO_ACCOUNTS) in events
    assert SignedIn("alice", "Other", "", (), again=False) in events


def test_a_server_that_does_not_know_cap():
    """It welcomes the user as soon as there are a nick and a user name."""
    plain = Plain()
    events = plain.hears(":s 421 alice CAP :Unknown command", ":s 001 alice :Welcome")
    assert plain.sent() == ["PING ready"]
    assert events == [Notice(NO_ACCOUNTS)]


def test_only_who_asks_for_it():
    """Fronts that promise receipts refuse such a server."""
    events = Plain(any_server=False).hears(":s CAP * LS :multi-prefix")
    assert [type(event) for event in events] == [Unusable]


TAKEN = "433 * alice :Nickname already in use"
OTHER = Notice("The name alice: Nickname already in use. So you are alice__ here. /nick NAME chooses another name.")


def test_a_name_that_is_taken():
    """Another one is tried, and the person is told; the next connection begins with the wanted name again."""
    plain = Plain()
    plain.hears(":s CAP * LS :multi-prefix")
    plain.sent()
    plain.hears(f":s {TAKEN}", ":s CAP * ACK :multi-prefix")
    assert plain.sent() == ["NICK alice_", "CAP END"]
    plain.hears(":s 433 * alice_ :Nickname already in use")
    assert plain.sent() == ["NICK alice__"]
    assert plain.hears(":s 001 alice__ :Welcome") == [OTHER]
    assert plain.session.nick == "alice__"
    plain.session.closed()
    plain.session.opened(tls=False)
    assert "NICK alice" in plain.sent()


def test_a_taken_name_on_a_server_that_does_not_know_cap():
    """It says nothing else before it has another name."""
    plain = Plain()
    plain.hears(f":s {TAKEN}")
    assert plain.sent() == ["NICK alice_"]
    events = plain.hears(":s 001 alice_ :Welcome")
    assert [type(event) for event in events] == [Notice, Notice]


@pytest.mark.parametrize("before", [(), (f":s CAP * LS :{' '.join(REQUIRED)}",)])
def test_a_taken_name_where_no_other_will_do(before):
    """A front that promises receipts says so at once: the server would wait for another name, and say nothing more."""
    plain = Plain(any_server=False)
    plain.hears(*before)
    assert plain.hears(f":s {TAKEN}") == [Unusable("Nickname already in use")]


def test_names_that_are_all_taken_or_too_long():
    """Not for ever: in the end the server cannot be used under this name."""
    plain = Plain()
    plain.session.account.names.nick = "a_long_name"
    plain.hears(":s CAP * LS :", f":s {TAKEN}")
    events, tried = [], []
    while not events:
        tried += [line.removeprefix("NICK ") for line in plain.sent() if line.startswith("NICK")]
        events = plain.hears(f":s {'432' if len(tried[-1]) > 9 else '433'} * {tried[-1]} :No")
    assert events == [Unusable("The name a_long_name: Nickname already in use")]
    assert len(tried) == len(set(tried)) < 10
    assert any(len(each) <= 9 for each in tried)


def test_a_text_is_shown_when_nothing_was_refused(plain):
    """Without an echo, the PONG says that the server has seen the text."""
    plain.session.say("#dev", "hello")
    assert plain.sent() == ["PRIVMSG #dev hello", "PING answered-1"]
    assert plain.hears(":bob!b@h PRIVMSG #dev :hi")[0].text == "hi"
    said, sent = plain.hears(":s PONG s :answered-1")
    assert isinstance(said, Said)
    assert (said.sender, said.text, said.own, said.ours) == ("alice", "hello", True, True)
    assert sent == Sent("#dev", "hello", 1)
    assert len(plain.session.outbox) == 0


def test_a_refusal_belongs_to_its_text(plain):
    """Two texts, of which the first is refused."""
    plain.session.say("nobody", "one")
    plain.session.say("bob", "two")
    assert len(plain.sent()) == 4
    events = plain.hears(":s 401 alice nobody :No such nick", ":s PONG s :answered-1", ":s PONG s :answered-2")
    assert events[0] == NotSent("nobody", "one", "401", "No such nick", 1, 0)
    assert events[-1] == Sent("bob", "two", 1)


def test_an_answer_of_several_lines(plain):
    """WHO, and a JOIN whose list of members is part of its answer."""
    plain.session.ask_people("#dev")
    plain.session.join("#dev")
    assert plain.sent() == ["WHO #dev", "PING answered-1", "JOIN #dev", "PING answered-2"]
    who = ":s 352 alice #dev b h s bob G@ :0 Bob"
    events = plain.hears(who, ":s 315 alice #dev :End", ":s PONG s :answered-1")
    assert [type(event) for event in events] == [People]
    events = plain.hears(
        ":alice!a@h JOIN #dev", ":s 353 alice = #dev :@bob alice", ":s 366 alice #dev :End", ":s PONG s :answered-2"
    )
    assert events == [Joined("#dev", "alice", me=True)]
    assert plain.session.conversations.nicks("#dev") == ["bob", "alice"]


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        (order.topic("#dev", "x"), "TOPIC #dev :x"),
        (order.mode("#dev", ["+o", "bob"]), "MODE #dev +o bob"),
        (order.mode("#dev", ["+m"]), "MODE #dev +m"),
        (order.role("#dev", "-o", "bob"), "MODE #dev -o bob"),
        (order.role("#dev", "+v", "bob"), "MODE #dev +v bob"),
        (order.ban("#dev", "bob!*@*"), "MODE #dev +b bob!*@*"),
        (order.unban("#dev", "bob!*@*"), "MODE #dev -b bob!*@*"),
        (requests.block("bob"), "SILENCE +bob!*@*"),
    ],
)
def test_what_was_changed_is_not_denied(plain, request_, told):
    """The line that tells everybody of the change is told at once, and is the answer; without it, nothing changed."""
    plain.hears(":alice!a@h JOIN #dev", ":bob!b@h JOIN #dev", ":bob!b@h MODE #dev +o bob")
    plain.session.ask(request_)
    assert len(plain.hears(f":alice!a@h {told}")) == 1
    assert plain.hears(":s PONG s :answered-1") == []
    plain.session.ask(request_)
    others = plain.hears(f":bob!b@h {told}")
    (denied,) = plain.hears(":s PONG s :answered-2")
    assert isinstance(denied, Notice)
    assert "Nothing changed" in denied.text
    assert len(others) == 1
    assert plain.session._fences._used_bytes == 0


def test_a_reason_that_a_server_does_not_keep(plain):
    """The ban is set all the same."""
    plain.hears(":alice!a@h JOIN #dev")
    plain.session.ask(order.ban("#dev", "bob!*@*", reason="spam"))
    plain.hears(":alice!a@h MODE #dev +b bob!*@*")
    assert plain.hears(":s PONG s :answered-1") == [Notice("This server keeps no reason with a ban or a mute.")]


def test_a_request_that_is_refused(plain):
    """The refusal is told with what was asked for."""
    plain.session.join("#locked")
    events = plain.hears(":s 473 alice #locked :Cannot join", ":s PONG s :answered-1")
    assert events == [NotDone("joining #locked", "Cannot join", code="473")]


def test_a_reconnect_joins_the_channels_again(plain):
    """Such a server forgets who was where; open answers are forgotten too."""
    plain.hears(":alice!a@h JOIN #dev")
    plain.session.ask_people()
    plain.session.closed()
    plain.session.opened(tls=False)
    plain.sent()
    events = plain.welcome()
    assert plain.sent() == ["JOIN #dev", "PING answered-2"]
    assert SignedIn("alice", "Other", "", (), again=True) in events
