"""Queries over what was said."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.errors import LogUnavailableError
from chatapp.model.events import AnyEvent, Joined, MessageSent
from chatapp.model.remarks import erased, target_of
from chatapp.storage import index
from chatapp.storage.database import open_writer
from chatapp.storage.history import Found
from chatapp.storage.sqlite_history import SqliteHistory
from chatapp.storage.tail import Tail
from chatapp.storage.writer import Writer
from tests.fakes.memory_history import MemoryHistory
from tests.fakes.memory_log import MemoryDisk, Row
from tests.storage.support import Listener, SqliteLog, edit_of, message, place_of, run, until
from tests.support.examples import examples

ALL = 1_000_000


class Source(NamedTuple):
    """What SqliteHistory reads of a log."""

    path: Path
    tail: Tail
    unerased: dict[int, str]

    def watch_erasures(self, watcher: object) -> None:
        """Erase nothing."""


def with_history(path: Path, test: Callable[[SqliteLog, SqliteHistory], Awaitable[None]]) -> None:
    """Run a test with a log that was started and the history over it."""

    async def scenario() -> None:
        log = SqliteLog(path / "chat.db", 1_000)
        history = SqliteHistory(log)
        Listener(log).start()
        await test(log, history)
        await history.close()
        await log.close()

    run(scenario)


def times(found: list[MessageSent]) -> list[int]:
    """The times of the messages found."""
    return [event.time for event in found]


def test_ctcp_is_in_no_page(tmp_path: Path) -> None:
    """Queries and answers of CTCP do not count, listed or not, so that a page is as long as was asked; actions do."""

    async def scenario(log: SqliteLog, history: SqliteHistory) -> None:
        for number in range(1, 601):
            text = {0: "\x01ACTION waves\x01", 1: "said"}.get(number % 200, "\x01VERSION\x01")
            await log.append(message(number, text))
        assert 0 < log.tail.listed < 600
        wanted = [1, 200, 201, 400, 401, 600]
        assert times(await history.latest("room", after=None, limit=99, upto_seq=ALL)) == wanted
        for limit in range(1, 6):
            assert times(await history.latest("room", after=None, limit=limit, upto_seq=ALL)) == wanted[-limit:]
            assert times(await history.after("room", 0, limit=limit, upto_seq=ALL, events=True)) == wanted[:limit]
        assert times(await history.around("room", 300, limit=4, upto_seq=ALL)) == [200, 201, 400, 401]
        assert times(await history.missed("room", after_seq=1, limit=99, upto_seq=ALL)) == wanted[1:]
        found = await history.find(message(300).id)
        assert found is not None
        assert found.time == 300

    with_history(tmp_path, scenario)


def test_pages_of_a_stream(tmp_path: Path) -> None:
    """Each query tells its messages with the oldest first, and its times are exclusive."""

    async def scenario(log: SqliteLog, history: SqliteHistory) -> None:
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
        assert times(await history.around("room", 5, limit=4, upto_seq=ALL, after=4)) == [5, 6, 7, 8]
        assert times(await history.around("room", 2, limit=3, upto_seq=ALL, after=5)) == [6, 7, 8]
        assert await history.latest("nowhere", after=None, limit=5, upto_seq=ALL) == []
        assert await history.find(message(104).id) == Found("elsewhere", 4, 8, "alice")
        assert await history.find(message(104).id, "elsewhere") == Found("elsewhere", 4, 8, "alice")
        assert await history.find(message(104).id, "room") is None
        assert await place_of(history, "f" * 16) is None

    with_history(tmp_path, scenario)


def test_history_tells_what_was_applied(tmp_path: Path) -> None:
    """A message is found under the time as applied, and not at all when it was refused."""

    async def scenario(log: SqliteLog, history: SqliteHistory) -> None:
        for number in range(1, 4):
            await log.append(message(number))
        log.place(1, None)
        log.place(3, message(3, time=20))
        assert await history.latest("room", after=None, limit=9, upto_seq=ALL) == [message(2), message(3, time=20)]
        assert await place_of(history, message(1).id) is None
        assert await place_of(history, message(3).id) == ("room", 20)

    with_history(tmp_path, scenario)


Query = tuple[str, tuple[object, ...], dict[str, object]]
STREAMS = st.sampled_from(["room", "other", "third"])
TIMES = st.integers(0, 30)
QUERIES = st.one_of(
    st.builds(
        lambda stream, after, **bounds: ("latest", (stream,), {"after": after, **bounds}),
        STREAMS,
        st.none() | TIMES,
        limit=st.integers(1, 9),
        upto_seq=st.integers(0, 45),
    ),
    st.builds(
        lambda stream, after_seq, **bounds: ("missed", (stream,), {"after_seq": after_seq, **bounds}),
        STREAMS,
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
    st.builds(
        lambda messages, upto, edits: (
            "remarks",
            ([(message(number).id, stream) for number, stream in messages], upto),
            {"edits": edits},
        ),
        st.lists(st.tuples(st.integers(1, 15), STREAMS), max_size=5, unique_by=lambda each: each[0]),
        st.integers(0, 45),
        st.booleans(),
    ),
    st.builds(lambda number: ("find", (message(number).id,), {}), st.integers(1, 45)),
)
VERBS = st.sampled_from(["PRIVMSG", "PRIVMSG", "NOTICE", "TAGMSG", "JOIN", "EDIT", "EDIT", "REACT"])
SAID = st.tuples(STREAMS, TIMES, VERBS, st.sampled_from(["", "", "", "refused"]))
ERASED = st.tuples(st.just("erase"), st.integers(1, 45))
WORK = st.sampled_from(["list", "list", "restart", "erase", "erase"])
STEPS = st.one_of(*[SAID] * 8, *[ERASED] * 3, *[WORK] * 3, QUERIES)


def event_of(number: int, stream: str, time: int, verb: str) -> MessageSent | Joined:
    """Make an event of any kind."""
    if verb == "JOIN":
        return Joined(id=message(number).id, time=time, stream=stream, channel="#room")
    about = (number * 7 + time) % max(1, min(number, 12)) + 1  # some message, before or after; or none that is there
    if verb == "EDIT":
        return edit_of(number, about, time=time, stream=stream)
    sent = message(number, time=time, stream=stream, key=f"k{number}")
    if verb == "REACT":
        return msgspec.structs.replace(sent, verb="TAGMSG", tags={"+draft/react": "x", "+reply": message(about).id})
    return msgspec.structs.replace(sent, verb=verb)


class BothHistories:
    """A history over a file and a tail, and the fake over the same events."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._disk = MemoryDisk()
        self._model = MemoryHistory(self._disk)
        self._last: dict[str, int] = {}
        self._notes: dict[int, AnyEvent | None] = {}
        self._unerased: dict[int, str] = {}
        self._open()

    def say(self, stream: str, time: int, verb: str, refused: str) -> None:
        """Store an event, and apply it as the state does."""
        seq = len(self._disk.rows) + 1
        event = event_of(seq, stream, time, verb)
        self._writer.write([event], [])
        self._tail.extend([event])
        late = isinstance(event, MessageSent) and target_of(event) in self._unerased.values()
        if refused or late:  # policy refuses what is said about a redacted message
            self._disk.rows.append(Row(event, event.time, None, None))
            self._place(seq, None)
            return
        applied = msgspec.structs.replace(event, time=max(event.time, self._last.get(stream, -1) + 1))
        self._last[stream] = applied.time
        self._disk.rows.append(Row(event, applied.time, event.stream, event.key))
        if applied != event:
            self._place(seq, applied)

    def ask_to_erase(self, seq: int) -> None:
        """Ask for the erasure of a message and the remarks about it, which are gone from every answer from now on."""
        seq = 1 + seq % max(1, len(self._disk.rows))
        if not self._disk.rows or not isinstance(asked := self._disk.rows[seq - 1].event, MessageSent):
            return
        self._unerased[seq] = asked.id
        self._tail.erase(seq, asked.id)
        reacted = False
        for place, row in enumerate(self._disk.rows, 1):
            if isinstance(event := row.event, MessageSent) and (place == seq or target_of(event) == asked.id):
                reacted |= event.verb == "TAGMSG"
                row.event = erased(event)
                if isinstance(applied := self._notes.get(place), MessageSent):
                    self._notes[place] = erased(applied)
        if reacted:  # until the thread has erased it, a reaction is found by its own msgid
            self.erase()

    def erase(self) -> None:
        """Erase in the file what was asked for, as the log's thread does."""
        self._writer.erase(sorted(self._unerased))
        self._unerased.clear()

    async def list_all(self, queries: list[Query]) -> None:
        """List all there is; ask before, while and after."""
        await self.ask(queries)
        self._writer.update_index(self._tail.events(), self._notes)
        await self.ask(queries)
        self._tail.drop(self._tail.last)
        await self.ask(queries)

    async def restart(self) -> None:
        """Begin anew with what is in the file, and replay all of it."""
        await self.close()
        self._open()
        for seq, event in self._notes.items():
            self._tail.place(seq, event)
        for seq, msgid in self._unerased.items():  # a replay asks again for what was not erased
            self._tail.erase(seq, msgid)

    async def ask(self, queries: list[Query]) -> None:
        """Ask both the same, and expect the same answers."""
        for name, arguments, bounds in queries:
            expected = await getattr(self._model, name)(*arguments, **bounds)
            assert await getattr(self._history, name)(*arguments, **bounds) == expected
            if name == "remarks":
                await self._ask_in_parts(*arguments, **bounds, expected=expected.found)

    async def _ask_in_parts(
        self, messages: list[tuple[str, str]], upto: int, edits: bool, expected: list[MessageSent]
    ) -> None:
        """Ask for the remarks about a few messages at a time: together they are all."""
        found: list[MessageSent] = []
        while messages:
            part, number = await self._history.remarks(messages, upto, most=2, edits=edits)
            assert 0 < number <= len(messages)
            found += part
            messages = messages[number:]
        assert sorted(found, key=lambda each: each.id) == sorted(expected, key=lambda each: each.id)

    async def close(self) -> None:
        """Close the file."""
        await self._history.close()
        self._writer.close()

    def _open(self) -> None:
        self._writer = Writer(self._path, open_writer(self._path))
        self._tail = Tail(self._writer.listed, self._writer.unlisted())
        self._history = SqliteHistory(Source(self._path, self._tail, self._unerased))

    def _place(self, seq: int, event: AnyEvent | None) -> None:
        self._notes[seq] = event
        self._tail.place(seq, event)


@given(
    run_max=st.integers(1, 4),
    span=st.integers(1, 4),
    steps=st.lists(STEPS, min_size=20, max_size=60),
    queries=st.lists(QUERIES, min_size=1, max_size=4),
)
@settings(max_examples=examples(60))
def test_history_is_what_a_list_would_tell(run_max: int, span: int, steps: list[Any], queries: list[Query]) -> None:
    """Whatever was said, listed and erased, in any order: each query tells what the fake in memory tells.

    Runs and spans are as short as can be, so that there are many.
    """

    async def scenario(path: Path) -> None:
        both = BothHistories(path)
        for step in steps:
            match step:
                case "list":
                    await both.list_all(queries)
                case "restart":
                    await both.restart()
                case "erase":
                    both.erase()
                case ("erase", int(seq)):
                    both.ask_to_erase(seq)
                case (str(), int(), str(), str()):
                    both.say(*step)
                case query:
                    await both.ask([query])
        await both.ask(queries)
        await both.close()

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(index, "RUN_MESSAGES_MAX", run_max)
        patch.setattr(index, "SPAN_EVENTS", span)
        run(lambda: scenario(Path(folder) / "chat.db"))


def test_too_many_queries_are_refused(tmp_path: Path) -> None:
    """Beyond ``queue_max`` queries that wait for a thread, one more is refused; the others are answered."""

    async def scenario(log: SqliteLog, _: SqliteHistory) -> None:
        history = SqliteHistory(log, 1, 3)
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

    async def scenario(log: SqliteLog, _: SqliteHistory) -> None:
        history = SqliteHistory(log, 1, 1)
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

    async def scenario(log: SqliteLog, history: SqliteHistory) -> None:
        await log.append(message(1))
        log.save_snapshot(1, b"")
        await until(lambda: len(log.tail) == 0)  # else it is told from memory
        with closing(sqlite3.connect(tmp_path / "chat.db")) as db:
            db.execute("update log set event = 'x'")
            db.commit()
        with pytest.raises(LogUnavailableError, match="cannot be read"):
            await history.latest("room", after=None, limit=1, upto_seq=ALL)

    with_history(tmp_path, scenario)


def test_a_closed_history_refuses(tmp_path: Path) -> None:
    """After ``close`` a query is refused in plain words; closing again is nothing."""

    async def scenario(log: SqliteLog, history: SqliteHistory) -> None:
        await history.close()
        with pytest.raises(LogUnavailableError, match="stopping"):
            await history.latest("room", after=None, limit=1, upto_seq=ALL)

    with_history(tmp_path, scenario)


def test_an_unknown_id_while_the_index_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An id that is nowhere is told as unknown, not as damage, when the index is newer than what the tail still holds.

    The index grows in the log's own thread; the event loop hears of it later.
    """
    monkeypatch.setattr(index, "SPAN_EVENTS", 1)
    writer = Writer(tmp_path / "chat.db", open_writer(tmp_path / "chat.db"))
    tail = Tail(0, [])
    said = [message(number) for number in range(1, 4)]
    writer.write(said, [])
    tail.extend(said)
    writer.update_index(said, {})

    async def scenario() -> None:
        history = SqliteHistory(Source(tmp_path / "chat.db", tail, set()))
        assert await place_of(history, "f" * 16) is None
        await history.close()

    run(scenario)
    writer.close()
