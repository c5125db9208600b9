"""A full disk makes the server read-only, not broken (DESIGN R9); nothing acknowledged is lost (R4)."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.here import run_here
from tests.support.irc import Client, text_of
from tests.support.server import Server, make_accounts, run_chat

pytestmark = pytest.mark.once

UNLIMITED = resource.RLIM_INFINITY
FILLER = "x" * 300
INDEX_BYTES = 32 * 1024  # what SQLite needs to open a log, without writing to it
WRITES_BYTES = 4096  # a file of this size is too small for any write to the log
NOT_STORED = "Not stored: "  # the server's complaint, on its stderr
NO_INDEX = "The search index .* cannot be used \\((database or disk is full|disk I/O error)\\); it is tried again."
LATER = "The accounts are not yet those of the password file. Not stored: "


class Disk:
    """A small disk of its own, which can be filled up."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self._ballast = folder / "ballast"

    def fill(self, but_for: int = 0) -> None:
        """Leave no room, or so many bytes."""
        with open(self._ballast, "ab", buffering=0) as ballast, contextlib.suppress(OSError):
            while True:
                ballast.write(bytes(4096))
        if but_for:
            os.truncate(self._ballast, self._ballast.stat().st_size - but_for)

    def make_room(self) -> None:
        """Leave room again."""
        self._ballast.unlink()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """Mount a disk of 4 MB, where that is allowed."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if mount is None or umount is None or os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    if subprocess.run([mount, "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        yield Disk(folder)
    finally:
        subprocess.run([umount, "-l", folder], check=True)


def limit_file_size(server: Server, size: int) -> None:
    """Let no file of the server grow beyond a size; what works for those who may not mount anything."""
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size, UNLIMITED))


def talk_until_refused(client: Client, said: list[str]) -> str:
    """Say things in the lobby, noting what is echoed, until one is refused; return the refusal."""
    while True:
        text = f"{len(said)} {FILLER}"
        client.send(f"PRIVMSG #lobby :{text}")
        answer = client.wait_for(" PRIVMSG ")
        if " FAIL " in answer:
            return answer
        said.append(text)


def told(client: Client, target: str = "#lobby") -> list[str]:
    """Read the history."""
    return [text_of(line) for line in client.history(target)]


def test_a_full_disk(disk: Disk) -> None:
    """Writes are refused in words and nobody sees them; reading, signing in and what is of the moment go on; when there
    is room again, so does talk; what was echoed is there after a restart, and nothing that was refused.
    """
    make_accounts(disk.data, ["alice", "bob", "carol"])
    full = "Not stored: the server's disk is full. Try again when its administrator has made room."
    said: list[str] = []
    with Server(
        disk.data, "--no-rate-limits", complaints=[NOT_STORED, NO_INDEX, "The state could not be saved"]
    ) as server:
        with Client(server.address) as alice, Client(server.address) as bob, Client(server.address) as carol:
            alice.sign_in("alice")
            bob.sign_in("bob")
            for _ in range(20):
                said.append(text_of(alice.say("#lobby", f"{len(said)} {FILLER}")))
            disk.fill()
            assert talk_until_refused(alice, said).endswith(f" FAIL PRIVMSG MESSAGE_NOT_STORED #lobby :{full}")
            for command, answer in (
                ("PRIVMSG bob :hello", f"FAIL PRIVMSG MESSAGE_NOT_STORED bob :{full}"),
                ("JOIN #new", f"FAIL JOIN CHANGE_NOT_STORED #new :{full}"),
                ("PART #lobby", f"FAIL PART CHANGE_NOT_STORED #lobby :{full}"),
                ("AWAY :for a moment", "306 alice :You are marked as away."),
            ):
                alice.send(command)
                assert [line.split(" ", 1)[1] for line in alice.sync()] == [answer]
            assert told(alice) == said
            assert told(carol.sign_in("carol")) == said
            assert [text_of(line) for line in bob.sync() if " PRIVMSG " in line] == said
            disk.make_room()
            said.append(text_of(alice.say("#lobby", "there is room again")))
            bob.wait_for("there is room again$")
            disk.fill()
            talk_until_refused(alice, said)
            server.kill()
        server.start()  # nothing has to be written for it
        with Client(server.address) as alice:
            alice.sign_in("alice")
            assert told(alice) == said
            alice.send("PRIVMSG #lobby :still full")
            assert alice.wait_for(" PRIVMSG ").endswith(full)
            disk.make_room()
            said.append(text_of(alice.say("#lobby", "room for good")))
        assert server.stop() == 0
        server.start()
        with Client(server.address) as alice:
            assert told(alice.sign_in("alice")) == said


def test_a_start_on_a_full_disk(disk: Disk) -> None:
    """ "Start-up with a full disk says it plainly": in a new folder, and where the log cannot be opened for want of
    room; where it can, the server starts, and takes in the accounts that are new when there is room.
    """
    make_accounts(disk.data, ["alice"])
    with Server(disk.data) as server, Client(server.address) as alice:
        alice.sign_in("alice").say("#lobby", "hello")
    disk.fill()
    for data, words in (("new", "A certificate cannot be made in "), ("data", "The disk is full: make room on it.")):
        done = run_chat("serve", "0", "--host", "127.0.0.1", "--data", disk.folder / data)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done
        assert words in done.stderr
    disk.make_room()
    make_accounts(disk.data, ["bob"])
    disk.fill(but_for=INDEX_BYTES)
    complaints = [
        NOT_STORED,
        NO_INDEX,
        "The state could not be saved",
        "cannot be given one. Cannot write the password file",
    ]
    with Server(disk.data, "--no-rate-limits", complaints=complaints) as server:
        server.await_stderr(LATER)
        with Client(server.address) as alice, Client(server.address) as bob:
            assert told(alice.sign_in("alice")) == ["hello"]
            disk.make_room()
            bob.sign_in("bob").say("#lobby", "made it")


def test_a_file_that_cannot_grow(tmp_path: Path) -> None:
    """The same where no file can grow, be it the write-ahead log or the password file: refused in words, and the server
    lives on.
    """
    data = tmp_path / "data"
    make_accounts(data, ["alice", *(f"user{number}" for number in range(20))])
    said: list[str] = []
    complaints = [NOT_STORED, "Cannot write the password file .*: File too large"]
    with Server(data, "--no-rate-limits", complaints=complaints) as server, Client(server.address) as alice:
        alice.sign_in("alice")
        said.append(text_of(alice.say("#lobby", "before")))
        limit_file_size(server, (data / "chat.db-wal").stat().st_size + 20_000)
        refusal = talk_until_refused(alice, said)
        assert " FAIL PRIVMSG MESSAGE_NOT_STORED #lobby :Not stored: the server's disk " in refusal
        assert told(alice) == said
        limit_file_size(server, (data / "passwords").stat().st_size)
        with Client(server.address) as newcomer:
            newcomer.send("CAP REQ standard-replies", "NICK bob", "REGISTER bob * long-secret")
            answer = newcomer.wait_for("FAIL|SUCCESS")
            assert " FAIL REGISTER TEMPORARILY_UNAVAILABLE bob :The server cannot get at its accounts" in answer
        limit_file_size(server, UNLIMITED)
        said.append(text_of(alice.say("#lobby", "after")))
        with Client(server.address) as newcomer:
            newcomer.send("CAP REQ standard-replies", "NICK bob", "REGISTER bob * long-secret")
            newcomer.wait_for("The account bob is made")
        assert told(alice) == said
        server.kill()
        server.start()
        with Client(server.address) as again:
            assert told(again.sign_in("alice")) == said


def test_an_account_is_deleted_on_a_full_disk(tmp_path: Path) -> None:
    """What cannot be stored now is tried again: the connections of a deleted account end when there is room."""
    data = tmp_path / "data"
    make_accounts(data, ["alice", "bob"])
    with (
        Server(data, complaints=[NOT_STORED, NO_INDEX]) as server,
        Client(server.address) as alice,
        Client(server.address) as bob,
    ):
        alice.sign_in("alice")
        bob.sign_in("bob")
        limit_file_size(server, WRITES_BYTES)
        done = run_here("deluser", "bob", "--yes", "--data", data)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("chat: bob cannot sign in any more, but who is signed in stays so for now. The ")
        server.await_stderr(LATER)
        with Client(server.address) as again:
            again.sign_in("alice")
        limit_file_size(server, UNLIMITED)
        assert bob.end()[-1] == "ERROR :Your account was removed"
        alice.wait_for(" QUIT ")


def test_an_account_is_made_on_a_full_disk(disk: Disk) -> None:
    """What is said is what happened: no account, an account that has to wait for room, or one that can sign in."""
    make_accounts(disk.data, ["alice"])
    stdin = "long-secret\n"
    with Server(disk.data, complaints=[NOT_STORED, LATER, NO_INDEX]) as server:
        disk.fill()
        done = run_here("adduser", "zz", "--password-stdin", "--data", disk.data, stdin=stdin)
        assert (done.returncode, done.stdout) == (1, "")
        words = f"chat: Cannot write the password file {disk.data / 'passwords'}: No space left on device."
        assert done.stderr == f"{words} Nothing was changed. Make room on its disk, then try again.\n"
        disk.make_room()
        limit_file_size(server, WRITES_BYTES)  # the server cannot write its log; the command can write its file
        done = run_here("adduser", "zz", "--password-stdin", "--data", disk.data, stdin=stdin)
        assert (done.returncode, done.stdout) == (1, "")
        words = "zz has an account, but cannot sign in yet. The running server could not store it: the server's disk "
        assert done.stderr.startswith(f"chat: {words}")
        assert done.stderr.endswith(". It tries again by itself.\n")
        done = run_here("adduser", "alice", "--admin", "--yes", "--data", disk.data)
        words = "alice is an administrator in the password file, but not in the running server yet. The running "
        assert (done.returncode, done.stdout, done.stderr.startswith(f"chat: {words}")) == (1, "", True)
        with Client(server.address) as newcomer:
            newcomer.send("CAP REQ standard-replies", "NICK yy", "REGISTER yy * long-secret")
            answer = newcomer.wait_for("FAIL|SUCCESS")
        assert " FAIL REGISTER TEMPORARILY_UNAVAILABLE yy :No account was made. Not stored: " in answer
        limit_file_size(server, UNLIMITED)
        done = run_here("adduser", "xx", "--password-stdin", "--data", disk.data, stdin=stdin)
        assert (done.returncode, done.stdout, done.stderr) == (0, "xx can sign in.\n", "")
        with Client(server.address) as zz, Client(server.address) as newcomer:
            zz.sign_in("zz", "long-secret")
            newcomer.send("CAP REQ standard-replies", "NICK yy", "REGISTER yy * long-secret")
            newcomer.wait_for("The account yy is made")
