"""Queries over what was said."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.errors import LogUnavailableError
from chatapp.model.events import Joined, MessageSent
from chatapp.storage import writer
from chatapp.storage.database import open_writer
from chatapp.storage.history import History, page_query
from chatapp.storage.sqlite import SqliteLog
from chatapp.storage.writer import Writer
from tests.fakes.memory_history import MemoryHistory
from tests.fakes.memory_log import MemoryDisk, Row
from tests.storage.support import Listener, message, run

ALL = 1_000_000


def with_history(path: Path, test: Callable[[SqliteLog, History], Awaitable[None]]) -> None:
    """Run a test with a log that was started and the history over it."""

    async def scenario() -> None:
        log = SqliteLog(path / "chat.db", 1_000)
        history = History(path / "chat.db", log)
        Listener(log).start()
        await test(log, history)
        await history.close()
        await log.close()

    run(scenario)


def times(found: list[MessageSent]) -> list[int]:
    """The times of the messages found."""
    return [event.time for event in found]


def test_pages_of_a_stream(tmp_path: Path) -> None:
    """Each query tells its messages with the oldest first, and its times are exclusive."""

    async def scenario(log: SqliteLog, history: History) -> None:
        for number in range(1, 11):
            await log.append(message(number))
            await log.append(message(100 + number, time=number, stream="elsewhere"))
        assert await history.latest("room", after=None, limit=2, upto_seq=ALL) == [message(9), message(10)]
        assert times(await history.latest("room", after=8, limit=5, upto_seq=ALL)) == [9, 10]
        assert times(await history.latest("room", after=None, limit=2, upto_seq=5)) == [2, 3]
        assert times(await history.before("room", 5, limit=2, upto_seq=ALL)) == [3, 4]
        assert times(await history.after("room", 5, limit=2, upto_seq=ALL)) == [6, 7]
        assert times(await history.between("room", 2, 9, limit=3, upto_seq=ALL)) == [3, 4, 5]
        assert times(await history.between("room", 9, 2, limit=3, upto_seq=ALL)) == [6, 7, 8]
        assert await history.between("room", 5, 5, limit=3, upto_seq=ALL) == []
        assert times(await history.around("room", 5, limit=4, upto_seq=ALL)) == [3, 4, 5, 6]
        assert times(await history.around("room", 1, limit=4, upto_seq=ALL)) == [1, 2, 3, 4]
        assert times(await history.around("room", 10, limit=4, upto_seq=ALL)) == [7, 8, 9, 10]
        assert await history.latest("nowhere", after=None, limit=5, upto_seq=ALL) == []
        assert await history.find(message(104).id) == ("elsewhere", 4)
        assert await history.find("f" * 16) is None

    with_history(tmp_path, scenario)


def test_history_tells_what_was_applied(tmp_path: Path) -> None:
    """A message is found under the time and stream as applied, and not at all when it was refused."""

    async def scenario(log: SqliteLog, history: History) -> None:
        for number in range(1, 5):
            await log.append(message(number))
        log.place(1, None)
        log.place(2, msgspec.structs.replace(message(2), time=20))
        log.place(3, msgspec.structs.replace(message(3), stream="elsewhere"))
        assert await history.latest("room", after=None, limit=9, upto_seq=ALL) == [
            message(4),
            msgspec.structs.replace(message(2), time=20),
        ]
        assert await history.latest("elsewhere", after=None, limit=9, upto_seq=ALL) == [
            msgspec.structs.replace(message(3), stream="elsewhere")
        ]
        assert await history.find(message(1).id) is None
        assert await history.find(message(2).id) == ("room", 20)
        assert await history.find(message(3).id) == ("elsewhere", 3)

    with_history(tmp_path, scenario)


Query = tuple[str, tuple[object, ...], dict[str, object]]
STREAMS = st.sampled_from(["room", "other", "third"])
TIMES = st.integers(0, 12)
QUERIES = st.one_of(
    st.builds(
        lambda stream, after, **bounds: ("latest", (stream,), {"after": after, **bounds}),
        STREAMS,
        st.none() | TIMES,
        limit=st.integers(1, 9),
        upto_seq=st.integers(0, 45),
    ),
    st.builds(
        lambda stream, after, after_seq, **bounds: (
            "missed",
            (stream,),
            {"after": after, "after_seq": after_seq, **bounds},
        ),
        STREAMS,
        TIMES,
        st.integers(0, 40),
        limit=st.integers(1, 9),
        upto_seq=st.integers(0, 45),
    ),
    st.builds(
        lambda name, stream, time, limit, upto: (name, (stream, time, limit, upto), {}),
        st.sampled_from(["before", "after", "around"]),
        STREAMS,
        TIMES,
        st.integers(1, 9),
        st.integers(0, 45),
    ),
    st.builds(
        lambda stream, start, end, limit, upto: ("between", (stream, start, end, limit, upto), {}),
        STREAMS,
        TIMES,
        TIMES,
        st.integers(1, 9),
        st.integers(0, 45),
    ),
    st.builds(lambda number: ("find", (message(number).id,), {}), st.integers(1, 45)),
)
SAID = st.tuples(STREAMS, TIMES, st.sampled_from(["PRIVMSG", "NOTICE", "TAGMSG", "JOIN"]))
NOTES = st.dictionaries(st.integers(0, 39), st.none() | st.tuples(STREAMS, TIMES), max_size=12)


def event_of(number: int, stream: str, time: int, verb: str) -> MessageSent | Joined:
    """Make an event of any kind."""
    if verb == "JOIN":
        return Joined(id=message(number).id, time=time, stream=stream, channel="#room")
    return msgspec.structs.replace(message(number, time=time, stream=stream, key=f"k{number}"), verb=verb)


def fill(log: Writer, disk: MemoryDisk, said: list[tuple[str, int, str]], notes: dict[int, object]) -> None:
    """Store events and notes of them, here and there."""
    for number, (stream, time, verb) in enumerate(said, 1):
        event = event_of(number, stream, time, verb)
        log.write([event], {})
        log.tidy()
        disk.rows.append(Row(event, event.time, event.stream, event.key))
    places = {}
    for index, note in notes.items():
        if index < len(said):
            row = disk.rows[index]
            if isinstance(note, tuple):
                row.stream, row.time = note
                places[index + 1] = msgspec.structs.replace(row.event, stream=note[0], time=note[1])
            else:
                row.stream = row.key = None
                places[index + 1] = None
    log.write([], places)


@given(said=st.lists(SAID, max_size=40), notes=NOTES, queries=st.lists(QUERIES, min_size=1, max_size=12))
@settings(max_examples=60)
def test_history_is_what_a_list_would_tell(
    said: list[tuple[str, int, str]],
    notes: dict[int, object],
    queries: list[tuple[str, tuple[object, ...], dict[str, object]]],
) -> None:
    """Whatever was said, noted and listed in the index: each query tells what the fake in memory tells."""

    async def scenario(path: Path) -> None:
        disk = MemoryDisk()
        log = Writer(path, open_writer(path))
        fill(log, disk, said, notes)
        log.close()
        history, model = History(path, opened := SqliteLog(path, 10)), MemoryHistory(disk)
        for name, arguments, bounds in queries:
            expected = await getattr(model, name)(*arguments, **bounds)
            assert await getattr(history, name)(*arguments, **bounds) == expected
        await history.close()
        await opened.close()

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer, "LIST_EVERY", 9)
        run(lambda: scenario(Path(folder) / "chat.db"))


@pytest.mark.parametrize("order", ["time desc, seq desc", "time, seq"])
@pytest.mark.parametrize("condition", ["true", "time > ?", "time < ?", "time > ? and time < ?", "time > ? and seq > ?"])
def test_a_page_is_taken_from_the_index(tmp_path: Path, condition: str, order: str) -> None:
    """However long the log is, a page is found by the index, and only what is not in it yet is looked through."""
    log = Writer(tmp_path / "chat.db", db := open_writer(tmp_path / "chat.db"))
    parameters = ["room", *(1 for _ in range(condition.count("?"))), 9, 9]
    plan = db.execute(f"explain query plan {page_query(condition, order)}", (*parameters, *parameters, 9)).fetchall()
    steps = [step[3] for step in plan]
    searches = [step for step in steps if step.startswith(("SEARCH", "SCAN"))]
    assert [step for step in searches if " log " in step] == [
        next(step for step in steps if "USING INDEX log_history (stream=?" in step),
        next(step for step in steps if "USING INTEGER PRIMARY KEY (rowid>?" in step),
    ]
    log.close()


def test_too_many_queries_are_refused(tmp_path: Path) -> None:
    """Beyond ``queue_max`` queries that wait for a thread, one more is refused; the others are answered."""

    async def scenario(log: SqliteLog, _: History) -> None:
        history = History(tmp_path / "chat.db", log, 1, 3)
        await log.append(message(1))
        asked = [history.latest("room", after=None, limit=1, upto_seq=ALL) for _ in range(4)]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert answers[:3] == [[message(1)]] * 3
        assert isinstance(answers[3], LogUnavailableError)
        assert "Too many" in str(answers[3])
        assert await history.latest("room", after=None, limit=1, upto_seq=ALL) == [message(1)]
        await history.close()

    with_history(tmp_path, scenario)


def test_a_query_nobody_waits_for(tmp_path: Path) -> None:
    """Who stops waiting leaves nothing behind: the next query is answered, and there is room for it."""

    async def scenario(log: SqliteLog, _: History) -> None:
        history = History(tmp_path / "chat.db", log, 1, 1)
        await log.append(message(1))
        for _ in range(3):
            query = asyncio.create_task(history.latest("room", after=None, limit=1, upto_seq=ALL))
            await asyncio.sleep(0)
            query.cancel()
            await asyncio.gather(query, return_exceptions=True)
            assert query.cancelled()
            while history.waiting:
                await asyncio.sleep(0)
        assert await history.latest("room", after=None, limit=1, upto_seq=ALL) == [message(1)]
        await history.close()

    with_history(tmp_path, scenario)


def test_a_damaged_log_is_said(tmp_path: Path) -> None:
    """A page with something in it that is no event is refused in plain words."""

    async def scenario(log: SqliteLog, history: History) -> None:
        await log.append(message(1))
        with closing(sqlite3.connect(tmp_path / "chat.db")) as db:
            db.execute("update log set event = 'x'")
            db.commit()
        with pytest.raises(LogUnavailableError, match="cannot be read"):
            await history.latest("room", after=None, limit=1, upto_seq=ALL)

    with_history(tmp_path, scenario)


def test_a_closed_history_refuses(tmp_path: Path) -> None:
    """After ``close`` a query is refused in plain words; closing again is nothing."""

    async def scenario(log: SqliteLog, history: History) -> None:
        await history.close()
        with pytest.raises(LogUnavailableError, match="stopping"):
            await history.latest("room", after=None, limit=1, upto_seq=ALL)

    with_history(tmp_path, scenario)
