"""Notices that another program removed, emptied, cut or overwrote a file of the log while the server writes it.

SQLite does not notice: it knows from ``chat.db-shm`` what the file should hold, and goes on writing behind the end.
"""

from __future__ import annotations

import enum
import os

# Spec: SQLite, "Database File Format", "WAL File Format": the header has 32 bytes, and the last four are a part of its
# checksum. When SQLite writes the file from its start again, it writes a header with other salts.
_HEADER_BYTES = 32
_MAGIC = (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83")  # how the header begins
_MISSING = b"\0\0\0\0"  # what is read where the end of the header was cut off, if the file has grown since


class Found(enum.Enum):
    """What was found at the path of the write-ahead log."""

    WHOLE = enum.auto()
    GONE = enum.auto()  # no file, or another file; SQLite still holds the file that it opened
    EMPTY = enum.auto()  # SQLite has emptied the file (a checkpoint), or another program has
    CUT = enum.auto()  # a part of the file is missing, or another program wrote into it


class WalFile:
    """The write-ahead log of one database, as its only writer knows it."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._identity: tuple[int, int] | None = None  # known from the second look on
        self._header = b""  # empty: the file had no header at the last look
        self._bytes = 0  # the size of the file with this header, at the last look

    def look(self) -> Found:
        """Look at the file. Never call this while the database is written."""
        try:
            found = os.stat(self.path)
            with open(self.path, "rb", buffering=0) as file:
                header = file.read(_HEADER_BYTES)
                has_hole = _has_hole(file.fileno(), found.st_size)
        except OSError:
            return Found.WHOLE if self._identity is None else Found.GONE
        identity = (found.st_dev, found.st_ino)
        if self._identity not in (None, identity):
            return Found.GONE
        self._identity = identity
        if not header:
            return Found.EMPTY if self._header else Found.WHOLE
        is_same = header == self._header
        is_short = len(header) < _HEADER_BYTES or header.endswith(_MISSING) or not header.startswith(_MAGIC)
        if is_short or has_hole or (is_same and found.st_size < self._bytes):
            return Found.CUT
        self._header, self._bytes = header, found.st_size
        return Found.WHOLE

    def emptied(self) -> None:
        """Note that SQLite has emptied the file."""
        self._header, self._bytes = b"", 0


def _has_hole(file: int, size: int) -> bool:
    """Return whether a part within an open file of this size was never written.

    A file that was cut is as long as before with the next commit, which SQLite writes behind the missing part. Where
    the file system does not tell, the answer is False. Spec: Linux, lseek(2), SEEK_HOLE.
    """
    try:
        return os.lseek(file, 0, os.SEEK_HOLE) < size
    except (AttributeError, OSError):  # the system has no SEEK_HOLE, or the file is empty
        return False


def file_at(path: str, *, may_be_empty: bool = True) -> tuple[int, int] | None:
    """Return the device and inode number of the file at a path; ``None`` if there is no file, or if it is empty."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if may_be_empty or found.st_size else None
