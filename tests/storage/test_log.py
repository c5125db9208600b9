"""The contract that every EventLog keeps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from chatapp.errors import LogUnavailableError
from chatapp.model.events import Joined
from chatapp.storage import mark, worker
from chatapp.storage.database import open_writer
from chatapp.storage.log import EventLog, Record, Repeat
from chatapp.storage.writer import Writer
from tests.fakes.memory_log import MemoryDisk, MemoryLog
from tests.storage.support import (
    Listener,
    SqliteLog,
    listed_every,
    message,
    records,
    run,
    stored_here,
    stored_in_thread,
    until,
)

Open = Callable[..., EventLog]


@pytest.fixture(params=["in the thread", "on the loop", "in memory", "listed at once"])
def open_log(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens the same log again each time it is called."""
    disk = MemoryDisk()
    if request.param == "in the thread":
        stored_in_thread(monkeypatch)
    elif request.param == "on the loop":
        stored_here(monkeypatch)
    elif request.param == "listed at once":
        listed_every(monkeypatch, 1)

    def open_log(pending_max: int = 1_000) -> EventLog:
        if request.param == "in memory":
            return MemoryLog(disk, pending_max)
        return SqliteLog(tmp_path / "chat.db", pending_max)

    return open_log


def test_a_new_log_is_empty(open_log: Open) -> None:
    """A new log holds nothing: no event, no id, no snapshot."""

    async def scenario() -> None:
        log = open_log()
        assert (log.last_seq, log.last_id, records(log), log.load_snapshot()) == (0, "", [], None)
        await log.close()

    run(scenario)


def test_proposed_events_are_told_in_order_and_numbered(open_log: Open) -> None:
    """Each event is told once, in the order proposed, with places that count from 1 without gaps."""

    async def scenario() -> None:
        listener = Listener(log := open_log())
        listener.start()
        events = [message(number) for number in range(1, 301)]
        for event in events:
            log.propose(event)
        await listener.until_told(300)
        assert listener.told == [Record(number, event) for number, event in enumerate(events, 1)]
        assert listener.failures == []
        assert log.last_seq == 300
        await log.close()

    run(scenario)


def test_append_returns_after_the_event_was_told(open_log: Open) -> None:
    """``append`` resolves after the commit and after on_committed returned."""

    async def scenario() -> None:
        listener = Listener(log := open_log())
        listener.start()
        record = await log.append(message(7))
        assert record == Record(1, message(7))
        assert listener.told == [record]
        await log.close()

    run(scenario)


def test_what_was_told_is_read_after_a_restart(open_log: Open) -> None:
    """Replay tells the events as proposed, in order, from any place on; the next event continues the count."""

    async def scenario() -> None:
        first = open_log()
        Listener(first).start()
        events = [
            message(1),
            Joined(id="b" * 16, time=2, actor="al\u00efce", channel="#caf\u00e9 \U0001f600"),
            message(3),
        ]
        for event in events:
            await first.append(event)
        await first.close()

        second = open_log()
        assert (second.last_seq, second.last_id) == (3, "b" * 16)
        assert records(second) == [Record(number, event) for number, event in enumerate(events, 1)]
        assert records(second, after=2) == [Record(3, events[2])]
        assert records(second, after=3) == []
        Listener(second).start()
        assert await second.append(message(4)) == Record(4, message(4))
        await second.close()

    run(scenario)


def test_close_stores_what_waits(open_log: Open) -> None:
    """``close`` commits what is pending, and tells it."""

    async def scenario() -> None:
        listener = Listener(log := open_log())
        listener.start()
        for number in range(1, 11):
            log.propose(message(number))
        await log.close()
        assert [item.event for item in listener.told] == [message(number) for number in range(1, 11)]
        again = open_log()
        assert len(records(again)) == 10
        await again.close()

    run(scenario)


def test_a_closed_log_refuses(open_log: Open) -> None:
    """After ``close`` (and a second one) nothing is accepted."""

    async def scenario() -> None:
        log = open_log()
        Listener(log).start()
        await log.close()
        await log.close()
        with pytest.raises(LogUnavailableError, match="stopping"):
            log.propose(message(1))
        with pytest.raises(LogUnavailableError, match="stopping"):
            await log.append(message(1))

    run(scenario)


def test_too_much_pending_is_refused(open_log: Open) -> None:
    """Beyond ``pending_max`` events that wait, one more is refused and the others are stored."""

    async def scenario() -> None:
        listener = Listener(log := open_log(pending_max=5))
        listener.start()
        log.propose(message(1))
        with pytest.raises(LogUnavailableError, match="cannot keep up"):
            log.propose(*map(message, range(2, 7)))  # all of them or none
        log.propose(*map(message, range(2, 6)))
        with pytest.raises(LogUnavailableError, match="cannot keep up"):
            log.propose(message(6))
        await listener.until_told(5)
        log.propose(message(7))
        await listener.until_told(6)
        assert [item.event.id for item in listener.told] == [message(number).id for number in (1, 2, 3, 4, 5, 7)]
        await log.close()

    run(scenario)


def test_a_key_is_stored_once(open_log: Open) -> None:
    """An event with a key that is stored is a Repeat of the first: in one batch, later, and after a restart."""

    async def scenario() -> None:
        listener = Listener(log := open_log())
        listener.start()
        for event in (message(1, key="k"), message(2, key="k"), message(3, key="other")):
            log.propose(event)
        await listener.until_told(3)
        first = Record(1, message(1, key="k"))
        assert listener.told == [first, Repeat(message(2, key="k"), first), Record(2, message(3, key="other"))]
        assert await log.append(message(4, key="k")) == Repeat(message(4, key="k"), first)
        await log.close()

        again = open_log()
        Listener(again).start()
        assert await again.append(message(5, key="k")) == Repeat(message(5, key="k"), first)
        assert await again.append(message(6, key="new")) == Record(3, message(6, key="new"))
        assert [record.seq for record in records(again)] == [1, 2, 3]
        await again.close()

    run(scenario)


def test_an_id_is_stored_once(open_log: Open) -> None:
    """An event with the id of a stored one is that event again."""

    async def scenario() -> None:
        log = open_log()
        Listener(log).start()
        await log.append(message(1))
        assert await log.append(message(1)) == Repeat(message(1), Record(1, message(1)))
        await log.close()

    run(scenario)


def test_a_repeat_tells_the_first_as_applied(open_log: Open) -> None:
    """What is told again has the time under which the first is in the history: at once, later, and after a restart."""

    async def scenario() -> None:
        applied = message(1, time=99, key="k")

        def apply(log: EventLog, record: Record) -> None:
            log.place(record.seq, msgspec.structs.replace(record.event, time=99))

        log = open_log()
        Listener(log, apply).start()
        log.propose(message(1, key="k"))
        assert await log.append(message(2, key="k")) == Repeat(message(2, key="k"), Record(1, applied))
        for number in range(3, 9):
            await log.append(message(number))
        assert await log.append(message(9, key="k")) == Repeat(message(9, key="k"), Record(1, applied))
        assert await log.append(message(1)) == Repeat(message(1), Record(1, applied))
        await log.close()

        again = open_log()
        for record in records(again):
            apply(again, record)
        Listener(again).start()
        assert await again.append(message(10, key="k")) == Repeat(message(10, key="k"), Record(1, applied))
        await again.close()

    run(scenario)


def test_a_refused_event_frees_its_key(open_log: Open) -> None:
    """Where applying refused the first of a key, the next one is the first: at once, later, and after a restart."""

    async def scenario() -> None:
        def apply(log: EventLog, record: Record) -> None:
            if record.event.id in (message(1).id, message(3).id):
                log.place(record.seq, None)

        listener = Listener(log := open_log(), apply)
        listener.start()
        log.propose(message(1, key="k"))
        assert await log.append(message(2, key="k")) == Record(2, message(2, key="k"))
        assert not any(isinstance(item, Repeat) for item in listener.told)
        await log.append(message(3, key="l"))
        await log.close()

        again = open_log()
        Listener(again).start()
        assert await again.append(message(4, key="l")) == Record(4, message(4, key="l"))
        assert [record.event for record in records(again)][2] == message(3, key="l")
        await again.close()

    run(scenario)


def test_a_refused_event_is_not_stored_again(open_log: Open) -> None:
    """A key is free again, an id is not: an event with the id of a refused one is a Repeat, whenever it comes."""

    async def scenario() -> None:
        def apply(log: EventLog, record: Record) -> None:
            if record.event.id == message(1).id:
                log.place(record.seq, None)

        listener = Listener(log := open_log(), apply)
        listener.start()
        first = Record(1, message(1, key="k"))
        again = Repeat(message(1, key="k"), first)
        for _ in range(2):
            log.propose(message(1, key="k"))
        await listener.until_told(2)
        assert listener.told == [first, again]
        for number in range(2, 9):
            await log.append(message(number))
        assert await log.append(message(1, key="k")) == again
        await log.close()
        log = open_log()
        Listener(log).start()
        assert await log.append(message(1, key="k")) == again
        await log.close()

    run(scenario)


def test_ids_that_cross_are_stored(open_log: Open) -> None:
    """An id that is smaller than the last one is as good as any: stored, told, and stored once."""

    async def scenario() -> None:
        listener = Listener(log := open_log())
        listener.start()
        numbers = [5, 3, 9, 4, 20, 7, 8]
        for number in numbers[:4]:
            log.propose(message(number))
        for number in numbers[4:]:
            await log.append(message(number))
        stored = [Record(seq, message(number)) for seq, number in enumerate(numbers, 1)]
        assert listener.told == stored
        for record in stored:
            assert await log.append(record.event) == Repeat(record.event, record)
        await log.close()

        log = open_log()
        assert (records(log), log.last_id) == (stored, message(20).id)
        Listener(log).start()
        for record in reversed(stored):
            assert await log.append(record.event) == Repeat(record.event, record)
        assert await log.append(message(6)) == Record(8, message(6))
        await log.close()

    run(scenario)


def test_the_last_snapshot_is_loaded(open_log: Open) -> None:
    """A snapshot is any bytes with its place in the log; the last one counts."""

    async def scenario() -> None:
        log = open_log()
        Listener(log).start()
        for number in range(1, 4):
            await log.append(message(number))
            log.save_snapshot(number, bytes(range(256)) * number)
        await log.close()
        again = open_log()
        assert again.load_snapshot() == (3, bytes(range(256)) * 3)
        await again.close()

    run(scenario)


def test_propose_from_on_committed(open_log: Open) -> None:
    """What is told may lead to the next proposal."""

    async def scenario() -> None:
        def apply(log: EventLog, record: Record) -> None:
            if record.seq < 5:
                log.propose(message(record.seq + 1))

        listener = Listener(log := open_log(), apply)
        listener.start()
        log.propose(message(1))
        await listener.until_told(5)
        assert listener.told == [Record(number, message(number)) for number in range(1, 6)]
        await log.close()

    run(scenario)


def test_a_cancelled_append_is_stored(open_log: Open) -> None:
    """Who stops waiting for an event does not take it back."""

    async def scenario() -> None:
        listener = Listener(log := open_log())
        listener.start()
        task = asyncio.create_task(log.append(message(1)))
        await asyncio.sleep(0)
        task.cancel()
        await listener.until_told(1)
        assert listener.told == [Record(1, message(1))]
        await asyncio.gather(task, return_exceptions=True)
        await log.close()

    run(scenario)


def test_a_log_can_be_read_while_it_is_written(open_log: Open) -> None:
    """A replay sees all that was told before it began."""

    async def scenario() -> None:
        log = open_log()
        Listener(log).start()
        for number in range(1, 4):
            await log.append(message(number))
            assert [record.seq for record in records(log)] == list(range(1, number + 1))
        await log.close()

    run(scenario)


def test_close_stores_what_is_proposed_and_noted_on_the_way(open_log: Open) -> None:
    """What the last batch leads to is refused as an event and kept as a note."""

    async def scenario() -> None:
        refusals: list[LogUnavailableError] = []

        def apply(log: EventLog, record: Record) -> None:
            log.place(record.seq, None)
            try:
                log.propose(message(record.seq + 1))
            except LogUnavailableError as refusal:
                refusals.append(refusal)

        log = open_log()
        Listener(log, apply).start()
        log.propose(message(1, key="k"))
        await log.close()
        assert len(refusals) == 1
        again = open_log()
        Listener(again).start()
        assert await again.append(message(9, key="k")) == Record(2, message(9, key="k"))
        await again.close()

    run(scenario)


@pytest.mark.parametrize("busy", [False, True])
def test_the_mark_follows_the_last_event(tmp_path: Path, busy: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A burst is in the mark a moment after its last event, though nothing more is stored; a start writes it too."""
    monkeypatch.setattr(mark, "REACHED_S", 0.05)
    monkeypatch.setattr(worker, "REACHED_S", 0.05)
    path = tmp_path / "chat.db"

    def marked() -> int:
        return int((mark.mark_of(path).read_text().split("\n")[1]) or 0)

    async def scenario() -> None:
        log = SqliteLog(path, 1_000)
        listener = Listener(log)
        listener.start()
        for number in range(1, 41):
            log.propose(message(number))
            if not busy:
                await listener.until_told(number)
        await until(lambda: marked() == 40)
        await log.close()

    run(scenario)
    mark.mark_of(path).write_text(f"{message(1).id}\n{7:020d}\n")  # as after a kill
    Writer(path, open_writer(path)).close()
    assert marked() == 40
