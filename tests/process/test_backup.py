"""``chat backup`` of a server that is busy, and ``chat restore``, by real processes."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.here import run_here
from tests.support.irc import Client, msgid_of, text_of
from tests.support.server import PATIENCE_S, Address, Server, environment, make_accounts, run_chat

pytestmark = pytest.mark.once

TALKERS = ["alice", "bob", "carol"]


class Talk:
    """Three people who talk without a pause; ``stored`` counts what each was told is stored."""

    def __init__(self, address: Address) -> None:
        self.stored = dict.fromkeys(TALKERS, 0)
        self._stop = threading.Event()
        self._failed: list[BaseException] = []
        self._threads = [threading.Thread(target=self._talk, args=(address, name)) for name in TALKERS]

    def _talk(self, address: Address, name: str) -> None:
        try:
            with Client(address) as client:
                client.sign_in(name)
                while not self._stop.is_set():
                    client.say("#lobby", f"{name} {self.stored[name]}")
                    self.stored[name] += 1
        except BaseException as error:
            self._failed.append(error)

    def await_more(self, count: int) -> None:
        """Wait until each has stored ``count`` more messages."""
        wanted = {name: stored + count for name, stored in self.stored.items()}
        deadline_s = time.monotonic() + PATIENCE_S
        while any(self.stored[name] < wanted[name] for name in TALKERS):
            assert not self._failed, self._failed
            assert time.monotonic() < deadline_s
            time.sleep(0.005)

    def __enter__(self) -> Talk:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        assert not self._failed, self._failed


def chat(*args: str | Path) -> str:
    """Run ``chat``, which must succeed and complain of nothing; return what it said."""
    done = run_here(*args)
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


def refusal(*args: str | Path) -> str:
    """Run ``chat``, which must refuse in one line; return that."""
    done = (run_chat if args[0] == "serve" else run_here)(*args)
    assert (done.returncode, done.stdout) == (1, ""), done
    assert done.stderr.startswith("chat: ")
    assert done.stderr.count("\n") == 1
    return done.stderr


def numbers(client: Client, name: str) -> list[int]:
    """Return which of a talker's messages the history has."""
    lines = page = client.history("#lobby")
    while page:
        page = client.history("#lobby", before=msgid_of(lines[0]))
        lines = page + lines
    texts = [text_of(line) for line in lines]
    return [int(text.split()[1]) for text in texts if text.startswith(f"{name} ")]


def test_a_busy_server(tmp_path: Path) -> None:
    """A backup of a server at work has all that it had told was stored, of one moment; and the server goes on.

    Who could sign in before can do so after a restore, at a server with the same key; later accounts are not there.
    """
    data, file = tmp_path / "data", tmp_path / "chat.backup"
    make_accounts(data, TALKERS)
    with Server(data, "--no-rate-limits") as server:
        with Talk(server.address) as talk:
            talk.await_more(20)
            before = dict(talk.stored)
            backup = run_chat("backup", file, "--data", data)
            after = dict(talk.stored)
            talk.await_more(5)
        assert run_here("adduser", "dave", "--password-stdin", "--data", data, stdin="correct-horse\n").returncode == 0
        chat("sign-up", "closed", "--data", data)
        fingerprint = server.greeting[-4]
    assert (backup.returncode, backup.stderr) == (0, "")
    said = backup.stdout
    assert said.startswith(f"{file} is a backup of {data}: log position ")
    assert ", 3 accounts, " in said
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["chat.backup", "data"]

    new = tmp_path / "new"
    restored = run_chat("restore", file, "--data", new)
    assert restored.returncode == 0
    assert f"chat serve PORT --data {new}" in restored.stdout
    with Server(new) as server, Client(server.address) as client:
        client.sign_in("carol")
        for name in TALKERS:
            found = numbers(client, name)
            assert found == list(range(len(found)))
            assert before[name] <= len(found) <= after[name] + 1  # one may be stored and not told yet
        assert server.greeting[-4] == fingerprint
        assert "dave" not in chat("users", "--data", new)
        assert chat("sign-up", "--data", new) == "Sign-up is open.\n"


def test_back_to_how_it_was(tmp_path: Path) -> None:
    """In the folder it came from, a backup is restored when no server runs and it is asked for; nothing is deleted."""
    data, file = tmp_path / "data", tmp_path / "chat.backup"
    make_accounts(data, ["alice"])
    with Server(data) as server:
        with Client(server.address) as alice:
            alice.sign_in("alice")
            alice.say("#lobby", "before")
            chat("backup", file, "--data", data)
            alice.say("#lobby", "after")
        assert "A server is running on" in refusal("restore", file, "--data", data, "--replace")
        server.kill()
        assert "has data of a server" in refusal("restore", file, "--data", data)
        said = chat("restore", file, "--data", data, "--replace")
        (old,) = data.glob("before-restore-*")
        assert str(old) in said
        assert {"chat.db", "chat.db-wal", "passwords", "key.pem"} <= {path.name for path in old.iterdir()}
        server.start()
        with Client(server.address) as alice:
            alice.sign_in("alice")
            assert [text_of(line) for line in alice.history("#lobby")] == ["before"]
            alice.say("#lobby", "again")
    old.rename(tmp_path / "old")  # the files that were replaced are a data folder themselves
    with Server(tmp_path / "old") as server, Client(server.address) as alice:
        alice.sign_in("alice")
        assert [text_of(line) for line in alice.history("#lobby")] == ["before", "after"]


def test_a_stopped_server(tmp_path: Path) -> None:
    """A backup needs no server; one that was killed has all of its messages in it."""
    data = tmp_path / "data"
    make_accounts(data, ["alice"])
    server = Server(data)
    with server, Client(server.address) as alice:
        alice.sign_in("alice")
        alice.say("#lobby", "last words")
        server.kill()
        chat("backup", tmp_path / "b", "--data", data)
    assert "is there already" in refusal("backup", tmp_path / "b", "--data", data)
    chat("backup", tmp_path / "b", "--data", data, "--overwrite")
    chat("restore", tmp_path / "b", "--data", tmp_path / "new")
    with Server(tmp_path / "new") as server, Client(server.address) as alice:
        alice.sign_in("alice")
        assert [text_of(line) for line in alice.history("#lobby")] == ["last words"]


def test_a_certificate_from_elsewhere(tmp_path: Path) -> None:
    """A certificate that was given with --cert is not in the data folder; it is said that it is not in the backup."""
    from tests.support.certificate import make_pair

    pair = make_pair(tmp_path, "one")
    with Server(tmp_path / "data", "--cert", pair.cert, "--key", pair.key):
        done = run_here("backup", tmp_path / "b", "--data", tmp_path / "data")
    assert done.returncode == 0
    assert done.stderr == "Note: no certificate is in it; keep what you give to chat serve --cert and --key too.\n"
    chat("restore", tmp_path / "b", "--data", tmp_path / "new")


def test_a_half_restored_folder(tmp_path: Path) -> None:
    """No server starts on a folder in which a restore ended halfway."""
    data = tmp_path / "data"
    with Server(data):
        chat("backup", tmp_path / "b", "--data", data)
    (data / "restore-unfinished").touch()
    assert "a chat restore was interrupted" in refusal("serve", "0", "--data", data)
    assert "a chat restore was interrupted" in refusal("backup", tmp_path / "c", "--data", data)
    chat("restore", tmp_path / "b", "--data", data, "--replace")
    with Server(data):
        pass


@contextlib.contextmanager
def interrupted(*args: str | Path, folder: Path, prefix: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``chat`` until it has made its folder for copies in ``folder``, and give the process, which is stopped.

    It is done in a moment, so it may have to be run several times.
    """
    command = [sys.executable, "-m", "chatapp", *map(str, args)]
    deadline_s = time.monotonic() + PATIENCE_S
    while True:
        process = subprocess.Popen(command, env=environment(), cwd="/", stderr=subprocess.DEVNULL)
        try:
            while not list(folder.glob(f"{prefix}*")) and process.poll() is None:
                assert time.monotonic() < deadline_s
            if process.poll() is None:
                process.send_signal(signal.SIGSTOP)
                os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
                if list(folder.glob(f"{prefix}*")):
                    yield process
                    return
        finally:
            process.kill()
            process.wait()
        for left in folder.iterdir():
            left.unlink()


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_backup_leaves_nothing(sign: signal.Signals, tmp_path: Path) -> None:
    """Ctrl-C and SIGTERM end it, and no copy of secrets stays behind."""
    data, out = tmp_path / "data", tmp_path / "out"
    out.mkdir()
    with Server(data):
        pass
    with interrupted("backup", out / "b", "--data", data, folder=out, prefix=".chat-backup-") as process:
        process.send_signal(sign)
        process.send_signal(signal.SIGCONT)
        assert process.wait(PATIENCE_S) == 128 + sign
    assert list(out.iterdir()) == []


@pytest.mark.parametrize("what_is_there", [None, b"something else"])
def test_a_write_ahead_log_that_was_removed(what_is_there: bytes | None, tmp_path: Path) -> None:
    """The backup says what happened and what to do; and that is right: the server saves what it still has."""
    data, said = tmp_path / "data", [f"message {number}" for number in range(5)]
    make_accounts(data, ["alice"])
    # Until the server has saved the log again, it stores nothing, such as what alice has received.
    with Server(data, complaints=["the file of the server's log was removed or exchanged"]) as server:
        with Client(server.address) as client:
            client.sign_in("alice")
            for text in said:
                client.say("#lobby", text)
        (data / "chat.db-wal").unlink()
        if what_is_there is not None:
            (data / "chat.db-wal").write_bytes(what_is_there)
        told = refusal("backup", tmp_path / "b.tar", "--data", data)
        assert f"its write-ahead log {data / 'chat.db-wal'} was removed or exchanged while a server runs" in told
        assert "Stop the server (not with kill -9): it then saves what it still has. Start it again" in told
    with Server(data) as server, Client(server.address) as client:
        client.sign_in("alice")
        assert [text_of(line) for line in client.history("#lobby") if " :alice!" in line] == said
