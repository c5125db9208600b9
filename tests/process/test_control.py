"""The control socket by real processes: status, sign-up, users; and whatever else somebody sends to it."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path

import pytest

from chatapp.server.control import listener, place
from chatapp.server.control.asking import ask
from tests.support.here import run_here
from tests.support.irc import Client
from tests.support.server import PATIENCE_S, Server, make_accounts, run_chat

pytestmark = pytest.mark.once

MISTAKES = {
    "nothing": b"\n",
    "no JSON": b"status\n",
    "no object": b"[1]\n",
    "no request": b"{}\n",
    "an unknown request": b'{"request": "reboot"}\n',
    "a request of another type": b'{"request": ["status"]}\n',
    "no UTF-8": b'{"request": "\xff"}\n',
}


def request(data: Path, sent: bytes) -> bytes:
    """Send bytes to the socket; return all that comes until it is closed."""
    with place.connect(data, PATIENCE_S) as sock:
        try:
            sock.sendall(sent)
            answer = b""
            while more := sock.recv(65536):
                answer += more
        except ConnectionError:  # closed with bytes unread
            answer = b""
        return answer


def test_status(tmp_path: Path) -> None:
    """It tells who is here and since when, sessions, messages per minute, log position, disk and uptime."""
    data = tmp_path / "data"
    make_accounts(data, ["alice", "bob"])
    with (
        Server(data, "--guests") as server,
        Client(server.address) as one,
        Client(server.address, tls=True) as two,
        Client(server.address) as stranger,
    ):
        one.sign_in("alice")
        two.sign_in("alice")
        one.say("#lobby", "hello")
        stranger.ask("PING x", " PONG ")
        told = json.loads(run_here("status", "--json", "--data", data).stdout)
        (alice,) = told["here"]
        assert (alice["name"], alice["guest"]) == ("alice", False)
        assert [(each["address"], each["tls"]) for each in alice["sessions"]] == [
            ("127.0.0.1", False),
            ("127.0.0.1", True),
        ]
        assert alice["since"] == alice["sessions"][0]["since"] >= told["started"]
        assert (told["accounts"], told["connections"], told["signing_in"]) == (2, 3, 1)
        assert told["messages_last_minute"] == 1
        assert told["pid"] == server.process.pid
        assert told["addresses"] == [f"127.0.0.1:{server.address.port}"]
        assert told["log_position"] >= 3
        assert min(told["log_bytes"], told["disk_free_bytes"]) > 0
        text = run_chat("status", "--data", data).stdout
        assert re.search(r"^  here: +1 of 2 accounts, 0 guests$", text, re.MULTILINE)
        assert re.search(r"^  connections: +3, 1 of them signing in$", text, re.MULTILINE)
        assert re.search(r"^  messages: +1 in the last minute$", text, re.MULTILINE)
        assert re.search(r"^  alice  since .* UTC  2 connections from 127\.0\.0\.1$", text, re.MULTILINE)


@pytest.mark.parametrize("command", ["status", "sign-up"])
def test_no_server(tmp_path: Path, command: str) -> None:
    """Where none runs, or none that can be reached any more, that is said, with what to do."""
    data = tmp_path / "data"
    for _ in range(2):
        done = run_here(command, "--data", data)
        expected = f"chat: No server is running on {data}. Start it with: chat serve PORT --data {data}\n"
        assert (done.returncode, done.stdout, done.stderr) == (1, "", expected)
        with Server(data) as server:
            server.kill()  # which leaves the socket behind


def test_a_socket_left_behind_is_replaced_and_removed(tmp_path: Path) -> None:
    """After ``kill -9`` the next server answers; after a stop there is no socket. Only the owner can connect."""
    data = tmp_path / "data"
    with Server(data) as server:
        server.kill()
        assert stat.S_ISSOCK((data / place.NAME).lstat().st_mode)
        server.start()
        assert stat.S_IMODE((data / place.NAME).lstat().st_mode) == 0o600
        assert ask(data, "status")["pid"] == server.process.pid
    assert not (data / place.NAME).exists()


def test_a_socket_that_somebody_removes_is_made_again(tmp_path: Path) -> None:
    """Commands find the running server again; what somebody has put in the place of the socket is left alone."""
    data, mine = tmp_path / "data", tmp_path / "mine"
    told = "Another program removed .*control. It is there again."
    mine.write_text("mine")
    with Server(data, complaints=[told]) as server:
        (data / place.NAME).unlink()
        server.await_stderr(told)
        assert stat.S_IMODE((data / place.NAME).lstat().st_mode) == 0o600
        assert ask(data, "status")["pid"] == server.process.pid
        (data / place.NAME).unlink()
        server.await_stderr(f"(?s){told}.*{told}")
        assert ask(data, "status")["pid"] == server.process.pid
        mine.replace(data / place.NAME)
    assert (data / place.NAME).read_text() == "mine"


def test_a_file_with_the_name_of_the_socket_is_left_alone(tmp_path: Path) -> None:
    """The server does not start over it, and says what to do."""
    data = tmp_path / "data"
    data.mkdir()
    (data / place.NAME).write_text("mine")
    done = run_chat("serve", "0", "--data", data)
    assert done.returncode == 1
    assert f"{data / place.NAME} is not a socket" in done.stderr
    assert (data / place.NAME).read_text() == "mine"


def test_a_path_longer_than_a_socket_may_have(tmp_path: Path) -> None:
    """ "sun_path" has 108 bytes; a data folder may lie deeper."""
    data = tmp_path.joinpath(*["a" * 60] * 4) / "data"
    with Server(data) as server:
        assert ask(data, "status")["pid"] == server.process.pid
    assert not (data / place.NAME).exists()


def test_a_path_longer_than_a_socket_may_have_without_proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Elsewhere than on Linux the folder is entered for a moment; the current folder is the same afterwards."""
    data = tmp_path.joinpath(*["a" * 60] * 4) / "data"
    data.mkdir(parents=True)
    monkeypatch.setattr(Path, "exists", lambda self: False)
    monkeypatch.chdir(tmp_path)
    with place.bind(data), place.connect(data, PATIENCE_S):
        assert stat.S_ISSOCK((data / place.NAME).lstat().st_mode)
    assert Path.cwd() == tmp_path


def test_mistakes_are_answered(tmp_path: Path) -> None:
    """Whatever is sent is answered in words or closed; nothing of it is complained of, and the next one is answered."""
    data = tmp_path / "data"
    with Server(data) as server:
        for sent in MISTAKES.values():
            answer = json.loads(request(data, sent))
            assert answer["error"].startswith("The server does not know this request. It knows: status, sign-up")
        assert request(data, b"x" * (2 * listener.REQUEST_BYTES_MAX)) == b""
        error = json.loads(request(data, b'{"request": "sign-up", "policy": "ajar"}\n'))["error"]
        assert error == "The sign-up policy is open, invite or closed."
        assert ask(data, "status")["pid"] == server.process.pid


def test_only_some_connections_at_once(tmp_path: Path) -> None:
    """Those that say nothing keep the others out for some seconds at most, and never the server from stopping."""
    data = tmp_path / "data"
    with Server(data) as server:
        silent = [place.connect(data, PATIENCE_S) for _ in range(listener.CONNECTIONS_MAX)]
        refused = json.loads(request(data, b'{"request": "status"}\n'))
        assert refused == {"error": "Too many requests at once. Try again."}
        silent.pop().close()
        while "error" in (answer := json.loads(request(data, b'{"request": "status"}\n'))):
            assert answer == refused
        assert server.stop() == 0
        for sock in silent:
            assert sock.recv(1) == b""
            sock.close()


def test_sign_up_while_the_server_runs(tmp_path: Path) -> None:
    """``chat sign-up closed`` counts at once, for clients that are here too, and after the next start; an option of
    ``chat serve`` wins over it.
    """
    data = tmp_path / "data"
    make_accounts(data, ["alice"])
    with Server(data, "--log-level", "info", complaints=[" info: "]) as server:
        with Client(server.address) as early, Client(server.address) as alice:
            early.send("CAP LS 302", "CAP REQ standard-replies", "NICK eve")
            assert "draft/account-registration=" in "\n".join(early.until(" LS :"))
            alice.sign_in("alice", caps="cap-notify")
            assert run_chat("sign-up", "closed", "--data", data).stdout == "Sign-up is closed.\n"
            assert alice.until(" CAP ")[-1].endswith(" CAP alice DEL :draft/account-registration")
            early.send("REGISTER eve * correct-horse")
            assert " REGISTER DISALLOWED " in early.until(" FAIL ")[-1]
        server.await_stderr("sign-up is closed now")
        assert server.stop() == 0
        server.start()
        assert run_here("sign-up", "--data", data).stdout == "Sign-up is closed.\n"
        with Client(server.address) as alice:
            alice.sign_in("alice", caps="cap-notify")
            run_here("sign-up", "open", "--data", data)
            assert " CAP alice NEW :draft/account-registration" in alice.until(" CAP ")[-1]
            with Client(server.address) as eve:
                eve.send("CAP LS 302", "NICK eve", "REGISTER eve * correct-horse")
                eve.until(" is made, and you are signed in")
    with Server(data, "--sign-up", "closed"):
        assert run_here("sign-up", "--data", data).stdout == "Sign-up is closed.\n"
        done = run_here("sign-up", "open", "--data", data)
        assert done.stdout == "Sign-up is open.\n"
        assert "chat serve was started with --sign-up closed, which wins again at the next start" in done.stderr


def test_a_setting_that_cannot_be_kept(tmp_path: Path) -> None:
    """Then nothing changes, and that is said; a file that cannot be read stops the start, in words."""
    data = tmp_path / "data"
    with Server(data):
        (data / "settings.json.new").mkdir()
        done = run_here("sign-up", "closed", "--data", data)
        assert done.returncode == 1
        assert "cannot be written" in done.stderr
        assert "so nothing was changed" in done.stderr
        assert run_here("sign-up", "--data", data).stdout == "Sign-up is open.\n"
    (data / "settings.json").write_text('{"sign_up": "ajar"}')
    done = run_chat("serve", "0", "--data", data)
    assert done.returncode == 1
    assert f"{data / 'settings.json'} cannot be read. Delete it" in done.stderr


def test_when_accounts_were_seen(tmp_path: Path) -> None:
    """``chat users`` tells who is here, and when the others were, with a server or without; not of a predecessor."""
    data = tmp_path / "data"
    make_accounts(data, ["alice", "bob", "carol"])

    def seen() -> list[str]:
        return [line.split("\t")[2] for line in run_here("users", "--data", data).stdout.splitlines()]

    with Server(data) as server, Client(server.address) as alice, Client(server.address) as bob:
        alice.sign_in("alice")
        bob.sign_in("bob")
        assert seen() == ["here", "here", "never"]
        bob.send("QUIT :see you tomorrow")
        bob.end()
        last = seen()
        assert (last[0], last[2]) == ("here", "never")
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", last[1])
    assert seen()[1:] == last[1:]
    assert seen()[0] >= last[1]
    (data / "last-seen.json").write_text("{")
    assert seen() == ["never", "never", "never"]
    with Server(data):
        assert seen() == ["never", "never", "never"]
