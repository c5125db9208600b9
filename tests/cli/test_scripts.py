"""``chat tail``, ``history``, ``search`` and ``who`` with a real server: what they write, and their exit codes."""

from __future__ import annotations

import array
import contextlib
import fcntl
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.here import run_here
from tests.support.irc import Client
from tests.support.server import PASSWORD, PATIENCE_S, Server, environment, make_accounts, run_chat

COMMANDS = ("tail", "history", "search", "who")
WORD = {"search": ["word"]}  # what a command cannot do without


class Desk:
    """Somebody with a password file, at a server."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        self.password = folder / "password"
        self.password.touch(0o600)
        self.password.write_text(PASSWORD + "\n")
        self.env = {"CHAT_CONFIG": str(folder / "config"), "TZ": "UTC"}

    def args(self, command: str, *args: str, name: str = "bob") -> list[str]:
        """Return the arguments of a command."""
        address = self.server.address
        reach = [command, address.host, str(address.port), name]
        return [*reach, *args, "--password-file", str(self.password)]

    def run(self, command: str, *args: str, name: str = "bob") -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return run_here(*self.args(command, *args, name=name), env=self.env)

    def lines(self, command: str, *args: str) -> list[str]:
        """Run a command, which must succeed, and return what it wrote, without the times."""
        ran = self.run(command, *args)
        assert (ran.returncode, ran.stderr) == (0, "")
        return [re.sub(r"^[0-9T:-]+Z ", "", line) for line in ran.stdout.splitlines()]

    def await_here(self) -> None:
        """Wait until bob is here."""
        while "bob\there" not in self.run("who", name="alice").stdout:
            pass

    def start(self, command: str, *args: str) -> subprocess.Popen[bytes]:
        """Start a command."""
        return subprocess.Popen(
            [sys.executable, "-m", "chatapp", *self.args(command, *args)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(self.env), cwd="/",
        )  # fmt: skip

    def say(self, target: str, *texts: str, name: str = "alice") -> None:
        """Send messages, and return when they are stored."""
        with Client(self.server.address) as client:
            client.sign_in(name)
            client.send(*(f"PRIVMSG {target} :{text}" for text in texts), "PING :said")
            client.until("PONG .*said")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A server for one test, with an account that each command can spoil."""
    make_accounts(tmp_path / "data", ["alice", "bob", *COMMANDS])
    with Server(tmp_path / "data", "--no-rate-limits") as server:
        yield Desk(server, tmp_path)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A server on which much was said: 450 messages in the lobby, and two to bob."""
    folder = tmp_path_factory.mktemp("told")
    make_accounts(folder / "data", ["alice", "bob"])
    with Server(folder / "data", "--no-rate-limits") as server:
        desk = Desk(server, folder)
        desk.say("#lobby", *(f"line {number}" for number in range(450)))
        desk.say("bob", "first", "second")
        yield desk


def read_lines(process: subprocess.Popen[bytes], count: int) -> list[str]:
    """Read lines of the output of a process that goes on."""
    assert process.stdout is not None
    deadline, data = time.monotonic() + PATIENCE_S, b""
    while data.count(b"\n") < count:
        assert select.select([process.stdout], [], [], max(0.0, deadline - time.monotonic()))[0], data
        more = os.read(process.stdout.fileno(), 65536)
        assert more, (data, process.stderr and process.stderr.read())
        data += more
    return data.decode().splitlines()


def ended(process: subprocess.Popen[bytes], sign: signal.Signals | None = None) -> tuple[int, str]:
    """Wait for the end of a process; return its exit code and what it said on stderr."""
    if sign is not None:
        process.send_signal(sign)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert not out, "it wrote more than was read of it"
    return process.returncode, err.decode().lstrip("\n")  # Click ends the line of the ^C that a terminal shows


# chat history


def test_the_latest_messages(told):
    """By default a hundred of the lobby, oldest first."""
    assert told.lines("history") == [f"#lobby <alice> line {number}" for number in range(350, 450)]
    assert told.lines("history", "alice") == ["bob <alice> first", "bob <alice> second"]


@pytest.mark.parametrize(
    ("options", "first", "last"),
    [
        (["--limit", "3"], 447, 449),
        (["--limit", "420"], 30, 449),
        (["--limit", "10000"], 0, 449),
        (["--since", "1h"], 0, 449),
        (["--since", "2020-01-31"], 0, 449),
        (["--since", "1h", "--limit", "250"], 200, 449),
    ],
)
def test_it_asks_for_pages_until_it_has_what_was_asked(told, options, first, last):
    """ "Pages until it has what was asked", however many messages a server gives at once; each once, oldest first."""
    assert told.lines("history", "#lobby", *options) == [
        f"#lobby <alice> line {number}" for number in range(first, last + 1)
    ]


def test_a_part_of_the_history(told):
    """--since is the first moment that counts, and --until the first that does not."""
    objects = [json.loads(line) for line in told.run("history", "--json", "--limit", "450").stdout.splitlines()]
    assert {each["type"] for each in objects} == {"message"}
    times = [each["time"] for each in objects]
    assert times == sorted(times)
    assert [each["text"] for each in objects] == [f"line {number}" for number in range(450)]
    part = ["--since", times[100], "--until", times[350]]
    assert told.lines("history", *part) == [f"#lobby <alice> line {number}" for number in range(100, 350)]
    assert told.lines("history", "--until", times[5], "--limit", "2") == [
        "#lobby <alice> line 3", "#lobby <alice> line 4",
    ]  # fmt: skip
    assert told.lines("history", "--until", "2020-01-31T10:00") == []


@pytest.mark.parametrize("where", ["nobody", "#nowhere"])
def test_no_such_history(told, where):
    """Exit code 1, in the server's words."""
    ran = told.run("history", where)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == f"chat: the history of {where}: You have no channel or conversation of this name.\n"


# chat search


def test_searching(told):
    """The latest messages that have the words, oldest first, page by page."""
    assert told.lines("search", "line", "44", "--limit", "5") == ["#lobby <alice> line 44"]
    assert told.lines("search", "--limit", "420", "line") == [
        f"#lobby <alice> line {number}" for number in range(30, 450)
    ]
    assert told.lines("search", "from:alice", "in:alice") == ["bob <alice> first", "bob <alice> second"]
    assert len(told.lines("search", "line", "--since", "1h", "--limit", "10000")) == 450
    (found,) = told.run("search", "second", "--json").stdout.splitlines()
    assert (json.loads(found)["type"], json.loads(found)["text"]) == ("message", "second")


def test_nothing_is_found(told):
    """That is no failure; a person learns it on standard error."""
    ran = told.run("search", "xyzzy")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "chat: Nothing was found for xyzzy\n")


# chat who


def test_who_is_here(told):
    """Everybody, a person, or the members of a channel with their roles; as JSON in one object."""
    assert told.lines("who") == ["alice\taway", "bob\there"]
    assert told.lines("who", "alice") == ["alice\taway"]
    assert told.lines("who", "#lobby") == ["alice\taway", "bob\there"]
    people = json.loads(told.run("who", "--json").stdout)
    assert (people["type"], people["where"]) == ("people", "*")
    assert [(each["nick"], each["here"], each["me"]) for each in people["people"]] == [
        ("alice", False, False), ("bob", True, True),
    ]  # fmt: skip


@pytest.mark.parametrize(("where", "words"), [("zed", "There is nobody named zed"), ("#nowhere", "nobody in #nowhere")])
def test_nobody_is_there(told, where, words):
    """Exit code 1."""
    ran = told.run("who", where)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert words in ran.stderr


def test_who_is_here_on_this_machine(told):
    """Without HOST it is the command for who runs the server."""
    with Client(told.server.address) as client:
        client.sign_in("alice")
        ran = run_chat("who", "--data", told.server.data)
    assert ran.returncode == 0
    assert re.fullmatch(r"alice\t[0-9-]+ [0-9:]+ UTC\t127\.0\.0\.1\n", ran.stdout)


# chat tail


def test_new_messages_only(desk):
    """What was said before is not written, what is said from the sign-in on is; nothing is marked as read."""
    desk.say("bob", "before")
    process = desk.start("tail")
    with contextlib.ExitStack() as stack:
        stack.callback(process.kill)
        desk.await_here()
        desk.say("bob", "hello", "\x01ACTION waves\x01")
        desk.say("#lobby", "to \x1b[31mall\x07")
        lines = [re.sub(r"^[0-9T:-]+Z ", "", line) for line in read_lines(process, 3)]
        assert lines == ["bob <alice> hello", "bob * alice waves", "#lobby <alice> to \u241b[31mall\u2407"]
        assert ended(process, signal.SIGTERM) == (130, "")
    assert desk.run("connect", "--plain").stdout.count("\n") == 4  # unread still, with "before"


def test_a_server_that_is_killed(desk):
    """ "Exact catch-up after a lost connection, each message once, nothing lost", of all and of one channel."""
    desk.say("#lobby", *(f"old {number}" for number in range(3)))
    said, direct = ["old 0", "old 1", "old 2"], []
    options = ["--since", "1h", "--json"]
    everything, lobby = desk.start("tail", *options), desk.start("tail", "#lobby", *options)
    told: dict[subprocess.Popen[bytes], list[str]] = {everything: [], lobby: []}

    def read_all() -> None:
        for process, lines in told.items():
            expected = len(said) + (len(direct) if process is everything else 0)
            lines += read_lines(process, expected - len(lines))

    with contextlib.ExitStack() as stack:
        for process in told:
            stack.callback(process.kill)
        read_all()
        for round in range(2):
            live, missed = f"live {round}", [f"missed {round} {number}" for number in range(300)]
            desk.say("#lobby", live)
            said.append(live)
            read_all()
            desk.server.kill()
            port = str(desk.server.address.port)
            desk.server.command[desk.server.command.index("serve") + 1] = port
            desk.server.start()
            desk.say("#lobby", *missed)
            desk.say("bob", f"direct {round}")
            said += missed
            direct.append(f"direct {round}")
            read_all()
        ends = [ended(process, signal.SIGINT) for process in told]
    for process, lines in told.items():
        objects = [json.loads(line) for line in lines]
        assert [each["text"] for each in objects if each["target"] == "#lobby"] == said
        assert [each["text"] for each in objects if each["target"] != "#lobby"] == (
            direct if process is everything else []
        )
    for code, err in ends:
        assert code == 130
        assert err.count("chat: The connection was lost.") == err.count("chat: Connected again.") == 2


def test_what_happens_to_messages(desk):
    """Edits, reactions and deletions are objects too; as text, they are told on standard error."""
    processes = [desk.start("tail", "--since", "1h", "alice", *options) for options in ([], ["--json"])]
    with contextlib.ExitStack() as stack:
        for process in processes:
            stack.callback(process.kill)
        commands = "/dm bob helo\n"
        ran = run_here(*desk.args("connect", "--commands", name="alice"), stdin=commands, env=desk.env)
        assert ran.returncode == 0
        read_lines(processes[0], 1)
        (told,) = read_lines(processes[1], 1)
        msgid = json.loads(told)["msgid"]
        with Client(desk.server.address) as client:
            client.sign_in("alice", caps="message-tags echo-message draft/message-redaction draft/message-edit")
            client.send(
                f"@+draft/react=ok;+draft/reply={msgid} TAGMSG bob",
                f"@draft/target-msgid={msgid};draft/edit-text=hello EDIT bob",
                f"REDACT bob {msgid}",
                "PING :done",
            )
            client.until("PONG .*done")
        types = [json.loads(line)["type"] for line in read_lines(processes[1], 3)]
        assert types == ["reaction", "edited", "deleted"]
        desk.say("bob", "end")
        for process in processes:
            read_lines(process, 1)
        code, err = ended(processes[0], signal.SIGTERM)
        assert (code, err.strip().count("\n")) == (130, 2)
        assert ended(processes[1], signal.SIGTERM) == (130, "")


def test_removed_from_the_channel_that_is_followed(desk):
    """It says so and ends: there is nothing more to read."""
    process = desk.start("tail", "#lobby")
    with contextlib.ExitStack() as stack:
        stack.callback(process.kill)
        desk.await_here()
        assert run_here("kick", "bob", "#lobby", "--data", desk.server.data).returncode == 0
        code, err = ended(process)
        assert (code, err) == (1, "chat: You are no longer in #lobby, so there is nothing more to read there.\n")
    ran = desk.run("tail", "#lobby")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "You are not in #lobby." in ran.stderr


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_though_nobody_reads_its_output(desk, sign):
    """A write to a full pipe waits for ever; whoever ends the command does not."""
    desk.say("#lobby", *(f"{number} {'x' * 380}" for number in range(400)))
    process = desk.start("tail", "--since", "1h")
    with contextlib.ExitStack() as stack:
        stack.enter_context(process)
        stack.callback(process.kill)
        assert process.stdout is not None
        unread, full = array.array("i", [0]), fcntl.fcntl(process.stdout, fcntl.F_GETPIPE_SZ) - 2 * select.PIPE_BUF
        while unread[0] < full:
            fcntl.ioctl(process.stdout, termios.FIONREAD, unread)
        for _ in range(1 if sign == signal.SIGTERM else 2):
            process.send_signal(sign)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(1)
        assert process.wait(PATIENCE_S) == 130


def test_nobody_has_the_name_that_is_followed(desk):
    """It says so at once, on standard error, and goes on: somebody may come who has it."""
    process = desk.start("tail", "zed")
    with contextlib.ExitStack() as stack:
        stack.callback(process.kill)
        assert process.stderr is not None
        assert process.stderr.readline() == b"chat: There is nobody named zed on this server now.\n"
        assert ended(process, signal.SIGTERM) == (130, "")
    process = desk.start("tail", "alice")
    with contextlib.ExitStack() as stack:
        stack.callback(process.kill)
        desk.await_here()
        desk.say("bob", "hello")
        read_lines(process, 1)
        assert ended(process, signal.SIGTERM) == (130, "")


def test_an_account_that_is_banned_meanwhile(desk):
    """Exit code 4, after the messages that came before."""
    process = desk.start("tail", "--since", "1h")
    with contextlib.ExitStack() as stack:
        stack.callback(process.kill)
        desk.say("bob", "last")
        read_lines(process, 1)
        run_here("ban", "bob", "--reason", "too loud.", "--data", desk.server.data)
        code, err = ended(process)
    assert code == 4
    assert "You are banned from this server: too loud." in err


# What holds for all of them


@pytest.mark.parametrize("command", ["tail", "history", "search"])
def test_a_reader_that_has_enough(told, command):
    """As in ``chat tail | head -1``: it ends at once and quietly, also when there is no further message."""
    options = {"tail": ["--since", "1h"], "history": ["--limit", "450"], "search": ["line", "--limit", "450"]}[command]
    process = told.start(command, *options)
    assert process.stdout is not None
    with contextlib.ExitStack() as stack:
        stack.callback(process.kill)
        read_lines(process, 452 if command == "tail" else 1)
        process.stdout.close()
        process.stdout = None
        code, err = ended(process)
    assert err == ""
    assert code == (1 if command == "tail" else code)
    assert code in (0, 1)  # 0 if all was written before


@pytest.mark.parametrize("command", COMMANDS)
def test_an_output_that_cannot_be_written(told, command):
    """Exit code 1, and why."""
    if not Path("/dev/full").exists():
        pytest.skip("this system has no device that is always full")
    with open("/dev/full", "wb") as full:
        args = told.args(command, *WORD.get(command, []), *(["--since", "1h"] if command == "tail" else []))
        args = [arg if arg != "word" else "line" for arg in args]
        ran = subprocess.run(
            [sys.executable, "-m", "chatapp", *args],
            stdout=full, stderr=subprocess.PIPE, env=environment(told.env), cwd="/", timeout=PATIENCE_S, check=False,
        )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (1, b"chat: No space left on device.\n")


def test_sign_in_failed(desk):
    """Exit code 4: a wrong password, no account, or nobody to ask for the password."""
    address = desk.server.address
    desk.password.write_text("wrong")
    for command in COMMANDS:
        ran = desk.run(command, *WORD.get(command, []), name=command)
        assert (ran.returncode, ran.stdout) == (4, ""), command
        assert "The name or the password is wrong." in ran.stderr, command
        ran = run_here(command, address.host, str(address.port), "bob", *WORD.get(command, []), env=desk.env)
        assert ran.returncode == 4, command
        assert "There is no terminal to ask for the password" in ran.stderr, command
        ran = desk.run(command, *WORD.get(command, []), name="zed")
        assert (ran.returncode, ran.stdout) == (4, ""), command
        assert "There is no account zed on this server." in ran.stderr, command
    ran = run_chat(*desk.args("history", name="alice"), env=desk.env)
    assert (ran.returncode, ran.stdout) == (4, "")
    assert "The name or the password is wrong." in ran.stderr


def test_the_wrong_server(told):
    """Exit code 5: it has another key than that of --trust."""
    other = ["--trust", "SHA256:" + "A" * 43]
    for command in COMMANDS:
        ran = told.run(command, *WORD.get(command, []), *other)
        assert (ran.returncode, ran.stdout) == (5, ""), command
    ran = run_chat(*told.args("tail", *other), env=told.env)
    assert (ran.returncode, ran.stdout) == (5, "")


@pytest.mark.parametrize("command", COMMANDS)
def test_no_server(tmp_path, command):
    """Exit code 3."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = str(unused.getsockname()[1])
        (tmp_path / "password").write_text("secret")
        ran = (run_chat if command == "who" else run_here)(
            command, "127.0.0.1", port, "bob", *WORD.get(command, []), "--password-file", tmp_path / "password",
            "--config", tmp_path,
        )  # fmt: skip
    assert ran.returncode == 3


@pytest.mark.parametrize("command", COMMANDS)
def test_a_server_that_says_nothing(tmp_path, command):
    """Exit code 3, after --timeout."""
    (tmp_path / "password").write_text("secret")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = str(silent.getsockname()[1])
        ran = run_here(
            command, "127.0.0.1", port, "bob", *WORD.get(command, []), "--password-file", tmp_path / "password",
            "--plaintext", "--timeout", "0.3",
        )  # fmt: skip
    assert ran.returncode == 3
    assert "Not signed in within 0.3 s." in ran.stderr


@pytest.mark.parametrize(
    "args",
    [
        ["tail", "localhost"],
        ["tail", "localhost", "5000", "alice", "a b"],
        ["tail", "localhost", "5000", "alice", "--since", "yesterday"],
        ["tail", "localhost", "5000", "alice", "--since", "0s"],
        ["tail", "localhost", "5000", "alice", "--since", "1969-12-31T00:00Z"],
        ["tail", "localhost", "5000", "alice", "--since", "2026-02-30"],
        ["history", "localhost", "5000", "1st"],
        ["history", "localhost", "5000", "alice", "#"],
        ["history", "localhost", "5000", "alice", "--limit", "0"],
        ["history", "localhost", "5000", "alice", "--limit", "10001"],
        ["history", "localhost", "5000", "alice", "--since", "1h", "--until", "2h"],
        ["history", "localhost", "5000", "alice", "--cert-key", "file"],
        ["search", "localhost", "5000", "alice"],
        ["search", "localhost", "5000", "alice", " "],
        ["who", "localhost"],
        ["who", "localhost", "5000"],
        ["who", " ", "5000", "alice"],
        ["who", "--json"],
        ["who", "--trust", "SHA256:" + "A" * 43],
        ["who", "localhost", "5000", "alice", "--data", "."],
    ],
)
def test_usage(chat, args):
    """Exit code 2, before anything is connected to."""
    assert chat(*args).exit_code == 2
