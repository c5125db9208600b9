"""``chat`` in the process of the test, for what a command says and does: the start of a process takes most of the time.

``run_chat`` starts a process of its own, for what a process is: its streams, its signals, its exit code. Each command
keeps a test that runs it so.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from chatapp.cli import run
from tests.support.server import PATIENCE_S, REPOSITORY, environment

_SEVERAL = "import sys; from tests.support.here import answer; answer(sys.stdin.read())"


def run_here(
    *args: str | Path, stdin: str = "", env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run ``chat`` to its end in this process, with the environment of ``run_chat``; return what it said."""
    words = list(map(str, args))
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(2)]
        stack.enter_context(_environment(env))
        stack.enter_context(_signals())
        with _streams(stdin.encode(), *files):
            code = run(words)
        for file in files:
            file.seek(0)
        out, err = (file.read().decode() for file in files)
    return subprocess.CompletedProcess(words, code, out, err)


def run_several(
    rows: Sequence[Sequence[str | Path]], env: Mapping[str, str] | None = None
) -> list[subprocess.CompletedProcess[str]]:
    """Run ``chat`` once for each row of arguments, all in one process, for commands that change the process they run in
    (``chat serve``); return what each said.
    """
    ran = subprocess.run(
        [sys.executable, "-c", _SEVERAL], input=json.dumps([list(map(str, row)) for row in rows]),
        capture_output=True, text=True, timeout=PATIENCE_S + len(rows), env=environment(env), cwd=REPOSITORY,
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (0, ""), ran
    return [subprocess.CompletedProcess(*each) for each in json.loads(ran.stdout)]


def answer(rows: str) -> None:
    """Run what ``run_several`` asks for, with the environment of this process."""
    ended = [run_here(*row, env=os.environ) for row in json.loads(rows)]
    print(json.dumps([(each.args, each.returncode, each.stdout, each.stderr) for each in ended]))


@contextlib.contextmanager
def _environment(env: Mapping[str, str] | None) -> Iterator[None]:
    before, within = dict(os.environ), environment(env)
    try:
        os.environ.clear()
        os.environ.update(within)
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextlib.contextmanager
def _signals() -> Iterator[None]:
    """Undo what a command that has to clean up behind it does to the handlers of signals."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _streams(stdin: bytes, out: BinaryIO, err: BinaryIO) -> Iterator[None]:
    """Let the descriptors 0 to 2, and the streams of Python on them, be those of the command."""
    before = sys.stdin, sys.stdout, sys.stderr
    for stream in before[1:]:
        stream.flush()
    kept = [os.dup(number) for number in range(3)]
    reading, writing = os.pipe()
    assert len(stdin) <= 65_536, "more than a pipe takes while nobody reads"
    os.write(writing, stdin)
    os.close(writing)
    try:
        for number, file in enumerate((reading, out.fileno(), err.fileno())):
            os.dup2(file, number)
        os.close(reading)
        sys.stdin, sys.stdout, sys.stderr = (
            io.TextIOWrapper(open(number, mode, closefd=False))  # noqa: SIM115 (they are left to the command)
            for number, mode in enumerate(("rb", "wb", "wb"))
        )
        yield
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    finally:
        sys.stdin, sys.stdout, sys.stderr = before
        for number, file in enumerate(kept):
            os.dup2(file, number)
            os.close(file)
