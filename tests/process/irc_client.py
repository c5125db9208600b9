"""What the tests do with every program of others: start it, type in it, read what it shows, and end it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.server import PATIENCE_S, Address

SHOWN_ON_FAILURE = 40


class Program:
    """A program in a process and a home of its own, for the time of a ``with`` block."""

    program = ""  # the file that runs
    stdin: int = subprocess.DEVNULL
    stdout: int = subprocess.DEVNULL

    def __init__(self, home: Path, name: str) -> None:
        home.mkdir(parents=True)
        self.home = home
        self.name = name

    @classmethod
    def is_installed(cls) -> bool:
        """Tell whether the program is there."""
        return shutil.which(cls.program) is not None

    # What each program does in its own way

    def command(self) -> Sequence[str]:
        """Return the command that starts the program, after writing its settings."""
        raise NotImplementedError

    def started(self) -> None:
        """Do more after the start of the process."""

    def ready(self) -> bool:
        """Tell whether the program can be used."""
        raise NotImplementedError

    def shown(self, at: str = "") -> list[str]:
        """Return the lines that the program has shown: in the window of a channel or person, or in all windows."""
        raise NotImplementedError

    # What is the same for all of them

    def sees(self, pattern: str, at: str = "") -> str:
        """Wait until the program shows a line in which ``pattern`` is found; return the last such line."""
        self.until(lambda: any(re.search(pattern, line) for line in self.shown(at)), f"{pattern!r} at {at!r}")
        return next(line for line in reversed(self.shown(at)) if re.search(pattern, line))

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until something is so."""
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert self.process.poll() is None, f"{self.program} ended before {what}"
            assert time.monotonic() < deadline, f"{self.name} does not see {what}"
            time.sleep(0.01)  # a file cannot be waited for

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()

    def __enter__(self) -> Self:
        environment = {"TERM": "xterm", "HOME": str(self.home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
        self.process = subprocess.Popen(
            self.command(),
            stdin=self.stdin,
            stdout=self.stdout,
            stderr=self.stdout,
            env=environment,
            cwd=self.home,
            start_new_session=True,
        )
        try:
            self.started()
            self.until(self.ready, "its start")
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
        if error is not None:
            shown = self.shown()[-SHOWN_ON_FAILURE:]
            error.add_note(f"{self.program} of {self.name} showed last:\n  " + "\n  ".join(shown))


class IrcClient(Program):
    """A client in which a person types. ``WORDS`` is what it shows, as patterns with fields in braces."""

    WORDS: Mapping[str, str] = {}

    def connect(self, address: Address, sasl: bool = True) -> None:
        """Sign in, over TLS, with SASL or with the password of the server."""
        raise NotImplementedError

    def type(self, line: str, at: str = "") -> None:
        """Type a line, in the window of a channel or a person."""
        raise NotImplementedError

    def pattern(self, what: str, **fields: str) -> str:
        """Return the pattern of what the client shows: a word of ``WORDS``, and the values of its fields."""
        return self.WORDS[what].format(**{name: re.escape(value) for name, value in fields.items()})

    def sees_that(self, what: str, at: str = "", **fields: str) -> str:
        """Wait until the client shows what ``WORDS`` has under ``what``."""
        return self.sees(self.pattern(what, **fields), at)

    def count(self, what: str, at: str = "", **fields: str) -> int:
        """Count how often the client has shown that."""
        return sum(re.search(self.pattern(what, **fields), line) is not None for line in self.shown(at))


def read_lines(*files: Path) -> list[str]:
    """Return the lines of the files that exist."""
    return [line for file in files if file.exists() for line in file.read_text(errors="replace").splitlines()]
