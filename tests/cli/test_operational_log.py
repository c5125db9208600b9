"""chatapp/cli/operational_log.py."""

from __future__ import annotations

import json
import logging
import os
import select
import sys

import pytest

from chatapp.cli.operational_log import JsonFormatter, TextFormatter, ThreadedHandler

NASTY = "a\x1b]0;PWNED\x07b\u202ec\u2028d\x85e\nf\x9bg\x7fh\ud800i"


def record(text: str, **extra: object) -> logging.LogRecord:
    """Make a record as ``logging`` does."""
    made = {"msg": "%s", "args": (text,), "levelname": "INFO", "levelno": logging.INFO, "created": 0.0, **extra}
    return logging.makeLogRecord(made)


@pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter()], ids=["text", "json"])
def test_each_record_is_one_harmless_line(formatter):
    """Whatever is in its text and its fields."""
    line = formatter.format(record(NASTY, event="e", fields={"account": NASTY}))
    assert line.isprintable()
    assert len(line.splitlines()) == 1


def test_the_forms_of_a_line():
    """Time, level and text; as JSON also the event and its fields, with their values unchanged."""
    assert TextFormatter().format(record("hello")) == "1970-01-01T00:00:00Z info: hello"
    told = json.loads(JsonFormatter().format(record(NASTY, event="signed-in", fields={"account": NASTY})))
    assert told == {
        "time": "1970-01-01T00:00:00Z", "level": "info", "event": "signed-in", "text": NASTY, "account": NASTY,
    }  # fmt: skip


def test_a_traceback_follows_in_harmless_lines():
    """A mistake of ours is told with its traceback, in text as lines of their own."""
    try:
        raise ValueError(NASTY)
    except ValueError:
        failed = record("failed", exc_info=sys.exc_info())
    text = TextFormatter().format(failed)
    assert "Traceback" in text
    assert all(line.isprintable() for line in text.split("\n"))
    assert "Traceback" in json.loads(JsonFormatter().format(failed))["traceback"]


def test_nobody_waits_for_a_reader_that_does_not_read():
    """A full pipe costs lines, never time; their number is told when there is room again."""
    reading, writing = os.pipe()
    try:
        handler = ThreadedHandler(writing, lines_max=10)
        handler.setFormatter(TextFormatter())
        count = 0
        while select.select([], [writing], [], 0)[1] or count < 5_000:
            handler.handle(record("x" * 200))
            count += 1
        os.set_blocking(reading, False)
        read = bytearray()
        while b"dropped here because nobody read standard error" not in read:
            handler.handle(record("room again"))
            select.select([reading], [], [], 5.0)
            read += os.read(reading, 1 << 20)
        handler.flush()
        lines = read.decode().splitlines()
        assert len(lines) < count
    finally:
        os.close(reading)


def test_a_reader_that_is_gone_does_no_harm():
    """Where standard error leads nowhere any more, lines are dropped."""
    reading, writing = os.pipe()
    os.close(reading)
    handler = ThreadedHandler(writing)
    handler.setFormatter(TextFormatter())
    for _ in range(10):
        handler.handle(record("hello"))
    handler.flush()
    os.close(writing)


def test_all_lines_are_written_at_the_end():
    """``flush``, which ``logging`` calls at the end of the process, waits for them, in their order."""
    reading, writing = os.pipe()
    try:
        handler = ThreadedHandler(writing)
        handler.setFormatter(TextFormatter())
        for number in range(100):
            handler.handle(record(str(number)))
        handler.flush()
        os.set_blocking(reading, False)
        assert [line.split()[-1] for line in os.read(reading, 1 << 20).decode().splitlines()] == [
            str(number) for number in range(100)
        ]
    finally:
        os.close(reading)
        os.close(writing)
