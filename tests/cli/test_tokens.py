"""``chat tokens``, and ``chat send`` with a restricted token, with a real server."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.here import run_here
from tests.support.irc import Client
from tests.support.server import Server, make_accounts, run_chat


class Desk:
    """A server with alice and bob."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        self.folder = folder

    def tokens(self, *args: str) -> subprocess.CompletedProcess[str]:
        """Run ``chat tokens`` for the server's folder; ``--data`` comes after the subcommand."""
        return run_here("tokens", *args, "--data", self.server.data)

    def add(self, name: str, *args: str, account: str = "alice") -> str:
        """Make a token."""
        ran = self.tokens("add", name, "--account", account, *args)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.strip()

    def send(self, token: str, target: str, text: str) -> subprocess.CompletedProcess[str]:
        """Run ``chat send`` as alice with a token in a password file."""
        file = self.folder / "token"
        file.touch(0o600)
        file.write_text(token)
        address = self.server.address
        options = ["--password-file", str(file), "--config", str(self.folder / "config"), "--plaintext"]
        return run_here("send", address.host, str(address.port), "alice", target, text, *options)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk."""
    make_accounts(tmp_path / "data", ["alice", "bob"])
    with Server(tmp_path / "data") as server:
        yield Desk(server, tmp_path)


def test_a_token_from_beginning_to_end(desk: Desk) -> None:
    """It is made, listed, used and revoked; ``chat log`` tells of it, and nothing tells the token."""
    ran = run_chat("tokens", "add", "my laptop", "--account", "alice", "--data", desk.server.data)
    token = ran.stdout.strip()
    assert re.fullmatch(r"chat_[\w-]{43}", token)
    assert ran.stderr == "This signs in to alice, and may do all that alice may do. It is not shown again.\n"
    account, token_id, name, made, used, may = desk.tokens().stdout.rstrip("\n").split("\t")
    assert (account, name, used, may) == ("alice", "my laptop", "not used yet", "may do all")
    assert re.fullmatch(r"made \d{4}-\d\d-\d\d", made)
    with Client(desk.server.address) as alice:
        alice.sign_in("alice", token)
        assert desk.tokens().stdout.split("\t")[4] == "in use"
        ran = desk.tokens("revoke", token_id)
        assert ran.stdout == "The token my laptop does not sign in to alice any more.\n"
        alice.wait_for("NOTICE alice :The token my laptop does not sign in .* An administrator did that")
        alice.wait_for("ERROR :The token of this connection was revoked")
    empty = desk.tokens()
    assert (empty.stdout, empty.stderr) == ("", "Nobody has a token.\n")
    log = run_here("log", "--data", desk.server.data).stdout
    assert "made a token for alice: my laptop" in log
    assert "revoked a token of alice: my laptop" in log
    assert token not in log + desk.server.all_stderr()


def test_a_program_that_only_sends(desk: Desk) -> None:
    """ "chat tokens add backup --send '#ops'": chat send works with it, for its targets."""
    token = desk.add("backup", "--send", "#ops", "--send", "bob")
    assert "only sends to #ops, bob" in desk.tokens("--account", "alice").stdout
    with Client(desk.server.address) as bob, Client(desk.server.address) as alice:
        bob.sign_in("bob").ask("JOIN #ops", " JOIN #ops")
        alice.sign_in("alice").ask("JOIN #ops", " JOIN #ops")
        for target, text in (("#ops", "backup done"), ("bob", "for you"), ("#ops", "two\nlines")):
            ran = desk.send(token, target, text)
            assert (ran.returncode, ran.stdout) == (0, ""), ran.stderr
            bob.wait_for(f":alice!alice@.* PRIVMSG {target} :{text.splitlines()[-1]}")
    ran = desk.send(token, "#lobby", "hello")
    assert ran.returncode == 1
    assert "The token backup may only send to #ops, bob." in ran.stderr
    desk.tokens("revoke", "backup", "--account", "alice")
    ran = desk.send(token, "#ops", "hello")
    assert ran.returncode == 4
    assert "The name or the password is wrong." in ran.stderr


MISTAKES: list[tuple[list[str], str]] = [
    (["--account", "carol"], "There is nobody called carol."),
    (["add", "x", "--account", "carol"], "There is nobody called carol."),
    (["add", "a\tb", "--account", "alice"], "The request has no usable name."),
    (["add", " ", "--account", "alice"], "The name of a token has"),
    (["add", "x", "--account", "alice", "--send", "a b"], "A name has 1 to 32 characters"),
    (["add", "x", "--account", "alice", "--send", ""], "A name has 1 to 32 characters"),
    (["revoke", "x"], "There is no token x."),
    (["revoke", "x", "--account", "bob"], "bob has no token x."),
    (["revoke", "laptop"], "2 tokens are called laptop. Revoke one by its id: "),
]


def test_mistakes(desk: Desk) -> None:
    """Each says what is wrong, and changes nothing. How it is typed: an option before the subcommand would be lost, so
    it is refused; a token is of somebody.
    """
    desk.add("laptop")
    desk.add("laptop", account="bob")
    before = desk.tokens().stdout
    for args, words in MISTAKES:
        ran = desk.tokens(*args)
        assert (ran.returncode, ran.stdout) == (1, ""), args
        assert words in ran.stderr, args
        assert desk.tokens().stdout == before, args
    assert run_chat("tokens", *MISTAKES[0][0], "--data", desk.server.data).returncode == 1
    ran = run_chat("tokens", "--data", desk.server.data, "add", "x")
    assert ran.returncode == 2
    assert "Give --data after add." in ran.stderr
    ran = desk.tokens("add", "x")
    assert ran.returncode == 2
    assert "Say whose token it is: --account NAME." in ran.stderr


@pytest.mark.parametrize("args", [[], ["add", "x", "--account", "alice"], ["revoke", "x"]])
def test_no_server(tmp_path: Path, args: list[str]) -> None:
    """Without a running server, that is said, with what to do."""
    make_accounts(tmp_path / "data", ["alice"])
    ran = run_here("tokens", *args, "--data", tmp_path / "data")
    assert ran.returncode == 1
    assert "No server is running on" in ran.stderr
