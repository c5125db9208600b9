"""``chat send`` with a real server: 0 only when the message is stored."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.screen import Screen
from tests.support.irc import Client, text_of
from tests.support.server import PASSWORD, Server, make_accounts, run_chat


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server with two accounts."""
    make_accounts(tmp_path / "data", ["alice", "bob"])
    (tmp_path / "password").write_text(PASSWORD)
    (tmp_path / "password").chmod(0o600)
    with Server(tmp_path / "data") as server:
        yield server


def send(server: Server, *args: str, stdin: str = "", name: str = "alice") -> subprocess.CompletedProcess[str]:
    """Run ``chat send``."""
    folder = server.data.parent
    options = ["--password-file", str(folder / "password"), "--config", str(folder / "config")]
    return run_chat("send", server.address.host, str(server.address.port), name, *args, *options, stdin=stdin)


def stored(server: Server, target: str, name: str = "bob") -> list[str]:
    """Return what is in the history."""
    with Client(server.address) as client:
        client.sign_in(name)
        return [text_of(line) for line in client.history(target)]


def test_a_message(server):
    """It is in the history when the command has ended with 0."""
    assert send(server, "bob", "hello bob").returncode == 0
    assert send(server, "#lobby", "hello all").returncode == 0
    assert stored(server, "alice") == ["hello bob"]
    assert stored(server, "#lobby") == ["hello all"]


def test_standard_input(server):
    """Without TEXT, or with -, it is what comes in: every line of it, long ones in several."""
    text = "first\n\n" + "a long line " * 100 + "\nlast\n"
    assert send(server, "bob", "-", stdin=text).returncode == 0
    assert send(server, "#lobby", stdin="by pipe\n").returncode == 0
    lines = stored(server, "alice")
    assert lines[:2] == ["first", " "]
    assert "".join(lines[2:-1]) == "a long line " * 100
    assert lines[-1] == "last"
    assert stored(server, "#lobby") == ["by pipe"]


def test_to_one_who_is_away(server):
    """It is stored; that it waits is told."""
    ran = send(server, "bob", "hello")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "chat: bob is away and will get it.\n")


@pytest.mark.parametrize(("target", "words"), [("zed", "nobody called zed"), ("#nowhere", "no such channel")])
def test_refused(server, target, words):
    """Exit code 1, in the server's words."""
    ran = send(server, target, "hello")
    assert ran.returncode == 1
    assert words in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


def test_sign_in_failed(server):
    """Exit code 4: a wrong password, or a name that is none."""
    assert send(server, "bob", "hello", name="zoe").returncode == 4
    (server.data.parent / "password").write_text("wrong")
    assert send(server, "bob", "hello").returncode == 4
    assert stored(server, "alice") == []


@pytest.mark.parametrize("args", [["bob", " "], ["b b", "hello"], ["a,b", "hello"], ["#", "hello"], []])
def test_usage(server, args):
    """Exit code 2, and nothing is sent."""
    assert send(server, *args).returncode == 2


def test_what_cannot_be_sent(server):
    """A text that is not UTF-8, or too long, is not cut: exit code 2."""
    ran = send(server, "bob", "-", stdin="x" * 300_000)
    assert ran.returncode == 2
    assert "Nothing was sent" in ran.stderr


def test_in_a_terminal_the_password_is_asked_for(server):
    """Without echo, and again until it is right."""
    args = ("send", server.address.host, str(server.address.port), "alice", "bob", "hello")
    with Screen(*args, env={"CHAT_CONFIG": str(server.data.parent / "config")}) as screen:
        screen.answer("Password for alice: ", "wrong")
        screen.sees("The name or the password is wrong.")
        screen.answer("Password for alice: ", PASSWORD)  # what is typed before it is asked for would be thrown away
        assert screen.ended() == 0
        assert PASSWORD not in screen.raw
    assert stored(server, "alice") == ["hello"]
