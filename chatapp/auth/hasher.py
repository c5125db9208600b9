"""A pool of worker processes that run bcrypt, so that hashing never delays the rest of the server.

A thread releases the GIL while bcrypt runs, but needs the GIL before and after. If the operating system gives the CPU
to another program while a low-priority thread holds the GIL, every other thread of the server waits (priority
inversion). A worker process can have a low priority without this danger. The pool starts a worker when a call finds no
idle worker. A worker ends after some time without a request, and when the server ends, even if the server crashes.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from queue import Empty, SimpleQueue
from typing import Any

import msgspec

from chatapp.auth.hashing import check_password
from chatapp.errors import AuthError

# The worker imports modules from the same folders as this process, and from no other folder. `python -m` would search
# the current folder first (DESIGN R7). `sys` is a built-in module: importing it before the path is set loads no file.
_START = "import sys; sys.path[:] = sys.argv[1:]; from chatapp.auth.hash_worker import run; run()"
_CANNOT = "Passwords cannot be checked at the moment. Try again later, or tell who runs this server."

_TRIES = 3  # the system may kill a worker, such as when memory is short, and then the next worker
_Process = subprocess.Popen[bytes]


def command() -> list[str]:
    """Return the command line that starts a worker process."""
    # An empty entry of sys.path means the current folder, so it is left out.
    return [sys.executable, "-I", "-c", _START, *(path for path in sys.path if path)]


class Hasher:
    """Calls functions of ``hashing.py`` in worker processes.

    Methods block: call them in threads. Each concurrent call occupies one worker; the caller bounds their number.
    """

    def __init__(self) -> None:
        self._idle: SimpleQueue[_Process] = SimpleQueue()
        self._closing = threading.Lock()  # guards _closed and _processes
        self._closed = False
        self._processes: set[_Process] = set()

    def hash_password(self, password: str, cost: int) -> str:
        """Return ``hashing.hash_password(password, cost)``. Raises AuthError also when no worker can answer."""
        check_password(password)
        answer = self._call("hash_password", password, cost)
        assert isinstance(answer, str)
        return answer

    def verify_evenly(self, hash: str | None, password: str, cost: int) -> bool:
        """Return ``hashing.verify_evenly(hash, password, cost)``. Raises AuthError when no worker can answer."""
        answer = self._call("verify_evenly", hash, password, cost)
        assert isinstance(answer, bool)
        return answer

    def close(self) -> None:
        """Kill all workers, busy workers too; a call in another thread that waits for a worker raises AuthError."""
        with self._closing:
            self._closed = True
            for process in self._processes:
                process.kill()
                process.wait()
        with contextlib.suppress(Empty):
            while True:
                self._kill(self._idle.get_nowait())

    def _call(self, function: str, *args: Any) -> Any:
        """Let a worker call ``function`` and return the result. Raises AuthError when _TRIES workers fail."""
        request = msgspec.json.encode([function, *args]) + b"\n"
        for number in range(_TRIES):  # an idle worker may end at this moment; then a new worker answers
            process = self._take(reuse=number == 0)
            assert process.stdin is not None
            assert process.stdout is not None
            answer = b""
            with contextlib.suppress(OSError):
                process.stdin.write(request)
                process.stdin.flush()
                answer = process.stdout.readline()
            if answer.endswith(b"\n"):
                self._idle.put(process)
                return msgspec.json.decode(answer)
            self._kill(process)
        raise AuthError(_CANNOT)

    def _take(self, *, reuse: bool = True) -> _Process:
        """Return an idle worker (with ``reuse``), or start a worker.

        Several idle workers may have ended after a quiet minute, or be about to end.
        """
        with contextlib.suppress(Empty):
            while reuse:
                process = self._idle.get_nowait()
                if process.poll() is None:
                    return process
                self._kill(process)
        with self._closing:
            if self._closed:
                raise AuthError(_CANNOT)
            try:
                # In a process session of its own, the worker does not get the SIGINT of a Ctrl-C meant for the server.
                process = subprocess.Popen(
                    command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
                )
            except OSError as error:
                raise AuthError(_CANNOT) from error
            self._processes.add(process)
            return process

    def _kill(self, process: _Process) -> None:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                assert pipe is not None
                pipe.close()
        with self._closing:
            self._processes.discard(process)
