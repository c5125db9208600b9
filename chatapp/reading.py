"""Opens and reads files without waiting for ever, as opening a named pipe does that no program writes to."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import stat
import time
from pathlib import Path

_CHUNK_BYTES = 64 * 1024
_KINDS = (
    (stat.S_ISDIR, "it is a folder"),
    (stat.S_ISFIFO, "it is a named pipe"),
    (stat.S_ISSOCK, "it is a socket"),
)


def open_regular(path: str | os.PathLike[str], flags: int = os.O_RDONLY, mode: int = 0o600) -> int:
    """Open a regular file and return its descriptor; usable as the ``opener`` of :func:`open`.

    Raises OSError, also if the path is something else, such as a named pipe, a device or a folder. Its ``strerror``
    says so in words that follow "cannot be read: ". A new file gets ``mode``.
    """
    descriptor = open_at_once(path, flags, mode)
    kind = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(kind):
        os.close(descriptor)
        what = next((words for is_kind, words in _KINDS if is_kind(kind)), "it is a device")
        raise OSError(errno.EINVAL, f"{what}, not a file", os.fspath(path))
    return descriptor


def open_at_once(path: str | os.PathLike[str], flags: int = os.O_RDONLY, mode: int = 0o600) -> int:
    """Open a file and return its descriptor; do not wait for a program that writes to a named pipe. Raises OSError."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0), mode)


def read_regular(path: Path) -> bytes:
    """Return the content of a regular file. Raises OSError as :func:`open_regular` does."""
    with open(path, "rb", opener=open_regular) as file:
        return file.read()


def read_within(path: Path, bytes_max: int, wait_s: float, end: bytes = b"") -> tuple[bytes, os.stat_result]:
    """Return the first ``bytes_max`` bytes of a file, which may be a pipe or a terminal, and its ``stat``.

    The data of anything but a regular file also ends with the first ``end``, if ``end`` is given. Raises TimeoutError,
    which is an OSError, if such data has not ended within ``wait_s``; and OSError.
    """
    with open(path, "rb", buffering=0, opener=open_at_once) as file:
        found = os.fstat(file.fileno())
        if stat.S_ISREG(found.st_mode) or os.name != "posix":
            return file.read(bytes_max), found
        deadline_s = time.monotonic() + wait_s
        data = b""
        while len(data) < bytes_max and not (end and end in data):
            # While no program has opened a named pipe to write, read() would report the end of the data.
            ready, _, _ = select.select([file], [], [], max(0.0, deadline_s - time.monotonic()))
            if not ready:
                raise TimeoutError(errno.ETIMEDOUT, f"no program has written to it within {wait_s:g} s", str(path))
            with contextlib.suppress(BlockingIOError):  # another process has read the data
                more = os.read(file.fileno(), min(_CHUNK_BYTES, bytes_max - len(data)))
                if not more:
                    break
                data += more
        return data, found
