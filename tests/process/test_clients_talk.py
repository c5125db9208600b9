"""Programs of others and ours in one channel: who is there, talk in all directions, direct messages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.process.irc_client import IrcClient
from tests.process.irssi import Irssi
from tests.process.limnoria import Limnoria
from tests.process.meeting import Meeting, needs
from tests.process.weechat import WeeChat

pytest.importorskip("pexpect", reason="drives a terminal")
pytestmark = pytest.mark.irc_clients


def test_irssi_weechat_a_bot_and_chat_connect(tmp_path: Path) -> None:
    """Each of them has the list of nicks right after it joined, and reads what each of the others writes, once."""
    needs(Irssi, WeeChat, Limnoria)
    with Meeting(tmp_path, ["alice", "bob", "carol", "robin"]) as meeting:
        alice = meeting.comes(Irssi, "alice")
        alice.type("/join #room")
        alice.sees_that("joined", "#room", who="alice", channel="#room")
        bob = meeting.comes(WeeChat, "bob")
        bob.type("/join #room")
        meeting.bot("robin", owner="alice")
        carol = meeting.chat("carol")
        carol.type("/join #room")
        carol.asks("#room>")

        # who is there
        for who in ("bob", "robin", "carol"):
            alice.sees_that("joined", "#room", who=who, channel="#room")
        alice.type("!channel nicks", "#room")
        alice.sees_that("notice", who="robin", text="alice, bob, carol, and robin")
        carol.type("/who #room")
        header = "-- 4 people in #room, 4 of them here:"
        rows = carol.until(lambda rows: rows[-1] == "#room>" and header in rows, "/who")
        names = rows[rows.index(header) + 1 : -1]
        assert [row.split() for row in names] == [
            ["alice", "here", "founder"],
            ["bob", "here"],
            ["carol", "here", "(you)"],
            ["robin", "here"],
        ]

        # talk
        alice.type("from irssi", "#room")
        bob.type("from WeeChat", "#room")
        carol.type("from chat")
        alice.type("!echo from the bot", "#room")
        said = {"alice": "from irssi", "bob": "from WeeChat", "carol": "from chat", "robin": "from the bot"}
        for who, text in said.items():
            for client in (alice, bob):
                client.sees_that("text", "#room", who=who, text=text)
        carol.sees("#room <alice> from irssi")
        carol.sees("#room <bob> from WeeChat")
        carol.sees("-- Sent to #room.")
        carol.sees('#room <robin> (to "alice: !echo from the bot") from the bot')
        for who, text in said.items():
            for client in (alice, bob):
                assert client.count("text", "#room", who=who, text=text) == 1

        # person to person
        alice.type("/msg bob irssi to WeeChat")
        bob.sees_that("text", "alice", who="alice", text="irssi to WeeChat")
        bob.type("WeeChat to irssi", "alice")
        alice.sees_that("text", "bob", who="bob", text="WeeChat to irssi")
        for client, who in ((alice, "alice"), (bob, "bob")):
            client.type("/msg carol here is a secret")
            carol.sees(f"to you <{who}> here is a secret")
            carol.type(f"/dm {who} thank you, {who}")
            client.sees_that("text", "carol", who="carol", text=f"thank you, {who}")
        alice.type("/msg robin echo in private")
        alice.sees_that("notice", who="robin", text="in private")
        assert "in private" not in " ".join([*alice.shown("#room"), *bob.shown(), *carol.scrolled])


@pytest.mark.parametrize(("client", "total"), [(Irssi, "#room: Total of 3 nicks "), (WeeChat, "#room: 3 nicks ")])
def test_the_list_of_nicks_right_after_a_join(client: type[IrcClient], total: str, tmp_path: Path) -> None:
    """A client shows all members of a channel that it joins, with the roles, before anything else of the channel."""
    needs(client)
    with Meeting(tmp_path, ["alice", "bob", "carol"]) as meeting:
        for name in ("alice", "bob"):
            meeting.raw(name).ask("JOIN #room", " 366 ")
        carol = meeting.comes(client, "carol")
        carol.type("/join #room")
        carol.sees(total, "#room")
        lines = [line for line in carol.shown("#room") if " Log opened " not in line]
        assert carol.count("joined", "#room", who="carol", channel="#room") == 1
        assert len(lines[: next(at for at, line in enumerate(lines) if total in line)]) <= 3, lines
        carol.type("/names", "#room")
        carol.sees(r"~alice\b.*\bbob\b.*\bcarol\b", "#room")
