"""Keeping order on the server's machine: chat ban, kick, role, rooms, who and log, by real processes."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import ssl
from pathlib import Path

import pytest

from tests.process.test_client_certificates import with_certificate
from tests.support.certificate import make_pair
from tests.support.here import run_here
from tests.support.irc import Client
from tests.support.server import PASSWORD, Server, make_accounts, run_chat

pytestmark = pytest.mark.once

TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d UTC"  # as people read it


def told(data: Path, *words: str) -> str:
    """Run a subcommand that has to succeed, and return what it wrote."""
    result = run_here(*words, "--data", data)
    assert (result.returncode, result.stderr) == (0, ""), result
    return result.stdout


def b64(text: str) -> str:
    """Return a password as PASSWD takes it."""
    return base64.b64encode(text.encode()).decode()


def refused(data: Path, *words: str) -> str:
    """Run a subcommand that has to fail, and return why it did."""
    result = run_here(*words, "--data", data)
    assert (result.returncode, result.stdout) == (1, ""), result
    return result.stderr


def test_order(tmp_path: Path) -> None:
    """Each command does what it says, the person concerned hears of it, and the log tells it."""
    data = tmp_path / "data"
    make_accounts(data, ["alice", "eve"])
    with Server(data) as server, Client(server.address) as alice, Client(server.address) as eve:
        alice.sign_in("alice").ask("JOIN #room", " 366 ")
        eve.sign_in("eve").ask("JOIN #room", " 366 ")
        alice.ask("MODE #room +s", r" MODE #room \+s$")
        assert [line.split("\t")[0] for line in told(data, "who").splitlines()] == ["alice", "eve"]
        assert re.fullmatch(TIME, told(data, "who").split("\t")[1])
        assert told(data, "rooms").splitlines() == ["#lobby\t+nt\t2", "#room\t+nst\t2"]
        assert told(data, "rooms", "#ROOM").splitlines() == ["~alice", "eve"]
        assert told(data, "role", "eve", "operator", "#room") == "eve is an operator of #room now.\n"
        assert "account" not in eve.wait_for(r"^[^!]* MODE #room \+o eve$")
        assert told(data, "role", "eve", "none", "#room") == "eve has no role in #room now.\n"
        eve.wait_for(r"^[^!]* MODE #room -o eve$")
        assert told(data, "kick", "eve", "#room", "--reason", "noise") == "eve is not in #room any more.\n"
        eve.wait_for(r"^[^!]* KICK #room eve :noise$")
        alice.wait_for(r"^[^!]* KICK #room eve :noise$")
        assert told(data, "kick", "eve").startswith("The connections of eve have ended. ")
        assert re.fullmatch(r"ERROR :Killed \(([^ ]+)\)", eve.end()[-1])
        banned = told(data, "ban", "eve", "--for", "7d", "--reason", "spam")
        assert re.fullmatch(f"eve is banned until {TIME}[.]\n", banned)
        with Client(server.address) as again:
            again.send(f"PASS eve:{PASSWORD}", "NICK eve", "USER e 0 * :e")
            assert again.end()[-1].startswith("ERROR :")
        assert re.fullmatch(f"until {TIME}", told(data, "bans").split("\t")[1])
        assert told(data, "ban", "203.0.113.9/24") == "203.0.113.0/24 is banned.\n"
        assert [line.split("\t")[0] for line in told(data, "bans").splitlines()] == ["eve", "203.0.113.0/24"]
        assert told(data, "unban", "eve") == "eve is not banned any more.\n"
        assert re.match(f"{TIME}  ", told(data, "log"))
        acts = [line.split("  ")[1].split(" ", 1) for line in told(data, "log").splitlines()]
        assert [act for by, act in acts if by != "alice"] == [
            "made the account alice",
            "made the account eve",
            "made eve an operator of #room",
            "took the role of operator of #room from eve",
            "removed eve from #room: noise",
            "ended the connections of eve",
            "banned eve from the server for 7 days: spam",
            "banned 203.0.113.0/24 from the server",
            "ended the ban of eve",
        ]
        assert [act for by, act in acts if by == "alice"] == ["made #room secret"]
        assert told(data, "log", "room") == told(data, "log", "#ROOM") != ""
        assert json.loads(told(data, "log", "203.0.113.0/24", "--json"))["verb"] == "ban"
        assert "made the account eve" in told(data, "log", "eve")
        assert told(data, "role", "alice", "administrator") == "alice is an administrator now.\n"
        alice.ask("STATS t", " 219 ")


def test_what_is_not_there_is_said(order: tuple[Path, Server]) -> None:
    """On standard error, with exit code 0: a program reads no rows."""
    for words, said in (
        (("bans",), "Nobody is banned.\n"),
        (("log", "zoe"), "There are no acts about zoe.\n"),
        (("log", "zoe", "--json"), "There are no acts about zoe.\n"),
    ):
        result = run_chat(*words, "--data", order[0])
        assert (result.returncode, result.stdout, result.stderr) == (0, "", said)


def test_a_channel_without_its_sign(order: tuple[Path, Server]) -> None:
    """A shell takes #room for a comment."""
    with Client(order[1].address) as alice:
        alice.sign_in("alice").ask("JOIN #room", " 366 ")
        assert told(order[0], "rooms", "ROOM") == "~alice\n"
        assert told(order[0], "role", "alice", "voice", "room") == "alice has a voice in #room now.\n"
        assert told(order[0], "kick", "alice", "room") == "alice is not in #room any more.\n"


def test_who_succeeds_a_removed_founder(order: tuple[Path, Server]) -> None:
    """The channel is told, and chat deluser says it."""
    data, server = order
    make_accounts(data, ["frank", "heidi", "ivan"])
    with Client(server.address) as frank, Client(server.address) as heidi:
        frank.sign_in("frank").ask("JOIN #heirs", " 366 ")
        heidi.sign_in("heidi").ask("JOIN #heirs", " 366 ")
        frank.ask("MODE #heirs +v heidi", r" MODE #heirs \+v heidi$")
        said = "frank has no account any more.\nheidi is the founder of #heirs now.\n"
        assert run_here("deluser", "frank", "--yes", "--data", data).stdout == said
        heidi.wait_for(r"^[^!]* MODE #heirs \+q heidi$")
        with Client(server.address) as ivan:
            ivan.sign_in("ivan").ask("JOIN #heirs", " 366 ")
            choose = f"chat role NAME founder '#heirs' --data {data}"
            said = f"Nobody in #heirs has a role now. To make a member its founder: {choose}"
            assert run_here("deluser", "heidi", "--yes", "--data", data).stdout.splitlines()[1:] == [said]
        assert "left #heirs without a founder, because no member has a role\n" in told(data, "log", "heirs")


def test_the_last_administrator(order: tuple[Path, Server]) -> None:
    """Whoever takes the role from the only administrator, or removes it, is told what that means."""
    data, _ = order
    for name, words in (("ann", ("role", "ann", "none")), ("ben", ("deluser", "ben", "--yes"))):
        make_accounts(data, [name])
        assert told(data, "role", name, "administrator") == f"{name} is an administrator now.\n"
        result = run_here(*words, "--data", data)
        assert (result.returncode, result.stderr.partition(". ")[0]) == (0, "Note: nobody is an administrator now")


def test_certificates(tmp_path: Path) -> None:
    """``chat cert`` lists the certificates of an account and removes them; connections that have them end."""
    data = tmp_path / "data"
    make_accounts(data, ["alice", "bob"])
    cards = [make_pair(tmp_path, name) for name in ("one", "two")]
    prints = [hashlib.sha256(ssl.PEM_cert_to_DER_cert(card.cert.read_text())).hexdigest() for card in cards]
    with Server(data) as server, Client(server.address, tls=True) as other:
        other.sign_in("alice")
        with (
            Client(server.address, with_certificate(cards[0])) as one,
            Client(server.address, with_certificate(cards[1])) as two,
        ):
            for client in one, two:
                client.sign_in("alice").ask("CERT ADD", " signs in to your account now")
            listed = [line.split("\t") for line in told(data, "cert", "ALICE").splitlines()]
            assert [row[0] for row in listed] == prints
            assert all(row[1].startswith("registered on 20") for row in listed)
            unknown = f"chat: alice has no certificate {'a5' * 32}. chat cert alice lists them.\n"
            assert refused(data, "cert", "alice", "--remove", "A5:" * 31 + "A5") == unknown
            assert told(data, "cert", "alice", "--remove", prints[0].upper()) == (
                f"The certificate {prints[0]} does not sign in to alice any more.\n"
            )
            assert one.end()[-1] == "ERROR :The certificate of this connection was removed from your account."
            words = f"NOTICE alice :An administrator has removed the certificate {prints[0]} from your account."
            other.wait_for(words)
            two.wait_for(words)
            two.sync()
            assert told(data, "cert", "alice", "--remove", "all").count(prints[1]) == 1
            two.end()
        other.sync()  # it has no certificate, so it stays
        with Client(server.address, with_certificate(cards[1])) as again:
            again.ask("AUTHENTICATE EXTERNAL", r"^AUTHENTICATE \+$")
            again.ask("AUTHENTICATE +", " 904 ")
            again.sign_in("alice").ask("CERT ADD", " signs in to your account now")
        other.ask(f"PASSWD {b64(PASSWORD)} {b64('another-password')}", "Your password is changed")
        (row,) = told(data, "cert", "alice").splitlines()
        assert re.fullmatch(f"registered on {TIME}", row.split("\t")[1])
        assert row.split("\t")[2] == "does not sign in: the password is a new one"
        done = run_here("cert", "bob", "--data", data)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "bob has no certificates.\n")
    # The log stays after a restart.
    with Server(data):
        acts = [line.split("  ")[1].split(" ", 1)[1] for line in told(data, "log", "alice").splitlines()]
        assert acts[-2:] == [f"removed a certificate of alice: {each}" for each in prints]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("ban", "nobody"), "There is nobody called nobody"),
        (("ban", "10.0.0.0/4"), "too large"),
        (("unban", "alice"), "There is no ban of alice"),
        (("kick", "nobody"), "There is nobody called nobody"),
        (("kick", "alice"), "alice is not connected."),
        (("kick", "alice", "#none"), "There is no channel #none"),
        (("role", "alice", "operator", "#none"), "There is no channel #none"),
        (("rooms", "#none"), "There is no channel #none"),
        (("cert", "nobody"), "There is nobody called nobody."),
        (("cert", "alice", "--remove", "all"), "alice has no certificates."),
    ],
)
def test_mistakes(order: tuple[Path, Server], words: tuple[str, ...], why: str) -> None:
    """Each says what is wrong, with exit code 1."""
    assert why in refused(order[0], *words)


@pytest.fixture(scope="module")
def order(tmp_path_factory: pytest.TempPathFactory):
    """Let one server run for all mistakes."""
    data = tmp_path_factory.mktemp("order") / "data"
    make_accounts(data, ["alice"])
    with Server(data) as server:
        yield data, server


@pytest.mark.parametrize(
    "words",
    [
        ("ban", "eve"),
        ("unban", "eve"),
        ("bans",),
        ("kick", "eve"),
        ("who",),
        ("rooms",),
        ("log",),
        ("cert", "eve"),
        ("role", "a", "voice", "#r"),
    ],
    ids=lambda words: words[0],
)
def test_without_a_server(tmp_path: Path, words: tuple[str, ...]) -> None:
    """ "Without a running server they say so"."""
    assert "No server is running on" in refused(tmp_path, *words)
