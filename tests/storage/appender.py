"""A process that appends to a log until it is killed, and says what it was told.

``python -m tests.storage.appender PATH SEED`` prints one line ``PLACE ID`` for each event that the log told as
committed. What applying made of an event is decided by its place alone (:func:`applied`), so that who looks at the
log afterwards knows what has to be there.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
from pathlib import Path

import msgspec

from chatapp.model.events import NODE_DIGITS, AnyEvent, MessageSent
from chatapp.storage import listings
from chatapp.storage.log import Committed, Record
from tests.storage.support import SqliteLog, message

SNAPSHOT_EVENTS = 150
LIST_EVENTS = 40  # so that some are listed long before a snapshot, and some are not


def applied(record: Record) -> AnyEvent | None:
    """Tell what applying makes of an event: some are refused, some move to a later time."""
    if record.seq % 5 == 0:
        return None
    if record.seq % 3 == 0:
        return msgspec.structs.replace(record.event, time=record.event.time + 1)
    return record.event


def apply(log: SqliteLog, record: Record) -> None:
    """Apply an event, as the server does when it is committed and in a replay."""
    event = applied(record)
    if event != record.event:
        log.place(record.seq, event)


def replay(log: SqliteLog) -> None:
    """Apply what is in the log after the last snapshot, as the server does at its start."""
    seq, _ = log.load_snapshot() or (0, b"")
    for records in log.read(seq):
        for record in records:
            apply(log, record)


def _next(number: int, randomness: random.Random) -> MessageSent:
    key = f"key {number}" if randomness.random() < 0.5 else ""
    return message(number, "x" * randomness.choice((10, 300, 6_000)), stream=f"room {number % 3}", key=key)


async def _append(path: Path, randomness: random.Random) -> None:
    listings.LIST_EVENTS = LIST_EVENTS
    log = SqliteLog(path, 10_000)
    replay(log)
    snapshot_at = log.last_seq

    def on_committed(committed: Committed) -> None:
        nonlocal snapshot_at
        told = []
        for item in committed:
            assert isinstance(item, Record)
            apply(log, item)
            told.append(f"{item.seq} {item.event.id}\n")
        if log.last_seq - snapshot_at >= SNAPSHOT_EVENTS:
            snapshot_at = log.last_seq
            log.save_snapshot(snapshot_at, str(snapshot_at).encode())
        os.write(1, "".join(told).encode())

    log.start(on_committed, lambda events, reason: os.abort())
    number = int(log.last_id[:-NODE_DIGITS] or "0", 16)
    while True:
        for _ in range(randomness.randint(1, 30)):
            number += 1
            log.propose(_next(number, randomness))
        number += 1
        await log.append(_next(number, randomness))


if __name__ == "__main__":
    asyncio.run(_append(Path(sys.argv[1]), random.Random(sys.argv[2])))
