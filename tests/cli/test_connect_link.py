"""``chat connect LINK``: what it takes and refuses, and the way from ``chat invite`` to a first word, in terminals."""

from __future__ import annotations

import re
from contextlib import ExitStack
from pathlib import Path

import pytest

from chatapp.protocol.invitation_link import format_link, parse_link
from tests.cli.screen import Screen
from tests.support.here import run_here
from tests.support.server import PASSWORD, Server, make_accounts, run_chat

pytestmark = pytest.mark.once

CODE = "aB3_-xYz0123456789ABCD"
KEY = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
LINK = format_link("127.0.0.1", 1, CODE, KEY)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["https://chat.example.org/"], "This is no link of an invitation."),
        (["http://chat.example.org/#invite=x"], "This is no link of an invitation."),
        ([LINK.partition("&")[0]], "put it in quotes"),
        ([LINK[:-1]], "put it in quotes"),
        ([LINK, "alice", "bob"], "After a link comes only the name"),
        ([LINK, "no name"], "NAME"),
        ([LINK, "5000"], "NAME"),
        ([LINK, "alice", "--trust", KEY], "The link has the key of the server"),
        ([LINK, "alice", "--plaintext"], "The link has the key of the server"),
        (["alice", LINK], "the link comes first"),
        (["chat.example.org"], "Missing argument 'PORT'"),
        ([], "Missing argument 'HOST|LINK'"),
        (["chat.example.org", "x"], "x is not a port"),
    ],
)
def test_what_is_refused(chat, args, words):
    """A usage error says what is wrong, and nothing of the code."""
    ran = chat("connect", *args, "--plain")
    assert (ran.exit_code, ran.out) == (2, "")
    assert words in ran.err
    assert CODE not in ran.err


def test_other_commands_take_no_link(chat):
    """They say so, without the link."""
    for args in (["send", LINK, "5000", "alice", "bob", "hi"], ["serve", "0", "--host", LINK]):
        ran = chat(*args)
        assert ran.exit_code == 2
        assert "this is a link, not a host" in ran.err
        assert CODE not in ran.err


def test_nobody_answers(tmp_path):
    """The address is in the error, the code is not."""
    password = tmp_path / "password"
    password.write_text("correct horse\n")
    password.chmod(0o600)
    env = {"CHAT_CONFIG": str(tmp_path)}
    ran = run_here("connect", LINK, "dave", "--plain", "--password-file", password, "--timeout", "5", env=env)
    assert ran.returncode == 3
    assert "Nothing answers at 127.0.0.1:1" in ran.stderr
    assert CODE not in ran.stderr


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server where people sign up with invitations; alice is its administrator."""
    data = tmp_path_factory.mktemp("linked") / "data"
    make_accounts(data, ["alice"])
    assert run_here("adduser", "alice", "--admin", "--yes", "--data", data).returncode == 0
    with Server(data, "--sign-up", "invite") as server:
        yield server


def invite(server: Server, *words: str) -> str:
    """Make an invitation; return its link."""
    made = run_here("invite", *words, "--data", server.data)
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


def test_from_the_invitation_to_the_first_word(server, tmp_path):
    """``chat invite`` in a terminal shows the link; ``chat connect`` with it asks for a name and a password, twice, and
    for nothing else; then a text arrives. The key is pinned. Another time, host and port are enough.
    """
    with ExitStack() as stack:

        def sit(name: str, *args: str, **options: int) -> Screen:
            return stack.enter_context(Screen(*args, env={"CHAT_CONFIG": str(tmp_path / name)}, **options))

        host, port = server.address.host, str(server.address.port)
        alice = sit("alice", "connect", host, port, "alice")
        alice.answer("Password for alice:", PASSWORD)
        alice.sees("-- You are alice")
        machine = sit("machine", "invite", "--host", f"{host}:{port}", "--data", str(server.data), columns=200)
        assert machine.ended() == 0
        link = machine.rows[0]
        dave = sit("dave", "connect", link)
        dave.sees("Your name")
        dave.type("dave")
        dave.answer("New password for dave:", "correct horse")
        dave.answer("The same again:", "correct horse")
        dave.asks(">")
        assert "Is it the right one" not in dave.raw
        assert any(row.startswith("-- You are invited to Chat.") for row in dave.rows)
        dave.type("BM here I am")
        alice.sees("#lobby <dave> here I am")
        dave.type("EX")
        assert dave.ended() == 0
        pins = (tmp_path / "dave" / "pins").read_text()
        assert pins == f"{host}:{port} {parse_link(link).key}\n"
        again = sit("dave", "connect", host, port, "dave")
        again.answer("Password for dave:", "correct horse")
        again.asks(">")
        again.type("EX")
        assert again.ended() == 0
        third = sit("erin", "connect", link, "erin")
        assert third.ended() == 4
        assert "This invitation has been used as often as it may be." in re.sub(r"\s+", " ", third.raw)


def test_alice_makes_one_in_the_chat(server, tmp_path):
    """``/invitation`` shows a link that works."""
    password = tmp_path / "password"
    password.write_text(f"{PASSWORD}\n")
    password.chmod(0o600)
    ran = run_here(
        "connect", server.address.host, str(server.address.port), "alice", "--json", "--password-file", password,
        stdin='{"command": "/invitation"}\n', env={"CHAT_CONFIG": str(tmp_path / "config")},
    )  # fmt: skip
    assert ran.returncode == 0
    (made,) = [line for line in ran.stdout.splitlines() if line.startswith('{"type":"invitation"')]
    link = re.search(r'"link":"([^"]*)"', made)
    assert link is not None
    assert parse_link(link[1]).port == server.address.port


def test_in_a_script(server, tmp_path: Path):
    """With --plain and a password file: makes the account, or signs in to it, without --new."""
    link = invite(server, "--uses", "5", "--host", f"{server.address.host}:{server.address.port}")
    password = tmp_path / "password"
    password.write_text("correct horse\n")
    password.chmod(0o600)
    env = {"CHAT_CONFIG": str(tmp_path / "config")}
    for _ in range(2):
        ran = run_chat("connect", link, "robot", "--plain", "--password-file", password, stdin="hello\n", env=env)
        assert ran.returncode == 0, ran.stderr
        assert "Signed in as robot." in ran.stderr
        assert "<robot> hello" in ran.stdout
        assert parse_link(link).code not in ran.stdout + ran.stderr
    ran = run_chat("invites", "--data", server.data)
    assert "\tused 1 of 5" in ran.stdout
    password.write_text("another\n")
    ran = run_here("connect", link, "robot", "--plain", "--password-file", password, env=env)
    assert ran.returncode == 4
    assert "Not signed in as robot: The name or the password is wrong." in ran.stderr


def test_another_server_at_the_address(server, tmp_path: Path):
    """The key of the link is not that of the server: exit code 5, and the server hears nothing of the invitation."""
    parts = parse_link(invite(server))
    link = format_link(server.address.host, server.address.port, parts.code, KEY)
    password = tmp_path / "password"
    password.write_text("correct horse\n")
    password.chmod(0o600)
    env = {"CHAT_CONFIG": str(tmp_path / "config")}
    ran = run_here("connect", link, "mallory", "--plain", "--password-file", password, env=env)
    assert ran.returncode == 5
    assert f"but the link says {KEY}" in ran.stderr
    assert parts.code not in ran.stderr
    assert not (tmp_path / "config" / "pins").exists()
