"""How a server stops: whatever its clients are at, within five seconds, and everyone is told."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.irc import Client, plain, text_of
from tests.support.server import PATIENCE_S, Address, Server, environment, make_accounts

ERROR = "ERROR :The server is stopping. Your client reconnects when it is back."
STOPS_S = PATIENCE_S  # five seconds, where nothing else takes the processor


def stop(server: Server, sign: signal.Signals = signal.SIGTERM) -> None:
    """Stop the server, which must end with exit code 0 in the time that it is given."""
    server.tell(sign)
    assert server.process.wait(STOPS_S) == 0, server.stderr()
    server.wait()


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_clients_are_told(sign: signal.Signals, tmp_path: Path) -> None:
    """ "SIGTERM and Ctrl-C: stop accepting ..., tell the clients, exit 0 within 5 s"; also those who have not signed
    in, and those over TLS.
    """
    data = tmp_path / "data"
    make_accounts(data, ["alice", "bob"])
    with (
        Server(data) as server,
        Client(server.address) as alice,
        Client(server.address, tls=True) as bob,
        Client(server.address) as newcomer,
        Client(server.address) as browser,
        Client(server.address),  # and one that says nothing
        Client(server.address) as greeter,
    ):
        alice.sign_in("alice")
        bob.sign_in("bob")
        newcomer.ask("CAP LS 302", " CAP ")
        browser.sock.sendall(b"GET / HTTP/1.1\r\nHost:")  # and no more
        greeter.sock.sendall(b"\x16\x03\x01\x02\x00\x01")  # half a ClientHello
        greeter.sock.shutdown(socket.SHUT_WR)
        alice.sync()
        server.tell(sign)
        for client in (alice, bob, newcomer):
            assert client.end()[-1] == ERROR
            client.close()
        assert browser.end() == greeter.end() == []
        assert server.process.wait(STOPS_S) == 0, server.stderr()
        assert server.wait() == 0
        with pytest.raises(ConnectionRefusedError):
            Client(server.address)


def test_clients_that_do_not_help(tmp_path: Path) -> None:
    """The server ends in time with a client that does not read, one that is in the midst of its TLS handshake, one that
    does not answer the end of TLS, a password that is being hashed for a second, and messages on their way to disk.
    """
    data = tmp_path / "data"
    make_accounts(data, ["alice", "bob", "deaf"])
    with (
        Server(data, "--no-rate-limits", bcrypt_cost=14) as server,
        Client(server.address) as alice,
        Client(server.address, tls=True) as bob,
        Client(server.address, small=True) as deaf,
        Client(server.address) as greeter,
        Client(server.address) as stranger,
    ):
        alice.sign_in("alice")
        bob.sign_in("bob")
        deaf.sign_in("deaf")
        greeter.sock.sendall(b"\x16\x03\x01\x02\x00\x01")
        stranger.send("NICK x", "USER x 0 * :x", "AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('x', 'x')}")
        stranger.wait_for("^AUTHENTICATE")
        for number in range(1000):
            alice.send(f"PRIVMSG #lobby :{number} {'x' * 400}")
        stop(server)


def test_passwords_that_wait_to_be_hashed(tmp_path: Path) -> None:
    """They are given up, and nobody needs to know."""
    with Server(tmp_path / "data", bcrypt_cost=14) as server, contextlib.ExitStack() as strangers:
        for name in ("x", "y", "z"):
            stranger = strangers.enter_context(Client(server.address))
            stranger.send("PING x", f"PASS {name}:x", f"NICK {name}", "USER x 0 * :x")
            stranger.wait_for(" PONG ")
        stop(server)


def test_another_program_holds_the_log(tmp_path: Path) -> None:
    """What could not be stored is refused in words before the end, which is in time all the same."""
    data = tmp_path / "data"
    make_accounts(data, ["alice"])
    with (
        Server(data, complaints=["Not stored: ", "The index of the history could not be written"]) as server,
        Client(server.address) as alice,
        closing(sqlite3.connect(data / "chat.db")) as other,
    ):
        alice.sign_in("alice").say("#lobby", "before")
        other.execute("begin immediate")
        alice.send("PRIVMSG #lobby :held up")
        stop(server)
        refusal, *pings, last = alice.end()
        assert all(line.startswith("PING :") for line in pings)  # to know what has arrived
        assert " FAIL PRIVMSG MESSAGE_NOT_STORED #lobby :Not stored: " in refusal
        assert last == ERROR


def test_what_is_acknowledged_is_there(tmp_path: Path) -> None:
    """ "Commit what is pending": what was echoed before the end is there afterwards, and nothing that was refused."""
    data = tmp_path / "data"
    make_accounts(data, ["alice", "bob"])
    with Server(data, "--no-rate-limits") as server:
        with Client(server.address) as alice, Client(server.address) as bob:
            alice.sign_in("alice")
            bob.sign_in("bob")
            with contextlib.suppress(ConnectionError):
                for sent in range(0, 900, 30):  # one page of history
                    alice.send(*[f"@label={number} PRIVMSG #lobby :{number}" for number in range(sent, sent + 30)])
                    if sent == 300:
                        server.tell(signal.SIGTERM)
            heard, overheard = alice.end(), bob.end()
        assert server.process.wait(PATIENCE_S) == 0
        server.wait()
        assert heard[-1] == overheard[-1] == ERROR
        echoed = [text_of(line) for line in heard if " PRIVMSG #lobby :" in line and " FAIL " not in line]
        assert [text_of(line) for line in overheard if " PRIVMSG #lobby :" in line] == echoed
        assert echoed
        refused = [line for line in heard if " FAIL " in line]
        assert all(
            line.endswith(" FAIL PRIVMSG SERVER_STOPPING #lobby :Not stored: the server is stopping.")
            for line in refused
        )
        server.start()
        with Client(server.address) as alice:
            alice.sign_in("alice")
            assert [text_of(line) for line in alice.history("#lobby")] == echoed


def test_a_connection_that_breaks_at_the_worst_moment(tmp_path: Path) -> None:
    """However connections come and go while the server stops, it stops well."""
    data = tmp_path / "data"
    make_accounts(data, ["alice"])
    with Server(data) as server:
        began = time.monotonic()
        server.tell(signal.SIGTERM)
        while server.process.poll() is None:
            assert time.monotonic() < began + STOPS_S
            with contextlib.suppress(ConnectionError, AssertionError), Client(server.address) as client:
                client.send("NICK alice", "USER a 0 * :a", "CAP LS 302")
        assert server.wait() == 0


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)])
def test_without_standard_streams(tmp_path: Path, closed: tuple[int, ...]) -> None:
    """What is begun with ``<&-`` or ``>&-`` ends as well as any other; the numbers are nobody else's."""
    data, port = tmp_path / "data", free_port()
    make_accounts(data, ["alice"])
    process = subprocess.Popen(
        [sys.executable, "-m", "chatapp", "serve", str(port), "--host", "127.0.0.1", "--data", str(data)],
        env=environment(),
        preexec_fn=lambda: [os.close(number) for number in closed] and None,
    )
    try:
        until_listening(port)
        with Client(Address("127.0.0.1", port)) as alice:
            alice.sign_in("alice")
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE_S) == 0
    finally:
        process.kill()
        process.wait()


def free_port() -> int:
    """Find a port that nobody listens on."""
    with closing(socket.create_server(("127.0.0.1", 0))) as sock:
        return int(sock.getsockname()[1])


def until_listening(port: int) -> None:
    """Wait until a connection is accepted."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        with contextlib.suppress(ConnectionRefusedError), closing(socket.create_connection(("127.0.0.1", port))):
            return
        time.sleep(0.01)
    raise AssertionError("nobody listens")


def test_a_log_that_is_a_link(tmp_path: Path) -> None:
    """A log on another disk, behind a link: the server stores there, stops as always, and finds it again."""
    data, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    elsewhere.mkdir()
    make_accounts(data, ["alice"])
    (data / "chat.db").symlink_to(elsewhere / "chat.db")
    with Server(data) as server:
        with Client(server.address) as alice:
            alice.sign_in("alice")
            alice.say("#lobby", "one")
        stop(server)
        assert (data / "chat.db").is_symlink()
        server.start()
        with Client(server.address) as alice:
            alice.sign_in("alice")
            assert alice.ask("CHATHISTORY LATEST #lobby * 5", " PRIVMSG #lobby :").endswith(":one")


def test_a_write_ahead_log_that_is_emptied_while_the_server_runs(tmp_path: Path) -> None:
    """What was echoed survives: the server notices within a second, stores all of it again, says so, and goes on."""
    data, said = tmp_path / "data", []
    make_accounts(data, ["alice"])
    warning = "Another program emptied or cut .*/chat.db-wal while the server runs. Nothing is lost"
    with Server(data, complaints=(warning,)) as server:
        with Client(server.address) as alice:
            alice.sign_in("alice")
            while "Nothing is lost" not in server.stderr():
                if len(said) == 3:
                    os.truncate(data / "chat.db-wal", 0)
                alice.say("#lobby", f"message {len(said)}")
                said.append(f"message {len(said)}")
            alice.say("#lobby", "the last")
        server.kill()
        server.start()
        with Client(server.address) as alice:
            alice.sign_in("alice")
            assert [text_of(line) for line in alice.history("#lobby") if " :alice!" in line] == [*said, "the last"]


@pytest.mark.parametrize(
    "harm",
    [
        lambda data: (data / "chat.db").rename(data / "moved.db"),
        lambda data: (data / "chat.db").write_bytes(b""),
        lambda data: (data / "chat.db-wal").unlink(),
    ],
)
def test_a_log_that_is_removed_while_the_server_runs(harm: Callable[[Path], object], tmp_path: Path) -> None:
    """What would be stored in a file that is gone at the next start is refused in words; the server stops as always."""
    data = tmp_path / "data"
    make_accounts(data, ["alice"])
    with Server(data, complaints=("Not stored: the file",)) as server, Client(server.address) as alice:
        alice.sign_in("alice")
        alice.say("#lobby", "one")
        harm(data)
        answer = ""
        while " FAIL " not in answer:  # that the write-ahead log is gone is noticed within a second
            answer = alice.ask("PRIVMSG #lobby :two", " FAIL | PRIVMSG ")
        refusal = answer
        assert "Not stored: the file of the server's log was removed or exchanged." in refusal
        stop(server)
