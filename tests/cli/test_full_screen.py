"""The full-screen client as a person uses it, in a real terminal with a real server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.screen import sign_in
from tests.support.server import PASSWORD, Server, make_accounts, own_address, run_chat

pytestmark = pytest.mark.once

SIZES = [(24, 80), (40, 120), (12, 40)]
CTRL_K, CTRL_SPACE, CTRL_F, CTRL_C, ESC = "\x0b", "\x00", "\x06", "\x03", "\x1b"
F1, F4 = "\x1bOP", "\x1bOS"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server with three accounts."""
    make_accounts(tmp_path / "data", ["alice", "bob", "carol"])
    with Server(tmp_path / "data", complaints=[".*"]) as server:
        yield server


def restart(server: Server) -> None:
    """Start the server again, on its port."""
    server.command[server.command.index("serve") + 1] = str(server.address.port)
    server.start()


@pytest.mark.parametrize(("rows", "columns"), SIZES)
def test_the_main_job(server, sit, rows, columns):
    """Sign in, write to everyone and to one person, be answered, jump, react, search, read the help, leave."""
    alice = sign_in(sit(server, "alice", rows, columns), "alice")
    bob = sign_in(sit(server, "bob", rows, columns), "bob")
    alice.type("hello everybody")
    bob.shows("alice: hello everybody")
    alice.shows("alice: hello everybody")
    bob.type("/dm alice only for you")
    alice.shows("1 unread" if columns < 70 else "2 bob")
    alice.press(F4)
    alice.shows("bob: only for you")
    alice.type("and back")
    bob.press(CTRL_K)
    bob.shows("Go to:")
    bob.type("ali")
    bob.shows("alice: and back")
    bob.press(CTRL_SPACE)
    bob.shows("r reply")
    bob.type("e")
    bob.shows("[👍 1]")
    alice.shows("[👍 1]")
    alice.press(CTRL_F)
    alice.shows("Find:")
    alice.type("everybody")
    alice.shows("hello everybody")
    alice.press(ESC)
    alice.press(F1)
    alice.shows("Help")
    alice.press(ESC)
    alice.until(lambda rows: "Help" not in rows[0])
    for screen in (alice, bob):
        screen.type("/exit")
        assert screen.ended() == 0
        assert PASSWORD not in screen.raw


def test_sign_up_and_the_menu(tmp_path, sit):
    """A new name becomes an account; DM, BM, WHO and EX work in the lobby."""
    with Server(tmp_path / "new") as server:
        dave = sit(server, "dave")
        dave.shows("Make a new account with this name? [y/n]")
        dave.type("y")
        for question in ("New password for dave:", "The same again:"):
            dave.shows(question)
            dave.type("long-secret")
        dave.shows("F1 shows the keys")
        dave.type("WHO")
        dave.shows("Here: dave (you)")
        dave.type("n")
        dave.shows("This device does not stay signed in.")
        dave.type("bm")
        dave.shows("What you type here goes to everyone.")
        dave.type("Dm")
        dave.shows("To whom?")
        dave.press(ESC)
        dave.until(lambda rows: not any("To whom?" in row for row in rows))
        dave.type("EX")
        assert dave.ended() == 0


def test_the_server_goes_and_comes_back_while_somebody_types(server, sit):
    """The input stays; what waits is seen; what was missed comes once, and what was written arrives once."""
    alice, bob = sign_in(sit(server, "alice"), "alice"), sign_in(sit(server, "bob"), "bob")
    alice.press("half a tho")
    alice.shows("> half a tho")
    server.kill()
    for screen in (alice, bob):
        screen.shows("No connection")
    alice.type("ught")
    alice.shows("... alice: half a thought")
    alice.press("the next")
    restart(server)
    for screen in (alice, bob):
        screen.until(lambda rows: any("Connected as" in row for row in rows))
        screen.until(lambda rows: sum("half a thought" in row for row in rows) == 1, "half a thought, once")
    alice.shows("> the next")
    bob.type("/bm after that")
    rows = alice.shows("bob: after that")
    assert sum("half a thought" in row for row in rows) == 1


def test_a_new_server_elsewhere(tmp_path, sit):
    """Its fingerprint is shown and asked about once; then it is known."""
    with Server(tmp_path / "new", host="0.0.0.0") as server:
        elsewhere = own_address()
        if elsewhere is None:
            pytest.skip("this machine has no address but loopback")
        server.addresses[0] = server.addresses[0]._replace(host=elsewhere)
        fingerprint = next(word for word in " ".join(server.greeting).split() if word.startswith("SHA256:"))
        alice = sit(server, "alice")
        alice.shows(fingerprint)
        alice.shows("Is it the right one? [y/n]")
        alice.type("n")
        assert alice.ended() == 5
        alice = sit(server, "alice")
        alice.shows("Is it the right one? [y/n]")
        alice.type("y")
        alice.shows("Make a new account with this name? [y/n]")
        alice.press(CTRL_C)
        assert alice.ended() == 130
        alice = sit(server, "alice")
        alice.shows("Make a new account with this name? [y/n]")
        assert fingerprint not in alice.raw


@pytest.mark.parametrize(("rows", "columns"), SIZES)
def test_settings(tmp_path, server, sit, rows, columns):
    """``--show-config`` writes what can be put into the file; a wrong setting is refused before anything is asked."""
    for args in (["--config", tmp_path / "config-alice", "--show-config"], ["--show-config"]):
        shown = run_chat("connect", *args, env={"CHAT_CONFIG": str(tmp_path / "config-alice")})
        assert shown.returncode == 0
        assert shown.stdout.startswith(f"# {tmp_path / 'config-alice' / 'config.toml'}\n")
    (tmp_path / "config-alice").mkdir()
    file = tmp_path / "config-alice" / "config.toml"
    chosen = shown.stdout.replace("people = true", "people = false").replace('keys = "emacs"', 'keys = "vi"')
    file.write_text(chosen)
    alice = sign_in(sit(server, "alice", rows, columns), "alice")
    assert not any("here: 1" in row for row in alice.rows)
    alice.press(ESC)
    alice.until(lambda rows: rows[-1].rpartition("│")[2].startswith(":"), "the normal mode of vi")
    alice.press("i")
    alice.type("/set bell off")
    alice.shows("bell is now off.")
    alice.type("/pin")
    alice.reads("#lobby stands at the top")
    alice.type("/exit")
    assert alice.ended() == 0
    changed = chosen.replace("bell = true", "bell = false")
    place = f"{server.address.host}:{server.address.port}"
    assert file.read_text() == changed.replace("pinned = []", f'pinned = ["#lobby {place}"]')
    file.write_text("tyoing = true")
    wrong = sit(server, "alice", rows, columns)
    assert wrong.ended() == 1
    assert "there is no setting tyoing" in re.sub(r"\s+", " ", wrong.raw)


@pytest.mark.parametrize(("rows", "columns"), SIZES)
def test_staying_signed_in(tmp_path, server, sit, rows, columns):
    """A kept token signs in without a question, until /tokens forget revokes it; nothing of it is on the screen."""
    alice = sign_in(sit(server, "alice", rows, columns), "alice")
    alice.reads("Stay signed in on this device")
    alice.type("y")
    alice.reads("You stay signed in on this device.")
    alice.type("/exit")
    assert alice.ended() == 0
    file = tmp_path / "config-alice" / "tokens"
    token = file.read_text().split()[-1]
    again = sit(server, "alice", rows, columns)
    again.shows("F1 shows the keys")
    assert "Password for alice" not in again.raw
    again.type("/tokens forget")
    again.reads("This device is signed out: chat connect asks for your password the next time.")
    again.type("/tokens")
    again.reads("You have no tokens.")
    again.type("/tokens forget")
    again.reads("This device does not stay signed in.")
    again.type("/exit")
    assert again.ended() == 0
    assert token not in file.read_text() + alice.raw + again.raw
    assert sit(server, "alice", rows, columns).shows("Password for alice")


def test_the_password_was_wrong_and_the_account_goes(server, sit):
    """A wrong password is asked for again; when the account is removed, the client says so and ends with 4."""
    bob = sit(server, "bob")
    bob.shows("Password for bob:")
    bob.type("wrong")
    bob.shows("The name or the password is wrong.")
    bob.type(PASSWORD)
    bob.shows("F1 shows the keys")
    assert run_chat("deluser", "bob", "--yes", "--data", server.data).returncode == 0
    assert bob.ended() == 4
    assert "removed" in bob.raw


@pytest.mark.parametrize(("rows", "columns"), SIZES)
def test_a_draft_outlives_the_terminal(server, sit, rows, columns):
    """Who closes the terminal in the middle of a text finds it at the next start, in its conversation."""
    alice = sign_in(sit(server, "alice", rows, columns), "alice")
    alice.type("/join #dev")
    alice.reads("#dev yet")
    alice.press("half a sente")
    alice.shows("> half a sente")
    alice.hang_up()
    again = sit(server, "alice", rows, columns)
    again.shows("Password for alice:")
    again.type(PASSWORD)
    again.reads("not sent are there again: #dev.")
    again.press(f"{ESC}2")
    again.shows("> half a sente")
    again.press("nce\r")
    again.shows("alice: half a sentence")
    again.type("/exit")
    assert again.ended() == 0
