"""The operational log: one line on standard error for each event that matters to the person who runs the server.

Every part of the server writes with the ``logging`` module. This module alone decides the format of a line, as text or
as JSON. A record may have ``extra={"event": "signed-in", "fields": {"account": "alice"}}``.

The event loop never waits for standard error. Lines go through a bounded queue to a thread. When nobody reads standard
error and the queue is full, lines are dropped; the number of dropped lines is written when the queue has room again.

The thread writes to the file descriptor and so bypasses the filter of ``streams.py``: a daemon thread that holds the
lock of ``sys.stderr`` would break the end of the process. This module filters each line in the same way, so that a name
can neither send control characters to a terminal nor forge a second line.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import logging
import os
import queue
import select
import threading
import traceback
from collections.abc import Iterator

from chatapp.client.fronts.printable import printable
from chatapp.counting import counted

LEVELS = ("debug", "info", "warning", "error")
QUEUE_LINES_MAX = 10_000
_FLUSH_S = 1.0  # how long flush() waits for the thread to write all lines
_STDERR = 2


class TextFormatter(logging.Formatter):
    """Formats a record as ``2026-01-02T10:11:12Z info: alice signed in ...``; a traceback follows on its own lines."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the text of one record, without the last line end."""
        lines = [f"{_time_of(record)} {record.levelname.lower()}: {printable(record.getMessage())}"]
        if record.exc_info and record.exc_info[1] is not None:
            lines += [printable(line) for line in "".join(traceback.format_exception(record.exc_info[1])).split("\n")]
        return "\n".join(lines).rstrip("\n")


class JsonFormatter(logging.Formatter):
    """Formats a record as one line with a JSON object: ``time``, ``level``, ``event``, ``text``, and the fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the JSON of one record, without a line end; everything except printable ASCII is escaped."""
        told = {
            "time": _time_of(record),
            "level": record.levelname.lower(),
            "event": getattr(record, "event", record.module),
            "text": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            told["traceback"] = "".join(traceback.format_exception(record.exc_info[1]))
        return json.dumps(told, ensure_ascii=True).replace("\x7f", "\\u007f")


def _time_of(record: logging.LogRecord) -> str:
    return datetime.datetime.fromtimestamp(record.created, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class ThreadedHandler(logging.Handler):
    """Passes lines to a thread that writes them to a file descriptor; only the thread waits for the reader."""

    def __init__(self, descriptor: int = _STDERR, lines_max: int = QUEUE_LINES_MAX) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._lines: queue.Queue[bytes] = queue.Queue(lines_max)
        self._dropped = 0
        threading.Thread(target=self._write, name="operational-log", daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        """Put one record in the queue, or count it as dropped. ``logging`` calls this under the handler's lock."""
        try:
            line = self.format(record)
        except Exception:
            self.handleError(record)
            return
        try:
            if self._dropped:
                self._lines.put_nowait(self._report(record))
                self._dropped = 0
            self._lines.put_nowait(line.encode(errors="backslashreplace") + b"\n")
        except queue.Full:
            self._dropped += 1

    def _report(self, after: logging.LogRecord) -> bytes:
        """Return the line that reports the number of dropped lines, with the time of the record ``after``."""
        count = self._dropped
        text = f"{counted(count, 'line')} dropped here because nobody read standard error"
        report = logging.makeLogRecord(
            {"levelno": logging.WARNING, "levelname": "WARNING", "msg": text, "created": after.created,
             "event": "lines-dropped", "fields": {"count": count}}
        )  # fmt: skip
        return self.format(report).encode() + b"\n"

    def flush(self) -> None:
        """Wait until all lines are written, at most a second. ``logging`` calls this at the end of the process."""
        lines = self._lines
        with lines.all_tasks_done:
            lines.all_tasks_done.wait_for(lambda: not lines.unfinished_tasks, _FLUSH_S)

    def _write(self) -> None:
        while True:
            _write_all(self._descriptor, self._lines.get())
            self._lines.task_done()


def _write_all(descriptor: int, data: bytes) -> None:
    """Write ``data`` to a descriptor that may be non-blocking; drop the rest after an error, such as a closed pipe."""
    while data:
        try:
            data = data[os.write(descriptor, data) :]
        except BlockingIOError:
            select.select([], [descriptor], [])
        except OSError:
            return


@contextlib.contextmanager
def to_standard_error(level: str, as_json: bool) -> Iterator[None]:
    """Send the records of this process to standard error within the ``with`` block; ``level`` is one of LEVELS."""
    handler = ThreadedHandler()
    handler.setFormatter(JsonFormatter() if as_json else TextFormatter())
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)  # for libraries
    logging.getLogger("chatapp").setLevel(level.upper())
    try:
        yield
    finally:
        handler.flush()
        root.removeHandler(handler)
