"""An event and what a recipient negotiated -> the line it gets."""

from __future__ import annotations

import pytest

from chatapp.model import events
from chatapp.model.entities import Channel, User
from chatapp.model.outcome import Applied
from chatapp.model.state import State
from chatapp.server import capabilities as cap
from chatapp.server.delivery import render
from chatapp.server.delivery.announcements import ANNOUNCEMENTS

HEAD = {"id": "00000000000000aa", "time": 1_767_225_600_000, "actor": "a", "nick": "alice"}
TAGS = cap.SERVER_TIME | cap.MESSAGE_TAGS | cap.ACCOUNT_TAG
TIME = "time=2026-01-01T00:00:00.000Z"
ALICE = User("a", "alice", "Alice A.")
ZOE = User("a", "zoe", "Zoe", guest=True)
ROOM = Channel("c", "#room", 0, 0)


@pytest.mark.parametrize(
    ("caps", "before"),
    [
        (0, ""),
        (cap.SERVER_TIME, f"@{TIME} "),
        (cap.MESSAGE_TAGS, r"@msgid=00000000000000aa;+a=x\sy;+b "),
        (cap.ACCOUNT_TAG, "@account=alice "),
        (TAGS, rf"@{TIME};msgid=00000000000000aa;account=alice;+a=x\sy;+b "),
        (~TAGS, ""),
    ],
)
def test_tags_of_a_message(caps, before):
    """ "Any server-sent tags attached to messages MUST be included before client-only tags"."""
    event = events.MessageSent(**HEAD, verb="PRIVMSG", target="#room", text="hi", tags={"+a": "x y", "+b": ""})
    assert render.message(event, caps, "s") == f"{before}:alice!alice@s PRIVMSG #room :hi\r\n".encode()


def test_a_guest_has_no_account():
    """account-tag: "If the user is not identified to any services account, the tag MUST NOT be sent."""
    event = events.MessageSent(**HEAD, guest=True, verb="NOTICE", target="#room", text="hi")
    assert render.message(event, cap.ACCOUNT_TAG, "s") == b":alice!alice@s NOTICE #room :hi\r\n"


def test_tags_alone_are_for_those_who_know_tags():
    """message-tags: "Servers MUST NOT deliver TAGMSG to clients that haven't negotiated"."""
    event = events.MessageSent(**HEAD, verb="TAGMSG", target="bob", text="", tags={"+a": "1"})
    assert render.message(event, ~cap.MESSAGE_TAGS, "s") == b""
    assert render.message(event, cap.MESSAGE_TAGS, "s") == (
        b"@msgid=00000000000000aa;+a=1 :alice!alice@s TAGMSG bob\r\n"
    )


LINES = [
    (events.Joined(**HEAD, channel="#room"), ALICE, 0, ":alice!alice@s JOIN #room"),
    (events.Joined(**HEAD, channel="#room"), ALICE, cap.EXTENDED_JOIN, ":alice!alice@s JOIN #room alice :Alice A."),
    (events.Joined(**HEAD, channel="#room"), ALICE, cap.ACCOUNT_TAG, "@account=alice :alice!alice@s JOIN #room"),
    (events.Joined(**HEAD, channel="#room"), ZOE, cap.EXTENDED_JOIN, ":zoe!zoe@s JOIN #room * :Zoe"),
    (events.Joined(**HEAD, guest=True, channel="#room"), ZOE, cap.ACCOUNT_TAG, ":zoe!zoe@s JOIN #room"),
    (events.Parted(**HEAD), ALICE, 0, ":alice!alice@s PART #room"),
    (events.Parted(**HEAD, reason="bye"), ALICE, cap.SERVER_TIME, f"@{TIME} :alice!alice@s PART #room :bye"),
    (events.TopicSet(**HEAD, text="x"), ALICE, 0, ":alice!alice@s TOPIC #room :x"),
    (events.TopicSet(**HEAD, text=""), ALICE, 0, ":alice!alice@s TOPIC #room :"),
    (events.Renamed(**HEAD, name="zed"), ZOE, 0, ":alice!alice@s NICK zed"),
    (events.RealnameSet(**HEAD, realname="A"), ALICE, cap.SETNAME, ":alice!alice@s SETNAME :A"),
    (events.RealnameSet(**HEAD, realname="A"), ALICE, ~cap.SETNAME, None),
    (events.GuestLeft(**HEAD, guest=True, reason="Quit"), ZOE, 0, ":alice!alice@s QUIT :Quit"),
    (events.AccountRemoved(**HEAD), ALICE, 0, ":alice!alice@s QUIT :The account was removed"),
    (events.AccountCreated(**HEAD, uid="a", name="alice", channel="#room"), ALICE, 0, ":alice!alice@s JOIN #room"),
    (events.MarkerSet(**HEAD, until=1), ALICE, TAGS, None),
]


@pytest.mark.parametrize(("event", "actor", "caps", "line"), LINES)
def test_other_events(event, actor, caps, line):
    """Each as its recipient knows it; what it does not know it is not told."""
    assert ANNOUNCEMENTS[type(event)].line(State(), Applied(event, actor, (ROOM,)), event, caps, "s") == expected(line)


def expected(line):
    """The bytes of a line; nothing where there is none."""
    return b"" if line is None else f"{line}\r\n".encode()


def test_what_nobody_hears():
    """An event without a row is told to nobody: who arrives, and what an account has been sent."""
    assert {events.GuestArrived, events.Attended, events.RealnameAdopted} & ANNOUNCEMENTS.keys() == set()


def test_away():
    """away-notify: "If the message is present, the user is going away"."""
    assert render.away("alice", "lunch", cap.AWAY_NOTIFY, "s") == b":alice!alice@s AWAY :lunch\r\n"
    assert render.away("alice", "", cap.AWAY_NOTIFY, "s") == b":alice!alice@s AWAY\r\n"
    assert render.away("alice", "lunch", ~cap.AWAY_NOTIFY, "s") == b""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("#room", "#room"),
        ("a:b", "a:b"),
        ("", "*"),
        (":x", "*"),
        ("a b", "*"),
        ("x" * 256, "x" * 256),
        ("x" * 257, "*"),
        ("é" * 129, "*"),
    ],
)
def test_what_is_shown_of_a_question(text, shown):
    """Whatever was asked for, the answer is a line."""
    assert render.shown(text) == shown


@pytest.mark.parametrize(
    ("line", "tagged"), [(b":s PONG\r\n", b"@batch=1 :s PONG\r\n"), (b"@a=1 :s PONG\r\n", b"@batch=1;a=1 :s PONG\r\n")]
)
def test_one_more_tag(line, tagged):
    """Before the others."""
    assert render.with_tag(line, b"batch=1") == tagged


def test_lines_fit_by_bytes():
    """510 of them, without CR LF."""
    assert render.fits("é" * 255)
    assert not render.fits("é" * 255 + "x")
