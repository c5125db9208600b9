"""Bad input of every kind, by real sockets: a clear error where one can be given, bounded memory, and talk goes on.

How much the others' latency suffers is measured by ``python -m tests.bench --only abuse-silent ...`` (all 10,000 silent
connections, for one); here the attacks are smaller, and no clock is looked at.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench.attack import ATTACKS, client_hello
from tests.support.irc import Client, plain, text_of
from tests.support.server import PATIENCE_S, REPOSITORY, Server, environment, make_accounts

pytestmark = pytest.mark.once

MEMORY_KB_MAX = 150 * 1024  # a server with nobody there takes about 40 MB
# Connections, where fewer than in the benchmark prove the point.
COUNTS = {"silent": 2_500, "half-tls": 500, "handshakes": 25, "log-ins": 20}
AT_A_LIMIT = (
    "from one address at once|the oldest was closed|the slowest was closed|more connections over a limit|too many HTTP"
)
FILES = 8_000  # open at once, by this process and what it starts


@pytest.fixture(autouse=True, scope="module")
def many_files() -> Iterator[None]:
    """Raise the limit of open files, which the processes that are started inherit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < FILES:
        pytest.skip(f"the system allows {hard} open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, FILES), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture(scope="module")
def server_of_strangers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server without accounts."""
    with Server(tmp_path_factory.mktemp("strangers") / "data") as server:
        yield server


@contextlib.contextmanager
def attacked(server: Server, kind: str) -> Iterator[None]:
    """Let an attack go on for the time of the block."""
    job = {"kind": kind, "host": server.address.host, "port": server.address.port}
    job["count"] = COUNTS.get(kind, ATTACKS[kind].count)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.attack", json.dumps(job)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(),
        cwd=REPOSITORY,
    )
    with process:
        try:
            assert process.stdout is not None
            assert json.loads(process.stdout.readline()) == {"at": "full"}
            yield
            assert process.poll() is None, "the attack has ended by itself"
        finally:
            process.kill()


def sockets(server: Server) -> int:
    """Count the server's sockets. Its other files are not counted: a few are opened when they are first needed."""
    kinds = []
    for file in Path(f"/proc/{server.process.pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # it was closed meanwhile
            kinds.append(os.readlink(file))
    return sum(kind.startswith("socket:") for kind in kinds)


@pytest.mark.parametrize("kind", ATTACKS)
def test_the_others_talk_on(kind: str, tmp_path: Path) -> None:
    """While the attack goes on everybody's messages arrive, and people come and go; memory is bounded, and what the
    attackers held is free when they are gone.
    """
    data = tmp_path / "data"
    make_accounts(data, ["alice", "bob", "carol"])
    with (
        Server(data, "--guests", "--max-clients", "5000", complaints=[AT_A_LIMIT]) as server,
        Client(server.address) as alice,
        Client(server.address, tls=True) as bob,
    ):
        alice.sign_in("alice")
        bob.sign_in("bob")
        before = sockets(server)
        with attacked(server, kind):
            for number in range(10):
                alice.say("#lobby", f"question {number}")
                bob.wait_for(f" PRIVMSG #lobby :question {number}$")
                bob.say("#lobby", f"answer {number}")
                alice.wait_for(f" PRIVMSG #lobby :answer {number}$")
            for tls in (False, True):
                with Client(server.address, tls=tls) as carol:
                    carol.sign_in("carol").say("alice", f"by tls: {tls}")
                    alice.wait_for(f" PRIVMSG alice :by tls: {tls}$")
        assert server.memory_kb("VmHWM") < MEMORY_KB_MAX
        deadline = time.monotonic() + PATIENCE_S
        while (held := sockets(server)) > before:
            assert time.monotonic() < deadline, f"{held} sockets are open, and were {before}"
            time.sleep(0.01)  # nothing tells of it


BAD = {  # what is sent -> what is answered, after the server's name and the nick
    b"PING \0x": "FAIL * INVALID_MESSAGE",
    b"PING x\ry": "FAIL * INVALID_MESSAGE",
    b"PRIVMSG #lobby :\xff\xfe": "FAIL PRIVMSG INVALID_UTF8",
    b"\xc3\x28 x": "FAIL * INVALID_UTF8",
    b"PRIVMSG #lobby :" + b"x" * 510: "417",
    b"@+a=" + b"x" * 4100 + b" PING x": "417",
    b"x" * 1_000_000: "417",
    b"NONSENSE": "421",
    b":alice!alice@host": "FAIL * INVALID_MESSAGE",
    b"@a=b": "FAIL * INVALID_MESSAGE",
    b"PRIVMSG": "411",
    b"PRIVMSG #lobby": "412",
    b"": "",
    b"   ": "FAIL * INVALID_MESSAGE",
}


@pytest.mark.parametrize("tls", [False, True])
def test_a_clear_error_for_each_bad_line(tls: bool, tmp_path: Path) -> None:
    """ "A clear error where one can be given": one for each, and the connection goes on; nobody else hears of it."""
    data = tmp_path / "data"
    make_accounts(data, ["alice", "bob"])
    with (
        Server(data) as server,
        Client(server.address, tls=tls) as alice,
        Client(server.address) as bob,
    ):
        alice.sign_in("alice")
        bob.sign_in("bob")
        for line, answer in BAD.items():
            alice.sock.sendall(line + b"\r\n")
            heard = [re.sub(r"^:\S+ ", "", one) for one in alice.sync()]
            assert [one.startswith(answer) for one in heard] == ([True] if answer else []), (line[:80], heard)
        assert bob.sync() == []
        assert server.memory_kb("VmHWM") < MEMORY_KB_MAX


def test_bad_lines_of_strangers(server_of_strangers: Server) -> None:
    """Before the welcome no line is any better received, and none ends the server's patience."""
    with Client(server_of_strangers.address) as stranger:
        stranger.ask("CAP REQ standard-replies", " ACK ")
        for line in BAD:
            stranger.sock.sendall(line + b"\r\n")
        heard = stranger.sync()
        assert len(heard) == sum(answer != "" for answer in BAD.values())
        assert not [line for line in heard if not re.match(r":\S+ (FAIL|417|421|451) ", line)]


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x00\x05hello",
        b"\x16" * 5_000,  # more than is waited for of a ClientHello; fewer would be waited for until a deadline
        b"\x16\x03\x01\xff\xff" + b"x" * 70_000,
        client_hello()[:-1] + b"\0" * 10_000,
    ],
    ids=["short", "same", "long", "spoilt"],
)
def test_what_looks_like_tls_and_is_not(data: bytes, server_of_strangers: Server) -> None:
    """It is closed, without a word on either side; the next one is served."""
    with Client(server_of_strangers.address) as client:
        with contextlib.suppress(ConnectionError):
            client.sock.sendall(data)
        client.end_of_bytes()
    server_of_strangers.check_stderr()
    with Client(server_of_strangers.address, tls=True) as client:
        client.ask("PING x", " PONG ")


@pytest.mark.parametrize("tls", [False, True])
def test_a_client_that_never_reads(tls: bool, tmp_path: Path) -> None:
    """ "A slow reader loses its connection, never the server's memory, and catches up from history"; nobody waits for
    it.
    """
    data = tmp_path / "data"
    make_accounts(data, ["alice", "bob", "deaf"])
    with (
        Server(data, "--no-rate-limits") as server,
        Client(server.address) as alice,
        Client(server.address) as bob,
        Client(server.address, tls=tls, small=True) as deaf,
    ):
        alice.sign_in("alice")
        deaf.sign_in("deaf")
        bob.sign_in("bob", caps="")
        said: list[str] = []
        while " H " in alice.ask("WHO deaf", " 352 "):
            assert len(said) < 40_000, "16 MB, and it is still there"
            texts = [f"{len(said) + number} {'x' * 400}" for number in range(200)]
            alice.send(*(f"PRIVMSG #lobby :{text}" for text in texts))
            alice.wait_for(f" PRIVMSG #lobby :{texts[-1]}$")
            bob.wait_for(f" PRIVMSG #lobby :{texts[-1]}$")
            said += texts
        assert server.memory_kb("VmHWM") < MEMORY_KB_MAX
        with Client(server.address, tls=tls) as again:
            again.sign_in("deaf")
            assert [text_of(line) for line in again.history("#lobby", 1000)] == said[-1000:]


def test_nobody_is_locked_out_by_guessing(tmp_path: Path) -> None:
    """A flood of wrong passwords is refused, slower and slower; it keeps neither its owner out, who comes from
    elsewhere, nor those who are there from talking.
    """
    data = tmp_path / "data"
    make_accounts(data, ["alice", "bob"])
    with Server(data, bcrypt_cost=10) as server, contextlib.ExitStack() as stack:
        bob = stack.enter_context(Client(server.address, source="127.0.0.9")).sign_in("bob")
        guessers = [stack.enter_context(Client(server.address)) for _ in range(50)]
        for number, guesser in enumerate(guessers):
            guesser.send("CAP LS 302", "AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('alice', f'guess {number}')}")
        guessers[0].wait_for(" 904 .*The name or the password is wrong")
        for number in range(10):
            bob.say("#lobby", f"{number}")
        with Client(server.address, source="127.0.0.8") as alice:
            alice.sign_in("alice")
            bob.say("alice", "welcome")
            alice.wait_for(" :welcome$")


def test_no_more_files(tmp_path: Path) -> None:
    """Where the system has few sockets to give, those that say nothing make room for those that have something to say,
    before there are none.
    """
    data = tmp_path / "data"
    make_accounts(data, ["alice", "bob"])
    complaints = ["the system allows 80 open files"]
    with (
        Server(data, preexec=_few_files, complaints=complaints) as server,
        Client(server.address) as alice,
        contextlib.ExitStack() as stack,
    ):
        alice.sign_in("alice")
        for _ in range(100):
            stack.enter_context(Client(server.address))
        with Client(server.address) as bob:
            bob.sign_in("bob").say("#lobby", "here I am")
            alice.wait_for(" :here I am$")
        assert len(server.stderr().splitlines()) == 1


def _few_files() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (80, 80))


def test_too_many_strangers(tmp_path: Path) -> None:
    """ "Beyond it the oldest is dropped", and told why; those who have signed in stay, and so does the newest."""
    data = tmp_path / "data"
    make_accounts(data, ["alice"])
    with (
        Server(data, "--max-clients", "5000", "--no-rate-limits", complaints=[AT_A_LIMIT]) as server,
        Client(server.address) as alice,
        contextlib.ExitStack() as stack,
    ):
        alice.sign_in("alice")
        strangers = []
        for _ in range(2_010):
            strangers.append(stack.enter_context(Client(server.address)))
            strangers[-1].ask("PING x", " PONG ")
        words = "Too many connections are signing in; yours has waited longest. Try again."
        assert strangers[0].end() == strangers[9].end() == [f"ERROR :{words}"]
        strangers[10].ask("PING y", " PONG .*y$")
        strangers[-1].sign_in("alice")
        alice.say("#lobby", "hello")
        assert server.memory_kb("VmHWM") < MEMORY_KB_MAX
