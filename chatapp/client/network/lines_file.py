"""A small file of lines that several clients may change: it is locked while it is read and replaced."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from chatapp.reading import open_regular, read_regular

_LOCK_AGAIN_S = 0.02  # the pause between two attempts to take the lock


class LockedError(Exception):
    """Another program has kept the lock for too long."""


class LinesFile:
    """The file ``path``, which need not exist yet, nor its folder. New files can be read by their owner only."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock_path = path.with_suffix(".lock")

    def lines(self) -> list[str]:
        """Return the lines that are not empty; none if there is no file. Raises OSError and UnicodeDecodeError."""
        try:
            text = read_regular(self.path).decode().replace("\r\n", "\n")
        except FileNotFoundError:
            return []
        return [line for line in text.split("\n") if line]

    @contextlib.asynccontextmanager
    async def changing(self, lock_s: float) -> AsyncIterator[list[str]]:
        """Yield the lines for a change, while no other client changes them; afterwards, replace the file.

        The event loop runs meanwhile, so that a deadline of the caller holds. Raises LockedError if another client has
        the lock for ``lock_s``, OSError and UnicodeDecodeError.
        """
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = open_regular(self.lock_path, os.O_RDWR | os.O_CREAT)
        try:
            try:
                async with asyncio.timeout(lock_s):
                    while not _try_lock(lock):
                        await asyncio.sleep(_LOCK_AGAIN_S)
            except TimeoutError:
                raise LockedError from None
            lines = self.lines()
            yield lines
            replace(self.path, "".join(f"{line}\n" for line in lines))
        finally:
            os.close(lock)  # releases the lock


def replace(path: Path, text: str) -> None:
    """Replace the text of a file at once: a reader sees the old text or the new one. Raises OSError."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)  # mode 0600
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def _try_lock(lock: int) -> bool:
    try:
        import fcntl
    except ImportError:  # on Windows there is no lock: the last writer wins
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
