"""The operational log: one line on standard error for each thing that whoever runs the server wants to know.

Every part of the server writes with the ``logging`` module; this is the one place that decides how a line reads, as
text or as JSON. A record may carry ``extra={"event": "signed-in", "fields": {"account": "alice"}}``.

The event loop never waits for standard error. Lines go through a bounded queue to a thread; when nobody reads standard
error and the queue is full, lines are dropped, and the number of dropped lines is written when there is room again.

The thread writes to the file descriptor, past the filter of ``streams.py``, because a daemon thread that holds the lock
of ``sys.stderr`` would break the end of the process. So each line passes the same filter here: a name can neither
command a terminal nor forge a second line.
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

LEVELS = ("debug", "info", "warning", "error")
QUEUE_LINES_MAX = 10_000
_FLUSH_S = 1.0  # how long the end of the process waits for lines to be written
_STDERR = 2


class TextFormatter(logging.Formatter):
    """Writes ``2026-01-02T10:11:12Z info: alice signed in ...``; a traceback follows in lines of its own."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one record, without the line end."""
        lines = [f"{_time_of(record)} {record.levelname.lower()}: {printable(record.getMessage())}"]
        if record.exc_info and record.exc_info[1] is not None:
            lines += [printable(line) for line in "".join(traceback.format_exception(record.exc_info[1])).split("\n")]
        return "\n".join(lines).rstrip("\n")


class JsonFormatter(logging.Formatter):
    """Writes one JSON object per line: ``time``, ``level``, ``event``, ``text``, and the fields of the event."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one record, without the line end; everything beyond ASCII is escaped."""
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
    """Hands lines to a thread that writes them to a file descriptor; never waits for the reader of that."""

    def __init__(self, descriptor: int = _STDERR, lines_max: int = QUEUE_LINES_MAX) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._lines: queue.Queue[bytes] = queue.Queue(lines_max)
        self._dropped = 0
        threading.Thread(target=self._write, name="operational-log", daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        """Put one record in the queue, or count it as dropped (called by ``logging``, under the handler's lock)."""
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
        """Write how many lines were dropped, in the form of all lines."""
        count = self._dropped
        text = f"{count} lines were dropped here because nobody read standard error"
        report = logging.makeLogRecord(
            {"levelno": logging.WARNING, "levelname": "WARNING", "msg": text, "created": after.created,
             "event": "lines-dropped", "fields": {"count": count}}
        )  # fmt: skip
        return self.format(report).encode() + b"\n"

    def flush(self) -> None:
        """Wait until all lines are written, a second at most (called by ``logging`` at the end of the process)."""
        lines = self._lines
        with lines.all_tasks_done:
            lines.all_tasks_done.wait_for(lambda: not lines.unfinished_tasks, _FLUSH_S)

    def _write(self) -> None:
        while True:
            _write_all(self._descriptor, self._lines.get())
            self._lines.task_done()


def _write_all(descriptor: int, data: bytes) -> None:
    """Write to a descriptor that may be non-blocking; what cannot be written (nobody is there to read) is dropped."""
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
    root.setLevel(logging.WARNING)  # of libraries
    logging.getLogger("chatapp").setLevel(level.upper())
    try:
        yield
    finally:
        handler.flush()
        root.removeHandler(handler)
