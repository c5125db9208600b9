"""Away and WHOIS, as programs of others show them, and ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.process.irc_client import IrcClient
from tests.process.irssi import Irssi
from tests.process.meeting import Meeting, needs
from tests.process.weechat import WeeChat

pytest.importorskip("pexpect", reason="drives a terminal")
pytestmark = pytest.mark.irc_clients


@pytest.mark.parametrize(("first", "second"), [(Irssi, WeeChat), (WeeChat, Irssi)])
def test_away_and_whois(first: type[IrcClient], second: type[IrcClient], tmp_path: Path) -> None:
    """bob says that he is away: who writes to him or asks WHOIS reads why, until he is back."""
    needs(first, second)
    with Meeting(tmp_path, ["alice", "bob", "carol", "dave"]) as meeting:
        alice, bob, carol = meeting.comes(first, "alice"), meeting.comes(second, "bob"), meeting.chat("carol")
        bob.type("/join #room")
        bob.sees_that("joined", "#room", who="bob", channel="#room")
        alice.type("/join #room")  # irssi sets the mode i: WHOIS shows only the channels that both are in
        alice.sees_that("joined", "#room", who="alice", channel="#room")
        bob.type("/away gone fishing")
        meeting.hears("bob", r" 306 bob ")
        alice.type("/msg bob are you there?")
        bob.sees_that("text", who="alice", text="are you there?")
        alice.sees_that("away", who="bob", text="gone fishing")
        carol.type("/dm bob and I?")
        bob.sees_that("text", who="carol", text="and I?")
        carol.sees("-- Sent to bob, who is away: gone fishing")

        alice.type("/whois bob")
        alice.sees_that("whois account", who="bob")
        alice.sees_that("whois away", who="bob", text="gone fishing")
        alice.sees_that("whois channels", who="bob", channel="#room")
        alice.sees_that("whois secure", who="bob")
        carol.type("/whois bob")
        carol.sees("gone fishing")

        bob.type("/away")
        meeting.hears("bob", r" 305 bob ")
        before = alice.count("whois away", who="bob", text="gone fishing")
        alice.type("/whois bob")
        alice.until(lambda: alice.count("whois account", who="bob") == 2, "the second answer")
        assert alice.count("whois away", who="bob", text="gone fishing") == before

        # who is not connected at all is away too, and gets it later
        alice.type("/msg dave when you are back")
        alice.sees_that("away", who="dave", text="not connected; will get it later")
        alice.type("/whois dave")
        alice.sees_that("whois away", who="dave", text="not connected")
        dave = meeting.chat("dave")
        dave.sees("to you <alice> when you are back")
