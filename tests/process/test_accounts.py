"""Accounts and certificates that change while the server runs."""

from __future__ import annotations

import base64
import os
import re
import signal
import ssl
import time
from pathlib import Path

import pytest
from cryptography import x509

from chatapp.auth import hash_password
from tests.support.certificate import key_of, make_pair
from tests.support.here import run_here
from tests.support.irc import Client, plain, text_of, tls_context
from tests.support.server import Address, Server, make_accounts, run_chat

pytestmark = pytest.mark.once

HASH = hash_password("battery staple", 4)


def chat(*args: str | Path, data: Path, stdin: str = "") -> str:
    """Run a subcommand that must do what it is told; return what it printed."""
    done = run_here(*args, "--data", data, stdin=stdin)
    assert done.returncode == 0, done
    return done.stdout


def key_shown(address: Address) -> str:
    """Return the fingerprint of the key that a new connection is shown."""
    with Client(address, tls=tls_context()) as client:
        assert isinstance(client.sock, ssl.SSLSocket)
        certificate = client.sock.getpeercert(binary_form=True)
        assert certificate is not None
        return key_of(x509.load_der_x509_certificate(certificate))


def answer_to(address: Address, name: str, password: str) -> str:
    """Return the numeric that a sign-in is answered with."""
    with Client(address) as client:
        client.send("CAP LS 302", "AUTHENTICATE PLAIN", f"AUTHENTICATE {plain(name, password)}")
        return client.wait_for(r" 90[34] ").split(" ")[1]


def test_an_account_made_while_the_server_runs(tmp_path: Path) -> None:
    """ "They work while the server runs": the account can be used when adduser is done, and others see it come."""
    data = tmp_path / "data"
    make_accounts(data, ["alice"])
    with Server(data) as server, Client(server.address) as alice:
        alice.sign_in("alice")
        assert run_chat("adduser", "bob", "--password-stdin", "--data", data, stdin="scaffold\n").returncode == 0
        with Client(server.address) as bob:
            bob.sign_in("bob", "scaffold")
            bob.say("#lobby", "here I am")
        alice.wait_for("(^|[ ]):bob![^ ]* JOIN #lobby$| PRIVMSG #lobby :here I am$")


def test_a_new_password(tmp_path: Path) -> None:
    """ "A running server honours them at once": the new password is right, the old one wrong, and sessions end."""
    data = tmp_path / "data"
    make_accounts(data, ["alice"])
    with Server(data, "--no-rate-limits") as server, Client(server.address) as alice:
        alice.sign_in("alice")
        assert answer_to(server.address, "alice", "correct-horse") == "903"
        assert run_chat("passwd", "alice", "--password-stdin", "--data", data, stdin="battery staple\n").returncode == 0
        assert answer_to(server.address, "alice", "correct-horse") == "904"
        assert answer_to(server.address, "alice", "battery staple") == "903"
        assert alice.end()[-1] == "ERROR :The password of your account was changed. Sign in with the new one."


def test_an_account_changes_its_own_password(tmp_path: Path) -> None:
    """PASSWD over TLS: the session that asks stays, the other one ends, and the file has the new hash."""
    data = tmp_path / "data"
    make_accounts(data, ["alice"])
    old, new = (base64.b64encode(text).decode() for text in (b"correct-horse", b"battery staple"))
    with (
        Server(data, "--no-rate-limits") as server,
        Client(server.address, tls=True) as alice,
        Client(server.address) as phone,
    ):
        alice.sign_in("alice")
        phone.sign_in("alice")
        alice.send(f"PASSWD {old} {new}")
        alice.wait_for("Your password is changed")
        assert phone.end()[-1] == "ERROR :The password of your account was changed. Sign in with the new one."
        assert answer_to(server.address, "alice", "correct-horse") == "904"
        assert answer_to(server.address, "alice", "battery staple") == "903"
        alice.say("#lobby", "still here")


def test_a_deleted_account(tmp_path: Path) -> None:
    """ "A deleted account's connections end", all of them and with words; others see it go, and it cannot come back."""
    data = tmp_path / "data"
    make_accounts(data, ["alice", "bob"])
    with (
        Server(data, "--no-rate-limits") as server,
        Client(server.address) as alice,
        Client(server.address) as bob,
        Client(server.address, tls=True) as phone,
    ):
        for client, name in ((alice, "alice"), (bob, "bob"), (phone, "bob")):
            client.sign_in(name)
        assert run_chat("deluser", "bob", "--yes", "--data", data).returncode == 0
        assert bob.end()[-1] == phone.end()[-1] == "ERROR :Your account was removed"
        alice.wait_for("^:bob![^ ]* QUIT :The account was removed$")
        assert answer_to(server.address, "bob", "correct-horse") == "904"
        refused = run_here("adduser", "bob", "--password-stdin", "--data", data, stdin="scaffold\n")
        assert (refused.returncode, "chat adduser bob --reuse-name" in refused.stderr) == (1, True)
        chat("adduser", "bob", "--reuse-name", "--password-stdin", data=data, stdin="scaffold\n")
        with Client(server.address) as bob:
            bob.sign_in("bob", "scaffold")
            assert bob.history("#lobby") == []


def successor_of_eve(data: Path, how: str) -> None:
    """Remove the account eve, and make another one of that name."""
    chat("deluser", "eve", "--yes", data=data)
    if how == "htpasswd":
        with open(data / "passwords", "a") as file:
            file.write(f"eve:{HASH}\n")  # as htpasswd does
        os.utime(data / "passwords", (1, 1))
    else:
        chat("adduser", "eve", "--reuse-name", "--password-stdin", data=data, stdin="battery staple\n")


@pytest.mark.parametrize("stopped", [True, False])
@pytest.mark.parametrize("how", ["adduser", "htpasswd"])
def test_the_successor_of_a_removed_account(tmp_path: Path, how: str, stopped: bool) -> None:
    """ "A different account that inherits nothing": whatever made it, and whether the server ran meanwhile or not."""
    data = tmp_path / "data"
    make_accounts(data, ["bob", "eve"])
    with Server(data, "--no-rate-limits") as server:
        with Client(server.address) as bob, Client(server.address) as eve:
            bob.sign_in("bob")
            eve.sign_in("eve")
            bob.say("eve", "for the old eve")
            eve.say("bob", "from the old eve")
        if stopped:
            server.stop()
        successor_of_eve(data, how)
        if stopped:
            server.start()
        for restarted in (False, True):
            if restarted:
                server.stop()
                server.start()
            with Client(server.address) as bob, Client(server.address) as eve:
                bob.sign_in("bob")
                while answer_to(server.address, "eve", "battery staple") != "903":
                    time.sleep(0.05)  # what is not written by our programs is believed after a moment
                eve.sign_in("eve", "battery staple")
                assert "the old eve" not in "".join(eve.history("bob"))
                assert "the old eve" not in "".join(bob.history("eve"))
                assert [text_of(line) for line in bob.history("eve~1")] == ["for the old eve", "from the old eve"]
                bob.say("eve", "for the new eve")
                assert text_of(bob.history("eve")[-1]) == "for the new eve"
        with Client(server.address) as mallory:
            mallory.send("CAP REQ standard-replies", "NICK mallory", "REGISTER eve * correct-horse")
            mallory.wait_for(" FAIL REGISTER ACCOUNT_EXISTS eve ")
        chat("deluser", "eve", "--yes", data=data)
        with Client(server.address) as mallory:
            mallory.send("CAP REQ standard-replies", "NICK mallory", "ACCOUNT eve", "REGISTER eve * correct-horse")
            mallory.wait_for(" FAIL ACCOUNT BAD_ACCOUNT_NAME eve :eve was the name of an account that was removed")
            mallory.wait_for(" FAIL REGISTER BAD_ACCOUNT_NAME eve :eve was the name of an account that was removed")


def test_a_password_file_with_a_mistake_changes_nothing(tmp_path: Path) -> None:
    """What cannot be read is complained of, once, and nobody is thrown out."""
    data = tmp_path / "data"
    make_accounts(data, ["alice"])
    complaint = "passwords, line 2: .* Until that is mended, the accounts stay as they were"
    with Server(data, complaints=[complaint]) as server, Client(server.address) as alice:
        alice.sign_in("alice")
        with open(data / "passwords", "a") as file:
            file.write("bob: what is this\n")
        server.await_stderr(complaint)
        chat_users = run_chat("users", "--data", data)
        assert chat_users.returncode == 1
        alice.say("#lobby", "still here")
        (data / "passwords").write_text("".join((data / "passwords").read_text().splitlines(True)[:1]))
        with Client(server.address) as again:
            again.sign_in("alice")
        assert server.stderr().count("\n") == 1


def test_a_password_file_that_cannot_be_looked_at(tmp_path: Path) -> None:
    """Trouble with the file is complained of, once, and nothing else that is to be done regularly stops for it."""
    data = tmp_path / "data"
    make_accounts(data, ["alice"])
    complaint = "passwords: Too many levels of symbolic links"
    with Server(data, complaints=[complaint]) as server, Client(server.address) as alice:
        alice.sign_in("alice")
        (data / "passwords").rename(data / "kept")
        (data / "passwords").symlink_to("passwords")
        server.await_stderr(complaint)
        alice.say("#lobby", "still here")
        (data / "kept").rename(data / "passwords")
        chat("adduser", "bob", "--password-stdin", data=data, stdin="scaffold\n")
        alice.wait_for("(^|[ ]):bob![^ ]* JOIN #lobby$")
        assert server.stderr().count("\n") == 1


def test_a_new_certificate(tmp_path: Path) -> None:
    """ "SIGHUP: read certificate ... again": new connections are shown the new key, those there go on; a bad file keeps
    the old one.
    """
    data = tmp_path / "data"
    make_accounts(data, ["alice"])
    old, new, bad = (make_pair(tmp_path, name) for name in ("old", "new", "bad"))
    mended = f"certificate and password file read again; public key {new.fingerprint}"
    complaint = "is not a key in PEM .* The old certificate stays in use"
    options = ("--cert", old.cert, "--key", old.key, "--log-level", "info")
    with (
        Server(data, *options, complaints=[" info: ", complaint]) as server,
        Client(server.address, tls=True) as alice,
    ):
        alice.sign_in("alice")
        assert key_shown(server.address) == old.fingerprint
        old.cert.write_bytes(new.cert.read_bytes())
        old.key.write_bytes(new.key.read_bytes())
        server.tell(signal.SIGHUP)
        server.await_stderr(re.escape(mended))
        assert key_shown(server.address) == new.fingerprint
        old.key.write_bytes(bad.key.read_bytes()[:50])
        server.tell(signal.SIGHUP)
        server.await_stderr(complaint)
        assert key_shown(server.address) == new.fingerprint
        alice.say("#lobby", "nobody has disturbed me")


def test_many_signals(tmp_path: Path) -> None:
    """Many SIGHUPs in a row do no harm."""
    data = tmp_path / "data"
    make_accounts(data, ["alice"])
    with Server(data) as server, Client(server.address) as alice:
        alice.sign_in("alice")
        for _ in range(50):
            server.tell(signal.SIGHUP)
            alice.sync()
        alice.say("#lobby", "still here")
