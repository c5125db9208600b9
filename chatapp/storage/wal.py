"""Notices that another program removed, emptied or cut a file of the log while the server writes it.

SQLite does not notice: it knows from ``chat.db-shm`` what the file should hold, and goes on writing behind the end.
"""

from __future__ import annotations

import enum
import os

# Spec: SQLite, "Database File Format", "WAL File Format": the header has 32 bytes, and the last four are a part of its
# checksum. When SQLite writes the file from its start again, it writes a header with other salts.
_HEADER_BYTES = 32
_MISSING = b"\0\0\0\0"  # what is read where the end of the header was cut off, if the file has grown since


class Found(enum.Enum):
    """What was found at the path of the write-ahead log."""

    WHOLE = enum.auto()
    GONE = enum.auto()  # no file, or another file; SQLite still holds the file that it opened
    EMPTY = enum.auto()  # SQLite has emptied the file (a checkpoint), or another program has
    CUT = enum.auto()  # a part of the file is missing


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
        except OSError:
            return Found.WHOLE if self._identity is None else Found.GONE
        identity = (found.st_dev, found.st_ino)
        if self._identity not in (None, identity):
            return Found.GONE
        self._identity = identity
        if not header:
            return Found.EMPTY if self._header else Found.WHOLE
        is_same = header == self._header
        is_short = len(header) < _HEADER_BYTES or header.endswith(_MISSING)
        if is_short or (is_same and found.st_size < self._bytes):
            return Found.CUT
        self._header, self._bytes = header, found.st_size
        return Found.WHOLE

    def emptied(self) -> None:
        """Note that SQLite has emptied the file."""
        self._header, self._bytes = b"", 0


def file_at(path: str, *, may_be_empty: bool = True) -> tuple[int, int] | None:
    """Return the device and inode number of the file at a path; ``None`` if there is no file, or if it is empty."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if may_be_empty or found.st_size else None
