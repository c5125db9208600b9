"""One port for everything (DESIGN R8), and passwords over TLS or loopback only (DESIGN R7)."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatapp.server.folder.certificate import own_addresses
from tests.support.irc import CAPS, Client, plain
from tests.support.server import PASSWORD, Address, Server, make_accounts

pytestmark = pytest.mark.once

GET = b"GET /clients HTTP/1.1\r\nHost: localhost:5000\r\nConnection: close\r\n\r\n"


def has_v6() -> bool:
    """Tell whether this machine has the loopback address of v6."""
    try:
        with socket.socket(socket.AF_INET6) as sock:
            sock.bind(("::1", 0))
    except OSError:
        return False
    return True


def elsewhere(server: Server) -> list[Address]:
    """Tell where the server is reached by addresses that are not of the loopback, or skip the test."""
    found = [
        Address(own, address.port)
        for address in server.addresses
        for own in own_addresses()
        if address.host == ("::" if ":" in own else "0.0.0.0")
    ]
    if not found:
        pytest.skip("this machine has no address but loopback")
    return found


def test_all_addresses(tmp_path: Path) -> None:
    """ "--host (default all addresses, v4 and v6), --listen ADDR:PORT (more listeners, repeatable)"."""
    if not has_v6():
        pytest.skip("this machine has no v6")
    data = tmp_path / "data"
    make_accounts(data, ["alice"])
    more = ("--listen", "127.0.0.1:0", "--listen", "[::1]:0")
    with Server(data, *more, host=None) as server:
        four, six, third, fourth = server.addresses
        assert (four.host, six.host, third.host, fourth.host) == ("0.0.0.0", "::", "127.0.0.1", "::1")
        assert four.port == six.port
        assert len({address.port for address in server.addresses}) == 3
        for address in (Address("127.0.0.1", four.port), Address("::1", six.port), third, fourth):
            for tls in (False, True):
                with Client(address, tls=tls) as client:
                    client.sign_in("alice").say("#lobby", f"by {address}, {tls}")
        for address in elsewhere(server):
            with Client(address, tls=True) as client:
                client.sign_in("alice")
        joined = [line.split("connect ")[1] for line in server.greeting if "join from this machine" in line]
        assert [words.split(" --trust ")[0] for words in joined].count(f"localhost {four.port}") == 1


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server called Ours, without accounts."""
    with Server(tmp_path_factory.mktemp("ours") / "data", "--name", "Ours") as server:
        yield server


@pytest.mark.parametrize("tls", [False, True])
def test_a_browser_gets_a_page(tls: bool, server: Server) -> None:
    """ "An HTTP request gets ... a plain page that says what this is and how to join", also over TLS, and in pieces."""
    for pieces in ([GET], [GET[:1], GET[1:]], [GET[:3], GET[3:20], GET[20:]], [bytes([byte]) for byte in GET]):
        with Client(server.address, tls=tls) as browser:
            for piece in pieces:
                browser.sock.sendall(piece)
            page = browser.end()
        assert page[0] == "HTTP/1.1 200 OK"
        assert "Content-Type: text/html; charset=utf-8" in page
        assert "<h1>Ours</h1>" in page
        key = next(line.split()[-1] for line in server.greeting if "public key" in line)
        assert f"<pre>chat connect localhost 5000 --trust {key}</pre>" in page
        assert f"<pre>{key}</pre>" in page
    for request, status in (
        (b"HEAD / HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK"),
        (b"GET /admin HTTP/1.0\r\n\r\n", "HTTP/1.1 404 Not Found"),
        (b"POST / HTTP/1.0\r\nContent-Length: 8\r\n\r\nNICK x\r\n", "HTTP/1.1 405 Method Not Allowed"),
        (b"GET /" + b"x" * 20_000, "HTTP/1.1 431 Request Header Fields Too Large"),
    ):
        with Client(server.address, tls=tls) as browser:
            browser.sock.sendall(request)
            answer = browser.end()
        assert answer[0] == status
        assert "Connection: close" in answer


def refused_in_words(address: Address, *lines: str) -> None:
    """Without TLS a client is told to use it, whatever it says, and nothing else."""
    with Client(address) as client:
        client.send(*lines)
        words = "This server is reached with TLS only."
        assert client.end() == [f"ERROR :{words} Connect to the same port again, with TLS switched on."]


def test_plain_text_from_elsewhere(tmp_path: Path) -> None:
    """ "On an address where plaintext is not allowed the client is told ERROR :... TLS ... (and CAP LS offers sts),
    before any password could be sent"; from loopback it may be spoken. A browser is sent to the same page with TLS.
    """
    data = tmp_path / "data"
    make_accounts(data, ["alice"])
    with Server(data, host=None) as server:
        for address in elsewhere(server):
            with Client(address) as client:
                client.send("CAP LS 302", "NICK alice", "PASS alice:correct-horse", "USER a 0 * :a")
                answer = client.end()
            assert len(answer) == 2
            assert answer[0].endswith(f" CAP * LS :sts=port={address.port}")
            assert answer[1].startswith("ERROR :This server is reached with TLS only.")
            refused_in_words(address, "CAP LS")  # sts has a value, which only version 302 can carry
            refused_in_words(address, "PASS alice:correct-horse", "NICK alice", "USER a 0 * :a")
            refused_in_words(address, "AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('alice', 'correct-horse')}")
            refused_in_words(address, "REGISTER mallory * secret")
            refused_in_words(address, "x" * 10_000)
            with Client(address) as browser:
                browser.sock.sendall(GET)
                answer = browser.end()
                assert answer[0] == "HTTP/1.1 308 Permanent Redirect"
                assert "Location: https://localhost:5000/clients" in answer
            with Client(address, tls=True) as client:
                client.sign_in("alice")
        for host in ("127.0.0.1", "127.8.8.8", *(["::1"] if has_v6() else [])):
            with Client(Address(host, server.address.port)) as client:
                client.sign_in("alice")
    assert "mallory" not in (data / "passwords").read_text()


def test_plain_text_from_everywhere(tmp_path: Path) -> None:
    """ "--plaintext any"."""
    data = tmp_path / "data"
    make_accounts(data, ["alice"])
    with Server(data, "--plaintext", "any", host=None) as server:
        for address in elsewhere(server):
            with Client(address) as client:
                client.sign_in("alice")


def test_plain_text_from_nowhere(tmp_path: Path) -> None:
    """ "--plaintext never"."""
    data = tmp_path / "data"
    make_accounts(data, ["alice"])
    with Server(data, "--plaintext", "never") as server:
        refused_in_words(server.address, "NICK alice")
        with Client(server.address, tls=True) as client:
            client.sign_in("alice")


def test_only_tls_that_is_safe(server: Server) -> None:
    """TLS 1.2 and 1.3 are spoken, and nothing older."""
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.minimum_version = context.maximum_version = version
        with Client(server.address, tls=context) as client:
            client.ask("PING x", " PONG ")
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError):
        Client(server.address, tls=context)


def test_one_that_says_it_all_at_once(tmp_path: Path) -> None:
    """What came before the end of a connection is done and answered first, as for ``printf ... | nc -N``."""
    data = tmp_path / "data"
    make_accounts(data, ["alice", "bob"])
    signs_in = ["CAP REQ :sasl echo-message", "AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('alice', PASSWORD)}"]
    welcome = ["NICK alice", "USER a 0 * :a", "CAP END"]
    said = ["JOIN #here", "PRIVMSG #here :first", "TOPIC #here :a topic", "PRIVMSG bob :second", "LIST"]
    with Server(data) as server:
        with Client(server.address) as alice:
            alice.send(*signs_in, *welcome, *said)
            alice.sock.shutdown(socket.SHUT_WR)
            heard = [line.split(" ", 1)[1] for line in alice.end()]
        assert heard[heard.index("JOIN #here") + 3 :] == [  # after the names
            "PRIVMSG #here :first",
            "TOPIC #here :a topic",
            "PRIVMSG bob :second",
            "301 alice bob :not connected; will get it later",
            "321 alice Channel :Users  Topic",
            "322 alice #lobby 2 :",
            "322 alice #here 1 :a topic",
            "323 alice :End of LIST.",
        ]
        with Client(server.address) as bob:
            bob.sign_in("bob", caps="")
            assert any(line.endswith(" PRIVMSG bob :second") for line in bob.heard)


@pytest.mark.parametrize("last", [[], ["QUIT"]])
def test_one_that_reads_nothing(tmp_path: Path, last: list[str]) -> None:
    """What it was sent after its last word it has not read, though its system took it; so it is told again."""
    data = tmp_path / "data"
    make_accounts(data, ["alice", "bob"])
    with Server(data) as server, Client(server.address) as bob:
        bob.sign_in("bob", caps=f"{CAPS} away-notify").say("alice", "not read yet")
        with Client(server.address) as alice:
            alice.send(f"PASS alice:{PASSWORD}", "NICK alice", "USER a 0 * :a", *last)
            alice.sock.shutdown(socket.SHUT_WR)
            bob.wait_for("^(@.* )?:alice!.* AWAY$")
            bob.wait_for("^(@.* )?:alice!.* AWAY :")
        with Client(server.address) as alice:
            alice.sign_in("alice", caps="")
            assert sum(line.endswith(" PRIVMSG alice :not read yet") for line in alice.heard) == 1
