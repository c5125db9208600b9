"""Change a file as a whole: one writer at a time, all of the change or nothing of it.

The lock of a file is the file ``path.lock`` beside it, which stays there. Its text is the stamp of the last file that
was put in place whole, so that a reader can tell it from one that another program is still writing.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_BINARY = getattr(os, "O_BINARY", 0)


_LOCKED_BYTE = 1 << 20  # Windows lets nobody read a byte that is locked, so it is one that is not there


class Stamp(NamedTuple):
    """What changes when a file does."""

    device: int
    inode: int
    size: int  # in bytes
    mtime_ns: int

    @classmethod
    def of(cls, result: os.stat_result) -> Stamp:
        """Take it from what stat() says."""
        return cls(result.st_dev, result.st_ino, result.st_size, result.st_mtime_ns)

    def text(self) -> bytes:
        """Return the form in which the lock holds it."""
        return " ".join(map(str, self)).encode()


@contextlib.contextmanager
def locked(path: Path, timeout_s: float) -> Iterator[int]:
    """Hold the lock of the file ``path``, and give what :func:`replace` asks for.

    Raises TimeoutError when another process keeps it for ``timeout_s``, and OSError.
    """
    lock = os.open(_beside(path, ".lock"), os.O_RDWR | os.O_CREAT | _NO_FOLLOW | _BINARY, 0o600)
    try:
        _give(lock, _owner(path))
        deadline_s = time.monotonic() + timeout_s
        while not _try_lock(lock):
            if time.monotonic() >= deadline_s:
                raise TimeoutError
            time.sleep(0.005)
        yield lock
    finally:
        os.close(lock)  # which gives it back


def replace(path: Path, data: bytes, lock: int) -> Stamp:
    """Put a file with ``data`` in the place of ``path``, mode 0600, on disk when this returns; return its stamp.

    Whoever reads sees the old file or the new one, also after a crash at any moment. Raises OSError; then nothing has
    changed.
    """
    new = _beside(path, ".new")
    new.unlink(missing_ok=True)  # of a writer that crashed
    fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW | _BINARY, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            _give(fd, _owner(path))
            file.write(data)
            file.flush()
            os.fsync(fd)
            stamp = Stamp.of(os.fstat(fd))
        os.ftruncate(lock, 0)
        os.lseek(lock, 0, os.SEEK_SET)
        os.write(lock, stamp.text())
        os.replace(new, path)
    except OSError:
        new.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)
    return stamp


def is_whole(path: Path, stamp: Stamp | None) -> bool:
    """Return whether :func:`replace` put the file with this stamp in the place of ``path``, and nobody wrote since."""
    return stamp is not None and _last(path) == stamp.text()


def was_there(path: Path) -> bool:
    """Return whether :func:`replace` ever put a file in the place of ``path``, which now may be missing."""
    return bool(_last(path))


def _last(path: Path) -> bytes:
    try:
        with open(_beside(path, ".lock"), "rb") as file:
            return file.read(100)
    except OSError:
        return b""


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _owner(path: Path) -> os.stat_result:
    """Return the stat of whose user and group the new file gets: of the old file, else of its folder."""
    try:
        return os.stat(path)
    except FileNotFoundError:
        return os.stat(path.parent)


def _give(fd: int, owner: os.stat_result) -> None:
    """Leave the file to ``owner`` when root writes it: the server, who is somebody else, must be able to read it."""
    if sys.platform != "win32" and os.geteuid() == 0:
        own = os.fstat(fd)
        if (own.st_uid, own.st_gid) != (owner.st_uid, owner.st_gid):
            os.fchown(fd, owner.st_uid, owner.st_gid)


def _try_lock(fd: int) -> bool:
    """Take the lock if it is free; between threads it works as between processes, since each opens the file."""
    if sys.platform == "win32":
        os.lseek(fd, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sync_folder(folder: Path) -> None:
    """Bring the new name to disk."""
    if sys.platform == "win32":
        return
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
