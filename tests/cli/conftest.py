"""``chat`` as a test types it: in this process, or in a terminal."""

from __future__ import annotations

import io
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pexpect
import pytest

from chatapp.auth import PasswordFile
from chatapp.cli import run
from tests.cli.screen import Screen
from tests.support.server import PATIENCE_S, Server, make_accounts

PAIRS = 20  # more than a file has tests that take one


class Ran(NamedTuple):
    """What a command did."""

    exit_code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the person who runs the tests gets in, and no folder of theirs is touched."""
    for name in ("CHAT_BCRYPT_COST", "CHAT_PASSWORD_STDIN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CHAT_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("CHAT_BCRYPT_COST", "4")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for several pairs of people, who say nothing to all, and whose passwords are right."""
    data = tmp_path_factory.mktemp("shared") / "data"
    make_accounts(data, [f"{name}{number}" for number in range(PAIRS) for name in ("alice", "bob")])
    with Server(data) as server:
        yield server


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    """Numbers of pairs that have done nothing yet."""
    return iter(range(PAIRS))


@pytest.fixture
def file(tmp_path: Path) -> PasswordFile:
    """The password file of the folder that commands use."""
    return PasswordFile(tmp_path / "data" / "passwords")


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run ``chat`` without a terminal and return what it did."""

    def chat(*args: str, input: bytes = b"") -> Ran:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(input)))
        exit_code = run(args)
        out, err = capfd.readouterr()
        return Ran(exit_code, out, err)

    return chat


class Terminal(pexpect.spawn):  # type: ignore[misc]
    """``chat`` in a terminal."""

    def interrupt(self, key: str) -> None:
        """Press a key at a question, as soon as the program sleeps until a key comes.

        A signal that Python gets between its last look for signals and the read is noticed after the read.
        """
        stat = Path(f"/proc/{self.pid}/stat")
        until = time.monotonic() + PATIENCE_S
        while stat.exists() and stat.read_text().rpartition(") ")[2][0] != "S":
            assert time.monotonic() < until, "the program never waited for a key"
            time.sleep(0.001)
        self.send(key)

    def ended(self) -> tuple[int, str]:
        """Wait for the end; return the exit code and what was shown since the last expect()."""
        self.expect(pexpect.EOF)
        self.close()
        assert self.exitstatus is not None, f"ended by signal {self.signalstatus}"
        return self.exitstatus, self.before.replace("\r\n", "\n")


@pytest.fixture
def terminal() -> Iterator[Callable[..., Terminal]]:
    """Start ``chat`` in a terminal."""
    started: list[Terminal] = []

    def terminal(*args: str) -> Terminal:
        args = (*args, "--classic") if args[0] == "connect" else args
        with warnings.catch_warnings():
            # Python 3.12 warns of fork() beside threads, which pytest-xdist has; the child runs nothing but exec().
            warnings.simplefilter("ignore", DeprecationWarning)
            process = Terminal(
                sys.executable, ["-m", "chatapp", *args], encoding="utf-8", timeout=PATIENCE_S, dimensions=(24, 80)
            )
        process.delaybeforesend = None  # what is waited for is the question
        started.append(process)
        return process

    yield terminal
    for process in started:
        process.close(force=True)


@pytest.fixture
def sit(tmp_path: Path) -> Iterator[Callable[..., Screen]]:
    """Start the full-screen client in a terminal, for one person with a configuration of their own."""
    with ExitStack() as stack:

        def sit(
            server: Server,
            name: str,
            rows: int = 24,
            columns: int = 80,
            *options: str,
            env: Mapping[str, str] | None = None,
            module: str = "chatapp",
        ) -> Screen:
            own = {"CHAT_CONFIG": str(tmp_path / f"config-{name}"), "TERM_PROGRAM": "", "TMUX": "", **(env or {})}
            args = ("connect", server.address.host, str(server.address.port), name, *options)
            return stack.enter_context(Screen(*args, env=own, rows=rows, columns=columns, full=True, module=module))

        yield sit
