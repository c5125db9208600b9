"""``chat send`` with a real server: 0 only when the message is stored."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.screen import Screen
from tests.support.here import run_here
from tests.support.hostile import HostileServer, Visit
from tests.support.irc import Client, text_of
from tests.support.server import PASSWORD, PATIENCE_S, Server, environment, make_accounts


class Pair:
    """Two people with accounts on a server, one of whom sends."""

    def __init__(self, server: Server, folder: Path, number: int = 0) -> None:
        self.server = server
        self.folder = folder
        self.alice, self.bob = f"alice{number}", f"bob{number}"
        (folder / "password").write_text(PASSWORD)
        (folder / "password").chmod(0o600)

    def send(self, *args: str, stdin: str = "", name: str = "") -> subprocess.CompletedProcess[str]:
        """Run ``chat send``, as alice."""
        address = self.server.address
        options = ["--password-file", str(self.folder / "password"), "--config", str(self.folder / "config")]
        return run_here("send", address.host, str(address.port), name or self.alice, *args, *options, stdin=stdin)

    def stored(self, target: str) -> list[str]:
        """Return what is in the history, as bob sees it, of what alice has sent."""
        with Client(self.server.address) as client:
            client.sign_in(self.bob)
            return [text_of(line) for line in client.history(target) if f" :{self.alice}!" in line]


@pytest.fixture
def pair(shared: Server, numbers: Iterator[int], tmp_path: Path) -> Pair:
    """A pair on a server that is not theirs alone."""
    return Pair(shared, tmp_path, next(numbers))


@pytest.fixture
def lone_pair(tmp_path: Path) -> Iterator[Pair]:
    """A pair on a server of their own: a wrong password makes everyone at this address wait."""
    make_accounts(tmp_path / "data", ["alice0", "bob0"])
    with Server(tmp_path / "data") as server:
        yield Pair(server, tmp_path)


def test_a_message(pair):
    """It is in the history when the command has ended with 0."""
    assert pair.send(pair.bob, "hello bob").returncode == 0
    assert pair.send("#lobby", "hello all").returncode == 0
    assert pair.stored(pair.alice) == ["hello bob"]
    assert pair.stored("#lobby") == ["hello all"]


def test_standard_input(pair):
    """Without TEXT, or with -, it is what comes in, as one message; bob's client gets its lines, and no blank ones."""
    text = "first\n\n" + "a long line " * 100 + "\nlast\n"
    assert pair.send(pair.bob, "-", stdin=text).returncode == 0
    assert pair.send("#lobby", stdin="by pipe\n").returncode == 0
    lines = pair.stored(pair.alice)
    assert lines[0] == "first"
    assert "".join(lines[1:-1]) == "a long line " * 100
    assert lines[-1] == "last"
    assert pair.stored("#lobby") == ["by pipe"]


def test_to_one_who_is_away(pair):
    """It is stored; that it waits is told."""
    ran = pair.send(pair.bob, "hello")
    assert (ran.returncode, ran.stdout, ran.stderr) == (
        0,
        "",
        f"chat: {pair.bob} is away: not connected; will get it later\n",
    )


@pytest.mark.parametrize(("target", "words"), [("zed", "nobody with that name"), ("#nowhere", "no such channel")])
def test_refused(pair, target, words):
    """Exit code 1, in the server's words."""
    ran = pair.send(target, "hello")
    assert ran.returncode == 1
    assert words in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


def test_sign_in_failed(lone_pair):
    """Exit code 4: a wrong password, or a name that is none."""
    pair = lone_pair
    assert pair.send(pair.bob, "hello", name="zoe").returncode == 4
    (pair.folder / "password").write_text("wrong")
    assert pair.send(pair.bob, "hello").returncode == 4
    assert pair.stored(pair.alice) == []


@pytest.mark.parametrize("args", [["bob", " "], ["b b", "hello"], ["a,b", "hello"], ["#", "hello"], []])
def test_usage(chat, args):
    """Exit code 2, before anything is connected to."""
    assert chat("send", "localhost", "5000", "alice", *args).exit_code == 2


@pytest.mark.parametrize("text", [b"x" * 300_000, b"caf\xe9"])
def test_what_cannot_be_sent(chat, text):
    """A text that is not UTF-8, or too long, is not cut: exit code 2."""
    ran = chat("send", "localhost", "5000", "alice", "bob", "-", input=text)
    assert ran.exit_code == 2
    assert "Nothing was sent" in ran.err


def test_in_a_terminal_the_password_is_asked_for(lone_pair):
    """Without echo, and again until it is right."""
    pair, address = lone_pair, lone_pair.server.address
    args = ("send", address.host, str(address.port), pair.alice, pair.bob, "hello")
    with Screen(*args, env={"CHAT_CONFIG": str(pair.folder / "config")}) as screen:
        screen.answer(f"Password for {pair.alice}: ", "wrong")
        screen.sees("The name or the password is wrong.")
        screen.answer(f"Password for {pair.alice}: ", PASSWORD)  # typed before it is asked for, it would be thrown away
        assert screen.ended() == 0
        assert PASSWORD not in screen.raw
    assert pair.stored(pair.alice) == ["hello"]


def test_ex_ends_the_question_for_the_password(pair):
    """It leaves, as everywhere: nothing is sent."""
    address = pair.server.address
    args = ("send", address.host, str(address.port), pair.alice, pair.bob, "hello")
    with Screen(*args, env={"CHAT_CONFIG": str(pair.folder / "config")}) as screen:
        screen.answer(f"Password for {pair.alice}: ", "EX")
        assert screen.ended() == 130
    assert pair.stored(pair.alice) == []


def test_progress_of_many_lines(pair):
    """ "Show progress on a terminal": how many lines are stored; for a pipe on standard error there is nothing."""
    text = "\n".join(str(number) for number in range(650))  # seven messages, of 100 lines at most
    address = pair.server.address
    options = ("--password-file", str(pair.folder / "password"), "--config", str(pair.folder / "config"))
    with Screen("send", address.host, str(address.port), pair.alice, pair.bob, text, *options) as screen:
        screen.sees(" of 650")
        assert screen.ended() == 0
        assert "650 of 650" in " ".join(screen.rows)
    assert pair.stored(pair.alice) == text.splitlines()
    assert "of 650" not in pair.send(pair.bob, "-", stdin=text).stderr


def test_the_timeout_is_for_the_password_too(chat, tmp_path):
    """--timeout: "How long all of it may take"; a pipe without a writer is no reason to wait for ever."""
    os.mkfifo(tmp_path / "pipe")
    options = ("--timeout", "0.2", "--password-file", str(tmp_path / "pipe"), "--plaintext")
    for arguments in (("send", "localhost", "1", "alice", "bob", "hi"), ("connect", "localhost", "1", "alice")):
        ran = chat(*arguments, *options)
        assert ran.exit_code == 4
        assert "within 0.2 s. Start that program first" in ran.err


@pytest.mark.parametrize("ends", ["the time", "the connection", "a signal"])
def test_a_message_that_is_not_acknowledged(tmp_path, ends):
    """Exit code 6: it may have arrived or not. Whoever interrupts it is told so too."""
    sent = threading.Event()

    def script(visit: Visit) -> None:
        visit.sign_in()
        visit.until("PRIVMSG")
        sent.set()
        if ends == "the connection":
            visit.send(":s 465 alice :You are banned from this server: too loud.", "ERROR :Bye.")
        visit.linger()

    password = tmp_path / "password"
    password.touch(0o600)
    password.write_text("secret")
    options = ["--plaintext", "--password-file", str(password), "--timeout", "1" if ends == "the time" else "30"]
    with HostileServer(script) as server:
        process = subprocess.Popen(
            [sys.executable, "-m", "chatapp", "send", *server.args, "bob", "hi", *options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(), cwd="/",
        )  # fmt: skip
        assert sent.wait(PATIENCE_S)
        if ends == "a signal":
            process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == (130 if ends == "a signal" else 6)
    assert err.count("It may have arrived or not: look at the history of bob before sending it again.") == 1
