"""A transaction of the log's database as a ``with`` block."""

from __future__ import annotations

import sqlite3


class Transaction:
    """A transaction: committed to disk at the end of the ``with`` block, or rolled back if an exception leaves it."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("begin immediate")

    def __exit__(self, error_type: object, *_: object) -> None:
        if error_type is None:
            try:
                self._db.execute("commit")
                return
            except BaseException:
                self._rollback()
                raise
        self._rollback()

    def _rollback(self) -> None:
        if self._db.in_transaction:  # after some errors SQLite has already rolled back
            self._db.execute("rollback")
