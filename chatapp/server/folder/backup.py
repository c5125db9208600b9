"""Makes a backup of a data folder, even while its server runs, and restores it while no server runs.

A backup has everything that a server keeps: the log, the accounts with their password hashes, the certificate with its
key, and the settings. A new backup is checked before it gets its name. A restore checks the whole backup before it
replaces any file.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import shutil
import signal
import sqlite3
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from chatapp import __version__
from chatapp.auth import PasswordFile
from chatapp.errors import BackupError, ChatError, ConfigError, DataLockedError
from chatapp.model.state import State
from chatapp.reading import open_regular
from chatapp.server.folder import archive, data_folder
from chatapp.server.folder.archive import MEMBERS, Manifest
from chatapp.server.folder.certificate import Identity
from chatapp.server.folder.data_folder import (
    BESIDE_LOG,
    CERTIFICATE,
    KEY,
    LAST_SEEN,
    LOG,
    PASSWORDS,
    RESTORING,
    SEARCH,
    SETTINGS,
)
from chatapp.server.folder.files import write_whole
from chatapp.server.folder.settings import kept_sign_up
from chatapp.storage.copying import copy_log, verify_log
from chatapp.storage.database import read_id
from chatapp.storage.mark import check_mark, mark_of, write_mark

_ENDING = (signal.SIGINT, signal.SIGTERM)
_BACKUP_PREFIX = ".chat-backup-"  # prefix of the temporary folder beside a new backup
_STAGE_PREFIX = ".chat-restore-"  # prefix of the temporary folder in which a restore unpacks and checks a backup
_LEFT_S = 10.0  # a younger temporary folder may not be locked yet
_SPARE_BYTES = 16 * 1024 * 1024  # space that a backup leaves free on its disk


class Restored(NamedTuple):
    """A backup that was restored; ``old`` is the folder with the replaced files, or None if there were none."""

    manifest: Manifest
    old: Path | None


# Make


def make(folder: Path, target: Path, overwrite: bool) -> Manifest:
    """Back up the data folder ``folder`` into the file ``target``, and return the manifest. The server may be running.

    The backup is written under a temporary name, brought to disk, and read again. Only then it gets its name.
    Raises BackupError if ``target`` exists and ``overwrite`` is false, or if it cannot be written. Raises DataError,
    PasswordFileError or ConfigError if a file of the folder cannot be used.
    """
    data_folder.refuse_half_restored(folder)
    if not (folder / LOG).is_file():
        raise BackupError(f"There is no log in {folder}, so there is nothing to back up. Name the server's folder.")
    _refuse_own(folder, target)
    _refuse_taken(target, overwrite)
    _refuse_small_disk(folder, target.parent)
    try:
        _remove_left(target.parent)
        with _private_folder(target.parent, _BACKUP_PREFIX) as stage:
            with _named(stage, folder):
                state = _gather(folder, stage)
            manifest = _describe(stage, state)
            new = stage / "backup.tar"
            archive.pack(stage, manifest, new)
            (stage / LOG).unlink()
            archive.unpack(new, None)
            _refuse_taken(target, overwrite)
            os.replace(new, target)
        data_folder.sync_folder(target.parent)
    except (OSError, sqlite3.Error) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise BackupError(f"The backup {target} cannot be written: {why}. No backup was made.") from error
    return manifest


def _gather(folder: Path, stage: Path) -> State:
    """Copy all files of a backup into ``stage``, and check them; return the state of the log.

    Copy the log first. The server writes a new account to the password file before the log. So an account that is in
    the copy of the log, but not in the later copy of the password file, was removed between the two copies.
    """
    copy_log(folder / LOG, stage / LOG)
    state = verify_log(stage / LOG)
    check_mark(folder / LOG, read_id(stage / LOG))
    passwords = PasswordFile(folder / PASSWORDS).read_whole()
    if passwords is None and _count_accounts(state):
        raise BackupError(
            f"{folder / PASSWORDS} is missing, though there are accounts in the log. Put it back, then try again."
        )
    if passwords is not None:
        write_whole(stage / PASSWORDS, passwords, 0o600)
    for name in (CERTIFICATE, KEY, SETTINGS, LAST_SEEN):
        _copy_small(folder / name, stage / name)
    _check_identity(stage)
    kept_sign_up(stage / SETTINGS)
    return state


def _copy_small(source: Path, target: Path) -> None:
    """Copy a file of the data folder, if it exists. Raises BackupError if it cannot be read."""
    try:
        with open(source, "rb", opener=open_regular) as file:
            data = file.read(MEMBERS[source.name])
    except FileNotFoundError:
        return
    except OSError as error:
        raise BackupError(f"{source} cannot be read: {error.strerror}. No backup was made.") from error
    write_whole(target, data, 0o600)


def _describe(stage: Path, state: State) -> Manifest:
    return Manifest(
        format=archive.FORMAT,
        version=__version__,
        made=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        position=state.position,
        accounts=len(PasswordFile(stage / PASSWORDS).accounts()),
        files={name: archive.describe(stage / name) for name in MEMBERS if (stage / name).exists()},
    )


def _refuse_own(folder: Path, target: Path) -> None:
    """Raise BackupError if ``target`` is a file of the server itself."""
    names = {*MEMBERS, *BESIDE_LOG, *SEARCH, mark_of(Path(LOG)).name, "control", "lock", f"{PASSWORDS}.lock", RESTORING}
    own = {os.path.realpath(folder / (name + suffix)) for name in names for suffix in ("", ".new")}
    if os.path.realpath(target) in own:
        raise BackupError(f"{target} is a file of the server itself. Choose another name.")


def _refuse_taken(target: Path, overwrite: bool) -> None:
    if target.is_dir():
        raise BackupError(f"{target} is a folder. Name a file in it.")
    if target.exists() and not target.is_file():
        raise BackupError(f"{target} is not a regular file. Choose another name.")
    if os.path.lexists(target) and not overwrite:
        raise BackupError(f"{target} is there already. Choose another name, or replace it with --overwrite.")


def _refuse_small_disk(folder: Path, room: Path) -> None:
    """Raise BackupError if the disk is too small: during a backup it holds two copies of the log and the accounts."""
    names = (LOG, f"{LOG}-wal", PASSWORDS)
    needed = 2 * sum((folder / name).stat().st_size for name in names if (folder / name).exists()) + _SPARE_BYTES
    try:
        free = shutil.disk_usage(room).free
    except OSError as error:
        raise BackupError(f"The folder {room} cannot be used for a backup: {error.strerror}.") from error
    if free < needed:
        mib = 1 << 20
        raise BackupError(
            f"A backup needs {needed // mib} MiB for a while, and {room} has {free // mib} MiB free. Make room there."
        )


# Restore


def restore(source: Path, folder: Path, replace: bool) -> Restored:
    """Restore the backup ``source`` into the data folder ``folder``, which is made if it is missing.

    Nothing is replaced before the whole backup was checked. If the folder has files of a server, they are moved to a
    new folder within it if ``replace`` is true; otherwise the restore is refused. Raises BackupError and DataError; the
    text says whether anything was changed.
    """
    made = not folder.exists()
    try:
        lock = data_folder.lock_data_folder(folder)
    except DataLockedError as error:
        raise DataLockedError(f"A server is running on {folder}. Stop it, then restore.") from error
    try:
        with lock:
            return _restore(source, folder, replace)
    except BaseException:
        if made:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


def _restore(source: Path, folder: Path, replace: bool) -> Restored:
    taken = [name for name in (*MEMBERS, *BESIDE_LOG) if os.path.lexists(folder / name)]
    if taken and not replace:
        raise BackupError(
            f"{folder} has data of a server ({', '.join(taken)}); nothing was changed. Restore into another folder"
            " (--data DIR), or add --replace: what is there is moved aside, not deleted."
        )
    try:
        for left in folder.glob(f"{_STAGE_PREFIX}*"):  # left by a killed restore: nobody else has the lock
            shutil.rmtree(left, ignore_errors=True)
        with _private_folder(folder, _STAGE_PREFIX) as stage:
            manifest = archive.unpack(source, stage)
            with _named(stage, source):
                _check(stage, manifest)
            for name in manifest.files:
                data_folder.give_to_owner(stage / name, folder)
            old = _new_folder_for_old_files(folder) if taken else None
            _exchange(stage, folder, old, manifest)
    except OSError as error:
        changed = "Restore again, with --replace" if (folder / RESTORING).exists() else "Nothing was changed"
        raise BackupError(f"Cannot restore into {folder}: {error.strerror}. {changed}.") from error
    return Restored(manifest, old)


def _check(stage: Path, manifest: Manifest) -> None:
    """Check that a server can start with the unpacked files. Raises ChatError."""
    state = verify_log(stage / LOG)
    accounts = len(PasswordFile(stage / PASSWORDS).accounts())
    if (state.position, accounts) != (manifest.position, manifest.accounts):
        raise BackupError(f"{stage} has another log or other accounts than its backup.json says. Nothing was changed.")
    _check_identity(stage)
    kept_sign_up(stage / SETTINGS)


def _exchange(stage: Path, folder: Path, old: Path | None, manifest: Manifest) -> None:
    """Move the old files from ``folder`` to ``old``, and the files of the backup from ``stage`` to ``folder``.

    The file RESTORING exists meanwhile. If this is interrupted, the file stays, and no server starts on the folder.
    """
    marker = folder / RESTORING
    write_whole(marker, b"", 0o600)
    data_folder.give_to_owner(marker, folder)
    data_folder.sync_folder(folder)
    for name in (*BESIDE_LOG, *SEARCH, *MEMBERS):
        if old is not None and name != PASSWORDS and os.path.lexists(folder / name):
            os.rename(folder / name, old / name)
    accounts = (stage / PASSWORDS).read_bytes() if PASSWORDS in manifest.files else b""
    # Move a link, never write to a file elsewhere; and move what is no file, such as a named pipe.
    if (
        old is not None
        and os.path.lexists(folder / PASSWORDS)
        and not stat.S_ISREG((folder / PASSWORDS).lstat().st_mode)
    ):
        os.rename(folder / PASSWORDS, old / PASSWORDS)
    copy = (old or stage) / PASSWORDS
    PasswordFile(folder / PASSWORDS).write_whole(accounts, copy)
    if copy.is_file() and not copy.is_symlink():
        data_folder.give_to_owner(copy, folder)
    mark = read_id(stage / LOG)
    for name in manifest.files:
        if name != PASSWORDS:
            os.rename(stage / name, folder / name)
    write_mark(folder / LOG, mark)  # the mark must have the id of the new log
    data_folder.give_to_owner(mark_of(folder / LOG), folder)
    if old is not None:
        data_folder.sync_folder(old)
    data_folder.sync_folder(folder)
    marker.unlink()
    data_folder.sync_folder(folder)


def _new_folder_for_old_files(folder: Path) -> Path:
    """Make and return a new folder in the data folder for the files that a restore replaces. Raises OSError."""
    now = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%SZ")
    old = Path(tempfile.mkdtemp(prefix=f"{data_folder.OLD_PREFIX}{now}-", dir=folder))
    data_folder.give_to_owner(old, folder)
    return old


# Both


def _count_accounts(state: State) -> int:
    return sum(not user.guest for user in state.users.values())


def _check_identity(folder: Path) -> None:
    """Check the certificate and its key, if they exist. Raises ConfigError.

    A key without a certificate is fine: the server makes the certificate when it starts.
    """
    cert, key = folder / CERTIFICATE, folder / KEY
    if cert.exists() and not key.exists():
        raise ConfigError(
            f"{key} is missing, though there is its certificate. Put it back, or move {CERTIFICATE} away."
        )
    if cert.exists():
        Identity(cert, key).check()


@contextlib.contextmanager
def _named(stage: Path, where: Path) -> Iterator[None]:
    """Replace the path of ``stage`` with ``where`` in the text of a ChatError, so that the user sees a known path."""
    try:
        yield
    except ChatError as error:
        raise type(error)(str(error).replace(str(stage), str(where))) from error


def _remove_left(parent: Path) -> None:
    """Remove the temporary folders that killed backups left in ``parent``; a running backup has its own locked."""
    for left in parent.glob(f"{_BACKUP_PREFIX}*"):
        with contextlib.suppress(OSError):
            if time.time() - left.lstat().st_mtime > _LEFT_S and not left.is_symlink():
                with data_folder.FolderLock(left):
                    shutil.rmtree(left)


@contextlib.contextmanager
def _private_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """Make a folder that only its owner can use, and remove it after the block. Raises OSError.

    SIGINT and SIGTERM are blocked while the folder is made and while it is removed, so that neither leaves it behind.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        try:
            with data_folder.FolderLock(folder):
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
                yield folder
        finally:
            signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
            shutil.rmtree(folder)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
