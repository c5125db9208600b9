"""``chat connect`` and ``chat send`` with a client certificate, with a real server."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.screen import Screen
from tests.support.certificate import Pair, make_pair
from tests.support.here import run_here
from tests.support.irc import Client
from tests.support.server import PASSWORD, Server, make_accounts, run_chat

pytestmark = pytest.mark.once

UNKNOWN = (
    "Not signed in with the certificate. No account has your certificate. Sign in with your password, then register"
    " it: CERT ADD."
)


class Desk:
    """A server with alice and bob, and a certificate for alice."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        self.card: Pair = make_pair(folder, "card")
        self.password = folder / "password"
        self.password.write_text(PASSWORD)
        self.password.chmod(0o600)
        self.config = str(folder / "config")

    def run(self, command: str, *args: object, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run ``chat COMMAND HOST PORT ...``, without a terminal."""
        address = self.server.address
        words = [address.host, str(address.port), *map(str, args), "--config", self.config]
        return run_here(command, *words, stdin=stdin)

    @property
    def with_card(self) -> list[object]:
        """The options for the certificate."""
        return ["--cert", self.card.cert, "--cert-key", self.card.key]

    def registered(self) -> str:
        """Register the certificate of alice; return its fingerprint."""
        ran = self.run(
            "connect", "alice", "--commands", "--password-file", self.password, *self.with_card, stdin="/cert add\n"
        )
        found = re.search("The certificate ([0-9a-f]{64}) signs in to your account now", ran.stderr)
        assert ran.returncode == 0
        assert found is not None, ran.stderr
        return found[1]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk."""
    make_accounts(tmp_path / "data", ["alice", "bob"])
    with Server(tmp_path / "data") as server:
        yield Desk(server, tmp_path)


def test_from_the_password_to_the_certificate_and_back(desk):
    """Registered once with the password, it signs in without; removed, it does not any more."""
    refused = desk.run("send", "alice", "#lobby", "hi", *desk.with_card)
    assert refused.returncode == 4
    assert refused.stderr == (
        f"chat: {UNKNOWN}\nchat: There is no terminal to ask for the password: give --password-file"
        " (CHAT_PASSWORD_FILE).\n"
    )
    fingerprint = desk.registered()
    assert desk.run("send", "alice", "#lobby", "with a card", *desk.with_card).returncode == 0
    listed = desk.run("connect", "alice", "--commands", *desk.with_card, stdin="hello\n/cert list\n")
    assert (listed.returncode, "#lobby <alice> hello" in listed.stdout) == (0, True)
    assert re.search(f"chat: {fingerprint}, registered on 20", listed.stderr)
    assert "chat: Certificates: 1." in listed.stderr
    bob = desk.run("send", "bob", "#lobby", "hi", *desk.with_card, "--password-file", desk.password)
    assert bob.returncode == 0
    assert "Your certificate signs in to another account than the one you asked for." in bob.stderr
    gone = desk.run("connect", "alice", "--commands", *desk.with_card, stdin=f"/cert del {fingerprint.upper()}\n")
    assert gone.returncode == 0
    assert f"The certificate {fingerprint} does not sign in to your account any more." in gone.stderr
    address = desk.server.address
    words = ["send", address.host, str(address.port), "alice", "#lobby", "hi", *desk.with_card, "--config", desk.config]
    assert run_chat(*words).returncode == 4


def test_json(desk):
    """The refusal is an event; what the server refuses of /cert is one too."""
    words = ["connect", "alice", "--json", *desk.with_card, "--password-file", desk.password]
    ran = desk.run(*words, stdin='{"command": "/cert del 00"}\n')
    told = [json.loads(line) for line in ran.stdout.splitlines()]
    assert ran.returncode == 1
    assert [each["text"] for each in told if each["type"] == "certificate-refused"] == [
        UNKNOWN.removeprefix("Not signed in with the certificate. ")
    ]
    assert [each["code"] for each in told if each["type"] == "not-done"] == ["NO_SUCH_CERTIFICATE"]


def test_in_a_terminal(desk, tmp_path):
    """A certificate that is not registered is told, and the password asked for; one that is signs in by itself."""
    other = make_pair(tmp_path, "other")
    address = desk.server.address
    words = ["connect", address.host, str(address.port), "alice", "--config", desk.config]
    words += ["--cert", str(other.cert), "--cert-key", str(other.key)]
    with Screen(*words) as alice:
        alice.sees("-- Not signed in with the certificate. No account has your certificate.")
        alice.answer("Password for alice:", PASSWORD)
        alice.answer(">", "/cert add")
        alice.sees("-- The certificate ")
        alice.answer(">", "EX")
        assert alice.ended() == 0
    with Screen(*words) as alice:
        rows = alice.sees("-- You are alice")
        assert not any("Password" in row for row in rows)


def test_a_connection_without_a_certificate(desk):
    """It has nothing to register, and the server says what to do."""
    ran = desk.run("connect", "alice", "--commands", "--password-file", desk.password, stdin="/cert add\n")
    assert ran.returncode == 1
    assert "This connection has no client certificate." in ran.stderr


@pytest.mark.parametrize("command", [["connect", "alice"], ["send", "alice", "bob", "hi"]])
def test_what_goes_together(desk, command):
    """A key belongs to a certificate, and a certificate to an encrypted connection; a bad file ends it all (4)."""
    alone = desk.run(*command, "--cert-key", desk.card.key)
    assert (alone.returncode, "--cert-key is the key of a certificate; give --cert too." in alone.stderr) == (2, True)
    plain = desk.run(*command, *desk.with_card, "--plaintext")
    assert (plain.returncode, "leave out --plaintext" in plain.stderr) == (2, True)
    bad = desk.run(*command, "--cert", desk.card.key, "--password-file", desk.password)
    assert (bad.returncode, "has no certificate in PEM form" in bad.stderr) == (4, True)
    with Client(desk.server.address) as bob:
        assert not [line for line in bob.sign_in("bob").history("alice") if " PRIVMSG " in line]
