"""A real server in a process of its own, started as people start it."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from chatapp.auth import hash_password

REPOSITORY = Path(__file__).parent.parent.parent
PATIENCE_S = 30.0  # for anything that takes a moment; only a test that fails waits so long
PASSWORD = "correct-horse"
_HASH = hash_password(PASSWORD, 4)
_ADDRESS = re.compile(r"(\[[^]]+\]|[^ ,:\[\]]+):(\d+)")


class Address(NamedTuple):
    """Where a server listens."""

    host: str
    port: int


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment for a process of ours: nothing of it comes from who runs the tests.

    Passwords are hashed in no time, unless it is told otherwise.
    """
    own = {name: value for name, value in os.environ.items() if not name.startswith(("CHAT_", "PYTHON", "COV"))}
    # A warning is a mistake here too: what is left open, or awaited by nobody, is told on stderr.
    ours = {"PYTHONPATH": str(REPOSITORY), "PYTHONWARNINGS": "default", "CHAT_BCRYPT_COST": "4"}
    ours["CHAT_LOG_LEVEL"] = "warning"  # so that what a server writes is a complaint
    return {**own, **ours, **(more or {})}


def run_chat(
    *args: str | Path,
    stdin: str = "",
    wrapped_in: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
    cwd: str | Path = "/",
) -> subprocess.CompletedProcess[str]:
    """Run ``chat`` to its end, and return what it said."""
    command = [*wrapped_in, sys.executable, "-m", "chatapp", *map(str, args)]
    return subprocess.run(
        command, input=stdin, capture_output=True, text=True, timeout=PATIENCE_S, env=environment(env), cwd=cwd
    )


def own_address() -> str | None:
    """Return an address of this machine that is not loopback; nothing is sent to find out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        host = str(probe.getsockname()[0])
    return None if host.startswith("127.") else host


def make_accounts(data: Path, names: Iterable[str]) -> None:
    """Make accounts with the password ``PASSWORD`` before a server has the folder ``data``."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = data / "passwords"
    before = file.read_text() if file.exists() else ""
    file.touch(0o600)
    file.write_text(before + "".join(f"{name}:{_HASH}\n" for name in names))


class Server:
    """A server for the time of a ``with`` block; it may be stopped, killed and started again within.

    At the end of the block it is stopped, must have ended with exit code 0, and may have left no traceback and no
    warning of Python behind; ``complaints`` are patterns of the lines that it may have written to stderr.
    """

    def __init__(
        self,
        data: Path,
        *options: str | Path,
        port: str = "0",
        host: str | None = "127.0.0.1",
        bcrypt_cost: int | None = 4,
        env: Mapping[str, str] | None = None,
        wrapped_in: Sequence[str] = (),
        preexec: Callable[[], None] | None = None,
        complaints: Sequence[str] = (),
        cwd: str | Path = "/",
    ) -> None:
        self.data = data
        self.command = [*wrapped_in, sys.executable, "-m", "chatapp", "serve", port, "--data", str(data)]
        self.command += ["--host", host] if host is not None else []
        self.command += ["--bcrypt-cost", str(bcrypt_cost)] if bcrypt_cost is not None else []
        self.command += map(str, options)
        self.addresses: list[Address] = []
        self.greeting: list[str] = []
        self._env = environment(env)
        self._preexec = preexec
        self._cwd = cwd
        self._complaints = complaints
        self._process: subprocess.Popen[bytes] | None = None
        self._stderr = tempfile.TemporaryFile("a+b")  # noqa: SIM115 (of all its lives; a file never makes it wait)

    # Its life

    def start(self) -> Server:
        """Start the process and wait until it is ready."""
        self.spawn()
        self.await_ready()
        return self

    def spawn(self) -> None:
        """Start the process."""
        assert self._process is None
        self._process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            env=self._env,
            cwd=self._cwd,
            preexec_fn=self._preexec,
        )

    def await_ready(self) -> None:
        """Wait for the line that begins with ``ready``, and take the addresses from it."""
        stdout = self.process.stdout
        assert stdout is not None
        said = b""
        deadline = time.monotonic() + PATIENCE_S
        while not re.search(rb"^ready.*\n", said, re.MULTILINE):
            readable, _, _ = select.select([stdout], [], [], max(0.0, deadline - time.monotonic()))
            more = os.read(stdout.fileno(), 65536) if readable else b""
            assert more, f"The server did not get ready. stdout: {said!r} stderr: {self.stderr()}"
            said += more
        self.greeting = said.decode().splitlines()
        self.addresses = [Address(host.strip("[]"), int(port)) for host, port in _ADDRESS.findall(self.greeting[-1])]

    def kill(self) -> None:
        """End it at once, as a loss of power would (SIGKILL)."""
        self._end(signal.SIGKILL)

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop; return its exit code."""
        return self._end(sign)

    def tell(self, sign: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(sign)

    def wait(self) -> int:
        """Wait for its end, which somebody asked for; return its exit code."""
        code = self.process.wait(PATIENCE_S)
        self._forget()
        return code

    def _end(self, sign: signal.Signals) -> int:
        self.process.send_signal(sign)
        return self.wait()

    def _forget(self) -> None:
        process, self._process = self._process, None
        assert process is not None
        assert process.stdout is not None
        process.stdout.close()

    # What is known of it

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process, which runs."""
        assert self._process is not None, "it does not run"
        return self._process

    @property
    def address(self) -> Address:
        """Where it listens first."""
        return self.addresses[0]

    def stderr(self) -> str:
        """Return all that it has written to stderr, but for the warning that it runs as root where the tests do."""
        lines = self.all_stderr().splitlines(keepends=True)
        return "".join(line for line in lines if os.geteuid() != 0 or "the server runs as root" not in line)

    def all_stderr(self) -> str:
        """Return all that it has written to stderr."""
        return os.pread(self._stderr.fileno(), 1 << 20, 0).decode()

    def await_stderr(self, pattern: str) -> None:
        """Wait until it has written a line in which the pattern is found."""
        deadline = time.monotonic() + PATIENCE_S
        while not re.search(pattern, self.stderr()):
            assert time.monotonic() < deadline, f"{pattern!r} is not in {self.stderr()!r}"
            time.sleep(0.005)  # a file cannot be waited for

    def memory_kb(self, field: str = "VmRSS") -> int:
        """Tell its memory now (``VmRSS``) or the most so far (``VmHWM``)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(field + ":"))

    # As a context

    def __enter__(self) -> Server:
        try:
            return self.start()
        except BaseException:
            self._kill_what_runs()
            self._stderr.close()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._stderr:
            if kind is not None:
                self._kill_what_runs()
                if error is not None and (said := self.stderr()):
                    error.add_note(f"The server's stderr:\n{said[-4000:]}")
                return
            try:
                if self._process is not None:
                    code = self.stop()
                    assert code == 0, f"exit code {code}; {self.stderr()}"
            finally:
                self._kill_what_runs()
            self.check_stderr()

    def check_stderr(self) -> None:
        """Hold that it complained of nothing but what it may complain of."""
        for line in self.stderr().splitlines():
            assert any(re.search(pattern, line) for pattern in self._complaints), line

    def _kill_what_runs(self) -> None:
        process = self._process
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            process.wait()
            self._forget()
