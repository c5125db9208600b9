"""Replace a file atomically, under a lock: one writer at a time, and readers see all of a change or nothing of it.

The lock of the file ``path`` is the file ``path.lock`` beside it, which is never deleted. The lock file contains the
stamp of the last file that :func:`replace` put in place. If the stamp of ``path`` differs, another program has written
``path``, and may still be writing it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from chatapp.reading import open_regular

_logger = logging.getLogger(__name__)


class Stamp(NamedTuple):
    """A file's identity, size and modification time, which (nearly always) differ after a change of the file."""

    device: int
    inode: int
    size: int  # in bytes
    mtime_ns: int

    @classmethod
    def of(cls, result: os.stat_result) -> Stamp:
        """Return the stamp of the file that ``result``, of ``stat()``, describes."""
        return cls(result.st_dev, result.st_ino, result.st_size, result.st_mtime_ns)

    def text(self) -> bytes:
        """Return the stamp as the lock file contains it."""
        return " ".join(map(str, self)).encode()


def place_to_write(path: Path) -> Path:
    """Return the target of a symbolic link: a change replaces the target, and the link stays. Raises OSError.

    Root may change files in a folder of another user, who can put a link to a file of root there. So, for root, this
    raises PermissionError if the target does not belong to the owner of the link's folder.
    """
    real = Path(os.path.realpath(path))
    if os.geteuid() == 0 and path.is_symlink():
        owner = os.stat(path.parent).st_uid
        if owner != 0 and _owner(real).st_uid != owner:
            words = f"it is a link to {real}, which does not belong to the owner of the folder"
            raise PermissionError(errno.EPERM, words, str(path))
    return real


@contextlib.contextmanager
def locked(path: Path, timeout_s: float) -> Iterator[int]:
    """Hold the lock of the file ``path``, and yield the descriptor of the lock file, for :func:`replace`.

    Raises TimeoutError when another holder keeps the lock for ``timeout_s``, and OSError.
    """
    lock = open_regular(_beside(path, ".lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW)
    try:
        _give(lock, _owner(path))
        deadline_s = time.monotonic() + timeout_s
        while not _try_lock(lock):
            if time.monotonic() >= deadline_s:
                raise TimeoutError
            time.sleep(0.005)
        yield lock
    finally:
        os.close(lock)  # releases the lock


def replace(path: Path, data: bytes, lock: int) -> Stamp:
    """Replace the file ``path`` with a new file (mode 0600) that contains ``data``; return the stamp of the new file.

    ``lock`` is the descriptor from :func:`locked`. The new file is on disk when this function returns. A reader sees
    the old file or the new file, even after a crash at any moment. Raises OSError; then ``path`` is unchanged. If only
    the last step fails, the sync of the folder, the change is made, and a warning says that it may get lost.
    """
    new = _beside(path, ".new")
    new.unlink(missing_ok=True)  # left by a writer that crashed
    fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
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
    try:
        _sync_folder(path.parent)
    except OSError as error:  # a second sync could succeed without writing what the first one lost
        _logger.warning(
            "%s was changed, but its folder could not be written to the disk (%s). If the machine loses power now, the"
            " change may be undone. Check the disk.",
            path,
            error.strerror,
        )
    return stamp


def is_whole(path: Path, stamp: Stamp | None) -> bool:
    """Return whether :func:`replace` wrote the file with this stamp, and no other program has written to it since."""
    return stamp is not None and _last_stamp(path) == stamp.text()


def was_there(path: Path) -> bool:
    """Return whether :func:`replace` ever wrote ``path``, even if the file is missing now."""
    return bool(_last_stamp(path))


def _last_stamp(path: Path) -> bytes:
    """Return the content of the lock file; empty if there is none."""
    try:
        with open(_beside(path, ".lock"), "rb", opener=open_regular) as file:
            return file.read(100)
    except OSError:
        return b""


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _owner(path: Path) -> os.stat_result:
    """Return the stat whose user and group the new file gets: that of the old file, else of its folder."""
    try:
        return os.stat(path)
    except FileNotFoundError:
        return os.stat(path.parent)


def _give(fd: int, owner: os.stat_result) -> None:
    """Give the file to the user and group of ``owner`` if root writes it: the server's user must be able to read it."""
    if os.geteuid() == 0:
        own = os.fstat(fd)
        if (own.st_uid, own.st_gid) != (owner.st_uid, owner.st_gid):
            os.fchown(fd, owner.st_uid, owner.st_gid)


def _try_lock(fd: int) -> bool:
    """Take the lock if it is free, and return whether it is taken.

    The lock also works between threads of one process, because each caller opens the lock file itself.
    """
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sync_folder(folder: Path) -> None:
    """Write the folder's entries to disk, so that the renamed file survives a crash."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
