"""Programs of others lose their connection and come back: each message arrives once, and a bot answers none of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.process.irc_client import IrcClient
from tests.process.irssi import Irssi
from tests.process.limnoria import Limnoria
from tests.process.meeting import Meeting, needs
from tests.process.weechat import WeeChat
from tests.support.irc import text_of

pytest.importorskip("pexpect", reason="drives a terminal")
pytestmark = pytest.mark.irc_clients


@pytest.mark.parametrize(("first", "second"), [(Irssi, WeeChat), (WeeChat, Irssi)])
def test_missed_messages(first: type[IrcClient], second: type[IrcClient], tmp_path: Path) -> None:
    """While alice has no network, the others write to the channel and to her; she finds all of it when she is back."""
    needs(first, second)
    with Meeting(tmp_path, ["alice", "bob", "carol"]) as meeting:
        alice, bob, carol = meeting.comes(first, "alice"), meeting.comes(second, "bob"), meeting.chat("carol")
        for client, name in ((alice, "alice"), (bob, "bob")):
            client.type("/join #room")
            client.sees_that("joined", "#room", who=name, channel="#room")
        carol.type("/join #room")
        carol.asks("#room>")
        bob.type("before", "#room")
        alice.sees_that("text", "#room", who="bob", text="before")
        meeting.acknowledges("alice", " PRIVMSG #room :before$")

        meeting.recorders["alice"].cut()
        alice.sees_that("lost")
        bob.type("said while alice is away", "#room")
        carol.sees("<bob> said while alice is away")
        carol.type("so say I")
        bob.sees_that("text", "#room", who="carol", text="so say I")
        bob.type("/msg alice for you alone")
        bob.sees_that("away", who="alice", text="not connected; will get it later")
        carol.type("/dm alice and from me")
        carol.sees("alice, who is away: not connected")

        meeting.recorders["alice"].mend()
        alice.type("/connect ours")
        alice.sees_that("text", "#room", who="bob", text="said while alice is away")
        alice.sees_that("text", "#room", who="carol", text="so say I")
        alice.sees_that("text", "bob", who="bob", text="for you alone")
        alice.sees_that("text", "carol", who="carol", text="and from me")
        bob.type("welcome back", "#room")
        alice.sees_that("text", "#room", who="bob", text="welcome back")
        for who, text in (("bob", "before"), ("bob", "said while alice is away"), ("carol", "so say I")):
            assert alice.count("text", "#room", who=who, text=text) == 1
        assert alice.count("text", "bob", who="bob", text="for you alone") == 1
        assert alice.count("joined", "#room", who="alice", channel="#room") == 2
        alice.type("I am back", "#room")
        bob.sees_that("text", "#room", who="alice", text="I am back")


def test_a_bot_does_not_answer_old_messages(tmp_path: Path) -> None:
    """What a client missed comes "in a `chathistory` batch when the client supports batches, so that bots do not
    mistake old messages for new ones": the bot answers nothing that was asked while it was gone, but a new question.
    """
    needs(Limnoria)
    with Meeting(tmp_path, ["alice", "bob", "robin"]) as meeting:
        alice = meeting.raw("alice")
        alice.ask("JOIN #room", " 366 ")
        meeting.bot("robin", owner="alice")
        alice.say("#room", "!echo at first")
        alice.wait_for("^[^ ]* :robin!robin@[^ ]+ PRIVMSG #room :at first$")

        recorder = meeting.recorders["robin"]
        recorder.cut()
        alice.say("#room", "!echo an old question")
        alice.say("robin", "echo an old secret")
        recorder.mend()
        meeting.hears("robin", " PRIVMSG #room :!echo an old question$")
        meeting.hears("robin", " PRIVMSG robin :echo an old secret$")
        alice.say("#room", "!echo a new question")
        alice.wait_for("^[^ ]* :robin!robin@[^ ]+ PRIVMSG #room :a new question$")
        alice.say("robin", "echo a new secret")
        alice.wait_for("^[^ ]* :robin!robin@[^ ]+ NOTICE alice :a new secret$")
        answers = [text_of(line) for line in alice.heard if re.search(" :robin!.* (PRIVMSG|NOTICE) ", line)]
        assert answers == ["at first", "a new question", "a new secret"]
