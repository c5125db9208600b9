"""The mark: the file ``made-chat.db`` records that the folder has a log, which log, and how far it went.

Its first line is the id of the log's first event, or empty while the log is empty. Its second line is a position: the
log had its events up to there, or more. So a start notices that the log is an older copy, or lacks what was in the
write-ahead log. The writer writes the position every ``REACHED_S``, so of the last moment a loss is not noticed.

The name does not begin with the log's, so that ``rm chat.db*`` leaves the mark. Two other files also show that the
folder had a log: ``chat.db-made``, the mark of older versions, and ``last-seen.json``, which the server writes.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from chatapp.errors import DataError, LostLogError
from chatapp.reading import read_regular

REACHED_S = 1.0  # shortest time between two positions in the mark
_WRITTEN_BY_SERVER = "last-seen.json"


def mark_of(path: Path) -> Path:
    """Return the path of the mark of the log at ``path``."""
    return path.with_name(f"made-{path.name}")


def _old_mark_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-made")


def marks_of(path: Path) -> list[Path]:
    """Return the files which show that the folder had a log."""
    marks = [mark_of(path), _old_mark_of(path), path.with_name(_WRITTEN_BY_SERVER)]
    return [each for each in marks if each.exists()]


def _remains(path: Path) -> list[Path]:
    """Return the marks of a log, and its write-ahead log if that is not empty."""
    wal = path.with_name(f"{path.name}-wal")
    return marks_of(path) + ([wal] if wal.exists() and wal.stat().st_size else [])


def refuse_lost(path: Path) -> None:
    """Raise LostLogError if the folder had a log that is now missing or empty.

    Call this before SQLite opens the file: without a database, SQLite deletes the write-ahead log.
    """
    if (not path.exists() or path.stat().st_size == 0) and _remains(path):
        raise lost(path, "is empty" if path.exists() else "is missing")


def lost(path: Path, what: str) -> LostLogError:
    """Return the error which says what is wrong with the log at ``path`` (``what``), and what to do."""
    remains = " and ".join(map(str, _remains(path)))
    return LostLogError(
        f"The log {path} {what}, but this folder had one: all that was said is gone."
        " Restore the folder from a backup (chat restore FILE --replace)."
        f" To begin with an empty log instead, delete {remains}."
    )


def remember(path: Path, id: str, last: int) -> None:
    """Write the mark of the log at ``path``, unless it is there. ``id`` is that of the log's first event.

    Raises LostLogError if the folder had another log, or this log with events after ``last``, the position of its last
    event. Call this when the log exists, so that a crash cannot leave a mark without a log. Raises OSError too.
    """
    known = check_mark(path, id)
    if known is not None and (reached := _position_in(mark_of(path))) > last:
        raise LostLogError(
            f"The log {path} ends at its event {last}, but this server had stored {reached} events or more: it is an"
            f" older copy, or its {path.name}-wal is missing or damaged. Put the right files back, or restore a backup"
            f" (chat restore FILE --replace). To go on without what is missing, delete {mark_of(path)}."
        )
    if known != id:
        write_mark(path, id)
    _old_mark_of(path).unlink(missing_ok=True)


def check_mark(path: Path, id: str) -> str | None:
    """Check that the log at ``path``, whose first event has this id, is the log of the folder's mark.

    Returns the id in the mark: empty for an empty log, ``None`` if there is no mark. Raises LostLogError if the mark is
    of another log, and DataError if the mark cannot be read.
    """
    mark = mark_of(path)
    try:
        known = read_regular(mark).decode(errors="replace").partition("\n")[0].strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DataError(
            f"{mark}, which says which log this is, cannot be read: {error.strerror}."
            f" If the log is the folder's own, delete {mark}."
        ) from error
    if known and known != id:
        raise LostLogError(
            f"The log {path} is not the one that this folder had: its first event is another one. Put the folder's own"
            f" log back, or restore a backup (chat restore FILE --replace). To go on with this log, delete {mark}."
        )
    return known


def write_mark(path: Path, id: str) -> None:
    """Write the mark of the log at ``path``, whose first event has this id (empty: no event), without a position.

    Raises OSError.
    """
    mark = mark_of(path)
    new = mark.with_name(f"{mark.name}.new")
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(f"{id}\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, mark)
    sync_folder(mark.parent)


def _position_in(mark: Path) -> int:
    """Return the position in a mark; 0 if there is none."""
    digits = read_regular(mark).decode(errors="replace").partition("\n")[2].strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 20 else 0


class MarkWriter:
    """Writes the mark while the log grows. An error is no error of the log: the next start writes the mark again."""

    def __init__(self, path: Path) -> None:
        """``path`` is that of the log."""
        self._path = path
        self._position = 0  # in the mark
        self._next_s = 0.0

    def begun(self, id: str) -> None:
        """Note the id of the log's first event."""
        with contextlib.suppress(OSError):
            write_mark(self._path, id)

    def reached(self, position: int, *, at_once: bool = False) -> None:
        """Note that the log has its events up to a position, unless the last note is less than ``REACHED_S`` old."""
        now = time.monotonic()
        if position == self._position or (now < self._next_s and not at_once):
            return
        self._position, self._next_s = position, now + REACHED_S
        with contextlib.suppress(OSError), open(mark_of(self._path), "r+b", buffering=0) as file:
            file.seek(len(file.readline()))
            file.write(b"%020d\n" % position)


def sync_folder(folder: Path) -> None:
    """Let the names of a folder's files survive a loss of power. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
