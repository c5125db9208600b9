"""The data folder of a server: the names of its files, and the lock that lets only one server use it."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import sys
from pathlib import Path

from chatapp.config import LOG_NAME, PASSWORDS_NAME, SETTINGS_NAME
from chatapp.errors import DataError, DataLockedError
from chatapp.reading import open_regular
from chatapp.storage.file_systems import refuse_network

LOG, PASSWORDS, SETTINGS = LOG_NAME, PASSWORDS_NAME, SETTINGS_NAME
CERTIFICATE = "cert.pem"
KEY = "key.pem"
LAST_SEEN = "last-seen.json"
RESTORING = "restore-unfinished"  # an empty file that exists while ``chat restore`` exchanges files
OLD_PREFIX = "before-restore-"  # prefix of folders with the files that a restore has replaced

BESIDE_LOG = (f"{LOG}-wal", f"{LOG}-shm", f"{LOG}-journal")  # SQLite's files for one particular chat.db
# The search index of one particular chat.db, which a server can make again.
SEARCH = ("search.db", "search.db-wal", "search.db-crc")


class FolderLock:
    """The lock of a data folder, held until :meth:`close` or the end of the process."""

    def __init__(self, folder: Path) -> None:
        """Take the lock. Raises BlockingIOError if another process has it, and OSError."""
        self._descriptors: list[int] = []
        self._log: int | None = None  # the descriptor of the locked log
        try:
            self.add(folder)
        except OSError:
            self.close()
            raise

    def add(self, folder: Path) -> None:
        """Lock one more folder. Raises BlockingIOError if another process has its lock, and OSError."""
        # Lock the folder itself. If somebody removed a lock file in the folder, a second server could start.
        self._lock(os.open(folder, os.O_RDONLY | os.O_DIRECTORY))

    def add_log(self, path: Path) -> None:
        """Lock the log's file too, unless that is done already: two folders may have the same file (a bind mount).

        Raises DataLockedError if another process has its lock, and DataError if the file cannot be opened.
        """
        # Only on Linux: elsewhere, SQLite's own locks of the file (fcntl) conflict with a lock of flock().
        if self._log is not None or sys.platform != "linux":
            return
        try:
            self._log = open_regular(path)
            self._lock(self._log)
        except BlockingIOError as error:
            raise DataLockedError(f"Another server uses the log {os.path.realpath(path)}. Stop it first.") from error
        except OSError as error:
            advice = "Check the folder and its permissions."
            if error.errno == errno.EINVAL:
                advice = "Move it away and put the log in its place, or restore a backup (chat restore FILE)."
            raise DataError(f"Cannot open the log {path}: {error.strerror}. {advice}") from error

    def _lock(self, descriptor: int) -> None:
        # Keep the descriptor until the end even if another process has the lock. If this process closed a descriptor of
        # a file that SQLite has open, SQLite would lose its locks. Spec: fcntl(2), "Advisory record locking".
        self._descriptors.append(descriptor)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def close(self) -> None:
        """Release the locks. Call this when SQLite has closed the log."""
        for descriptor in self._descriptors:
            os.close(descriptor)

    def __enter__(self) -> FolderLock:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def lock_data_folder(folder: Path) -> FolderLock:
    """Make the data folder if it is missing, and lock it, so that no other server uses it until the lock is closed.

    Raises DataLockedError if a server uses the folder, and DataError if the folder cannot be used. A folder on a
    network file system is refused before anything is made in it, because a lock there can block forever.
    """
    refuse_network(folder)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = FolderLock(folder)
    except BlockingIOError as error:
        raise DataLockedError(
            f"Another server uses the data folder {folder}. Stop it, or give this one a folder of its own (--data DIR)."
        ) from error
    except OSError as error:
        raise _unusable(folder, error) from error
    try:
        if not os.access(folder, os.W_OK | os.X_OK):
            raise _unusable(folder, PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder)))
        _lock_log(folder, lock)
    except BaseException:
        lock.close()
        raise
    return lock


def _lock_log(folder: Path, lock: FolderLock) -> None:
    """Lock the log too, and its folder if the log is a link to another folder. Raises DataError and DataLockedError."""
    path = folder / LOG
    if not path.exists():
        return
    if path.is_file() and path.stat().st_nlink > 1:  # SQLite would keep a write-ahead log for each name
        raise DataError(f"{path} has a second name (a hard link), so another server could use it. Remove that name.")
    lock.add_log(path)
    real = Path(os.path.realpath(path)).parent
    if real != Path(os.path.realpath(folder)):
        refuse_network(real)
        try:
            lock.add(real)
        except BlockingIOError as error:
            raise DataLockedError(f"Another server uses the log {os.path.realpath(path)}. Stop it first.") from error


def _unusable(folder: Path, error: OSError) -> DataError:
    return DataError(
        f"The data folder {folder} cannot be used: {error.filename or folder}: {error.strerror}."
        " Run chat as the user it belongs to, or give a folder that you may write to, with --data DIR or CHAT_DATA."
    )


def refuse_half_restored(folder: Path) -> None:
    """Raise DataError if ``chat restore`` was interrupted in the folder: its files may belong to two servers."""
    if os.path.lexists(folder / RESTORING):
        raise DataError(
            f"In the data folder {folder} a chat restore was interrupted. Run chat restore FILE --replace again."
            f" The files that were there before are in its folders {OLD_PREFIX}..."
        )


def give_to_owner(path: Path, folder: Path) -> None:
    """Give a new file or folder to the owner of ``folder`` if this process is root: the server may run as that owner.

    Raises OSError. That owner may put a link in place of the new file. So this follows no symbolic link, and gives away
    no file with a second name.
    """
    if os.geteuid() != 0:
        return
    owner = os.stat(folder)
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        found = os.fstat(descriptor)
        if stat.S_ISREG(found.st_mode) and found.st_nlink != 1:
            raise OSError(errno.EMLINK, os.strerror(errno.EMLINK), str(path))
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Write the folder's directory entries to disk (fsync). Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
