"""Opens the log's file and checks it. This imports little, so a start can do it first, in a thread."""

from __future__ import annotations

import contextlib
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from chatapp.errors import ChatError, DataError
from chatapp.storage.database import open_writer, unusable
from chatapp.storage.writer import Writer


def open_log(path: Path) -> Writer:
    """Open the file of a log, or create it, and check its index.

    Raises NewerDataError when a newer version wrote the file, and DataError when the file cannot be used.
    """
    db = open_writer(path)
    try:
        return Writer(path, db)
    except DataError:
        db.close()
        raise
    except (sqlite3.Error, TypeError, ValueError) as error:  # TypeError, ValueError: a value in the file is wrong
        db.close()
        raise unusable(path, error) from error


class Opening:
    """A log's file that a thread opens."""

    def __init__(self, path: Path) -> None:
        """Start the thread."""
        threads = ThreadPoolExecutor(1)
        self._writer = threads.submit(open_log, path)
        threads.shutdown(wait=False)

    def result(self) -> Writer:
        """Wait for the thread, and return the writer of the file. Raises what :func:`open_log` raises."""
        return self._writer.result()

    def give_up(self) -> None:
        """Wait for the thread, and close the file."""
        with contextlib.suppress(ChatError):
            self.result().close()
