"""The file format of a backup: a tar archive without compression, which any tar program can list and unpack.

The manifest ``backup.json`` comes first, with the size and the SHA-256 of every file. The files follow, as regular
files of mode 0600 without owner and folder.

Unpacking trusts nothing in the archive. It takes only the names in the table MEMBERS, each at most once and up to its
size, and writes them to new files of mode 0600 with the table's names. So no path, link, mode or owner in an archive
ever reaches the disk. Without compression, the unpacked files cannot be larger than the archive.
"""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from pathlib import Path
from typing import IO

import msgspec

from chatapp.errors import BackupError
from chatapp.reading import open_regular
from chatapp.server.folder import data_folder

FORMAT = 1
MANIFEST = "backup.json"
_MANIFEST_BYTES_MAX = 64 * 1024
_CHUNK_BYTES = 1 << 20
_MIB = 1 << 20

# The names of the files in a backup, and the greatest size of each in bytes.
MEMBERS = {
    data_folder.LOG: 1 << 50,
    data_folder.PASSWORDS: 64 * _MIB,
    data_folder.CERTIFICATE: _MIB,
    data_folder.KEY: _MIB,
    data_folder.SETTINGS: _MIB,
    data_folder.LAST_SEEN: 256 * _MIB,
}


class FileInfo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The size and the hash of one file in a backup."""

    bytes: int
    sha256: str  # hexadecimal


class Manifest(msgspec.Struct, frozen=True):
    """The content of ``backup.json``."""

    format: int
    version: str  # of chatapp
    made: str  # as in RFC 3339
    position: int  # of the last event in the log
    accounts: int
    files: dict[str, FileInfo]


def describe(file: Path) -> FileInfo:
    """Return the size and the hash of a file. Raises OSError."""
    with open(file, "rb") as opened:
        digest = hashlib.file_digest(opened, "sha256")
        return FileInfo(opened.tell(), digest.hexdigest())


def pack(folder: Path, manifest: Manifest, target: Path) -> None:
    """Write the manifest and its files, which are in ``folder``, into the new file ``target``. Raises OSError."""
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
            text = msgspec.json.format(msgspec.json.encode(manifest)) + b"\n"
            tar.addfile(_header(MANIFEST, len(text)), io.BytesIO(text))
            for name, info in manifest.files.items():
                with open(folder / name, "rb") as source:
                    tar.addfile(_header(name, info.bytes), source)
        file.flush()
        os.fsync(file.fileno())


def unpack(archive: Path, folder: Path | None) -> Manifest:
    """Write the files of an archive into ``folder``, or only check them if ``folder`` is None. Return the manifest.

    Raises BackupError if the archive is damaged or not a backup, and OSError if a file cannot be written.
    """
    try:
        file = open(archive, "rb", opener=open_regular)  # noqa: SIM115 (the with block follows)
    except OSError as error:
        raise BackupError(
            f"The backup {archive} cannot be read: {error.strerror}. Nothing was changed. Name a readable file."
        ) from error
    with file:
        try:
            with tarfile.open(fileobj=file, mode="r:") as tar:
                return _unpack(tar, folder)
        except (tarfile.TarError, _NotABackupError, EOFError, ValueError, OverflowError, MemoryError) as error:
            raise BackupError(
                f"{archive} is not a whole backup that can be used: {error}. Nothing was changed."
            ) from error


class _NotABackupError(Exception):
    """The archive is damaged or not a backup; the text says why."""


def _header(name: str, size: int) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.size, header.mode = size, 0o600
    return header


def _unpack(tar: tarfile.TarFile, folder: Path | None) -> Manifest:
    header = tar.next()
    if header is None or header.name != MANIFEST:
        raise _NotABackupError(f"it does not begin with {MANIFEST}")
    manifest = _decode_manifest(_open(tar, header, _MANIFEST_BYTES_MAX).read())
    missing = dict(manifest.files)
    while (header := tar.next()) is not None:
        info = missing.pop(header.name, None)
        if info is None:
            raise _NotABackupError(f"it contains {header.name[:80]!r}, which is not in its list of files")
        source = _open(tar, header, MEMBERS[header.name])
        if _copy_member(source, folder / header.name if folder is not None else None) != info:
            raise _NotABackupError(f"{header.name} is not as it was when the backup was made")
    if missing:
        raise _NotABackupError(f"{next(iter(missing))} is missing")
    return manifest


def _decode_manifest(text: bytes) -> Manifest:
    try:
        found = msgspec.json.decode(text, type=Manifest)
    except msgspec.ValidationError as error:
        raise _NotABackupError(f"its {MANIFEST} cannot be read ({error})") from error
    if found.format > FORMAT:
        raise _NotABackupError(f"a newer chatapp made it; install version {found.version[:40]!r}")
    strange = found.files.keys() - MEMBERS
    if strange:
        raise _NotABackupError(f"{min(strange)[:80]!r} is not a file of a server")
    if data_folder.LOG not in found.files:
        raise _NotABackupError(f"{data_folder.LOG} is missing")
    return found


def _open(tar: tarfile.TarFile, header: tarfile.TarInfo, bytes_max: int) -> IO[bytes]:
    """Open a member of the archive. Raises _NotABackupError unless it is a regular file of at most ``bytes_max``."""
    if header.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or header.issparse():
        raise _NotABackupError(f"{header.name[:80]!r} is not a regular file")
    if header.size > bytes_max:
        raise _NotABackupError(f"{header.name[:80]!r} has more than {bytes_max:,} bytes")
    opened = tar.extractfile(header)
    assert opened is not None
    return opened


def _copy_member(source: IO[bytes], target: Path | None) -> FileInfo:
    """Read a member to its end, and return its size and hash.

    Write it to the new file ``target``, unless that is None. The file is on disk when this returns.
    """
    digest, count = hashlib.sha256(), 0
    descriptor = os.open(target or os.devnull, os.O_WRONLY | (os.O_CREAT | os.O_EXCL if target else 0), 0o600)
    with os.fdopen(descriptor, "wb") as file:
        while chunk := source.read(_CHUNK_BYTES):
            digest.update(chunk)
            count += len(chunk)
            file.write(chunk)
        file.flush()
        if target is not None:
            os.fsync(file.fileno())
    return FileInfo(count, digest.hexdigest())
