"""The lines on standard error by which a server says what it does."""

from __future__ import annotations

import json
import os
import re
import select
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.support.certificate import make_pair
from tests.support.here import run_here
from tests.support.irc import Client, plain
from tests.support.server import PASSWORD, Server, make_accounts

pytestmark = pytest.mark.once

SECRETS = ("swordfish", "correct-horse", "the-text-of-a-message", "see-you-tomorrow", "away-words", "a-topic")


def told(server: Server) -> list[dict[str, Any]]:
    """Read the lines of a server with ``--log-json``."""
    return [json.loads(line) for line in server.stderr().splitlines()]


def refuse(client: Client, name: str, password: str) -> None:
    """Try to sign in with a password that is wrong."""
    client.send("CAP REQ sasl", f"NICK {name}", "AUTHENTICATE PLAIN")
    client.wait_for("^AUTHENTICATE ")
    client.ask(f"AUTHENTICATE {plain(name, password)}", " 904 ")


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_day_of_a_server(tmp_path: Path, sign: signal.Signals) -> None:
    """ "One line each for start and stop (also Ctrl-C), sign-in and sign-out, account created, removed or changed,
    refused sign-ins, certificate events; never a password, message text or token."
    """
    data = tmp_path / "data"
    make_accounts(data, ["alice"])
    with Server(data, "--log-level", "info", "--log-json", complaints=["^{"]) as server:
        with Client(server.address) as alice, Client(server.address, tls=True) as eve:
            alice.sign_in("alice")
            alice.say("#lobby", "the-text-of-a-message")
            alice.send("AWAY :away-words", "TOPIC #lobby :a-topic")
            refuse(eve, "alice", "swordfish")
            refuse(eve, "swordfish", "swordfish")  # a password where the name belongs
            alice.send("QUIT :see-you-tomorrow")
            alice.end()
            run_here("adduser", "bob", "--password-stdin", "--data", data, stdin="correct-horse\n")
            server.await_stderr("bob was created")
            run_here("passwd", "bob", "--password-stdin", "--data", data, stdin="correct-horses\n")
            run_here("adduser", "bob", "--admin", "--yes", "--data", data)
            server.await_stderr("bob was changed: an administrator now")
            eve.sign_in("bob", "correct-horses")
            run_here("deluser", "bob", "--yes", "--data", data)
            server.await_stderr("bob was removed")
            server.tell(signal.SIGHUP)
            server.await_stderr("files-read-again")
        assert server.stop(sign) == 0
        lines = told(server)
        events = [(line["event"], line.get("account")) for line in lines]
        assert events[:2] == [("account-created", "alice"), ("certificate-made", None)]
        assert events[2] == ("started", None)
        assert ("signed-in", "alice") in events
        assert events.count(("sign-in-refused", "alice")) == events.count(("sign-in-refused", None)) == 1
        assert ("signed-out", "alice") in events
        assert ("account-changed", "bob") in events
        assert events[-2:] == [("stopping", None), ("stopped", None)]
        assert lines[-2]["reason"] == ("Ctrl-C" if sign is signal.SIGINT else "SIGTERM")
        assert not [secret for secret in SECRETS if secret in server.stderr()]
        assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", line["time"]) for line in lines)


def test_the_reason_of_a_sign_out(tmp_path: Path) -> None:
    """A line tells why the server ended a connection, and how many the account has left."""
    data = tmp_path / "data"
    make_accounts(data, ["alice"])
    with (
        Server(data, "--log-level", "info", complaints=[" info: "]) as server,
        Client(server.address) as one,
        Client(server.address) as two,
    ):
        one.sign_in("alice")
        two.sign_in("alice")
        server.await_stderr(r"alice signed in from 127\.0\.0\.1 \(plain text\); 2 connections now\n")
        one.send("QUIT :bye")
        one.end()
        server.await_stderr(r"alice signed out from 127\.0\.0\.1 after \d+ s: quit; 1 connection left\n")
        with Client(server.address) as three:
            three.sign_in("alice")
        server.await_stderr(r"alice signed out .* s: the connection ended; 1 connection left\n")
        server.stop()
        server.await_stderr(r"alice signed out .*: The server is stopping\. .*\n")


def test_a_flood_of_refusals_is_counted(tmp_path: Path) -> None:
    """Of many refused sign-ins some have lines of their own; the rest is one line, with their addresses."""
    data = tmp_path / "data"
    make_accounts(data, ["alice"])
    options = ("--no-rate-limits", "--log-level", "info", "--log-json")
    with Server(data, *options, complaints=["^{"]) as server, Client(server.address) as client:
        for _ in range(60):
            refuse(client, "alice", "swordfish")
        server.await_stderr("sign-in-refused-flood")
        lines = told(server)
        assert sum(line["event"] == "sign-in-refused" for line in lines) == 10
        flood = next(line for line in lines if line["event"] == "sign-in-refused-flood")
        assert flood["level"] == "warning"
        assert flood["most"] == {"127.0.0.1": flood["count"]}
        assert flood["count"] <= 50
        assert len(server.stderr().splitlines()) < 20


def test_a_server_whose_standard_error_nobody_reads_goes_on(tmp_path: Path) -> None:
    """A full pipe holds up nobody: people sign in, talk and sign out, and the server stops."""
    data = tmp_path / "data"
    make_accounts(data, ["alice"])
    server = Server(data, "--no-rate-limits", "--log-level", "debug")
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    while select.select([], [writing], [], 0)[1]:
        os.write(writing, b"x" * 512)
    os.set_blocking(writing, True)
    whole = server._stderr
    try:
        server._stderr = os.fdopen(writing, "wb", buffering=0)  # type: ignore[assignment]
        server.spawn()
        server.await_ready()
        for number in range(30):
            with Client(server.address) as alice:
                alice.sign_in("alice", PASSWORD)
                alice.say("#lobby", f"hello {number}")
        assert server.stop() == 0
    finally:
        server._stderr.close()
        whole.close()
        os.close(reading)


def test_levels(tmp_path: Path) -> None:
    """``--log-level`` is the least that is written."""
    data = tmp_path / "data"
    make_accounts(data, ["alice"])
    with Server(data, "--log-level", "error") as server, Client(server.address) as alice:
        alice.sign_in("alice")
    with Server(data, "--log-level", "info", complaints=[" info: "]) as server:
        server.await_stderr("started")


def test_precautions(tmp_path: Path) -> None:
    """A start mends the modes of our own files, and warns of the folder, of needless rights, and of a certificate that
    has expired; SIGHUP tells of the next one.
    """
    data = tmp_path / "data"
    with Server(data):
        pass
    for path in data.iterdir():
        path.chmod(0o666)
    data.chmod(0o777)
    pair = make_pair(tmp_path, "one", days=-2)
    pair.key.chmod(0o644)
    options = ("--cert", pair.cert, "--key", pair.key, "--log-json")
    with Server(data, *options, complaints=["^{"]) as server:
        server.await_stderr("certificate-expires")
        lines = [json.loads(line) for line in server.all_stderr().splitlines()]
        assert {path.name: path.stat().st_mode & 0o777 for path in data.iterdir()} == {
            path.name: 0o644 if path.name == "cert.pem" else 0o600 for path in data.iterdir()
        }
        closed = {line["path"] for line in lines if line["event"] == "file-closed-to-others"}
        assert {str(data / name) for name in ("chat.db", "key.pem", "cert.pem")} <= closed
        opened = {line["path"] for line in lines if line["event"] == "file-open-to-others"}
        assert opened == {str(data), str(pair.key)}
        assert data.stat().st_mode & 0o777 == 0o777
        assert ("runs-as-root" in {line["event"] for line in lines}) == (os.geteuid() == 0)
        (expired,) = [line for line in lines if line["event"] == "certificate-expires"]
        assert f"the certificate {pair.cert} expired on " in expired["text"]
        better = make_pair(tmp_path, "two", days=10.5)
        pair.key.write_bytes(better.key.read_bytes())
        pair.cert.write_bytes(better.cert.read_bytes())
        server.tell(signal.SIGHUP)
        server.await_stderr("expires in 11 days, on ")
