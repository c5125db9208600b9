"""Refusing network file systems, which cannot hold the log.

SQLite's write-ahead log needs locks that every process sees, memory shared through a file, and an fsync that reaches
the disk. NFS and SMB promise none of these, so a log on them loses commits or is damaged.
Spec: SQLite, "Write-Ahead Logging" ("WAL does not work over a network filesystem").
"""

from __future__ import annotations

import ctypes
import os
import platform
import re
import sys
from pathlib import Path

from chatapp.errors import DataError

# The magic numbers in ``f_type``. Spec: Linux, statfs(2) and include/uapi/linux/magic.h.
NETWORK = {
    0x6969: "NFS",
    0x517B: "SMB",
    0xFE534D42: "SMB",
    0xFF534D42: "SMB (CIFS)",
    0x564C: "NCP",
    0x5346414F: "AFS",
    0x6B414653: "AFS",
    0x73757245: "Coda",
    0x00C36400: "Ceph",
    0x0BD00BD0: "Lustre",
    0x01021997: "9P",
    0x19830326: "BeeGFS",
    0x47504653: "GPFS",
    0x20030528: "OrangeFS",
    0x786F4256: "a shared folder of VirtualBox",
}
_FUSE = 0x65735546
_FUSE_NETWORK = {
    "gvfsd-fuse",
    "smbnetfs",
    "sshfs",
    "rclone",
    "glusterfs",
    "ceph-fuse",
    "s3fs",
    "gcsfuse",
    "davfs",
    "curlftpfs",
    "juicefs",
    "mfs",
    "vmhgfs-fuse",
}
_STATFS_BYTES = 512  # more than the structure has on any machine


def refuse_network(path: Path) -> None:
    """Raise DataError if ``path`` is on a network file system. The path need not exist."""
    existing = _existing(path)
    number = _type_of(existing)
    kind = None if number is None else _fuse_type(existing) if number == _FUSE else NETWORK.get(number)
    if kind is not None:
        raise DataError(
            f"{path} is on a network file system ({kind}), where the log can lose messages or be damaged."
            " Choose a folder on a local disk, with --data DIR or CHAT_DATA."
        )


def _fuse_type(path: Path) -> str | None:
    """Return the type of the FUSE file system at ``path`` if it is a known network file system, else ``None``.

    Spec: Linux, proc(5), "/proc/pid/mountinfo": the mount point is field 5; the type and the source follow a field "-".
    """
    try:
        mounts = Path("/proc/self/mountinfo").read_text(errors="replace").split("\n")
    except OSError:
        return None
    best = ("", "", "")
    for line in mounts:
        fields = line.split(" ")
        if len(fields) > 6 and "-" in fields:
            mounted = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), fields[4])  # a space is \040
            if path.is_relative_to(mounted) and len(mounted) >= len(best[0]):
                kind, source = (*fields[fields.index("-") + 1 :], "", "")[:2]
                best = (mounted, kind, source)
    kind, source = best[1].removeprefix("fuse."), best[2]
    if kind in _FUSE_NETWORK:
        return kind
    return source if re.match(r"[a-z]+s?://", source) else None  # davfs2 mounts http://... with no type of its own


def _existing(path: Path) -> Path:
    """Return the target of a path with all links resolved; if it does not exist, its nearest existing parent folder."""
    real = Path(os.path.realpath(path))
    return next((each for each in (real, *real.parents) if os.path.exists(each)), real)


def _type_of(path: Path) -> int | None:
    """Return the magic number of a path's file system; ``None`` if it is unknown, or the system is not Linux."""
    if sys.platform != "linux":
        return None
    try:
        statfs = ctypes.CDLL(None, use_errno=True).statfs
    except (OSError, AttributeError):
        return None
    answer = ctypes.create_string_buffer(_STATFS_BYTES)
    if statfs(ctypes.c_char_p(os.fsencode(path)), answer) != 0:
        return None  # opening the path later reports the error
    # f_type is the first field. It is a long, but on s390 an int.
    word: type[ctypes.c_uint | ctypes.c_ulong] = (
        ctypes.c_uint if platform.machine().startswith("s390") else ctypes.c_ulong
    )
    return int(word.from_buffer(answer).value) & 0xFFFFFFFF
