"""A process that fills its disk, and goes on when there is room again; it fails where a promise is broken.

``python -m tests.storage.full_disk FOLDER limit`` lets files grow to a certain size only (the system then reports an
error of another kind); ``... tmpfs`` expects FOLDER to be a file system of 1 MiB.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from chatapp.errors import LogUnavailableError
from chatapp.model.events import AnyEvent, MessageSent
from chatapp.storage import listings
from chatapp.storage.log import EventLog, Record
from chatapp.storage.sqlite_history import SqliteHistory
from tests.storage.support import Listener, SqliteLog, message, records, run, until

TEXT = "x" * 20_000
LIST_EVENTS = 6
GiveRoom = Callable[[], object]


def limit_files(_: Path) -> GiveRoom:
    """Let no file grow beyond 400 kB; return what lifts that."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, hard))
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


def fill_up(folder: Path) -> GiveRoom:
    """Take some of the room in the folder; return what gives it back."""
    filler = folder / "filler"
    filler.write_bytes(bytes(400_000))
    return filler.unlink


async def scenario(folder: Path, give_room: GiveRoom) -> None:
    """Run out of room, be refused, read on, and go on when there is room."""
    path = folder / "chat.db"
    listings.LIST_EVENTS = listings.LIST_EVENTS_BUSY = LIST_EVENTS
    listener = Listener(log := SqliteLog(path, 10_000), apply)
    history = SqliteHistory(log)
    listener.start()

    stored = await fill(log)
    number = stored + 2
    assert [item.event.id for item in listener.told] == [message(n).id for n in range(1, stored + 1)]
    assert listener.failed == [message(stored + 1, TEXT)]

    # No room: each attempt is refused, and nobody has seen anything of it.
    for attempt in range(3):
        assert "disk" in await refusal(log, message(number + attempt, TEXT * 10))
    assert len(listener.told) == stored

    # What applying makes of the last event cannot be stored now, and is heeded all the same.
    log.place(stored, None)
    page = await history.latest("room", after=None, limit=1_000, upto_seq=log.last_seq)
    assert [event.id for event in page] == [message(n).id for n in range(1, stored)]

    # A snapshot for which there is no room either is not there, nor is it missed.
    log.save_snapshot(stored, b"x" * 1_000_000)
    assert "disk" in await refusal(log, message(number + 8, TEXT * 10))
    assert log.load_snapshot() is None

    give_room()
    again = await log.append(message(number + 9, TEXT * 10))
    assert again == Record(stored + 1, message(number + 9, TEXT * 10))
    log.save_snapshot(log.last_seq, b"small")
    await until(lambda: log.load_snapshot() == (stored + 1, b"small"))
    page = await history.latest("room", after=None, limit=1_000, upto_seq=log.last_seq)
    assert [event.id for event in page] == [*(message(n).id for n in range(1, stored)), again.event.id]
    await history.close()
    await log.close()

    reopened = SqliteLog(path, 100)
    assert reopened.tail.listed == stored + 1
    told = [item for item in listener.told if isinstance(item, Record)]
    assert records(reopened) == told
    await reopened.close()


def apply(log: EventLog, record: Record) -> None:
    """Move each event, so that there are notes in each transaction."""
    log.place(record.seq, moved(record.event))


def moved(event: AnyEvent) -> AnyEvent:
    """Make it a millisecond later."""
    assert isinstance(event, MessageSent)
    return msgspec.structs.replace(event, time=event.time + 1)


async def refusal(log: SqliteLog, event: MessageSent) -> str:
    """Append the event; tell why it was refused, or nothing."""
    try:
        await log.append(event)
    except LogUnavailableError as error:
        return str(error)
    return ""


async def fill(log: SqliteLog) -> int:
    """Append until the disk is full; return how many were stored."""
    number = 1
    while not (reason := await refusal(log, message(number, TEXT))):
        number += 1
    assert "disk" in reason
    return number - 1


if __name__ == "__main__":
    target = Path(sys.argv[1])
    give_room = {"limit": limit_files, "tmpfs": fill_up}[sys.argv[2]](target)
    run(lambda: scenario(target, give_room))
    print("kept its promises")
