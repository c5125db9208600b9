"""What was told as committed is in the log after any death of the process, or a write that was cut short."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from chatapp.model.events import AnyEvent
from chatapp.storage.database import open_writer
from chatapp.storage.log import Record
from chatapp.storage.sqlite_history import SqliteHistory
from chatapp.storage.writer import Writer
from tests.storage.appender import applied, replay
from tests.storage.support import Listener, SqliteLog, left_by_crash, message, records, run, until

pytestmark = pytest.mark.once

KILLS = 10
ROOT = Path(__file__).parents[2]


def killed_after(path: Path, seed: int, lines: int) -> dict[int, str]:
    """Let a process append, kill it after so many lines, and return what it was told: place -> id."""
    told = {}
    with subprocess.Popen(
        [sys.executable, "-m", "tests.storage.appender", str(path), str(seed)], cwd=ROOT, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        for count, line in enumerate(process.stdout):
            if count == lines:
                process.kill()
            if line.endswith(b"\n"):  # the last one may be cut
                seq, event_id = line.decode().split()
                told[int(seq)] = event_id
    assert process.returncode == -9
    return told


Note = tuple[int, int | None]


def index_of(path: Path) -> tuple[list[int], list[Note], set[int]]:
    """Read the places of all listed messages, what is noted of events, and the places of events with a key."""
    with closing(sqlite3.connect(path)) as db:
        places = [place for (place,) in db.execute("select value from runs, json_each(places) order by value")]
        with_key = {seq for (seq,) in db.execute("select seq from keys")}
        return places, db.execute("select * from notes").fetchall(), with_key


def notes_of(stored: list[Record]) -> list[Note]:
    """Tell what has to be noted of events."""
    fates = [(record, applied(record)) for record in stored]
    return [(r.seq, None if event is None else event.time) for r, event in fates if event != r.event]


def keyed(stored: list[Record]) -> set[int]:
    """Tell which places have a key."""
    return {r.seq for r in stored if (event := applied(r)) is not None and event.key is not None}


async def look(path: Path, told: dict[int, str]) -> None:
    """Start the log again; find what was told, in the history too, and all notes up to where the index goes."""
    log = SqliteLog(path, 10_000)
    stored = records(log)
    assert [record.seq for record in stored] == list(range(1, len(stored) + 1))
    assert len({record.event.id for record in stored}) == len(stored)
    assert {seq: stored[seq - 1].event.id for seq in told} == told
    assert log.tail.last == len(stored)
    places, notes, _ = index_of(path)
    assert set(places) - {seq for seq, time in notes if time is None} == {
        r.seq for r in stored[: log.tail.listed] if applied(r) is not None
    }

    snapshot = log.load_snapshot()
    if snapshot is not None:
        seq, state = snapshot
        assert state == str(seq).encode()
        assert [note for note in notes if note[0] <= seq] == notes_of(stored[:seq])

    replay(log)
    history = SqliteHistory(log)
    Listener(log).start()
    for stream in ("room 0", "room 1", "room 2"):
        found = await history.latest(stream, after=None, limit=len(stored) + 1, upto_seq=len(stored))
        assert found == what_was_said(stored, stream)
    await history.close()
    log.save_snapshot(len(stored), str(len(stored)).encode())
    await until(lambda: log.load_snapshot() == (len(stored), str(len(stored)).encode()))
    assert index_of(path)[1:] == (notes_of(stored), keyed(stored))
    await log.close()


def what_was_said(stored: list[Record], stream: str) -> list[AnyEvent]:
    """Tell what history has to tell of a stream."""
    there = [(event.time, r.seq, event) for r in stored if (event := applied(r)) and event.stream == stream]
    return [event for _, _, event in sorted(there, key=lambda each: each[:2])]


def test_what_was_told_survives_kills(tmp_path: Path) -> None:
    """Killed at any moment, the log holds each event that was told, in its place, and goes on after the last.

    A snapshot never covers an event whose note is not on disk; after the next start, history is right at once.
    """
    path = tmp_path / "chat.db"
    randomness = random.Random(1)
    told: dict[int, str] = {}
    for kill in range(KILLS):
        told |= killed_after(path, kill, randomness.randint(0, 500))
        run(partial(look, path, told))
    assert len(told) > 50 * KILLS


def test_a_torn_write_loses_nothing_but_itself(tmp_path: Path) -> None:
    """Whatever part of the last writes is on the disk, the log opens and holds all whole transactions before it."""
    path = tmp_path / "chat.db"
    writer = Writer(path, open_writer(path))
    sizes = [0]
    wal = path.with_name("chat.db-wal")
    for first in range(1, 61, 3):
        writer.write([message(number, "x" * (number * 50)) for number in range(first, first + 3)], [])
        sizes.append(wal.stat().st_size)
    randomness = random.Random(2)
    cuts = [randomness.randrange(sizes[-1]) for _ in range(20)] + sizes[1::4]
    for attempt, cut in enumerate(cuts):
        whole = left_by_crash(path, tmp_path / f"cut {attempt}")
        with open(whole.with_name("chat.db-wal"), "r+b") as file:
            file.truncate(cut)
        run(partial(check_prefix, whole, 3 * (sum(size <= cut for size in sizes) - 1)))
    for attempt in range(20):
        whole = left_by_crash(path, tmp_path / f"damaged {attempt}")
        at = randomness.randrange(sizes[0], sizes[-1])
        with open(whole.with_name("chat.db-wal"), "r+b") as file:
            file.seek(at)
            file.write(b"\xa5" * 100)
        run(partial(check_prefix, whole, 3 * (sum(size <= at for size in sizes) - 1)))
    writer.close()


async def check_prefix(path: Path, count: int) -> None:
    """Open the log and find so many events in it, and room for more."""
    log = SqliteLog(path, 100)
    stored = records(log)
    assert [record.event.id for record in stored] == [message(number).id for number in range(1, count + 1)]
    Listener(log).start()
    assert await log.append(message(999)) == Record(count + 1, message(999))
    await log.close()
