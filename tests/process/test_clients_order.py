"""Programs of others and ours keep order in one channel: topic, invitation, part, kick and ban, and what each shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.process.irc_client import IrcClient
from tests.process.irssi import Irssi
from tests.process.limnoria import Limnoria
from tests.process.meeting import Meeting, needs
from tests.process.weechat import WeeChat

pytest.importorskip("pexpect", reason="drives a terminal")
pytestmark = pytest.mark.irc_clients

BANNED = "Nothing was sent: you are banned from this channel."
BOTH_WAYS = pytest.mark.parametrize(("first", "second"), [(Irssi, WeeChat), (WeeChat, Irssi)])


@BOTH_WAYS
def test_topic_invitation_and_part(first: type[IrcClient], second: type[IrcClient], tmp_path: Path) -> None:
    """alice opens a channel with the first client, and invites bob, who has the second, and carol, who has ours."""
    needs(first, second)
    with Meeting(tmp_path, ["alice", "bob", "carol"]) as meeting:
        alice, bob, carol = meeting.comes(first, "alice"), meeting.comes(second, "bob"), meeting.chat("carol")
        alice.type("/join #club")
        alice.sees_that("joined", "#club", who="alice", channel="#club")
        alice.type("/mode #club +i", "#club")
        alice.sees_that("mode", "#club", channel="#club", text="+iW", who="alice")
        alice.type("/topic the first topic", "#club")
        alice.sees_that("topic", "#club", who="alice", channel="#club", text="the first topic")

        alice.type("/invite bob", "#club")
        alice.sees_that("invited", who="alice", target="bob", channel="#club")
        bob.sees_that("invitation", who="alice", channel="#club")
        bob.type("/join #club")
        bob.sees_that("joined", "#club", who="bob", channel="#club")
        bob.sees_that("topic now", "#club", channel="#club", text="the first topic")
        alice.type("/invite carol", "#club")
        carol.sees("You are invited to #club (by alice)")
        carol.type("/join #club")
        carol.asks("#club>")
        assert alice.count("invited", who="alice", target="carol", channel="#club") == 1

        alice.type("/topic another topic", "#club")
        bob.sees_that("topic", "#club", who="alice", channel="#club", text="another topic")
        carol.sees("another topic")
        for client in (alice, bob):
            client.sees_that("joined", "#club", who="carol", channel="#club")

        bob.type("/part", "#club")
        alice.sees_that("parted", "#club", who="bob", channel="#club")
        carol.sees("bob is no longer in #club")
        carol.type("/part #club")
        alice.sees_that("parted", "#club", who="carol", channel="#club")
        assert bob.count("parted", who="carol", channel="#club") == 0


@BOTH_WAYS
def test_kick_and_ban(first: type[IrcClient], second: type[IrcClient], tmp_path: Path) -> None:
    """alice removes bob, who comes back, and bans him: he neither writes nor comes back until the ban ends."""
    needs(first, second)
    with Meeting(tmp_path, ["alice", "bob", "carol"]) as meeting:
        meeting.refusals |= {"404", "474"}
        alice = meeting.comes(first, "alice")
        alice.type("/join #club")
        alice.sees_that("joined", "#club", who="alice", channel="#club")
        bob, carol = meeting.comes(second, "bob"), meeting.chat("carol")
        bob.type("/join #club")
        carol.type("/join #club")
        for who in ("bob", "carol"):
            alice.sees_that("joined", "#club", who=who, channel="#club")

        alice.type("/kick bob too loud", "#club")
        alice.sees_that("kicked", "#club", who="alice", target="bob", channel="#club", text="too loud")
        bob.sees_that("kicked", who="alice", target="bob", channel="#club", text="too loud")
        carol.sees("bob was removed from #club by alice: too loud")

        bob.type("/join #club")
        alice.until(lambda: alice.count("joined", "#club", who="bob", channel="#club") == 2, "bob again")
        alice.type("/ban bob", "#club")
        mask = re.search(r"\+b ([^]]+)", alice.sees(r"\[\+b [^ ]*bob[^ ]*\] by alice$", "#club"))
        assert mask is not None
        bob.type("nobody may read this", "#club")
        bob.sees_that("cannot write", channel="#club", text=BANNED)
        alice.type("/kick bob enough", "#club")
        bob.sees_that("kicked", who="alice", target="bob", channel="#club", text="enough")
        bob.type("/join #club")
        bob.sees_that("banned", channel="#club")
        assert alice.count("text", who="bob", text="nobody may read this") == 0

        alice.type(f"/unban {mask[1]}", "#club")
        alice.sees_that("mode", "#club", who="alice", channel="#club", text=f"-b {mask[1]}")
        bob.type("/join #club")
        alice.until(lambda: alice.count("joined", "#club", who="bob", channel="#club") == 3, "bob at last")


def test_irssi_finds_its_bans_again(tmp_path: Path) -> None:
    """irssi looks for the text that it has sent in the list that it keeps: ``/knockout`` ends, ``/unban`` too."""
    needs(Irssi)
    with Meeting(tmp_path, ["alice", "bob"]) as meeting:
        alice = meeting.comes(Irssi, "alice")
        alice.type("/join #club")
        alice.sees_that("joined", "#club", who="alice", channel="#club")
        bob = meeting.chat("bob")
        for number, (ban, end) in enumerate((("/knockout 1 bob", ""), ("/ban bob", "/unban *!*bob@*")), 1):
            bob.type("/join #club")
            _wait_for_bob(alice, number)
            alice.type(ban, "#club")
            _wait_for_masks(alice, "+", number)
            if end:
                alice.type(end, "#club")
            _wait_for_masks(alice, "-", number)
            assert _masks(alice, "-") == _masks(alice, "+")


def _wait_for_bob(client: IrcClient, count: int) -> None:
    client.until(lambda: client.count("joined", "#club", who="bob", channel="#club") == count, f"bob {count} times")


def _wait_for_masks(client: IrcClient, sign: str, count: int) -> None:
    client.until(lambda: len(_masks(client, sign)) == count, f"{count} times {sign}b")


def _masks(client: IrcClient, sign: str) -> list[str]:
    """Return the masks that alice has added to the bans of #club, or removed from them, as her program shows it."""
    found = (re.search(rf"\[\{sign}b ([^ ]*bob[^ ]*)\] by alice$", line) for line in client.shown("#club"))
    return [mask[1] for mask in found if mask is not None]


@pytest.mark.parametrize("client", [Irssi, WeeChat])
def test_order_kept_with_chat_connect(client: type[IrcClient], tmp_path: Path) -> None:
    """What carol does with our client shows in irssi and WeeChat as if she had done it with theirs."""
    needs(client)
    with Meeting(tmp_path, ["bob", "carol"]) as meeting:
        meeting.refusals |= {"474"}
        carol = meeting.chat("carol")
        carol.type("/join #club")
        carol.asks("#club>")
        bob = meeting.comes(client, "bob")
        carol.type("/invite bob")
        bob.sees_that("invitation", who="carol", channel="#club")
        bob.type("/join #club")
        bob.sees_that("joined", "#club", who="bob", channel="#club")
        carol.type("/topic all about tea")
        bob.sees_that("topic", "#club", who="carol", channel="#club", text="all about tea")
        carol.type("/op bob")
        bob.sees_that("mode", "#club", who="carol", channel="#club", text="+o bob")
        bob.type("/topic tea and cake", "#club")
        carol.sees("tea and cake")
        carol.type("/kick bob too loud")
        bob.sees_that("kicked", who="carol", target="bob", channel="#club", text="too loud")
        carol.type("/ban bob")
        carol.sees("carol banned bob from #club for good.")
        bob.type("/join #club")
        bob.sees_that("banned", channel="#club")


def test_a_bot_keeps_order(tmp_path: Path) -> None:
    """The bot of a channel obeys its owner: topic, invitation, kick and ban; WHOIS; and it leaves."""
    needs(Irssi, Limnoria)
    with Meeting(tmp_path, ["alice", "bob", "robin"]) as meeting:
        meeting.refusals |= {"474"}
        alice = meeting.comes(Irssi, "alice")
        alice.type("/join #room")
        alice.sees_that("joined", "#room", who="alice", channel="#room")
        meeting.bot("robin", owner="alice")
        alice.type("/op robin", "#room")
        alice.sees_that("mode", "#room", who="alice", channel="#room", text="+o robin")
        bob = meeting.raw("bob")
        alice.type("!channel invite bob", "#room")
        bob.wait_for("^[^ ]* :robin!robin@[^ ]+ INVITE bob #room$")
        bob.ask("JOIN #room", " 366 ")
        alice.type("!topic set made by a bot", "#room")
        bob.wait_for(" TOPIC #room :made by a bot")
        alice.type("!network whois bob", "#room")
        alice.sees(r"<@robin> alice: bob \(bob@\S+\) has been on server .* bob is on #lobby and #room\.$", "#room")
        alice.type("!channel kban bob that is enough", "#room")
        bob.wait_for(" MODE #room \\+b [^ ]*bob[^ ]*$")
        bob.wait_for(" KICK #room bob :that is enough")
        bob.ask("JOIN #room", " 474 bob #room ")
        alice.type("!channel unban bob", "#room")
        alice.sees(r"mode/#room \[-b ", "#room")
        bob.ask("JOIN #room", " 366 bob #room ")
        alice.type("!part", "#room")
        alice.sees_that("parted", "#room", who="robin", channel="#room")
