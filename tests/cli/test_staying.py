"""``chat connect`` that stays signed in on a device, in real terminals with a real server."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cli.screen import Screen
from tests.support.here import run_here
from tests.support.server import PASSWORD, Server, make_accounts

pytestmark = pytest.mark.once

OFFER = "Stay signed in on this device, without the password? Type y or n"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server with alice."""
    make_accounts(tmp_path / "data", ["alice"])
    with Server(tmp_path / "data") as server:
        yield server


@pytest.fixture
def sit(server: Server, tmp_path: Path) -> Iterator[Callable[..., Screen]]:
    """Start ``chat connect`` in a terminal as alice."""
    with ExitStack() as stack:

        def sit(*options: str) -> Screen:
            args = ("connect", server.address.host, str(server.address.port), "alice", *options)
            return stack.enter_context(Screen(*args, env={"CHAT_CONFIG": str(tmp_path / "config")}))

        yield sit


def leave(screen: Screen) -> None:
    """Type EX at the menu."""
    screen.answer(">", "EX")
    assert screen.ended() == 0


def test_from_the_offer_to_the_end(server, sit, tmp_path):
    """Asked once; then no question at all, until the token is revoked; then the password again."""
    alice = sit()
    alice.answer("Password for alice:", PASSWORD)
    alice.sees(OFFER)
    alice.answer(">", "y")
    alice.sees("You stay signed in on this device.")
    leave(alice)
    file = tmp_path / "config" / "tokens"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    token = file.read_text().split()[-1]

    alice = sit()
    alice.sees("/help shows all commands")
    alice.asks(">")
    assert "Password" not in alice.raw
    alice.type("/tokens")
    rows = alice.sees("this connection")
    assert any("chat on" in row for row in rows)
    leave(alice)
    assert OFFER not in alice.raw

    (row,) = run_here("tokens", "--data", server.data).stdout.splitlines()
    run_here("tokens", "revoke", row.split("\t")[1], "--data", server.data)
    alice = sit()
    alice.sees("This device is not signed in any more")
    alice.answer("Password for alice:", PASSWORD)
    alice.asks(">")
    leave(alice)
    assert OFFER not in alice.raw
    assert token not in file.read_text() + alice.raw + server.all_stderr()


def test_without_a_terminal(server, sit, tmp_path):
    """ "It must never disturb scripts": nothing is asked or kept, and what is kept is not used."""
    alice = sit()
    alice.answer("Password for alice:", PASSWORD)
    alice.sees(OFFER)
    alice.answer(">", "n")
    alice.sees("You are not asked again")
    alice.answer(">", "/tokens stay")
    alice.sees("You stay signed in on this device.")
    leave(alice)
    args = ["connect", server.address.host, str(server.address.port), "alice", "--config", tmp_path / "config"]
    ran = run_here(*args, stdin="hello\n")
    assert ran.returncode == 4
    assert "There is no terminal to ask for the password" in ran.stderr
    password = tmp_path / "password"
    password.touch(0o600)
    password.write_text(PASSWORD)
    before = (tmp_path / "config" / "tokens").read_text()
    for options in ([], ["--json"], ["--plain"]):
        ran = run_here(*args, "--password-file", password, *options, stdin="")
        assert (ran.returncode, "Stay signed in" in ran.stdout + ran.stderr) == (0, False)
    assert (tmp_path / "config" / "tokens").read_text() == before


def test_a_file_that_others_can_read(sit, tmp_path):
    """It is not used, and the password is asked."""
    alice = sit()
    alice.answer("Password for alice:", PASSWORD)
    alice.sees(OFFER)
    alice.answer(">", "y")
    alice.sees("You stay signed in on this device.")
    leave(alice)
    (tmp_path / "config" / "tokens").chmod(0o644)
    alice = sit()
    alice.answer("Password for alice:", PASSWORD)
    alice.asks(">")
    assert "Others can read" in alice.raw
    leave(alice)


def test_send_in_a_terminal(server, sit, tmp_path):
    """ "Stay signed in on this device": it asks for no password either, until the token is revoked."""
    alice = sit()
    alice.answer("Password for alice:", PASSWORD)
    alice.sees(OFFER)
    alice.answer(">", "y")
    alice.sees("You stay signed in on this device.")
    leave(alice)
    kept = (tmp_path / "config" / "tokens").read_text()
    args = ("send", server.address.host, str(server.address.port), "alice", "#lobby", "hello")
    env = {"CHAT_CONFIG": str(tmp_path / "config")}
    with Screen(*args, env=env) as screen:
        assert screen.ended() == 0
        assert "Password" not in screen.raw
    assert run_here(*args, env=env).returncode == 4  # a script signs in with what it is given
    run_here("tokens", "revoke", kept.split()[-2], "--data", server.data)
    with Screen(*args, env=env) as screen:
        screen.sees("This device is not signed in any more")
        screen.answer("Password for alice: ", PASSWORD)
        assert screen.ended() == 0
    assert (tmp_path / "config" / "tokens").read_text() == kept
