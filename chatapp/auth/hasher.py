"""Hashing in processes of their own, so that it never holds up the rest of a server.

A thread would do no work of Python's while it hashes, but it needs Python's lock (the GIL) before and after: one of low
priority, kept from running just then by any other program, would hold the lock and with it everybody up. A process may
be of a low priority. It is started when it is needed, ends when it has had nothing to do for a while, and ends with
the server, however that ends.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from queue import Empty, SimpleQueue
from typing import Any

from chatapp.auth.hashing import check_password
from chatapp.errors import AuthError

# The worker finds modules just where this process does, and nowhere else: with -m it would look into the current folder
# first (DESIGN R7). `sys` is built in, so nothing is loaded before that.
_START = "import sys; sys.path[:] = sys.argv[1:]; from chatapp.auth.hash_worker import run; run()"
_CANNOT = "Passwords cannot be checked at the moment. Try again later, or tell who runs this server."

_Process = subprocess.Popen[bytes]


def command() -> list[str]:
    """Return the command that starts a worker; an empty entry of the path would mean the current folder."""
    return [sys.executable, "-I", "-c", _START, *(path for path in sys.path if path)]


class Hasher:
    """What ``hashing.py`` does, in other processes. To be called in threads; so many at once are so many processes."""

    def __init__(self) -> None:
        self._idle: SimpleQueue[_Process] = SimpleQueue()
        self._closing = threading.Lock()  # held for the moment in which a process is started, or all are ended
        self._closed = False
        self._processes: set[_Process] = set()

    def hash_password(self, password: str, cost: int) -> str:
        """See ``hashing.hash_password``. Raises AuthError too, when that cannot be done now."""
        check_password(password)
        answer = self._ask("hash_password", password, cost)
        assert isinstance(answer, str)
        return answer

    def verify_evenly(self, hash: str | None, password: str, cost: int) -> bool:
        """See ``hashing.verify_evenly``. Raises AuthError when that cannot be done now."""
        answer = self._ask("verify_evenly", hash, password, cost)
        assert isinstance(answer, bool)
        return answer

    def close(self) -> None:
        """End all processes, whatever they are at; who waits for one gets an AuthError."""
        with self._closing:
            self._closed = True
            for process in self._processes:
                process.kill()
                process.wait()
        with contextlib.suppress(Empty):
            while True:
                self._forget(self._idle.get_nowait())

    def _ask(self, function: str, *args: Any) -> Any:
        """Let a process call a function; where it has ended in the meantime, another one does."""
        request = json.dumps([function, *args]).encode() + b"\n"
        for _ in range(2):
            process = self._take()
            assert process.stdin is not None
            assert process.stdout is not None
            answer = b""
            with contextlib.suppress(OSError):
                process.stdin.write(request)
                process.stdin.flush()
                answer = process.stdout.readline()
            if answer.endswith(b"\n"):
                self._idle.put(process)
                return json.loads(answer)
            self._forget(process)
        raise AuthError(_CANNOT)

    def _take(self) -> _Process:
        """Take a process that has nothing to do, or start one."""
        with contextlib.suppress(Empty):
            return self._idle.get_nowait()
        with self._closing:
            if self._closed:
                raise AuthError(_CANNOT)
            try:
                # In a session of its own it does not hear the Ctrl-C that is meant for the server.
                process = subprocess.Popen(
                    command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
                )
            except OSError as error:
                raise AuthError(_CANNOT) from error
            self._processes.add(process)
            return process

    def _forget(self, process: _Process) -> None:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                assert pipe is not None
                pipe.close()
        with self._closing:
            self._processes.discard(process)
