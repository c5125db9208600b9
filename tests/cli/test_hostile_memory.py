"""No server can fill the memory of ``chat``: beyond a bound it disconnects, and says why."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.hostile import HostileServer, Visit
from tests.support.server import environment

pytestmark = pytest.mark.once

# What may be kept, twice over for what is on its way from one form into another, and the interpreter with its modules.
SAMPLE_S = 0.01  # how often the memory is looked at: as a rule it grows by less than a megabyte in between
MEMORY_KB_MAX = (2 * 64 + 128) * 1024
PATIENCE_S = 300
LINES_AT_ONCE = 500


def joins() -> Iterator[str]:
    """We are put into channels without end."""
    return (f":alice!u@h JOIN #{number:0400}" for number in _numbers())


def parts() -> Iterator[str]:
    """We are taken out of channels that we never were in."""
    return (f":alice!u@h PART #{number:0400}" for number in _numbers())


def people() -> Iterator[str]:
    """Messages of people who were never seen before."""
    return (f"@msgid={number:0200} :n{number:0400}!u@h PRIVMSG alice :hi" for number in _numbers())


def markers() -> Iterator[str]:
    """Read markers of conversations that nobody had."""
    return (f":s MARKREAD n{number:0400} *" for number in _numbers())


def batch() -> Iterator[str]:
    """A batch that does not end."""
    yield "BATCH +x chathistory #lobby"
    yield from (f"@batch=x :n!u@h PRIVMSG #lobby {'ab ' * 500}{number}" for number in _numbers())


def tokens() -> Iterator[str]:
    """What the server says of itself; it is not kept, and so there is nothing to end for."""
    yield from (f":s 005 alice T{number}={'x' * 4000} :are supported" for number in range(40_000))


def msgids() -> Iterator[str]:
    """Long ids of messages in one conversation; of these only the last are kept."""
    yield from (f"@msgid={number}{'x' * 4000} :bob!u@h PRIVMSG alice :hi" for number in range(40_000))


def pings() -> Iterator[str]:
    """Questions whose answers are not read."""
    return (f"PING {'x' * 7000}{number}" for number in _numbers())


def _numbers() -> Iterator[int]:
    number = 10**9
    while True:
        yield number
        number += 1


def says(lines: Callable[[], Iterator[str]]) -> Callable[[Visit], None]:
    """Return a script that says lines as fast as they are read."""

    def script(visit: Visit) -> None:
        visit.sign_in()
        chunk = []
        for line in lines():
            chunk.append(line)
            if len(chunk) == LINES_AT_ONCE:
                visit.send(*chunk)
                chunk.clear()
        visit.send(*chunk, ":s 465 alice :Enough.", "ERROR :Bye.")  # so that the client does not come again

    return script


FILLING = "x" * 70


def offers(visit: Visit) -> None:
    """Capabilities without end."""
    visit.until("USER")
    for number in range(4000):
        words = " ".join(f"c{number}-{at}={FILLING}" for at in range(80))
        visit.send(f":s CAP * LS * :{words}")
    visit.send("ERROR :enough")


@pytest.fixture
def options(tmp_path: Path) -> list[str]:
    """What ``chat connect`` needs, and chat send too."""
    file = tmp_path / "password"
    file.write_text("secret\n")
    file.chmod(0o600)
    return ["--plaintext", "--password-file", str(file), "--config", str(tmp_path / "config")]


def run_to_the_end(*args: str) -> tuple[int, str, int]:
    """Run ``chat``; return its exit code, the last line of what it said, and the most memory that it had in KB."""
    process = subprocess.Popen(
        [sys.executable, "-m", "chatapp", *args],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment(), cwd="/",
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stderr is not None
    last: list[bytes] = [b""]

    def read() -> None:
        for line in process.stderr or ():
            last[0] = line

    reader = threading.Thread(target=read)
    reader.start()
    watch = threading.Timer(PATIENCE_S, process.kill)
    watch.start()
    memory_kb = 0
    while process.poll() is None:  # what the system counts at the end would be that of the process it was forked from
        memory_kb = max(memory_kb, memory_of(process.pid))
        time.sleep(SAMPLE_S)
    watch.cancel()
    reader.join()
    process.stdin.close()
    process.stderr.close()
    return process.returncode, last[0].decode(), memory_kb


def memory_of(pid: int) -> int:
    """Return the most memory that a process has had, in KB; 0 when it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) if found else 0


@pytest.mark.parametrize("lines", [joins, parts, people, markers, batch, pings])
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_what_has_no_end_ends_the_connection(lines, options):
    """ "Beyond the bound, disconnect with a clear message"; the memory stays bounded until then."""
    with HostileServer(says(lines)) as server:
        exit_code, said, memory_kb = run_to_the_end("connect", *server.args, "--plain", *options)
    assert memory_kb < MEMORY_KB_MAX
    assert said.startswith("chat: Disconnected: the server ")
    assert exit_code == 3


@pytest.mark.parametrize("script", [offers, says(tokens), says(msgids)], ids=["offers", "tokens", "msgids"])
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_what_is_not_used_is_not_kept(script, options):
    """Where the newest is enough, or nothing is needed, a server may say as much as it likes."""
    with HostileServer(script) as server:
        _, said, memory_kb = run_to_the_end("send", *server.args, "bob", "hi", *options, "--timeout", "60")
    assert memory_kb < MEMORY_KB_MAX
    assert "Disconnected" not in said
