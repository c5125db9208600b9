"""IRC clients that people use: each signs in over TLS, joins, talks, leaves, and the server has nothing to refuse."""

from __future__ import annotations

import contextlib
import html
import re
from pathlib import Path

import pytest

from chatapp.server.control.asking import ask
from tests.process.irc_client import IrcClient
from tests.process.irssi import Irssi
from tests.process.meeting import Meeting, needs
from tests.process.weechat import WeeChat, major_version
from tests.support.irc import Client
from tests.support.server import PASSWORD, Address, Server, make_accounts

pytestmark = pytest.mark.irc_clients


@pytest.mark.parametrize("sasl", [True, False], ids=["sasl", "pass"])
@pytest.mark.parametrize("client", [Irssi, WeeChat])
def test_a_client_of_others(client: type[IrcClient], sasl: bool, tmp_path: Path) -> None:
    """ "Never be locked out of a client they like better": nothing that it sends is unknown or wrong to the server."""
    needs(client)
    with Meeting(tmp_path, ["alice", "bob", "carol"]) as meeting:
        bob, carol = meeting.raw("bob"), meeting.raw("carol")
        bob.ask("JOIN #room", " 366 ")
        carol.ask("JOIN #room", " 366 ")
        bob.say("#lobby", "said before")
        alice = meeting.comes(client, "alice", sasl)
        use(alice, meeting, bob, carol)


def test_irssi_learns_of_every_channel(tmp_path: Path) -> None:
    """irssi asks for modes, members and bans after each JOIN, and waits for the answers before the next channel."""
    needs(Irssi)
    with Meeting(tmp_path, ["alice"]) as meeting:
        alice = meeting.comes(Irssi, "alice")
        alice.sees_that("synced", "#lobby", channel="#lobby")
        alice.type("/join #room")
        alice.sees_that("synced", "#room", channel="#room")
        meeting.hears("alice", " 368 alice #room ")


def use(alice: IrcClient, meeting: Meeting, bob: Client, carol: Client) -> None:
    """Do with a client what people do."""
    meeting.hears("alice", " PRIVMSG #lobby :said before$")  # what was missed, the last of what comes by itself
    alice.type("/join #room")
    alice.sees_that("joined", "#room", who="alice", channel="#room")
    alice.type("/msg #room hello, room")
    bob.wait_for("^[^ ]* :alice!alice@[^ ]+ PRIVMSG #room :hello, room$")
    bob.say("#room", "hello, alice")
    alice.sees_that("text", "#room", who="bob", text="hello, alice")
    alice.type("/msg bob just for you")
    bob.wait_for(" PRIVMSG bob :just for you$")
    bob.send("MODE #room +o alice")
    alice.sees_that("mode", "#room", who="bob", channel="#room", text="+o alice")
    alice.type("/topic #room all about nothing", "#room")
    bob.wait_for(" TOPIC #room :all about nothing$")
    alice.type("/mode #room +m", "#room")
    bob.wait_for(" MODE #room \\+m$")
    alice.type("/ban carol", "#room")
    bob.wait_for(" MODE #room \\+b [^ ]*carol[^ ]*@[^ ]+$")
    alice.type("/kick carol too loud", "#room")
    carol.wait_for(" KICK #room carol :too loud$")
    carol.ask("JOIN #room", " 474 carol #room ")
    alice.type("/invite carol #room", "#room")
    carol.wait_for(" INVITE carol #room$")
    carol.ask("JOIN #room", " 366 ")
    bob.send("MODE #room -m")
    alice.type("/part #room", "#room")
    bob.wait_for("^[^ ]* :alice!alice@[^ ]+ PART #room")
    alice.type("/quit")
    meeting.says("alice", "^QUIT")


# What the page on the port tells people to paste


def pasted(address: Address, heading: str, after: str = "") -> list[str]:
    """Fetch the page with a browser's request; return the lines under a heading, filled in.

    ``after`` are words in the text under the heading; then the lines after them are returned.
    """
    with Client(address) as browser:
        browser.send("GET /clients HTTP/1.1", f"Host: {address.host}:{address.port}", "Connection: close", "")
        page = "\n".join(browser.end())
    found = re.search(
        rf"<h2>{re.escape(heading)}</h2>\n{f'.*?{re.escape(after)}.*?' if after else ''}<pre>(.*?)</pre>",
        page,
        re.DOTALL,
    )
    assert found is not None, page
    return html.unescape(found[1]).replace("NAME", "alice").replace("PASSWORD", PASSWORD).splitlines()


@pytest.mark.parametrize("right", [True, False], ids=["right-key", "other-key"])
@pytest.mark.parametrize("client", [Irssi, WeeChat])
def test_the_lines_of_the_page(client: type[IrcClient], right: bool, tmp_path: Path) -> None:
    """ "The IRC recipes as complete lines": pasted as they are they sign in; to a server with another key they do not,
    and it is not told the password.
    """
    needs(client)
    data = tmp_path / "data"
    make_accounts(data, ["alice", "bob", "carol"])
    with Server(data, port="0", complaints=[".*"]) as server, contextlib.ExitStack() as stack:
        lines = pasted(server.address, heading(client))
        reached = server
        if not right:
            make_accounts(tmp_path / "other", ["alice", "bob"])
            reached = stack.enter_context(Server(tmp_path / "other", "--log-level", "debug", complaints=[".*"]))
            port = str(server.address.port)
            lines = [re.sub(rf"([ /]){port}( |$)", rf"\g<1>{reached.address.port}\g<2>", line) for line in lines]
        bob = stack.enter_context(Client(reached.address)).sign_in("bob")
        bob.send("JOIN #lobby")
        alice = stack.enter_context(client(tmp_path / "home", "alice"))
        for line in lines:
            alice.type(line)
        if right:
            alice.until(lambda: len(ask_here(data)) == 2, "alice's sign-in")
            assert ask_here(data)["alice"][0]["tls"]
        else:
            alice.until(lambda: "did not begin" in reached.stderr() or no_match(alice), "its refusal")
            assert "alice" not in ask_here(tmp_path / "other")
            assert "sign-in to" not in reached.stderr()


def test_weechat_makes_an_account(tmp_path: Path) -> None:
    """The lines of the page for a new account, one at a time: WeeChat signs up, and then signs in by itself."""
    needs(WeeChat)
    data = tmp_path / "data"
    make_accounts(data, ["bob"])
    with Server(data, port="0", complaints=[".*"]) as server, contextlib.ExitStack() as stack:
        *before, register, user, password, reconnect = pasted(server.address, "No account yet?", after=heading(WeeChat))
        alice = stack.enter_context(WeeChat(tmp_path / "home", "alice"))
        for line in before:
            alice.type(line)
        alice.until(lambda: says(alice, "Sign in first"), "that it needs an account")
        alice.type(register)
        alice.until(lambda: says(alice, "The account alice is made, and you are signed in"), "its account")
        assert not says(alice, 'not found: "'), "no answer looks like an error"
        for line in (user, password, reconnect):
            alice.type(line)
        alice.until(lambda: says(alice, "You have signed in"), "its sign-in")
        assert "alice" in ask_here(data)


def says(client: IrcClient, text: str) -> bool:
    """Return whether a client shows a text."""
    return any(text in line for line in client.shown())


def heading(client: type[IrcClient]) -> str:
    """Return the heading of the lines for a client."""
    if client is Irssi:
        return "irssi"
    return "WeeChat 4 or later" if major_version() >= 4 else "WeeChat 3"


def ask_here(data: Path) -> dict[str, list[dict[str, object]]]:
    """Ask the server who is here; return the sessions by name."""
    return {user["name"]: user["sessions"] for user in ask(data, "status")["here"]}


def no_match(client: IrcClient) -> bool:
    """Tell whether the client has said that the key is another one."""
    return any("mismatch" in line or "does NOT match" in line for line in client.shown())
