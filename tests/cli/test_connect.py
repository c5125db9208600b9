"""``chat connect`` without a terminal, and its exit codes, with a real server."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.here import run_here
from tests.support.server import PASSWORD, PATIENCE_S, Server, environment, make_accounts, run_chat


class Room:
    """A server, and two people with accounts and a password file."""

    def __init__(self, server: Server, folder: Path, alice: str = "alice", bob: str = "bob") -> None:
        self.server = server
        self.folder = folder
        self.alice, self.bob = alice, bob
        self.password = folder / "password"
        self.password.write_text(PASSWORD + "\n")
        self.password.chmod(0o600)
        self.env = {"CHAT_CONFIG": str(folder / "config")}

    def args(self, name: str, *options: str | Path) -> list[str]:
        """Return the arguments of ``chat connect``."""
        address = self.server.address
        options = options or ("--password-file", self.password)
        return ["connect", address.host, str(address.port), name, *map(str, options)]

    def connect(self, name: str, *options: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run ``chat connect`` over lines."""
        return run_here(*self.args(name, *options), stdin=stdin, env=self.env)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    """A server with two accounts."""
    make_accounts(tmp_path / "data", ["alice", "bob"])
    with Server(tmp_path / "data") as server:
        yield Room(server, tmp_path)


def test_a_banned_account(room):
    """Exit code 4, and the server's reason once, whether the ban comes before the sign-in or after it."""
    assert run_chat("ban", "bob", "--reason", "too loud.", "--data", room.server.data).returncode == 0
    ran = room.connect("bob", stdin="hello\n")
    assert ran.returncode == 4
    assert ran.stderr.count("You are banned from this server: too loud. Ask") == 1
    ran = run_here("send", *room.args("bob")[1:4], "alice", "hi", "--password-file", str(room.password), env=room.env)
    assert ran.returncode == 4


@pytest.fixture
def corner(shared: Server, numbers: Iterator[int], tmp_path: Path) -> Room:
    """A pair on a server that is not theirs alone."""
    number = next(numbers)
    return Room(shared, tmp_path, f"alice{number}", f"bob{number}")


def test_lines_in_lines_out(room):
    """Lines to the lobby, a command, what was missed, and at the end of the input exit code 0."""
    args = room.args("alice", "--commands", "--password-file", room.password)
    ran = run_chat(*args, stdin="hello\nwörld\n/dm bob psst\n", env=room.env)
    assert ran.returncode == 0
    assert ran.stderr.splitlines() == [
        "chat: Signed in as alice.",
        "chat: bob is away: not connected; will get it later",
    ]
    time = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"
    lines = ["#lobby <alice> hello", "#lobby <alice> wörld", "bob <alice> psst"]
    assert re.fullmatch("".join(f"{time} {re.escape(line)}\n" for line in lines), ran.stdout)
    ran = room.connect("bob")
    assert sorted(line.split(" ", 1)[1] for line in ran.stdout.splitlines()) == [
        "#lobby <alice> hello", "#lobby <alice> wörld", "bob <alice> psst",
    ]  # fmt: skip
    assert room.connect("bob").stdout == ""


def test_a_flood_of_lines_arrives_whole_and_in_order(room):
    """However fast lines come in, the server's limits are never hit and none is lost."""
    lines = [f"line {number}" for number in range(90)]
    ran = room.connect("alice", stdin="\n".join(lines))
    assert ran.returncode == 0
    assert [line.split("> ")[1] for line in ran.stdout.splitlines()] == lines


def test_json(corner):
    """One object per line."""
    ran = corner.connect(
        corner.alice, "--json", "--to", corner.bob, "--password-file", corner.password, stdin='{"text": "hi"}\n'
    )
    assert ran.returncode == 0
    objects = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [each["type"] for each in objects if each["type"] in ("signed-in", "sent")] == ["signed-in", "sent"]
    assert next(each for each in objects if each["type"] == "sent")["away"] == "not connected; will get it later"
    assert ran.stderr == ""


def test_a_new_account(corner):
    """--new makes it; without, an unknown name is exit code 4 and no account."""
    assert corner.connect("zoe").returncode == 4
    assert corner.connect("zoe", "--new", "--password-file", corner.password).returncode == 0
    again = corner.connect("zoe", "--new", "--password-file", corner.password)
    assert again.returncode == 4
    assert "zoe has an account already" in again.stderr
    assert corner.connect("zoe").returncode == 0


def test_sign_in_failed(room):
    """Exit code 4: a wrong password, or nobody to ask for one."""
    nobody = room.connect("alice", "--plain")
    assert "--password-file" in nobody.stderr
    room.password.write_text("wrong")
    wrong = run_chat(*room.args("alice"), env=room.env)
    assert "The name or the password is wrong." in wrong.stderr
    for ran in (nobody, wrong):
        assert ran.returncode == 4
        assert len(ran.stderr.splitlines()) == 1


def test_the_variable_for_the_password_file(corner):
    """CHAT_PASSWORD_FILE says the same as --password-file."""
    corner.env["CHAT_PASSWORD_FILE"] = str(corner.password)
    assert corner.connect(corner.alice, "--plain").returncode == 0


def test_identity(corner):
    """--trust names the key; another one is exit code 5, and nothing was sent."""
    fingerprint = next(word for word in " ".join(corner.server.greeting).split() if word.startswith("SHA256:"))
    given = ("--password-file", corner.password, "--trust")
    assert corner.connect(corner.alice, *given, fingerprint).returncode == 0
    wrong = run_chat(*corner.args(corner.alice, *given, "SHA256:" + "A" * 43), env=corner.env)
    assert wrong.returncode == 5
    assert fingerprint in wrong.stderr


def test_plaintext(corner):
    """Without encryption only when told so, and with a warning."""
    ran = corner.connect(corner.alice, "--plaintext", "--password-file", corner.password)
    assert ran.returncode == 0
    assert ran.stderr.startswith("chat: not encrypted: ")
    assert not (corner.folder / "config").exists()


def test_plaintext_that_the_server_refuses(tmp_path):
    """The server wants TLS: exit code 1 in words, and the password did not leave."""
    make_accounts(tmp_path / "data", ["alice"])
    with Server(tmp_path / "data", "--plaintext", "never") as server:
        room = Room(server, tmp_path)
        ran = room.connect("alice", "--plaintext", "--password-file", room.password)
        assert ran.returncode == 1
        assert "TLS" in ran.stderr.splitlines()[-1]


def test_no_server(tmp_path):
    """Exit code 3."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = str(unused.getsockname()[1])
        (tmp_path / "password").write_text("secret")
        ran = run_chat("connect", "127.0.0.1", port, "alice", "--password-file", tmp_path / "password")
    assert ran.returncode == 3
    assert "Nothing answers at 127.0.0.1" in ran.stderr


@pytest.mark.parametrize(
    "args",
    [
        ["localhost"],
        ["localhost", "port"],
        ["localhost", "0"],
        ["localhost", "5000"],  # no name, and nobody to ask
        ["localhost", "5000", "1st"],
        ["localhost", "5000", "alice", "--to", "a b"],
        ["localhost", "5000", "alice", "--to", ""],  # nobody, and not everybody
        ["localhost", "5000", "alice", "--commands", "--to", "bob"],
        ["localhost", "5000", "alice", "--commands", "--json"],
        ["localhost", "5000", "alice", "--trust", "SHA256:abc"],
        ["localhost", "5000", "alice", "--trust", "SHA256:" + "A" * 43, "--plaintext"],
        ["localhost", "5000", "alice", "--password", "secret"],
    ],
)
def test_usage(chat, args):
    """Exit code 2, before anything is connected to; there is no option for a password in clear."""
    assert chat("connect", *args).exit_code == 2


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(corner, sign):
    """Exit code 130, without a traceback."""
    process = subprocess.Popen(
        [sys.executable, "-m", "chatapp", *corner.args(corner.alice)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(corner.env), cwd="/",
    )  # fmt: skip
    assert process.stderr is not None
    assert process.stderr.readline() == f"chat: Signed in as {corner.alice}.\n".encode()
    process.send_signal(sign)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, out, err.strip()) == (130, b"", b"")


@pytest.mark.parametrize("stdout", ["closed", "full"])
def test_lines_that_nobody_wants_the_echo_of(corner, stdout):
    """As in ``seq 50 | chat connect ... | head -1``: all that was read is stored, and it says how much that was."""
    if stdout == "full" and not Path("/dev/full").exists():
        pytest.skip("this system has no device that is always full")
    with open("/dev/full" if stdout == "full" else "/dev/null", "wb") as sink:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "chatapp",
                *corner.args(corner.alice, "--to", corner.bob, "--password-file", corner.password),
            ],
            stdin=subprocess.PIPE,
            stdout=sink if stdout == "full" else subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(corner.env),
            cwd="/",
        )
    if process.stdout is not None:
        process.stdout.close()
        process.stdout = None
    _, err = process.communicate(b"".join(b"%d\n" % number for number in range(50)), timeout=PATIENCE_S)
    assert process.returncode == 1
    told = re.search(r"chat: The output can no longer be written.* Sent of it: ([0-9]+) lines?\.\n(.*)", err.decode())
    assert told is not None, err
    assert told[2] == ("chat: No space left on device." if stdout == "full" else "")
    assert b"Exception" not in err
    ran = corner.connect(corner.bob)
    assert [line.split("> ")[1] for line in ran.stdout.splitlines()] == [str(at) for at in range(int(told[1]))]


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_without_an_output(corner, options):
    """As with ``>&-``: nothing counts as read."""
    to_alice = ("--to", corner.alice, "--password-file", corner.password)
    assert corner.connect(corner.bob, *to_alice, stdin="unread\n").returncode == 0
    done = subprocess.run(
        [sys.executable, "-m", "chatapp", *corner.args(corner.alice, "--password-file", corner.password, *options)],
        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment(corner.env), cwd="/",
        preexec_fn=lambda: os.close(1), timeout=PATIENCE_S,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.endswith(b"chat: standard output is closed.\n")
    assert "unread" in corner.connect(corner.alice).stdout


def test_nobody_reads_the_output(corner):
    """As in ``chat connect | head -1``: it ends, without a traceback."""
    to_alice = ("--to", corner.alice, "--password-file", corner.password)
    assert corner.connect(corner.bob, *to_alice, stdin="one\ntwo\nthree\n").returncode == 0
    process = subprocess.Popen(
        [sys.executable, "-m", "chatapp", *corner.args(corner.alice)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(corner.env), cwd="/",
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    _, err = process.communicate(timeout=PATIENCE_S)
    assert b"Traceback" not in err
    assert b"Exception" not in err
