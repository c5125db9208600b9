"""Invitations to the server with real processes: chat invite, chat invites, and signing up from an IRC client."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from chatapp.protocol.invitation_link import parse_link
from tests.support.here import run_here
from tests.support.irc import Client
from tests.support.server import Server, make_accounts, run_chat

pytestmark = pytest.mark.once


def told(data: Path, *words: str) -> str:
    """Run a subcommand that has to succeed, and return what it wrote to standard output."""
    result = run_here(*words, "--data", data)
    assert result.returncode == 0, result
    return result.stdout


def command_lines() -> str:
    """Return the command lines of all processes."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_bytes().decode(errors="replace"))
        except OSError:
            continue
    return "\n".join(found)


def test_an_invitation_from_the_servers_machine(tmp_path: Path) -> None:
    """The link alone is on standard output; it lets as many in as it says; lists and acts tell who, and no code."""
    data = tmp_path / "data"
    make_accounts(data, ["alice"])
    with Server(data, "--log-level", "info", complaints=[" info: "]) as server:
        assert told(data, "sign-up", "invite") == "Sign-up is by invitation (chat invite makes one).\n"
        with Client(server.address) as alice:
            alice.sign_in("alice").ask("JOIN #room", " 366 ")
            alice.ask("MODE #room +i", r" MODE #room \+i")
            made = run_chat("invite", "--uses", "2", "--expires", "2h", "--join", "room", "--data", data)
            assert made.returncode == 0
            link = made.stdout.removesuffix("\n")
            parts = parse_link(link)
            assert parts.port == server.address.port
            assert re.fullmatch(
                r"This lets 2 people make an account and join #room, until \d{4}-\d\d-\d\d \d\d:\d\d UTC\. They open"
                r" the link in a browser, or type: chat connect '(.*)'\n(?:It works only on this machine\. .*\n)?",
                made.stderr,
            ), made.stderr
            assert f"'{link}'" in made.stderr
            with Client(server.address) as dave, Client(server.address) as erin:
                for person, name in ((dave, "dave"), (erin, "erin")):
                    person.send("CAP REQ :standard-replies chatapp/account", f"NICK {name}", f"USER {name} 0 * :{name}")
                    assert person.ask(f"INVITATION {link}", " INVITATION ").endswith(" INVITATION VALID Chat :#room")
                    person.send("REGISTER * * correct-horse", "CAP END")
                    person.wait_for(r" JOIN #room")
            assert parts.code not in command_lines()
        (row,) = told(data, "invites").splitlines() or ["none"]
        assert row == "none", "an invitation that is used up is in no list"
        log = told(data, "log")
        for words in ("made invitation 1, good for 2 hours (uses: 2)", "let dave in with inv", "let erin in with inv"):
            assert words in log
        server.await_stderr("made invitation 1")
        assert server.stop() == 0
        everything = log + server.all_stderr()
    kept = b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())
    assert parts.code not in everything
    assert parts.code.encode() not in kept


def test_listing_and_revoking(tmp_path: Path) -> None:
    """Each has a number; who has a revoked one is told so; a restart changes nothing."""
    data = tmp_path / "data"
    make_accounts(data, ["alice"])
    with Server(data, "--sign-up", "invite", "--server-name", "chat.example.org") as server:
        links = [told(data, "invite", *words).strip() for words in ([], ["--uses", "3"], ["--host", "x.example:7000"])]
        places = [(parse_link(link).host, parse_link(link).port) for link in links]
        port = server.address.port
        assert places == [("chat.example.org", port), ("chat.example.org", port), ("x.example", 7000)]
        assert server.stop() == 0
        server.start()
        rows = [row.split("\t") for row in told(data, "invites").splitlines()]
        assert [(row[0], row[1], row[3]) for row in rows] == [
            ("1", "by chat.example.org", "used 0 of 1"),
            ("2", "by chat.example.org", "used 0 of 3"),
            ("3", "by chat.example.org", "used 0 of 1"),
        ]
        assert all(re.fullmatch(r"until \d{4}-\d\d-\d\d \d\d:\d\d UTC", row[2]) for row in rows)
        assert told(data, "invites", "revoke", "2") == "Invitation 2 lets nobody in any more.\n"
        assert [row.split("\t")[0] for row in told(data, "invites").splitlines()] == ["1", "3"]
        with Client(server.address) as dave:
            dave.send("CAP REQ standard-replies", "NICK dave")
            assert " INVITATION_REVOKED " in dave.ask(f"INVITATION {links[1]}", " FAIL ")
        for number in ("1", "3"):
            told(data, "invites", "revoke", number)
        none = run_here("invites", "--data", data)
        assert (none.stdout, none.stderr) == ("", "There are no invitations. chat invite makes one.\n")
        assert "took back invitation 2\n" in told(data, "log")


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ([], "anybody who reaches this port can sign up; chat sign-up closed --data {data} ends that"),
        (["--sign-up", "invite"], "by invitation only; chat invite --data {data} makes one, and administrators can"),
        (
            ["--sign-up", "invite", "--invites", "members"],
            "by invitation only; chat invite --data {data} makes one, and every member can",
        ),
        (["--sign-up", "closed"], "closed; chat adduser makes accounts"),
    ],
)
def test_a_start_says_who_can_sign_up(tmp_path: Path, options: list[str], line: str) -> None:
    """In words, with the command that matters."""
    data = tmp_path / "data"
    with Server(data, *options) as server:
        assert f"  sign-up:                  {line.format(data=data)}" in server.greeting


def test_where_sign_up_is_closed(tmp_path: Path) -> None:
    """An invitation would let nobody in, so there is none. Where it is open, the words say that it needs no link."""
    data = tmp_path / "data"
    with Server(data, "--sign-up", "closed"):
        refused = run_chat("invite", "--data", data)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert refused.stderr.endswith("Who runs the server can change that: chat sign-up invite\n")
        told(data, "sign-up", "open")
        made = run_here("invite", "--data", data)
        assert made.returncode == 0
        assert "Here anybody can sign up without a link too." in made.stderr
        status = json.loads(told(data, "status", "--json"))
        assert status["sign_up"] == "open"
