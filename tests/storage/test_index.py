"""Runs of messages, spans of ids, and notes: what the index has of the log."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from chatapp.model.events import AnyEvent, Joined
from chatapp.storage import index
from chatapp.storage.database import open_writer
from chatapp.storage.log import Record, Repeat
from chatapp.storage.page_reading import Span, listed_events
from chatapp.storage.writer import Writer
from tests.storage.support import id_of, message

JOINED = Joined(id=id_of(5), time=5, stream="room", channel="#room")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the log is."""
    return tmp_path / "chat.db"


@pytest.fixture
def db(path: Path) -> Iterator[sqlite3.Connection]:
    """The database of a log that has nothing in it."""
    db = open_writer(path)
    yield db
    db.close()


def rows(db: sqlite3.Connection, query: str) -> list[tuple[object, ...]]:
    """Fetch all rows."""
    return db.execute(query).fetchall()


def find(db: sqlite3.Connection, number: int, upto: int = 1_000_000) -> list[tuple[object, ...]]:
    """Look for the message with this number; return its stream and time."""
    found = db.execute(index.FIND_MESSAGE, {"id": message(number).id, "upto": upto, "within": ""}).fetchall()
    return [each[:2] for each in found]


def test_a_run_has_the_messages_of_a_stream(path: Path, db: sqlite3.Connection) -> None:
    """It tells their places, where it begins, and how many have a text; a join has a run of its own."""
    kept = Writer(path, db)
    tagmsg = msgspec.structs.replace(message(4), verb="TAGMSG")
    said: list[AnyEvent] = [message(1), message(2, stream="b"), message(3), tagmsg, JOINED, message(6, time=3)]
    moved = message(6, time=5)
    kept.write(said, [])
    kept.update_index([message(1), message(2, stream="b")], {})
    assert (kept.listed, rows(db, "select seq from listed")) == (2, [(2,)])
    kept.update_index([None, tagmsg, JOINED, moved], {3: None, 6: moved})
    assert (kept.listed, rows(db, "select seq from listed")) == (6, [(6,)])
    assert rows(db, "select * from runs order by first") == [
        ("room", 1, 1, 1, 1, 0, "[1]"),
        ("b", 2, 2, 2, 1, 0, "[2]"),
        ("room", 4, 4, 6, 1, 1, "[4,6]"),
        ("~room", 5, 5, 5, 0, 1, "[5]"),
    ]
    assert rows(db, "select * from notes") == [(3, None), (6, 5)]
    assert [find(db, number) for number in (1, 2, 3, 4, 5, 6, 7)] == [
        [("room", 1)],
        [("b", 2)],
        [],
        [("room", 4)],
        [("room", 5)],
        [("room", 5)],
        [],
    ]
    assert find(db, 6, upto=5) == []


def test_runs_and_spans_are_bounded(path: Path, db: sqlite3.Connection) -> None:
    """A run is as long as a page needs few of, and from one id that is known to the next there are few events."""
    kept = Writer(path, db)
    said = [message(number) for number in range(1, 201)]
    kept.write(said, [])
    kept.update_index(said, {})
    lengths = [texts for (texts,) in db.execute("select texts from runs order by first")]
    assert lengths == [index.RUN_MESSAGES_MAX] * (200 // index.RUN_MESSAGES_MAX) + [200 % index.RUN_MESSAGES_MAX]
    assert rows(db, "select id, seq from ids order by id") == [
        (message(number).id, number) for number in (1, 65, 129, 193)
    ]
    assert all(find(db, number) == [("room", number)] for number in range(1, 201))


@pytest.mark.parametrize("listings", [[8], [1, 2, 5], [3, 3, 2]])
def test_an_id_that_crossed_is_found(
    path: Path, db: sqlite3.Connection, listings: Sequence[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where an id is smaller than one before it, both are found, and those around them."""
    monkeypatch.setattr(index, "SPAN_EVENTS", 2)
    kept = Writer(path, db)
    numbers = [4, 9, 6, 12, 11, 13, 2, 14]
    said = [message(number, time=place) for place, number in enumerate(numbers, 1)]
    kept.write(said, [])
    assert rows(db, "select seq from crossed order by seq") == [(3,), (5,), (7,)]
    for count in listings:
        kept.update_index(said[kept.listed : kept.listed + count], {})
    assert kept.listed == 8
    assert [find(db, number) for number in numbers] == [[("room", place)] for place in range(1, 9)]
    assert [find(db, number) for number in (1, 3, 5, 7, 10, 15)] == [[]] * 6
    kept.close()
    again = Writer(path, open_writer(path))
    assert again.last_id == message(14).id
    again.close()


def test_ids_of_several_nodes_cross_all_the_time(path: Path, db: sqlite3.Connection) -> None:
    """The ids of each node grow, and so they are new, and found; nothing is looked for in between."""
    kept = Writer(path, db)
    written = []
    for turn in range(60):
        batch = [message(10 * turn + number, time=20 * turn + 2 * number + node, node=node)
                 for node in (1, 0, 2) for number in range(1 + turn % 4)]  # fmt: skip
        done: list[str] = []
        db.set_trace_callback(done.append)
        kept.write(batch, [])
        db.set_trace_callback(None)
        assert [statement.split()[0].lower() for statement in done] == ["insert"], "one step for all of them"
        written += batch
        if turn % 7 == 0:
            kept.update_index(written[kept.listed :], {})
    kept.update_index(written[kept.listed :], {})
    assert rows(db, "select count(*) from crossed") == [(0,)]
    assert rows(db, "select count(distinct node) from ids") == [(3,)]
    for seq, event in enumerate(written, 1):
        assert db.execute(index.FIND_ID, {"id": event.id, "upto": len(written)}).fetchall() == [(seq,)]
    assert kept.write([written[5]], []) == ([Repeat(written[5], Record(6, written[5]))], True)
    kept.close()


def test_a_node_that_says_little_makes_no_long_search(path: Path, db: sqlite3.Connection) -> None:
    """However many events of others lie between two of a node, an id is looked for among few."""
    kept = Writer(path, db)
    quiet = [message(1, node=9), message(5_000, node=9)]
    said = [quiet[0], *(message(number) for number in range(2, 4_000)), quiet[1]]
    kept.write(said, [])
    kept.update_index(said, {})
    for event, place in ((quiet[0], 1), (quiet[1], len(said))):
        assert db.execute(index.FIND_ID, {"id": event.id, "upto": len(said)}).fetchall() == [(place,)]
    unknown = {"id": message(2_500, node=9).id, "upto": len(said)}
    assert db.execute(index.FIND_ID, unknown).fetchall() == []
    spans = db.execute(f"select first, last from ({index._SPANS})", unknown).fetchall()
    assert all(last - first < index.SPAN_EVENTS for first, last in spans)
    kept.close()


def test_a_note_can_be_amended(path: Path, db: sqlite3.Connection) -> None:
    """The last note of an event counts, whatever was noted when it was listed."""
    kept = Writer(path, db)
    kept.write([message(1), message(2)], [])
    kept.update_index([message(1), message(2)], {})
    kept.update_index([], {1: None, 2: message(2, time=20)})
    assert [find(db, number) for number in (1, 2)] == [[], [("room", 20)]]
    kept.update_index([], {1: message(1, time=10), 2: None})
    assert [find(db, number) for number in (1, 2)] == [[("room", 10)], []]
    assert kept.listed == 2


def test_a_listing_is_one_step(path: Path, db: sqlite3.Connection) -> None:
    """After each step the thread has to wait for the GIL."""
    kept = Writer(path, db)
    kept.write([message(1), message(2)], [])
    done: list[str] = []
    db.set_trace_callback(done.append)
    kept.update_index([message(1), message(2, time=3)], {2: message(2, time=3)})
    assert set(done) == {done[0]}
    assert done[0].startswith("insert into listing")


def plan(db: sqlite3.Connection, query: str, **parameters: object) -> list[str]:
    """Tell how SQLite goes about a query: the steps in which it searches or scans a table."""
    steps = [step[3] for step in db.execute(f"explain query plan {query}", parameters)]
    return [step for step in steps if any(f" {table} " in f"{step} " for table in ("runs", "log", "ids", "crossed"))]


@pytest.mark.parametrize("newest", [True, False])
def test_a_page_is_taken_from_the_index(db: sqlite3.Connection, newest: bool) -> None:
    """However long the log is, a page is found in order by the runs, which are read as far as the page goes."""
    bounds = {"stream": "room", "tags": 0, "after": 0, "before": 9, "after_seq": 0, "upto_seq": 9, "limit": 9, "cut": 1}
    steps = [step for step in plan(db, index.page_query(newest), **bounds) if step.startswith("SEARCH")]
    assert [step.partition(" (")[0] for step in steps] == [
        "SEARCH runs USING PRIMARY KEY",  # the first run
        *["SEARCH runs USING PRIMARY KEY"] * 2,  # where the page ends by time and by place
        *["SEARCH runs USING PRIMARY KEY"] * 2,  # each next run
        "SEARCH log USING INTEGER PRIMARY KEY",
    ]


def test_a_message_is_found_by_its_id(db: sqlite3.Connection) -> None:
    """However long the log is, an id is looked for between two that are known."""
    steps = plan(db, index.FIND_MESSAGE, id="0", upto=9, within="")
    assert steps
    assert [step for step in steps if not step.startswith("SEARCH")] == []


def test_a_page_reads_no_more_runs_than_it_needs(path: Path, db: sqlite3.Connection) -> None:
    """The page in the middle of a long stream costs as much as one at its end, and less where little was missed."""
    kept = Writer(path, db)
    said = [message(number) for number in range(1, 5_001)]
    kept.write(said, [])
    kept.update_index(said, {})
    steps: list[int] = []
    for before, after in ((5_001, 0), (2_500, 0), (5_001, 4_980)):
        count = 0

        def on_step() -> int:
            nonlocal count
            count += 1
            return 0

        db.set_progress_handler(on_step, 1)
        page = listed_events(db, "room", Span(before=before, after_seq=after), 50, 5_000)
        db.set_progress_handler(None, 0)
        assert [seq for seq, _ in page] == list(range(max(before - 50, after + 1), before))
        steps.append(count)
    assert max(steps[:2]) < 2 * min(steps[:2])
    assert steps[2] < steps[0]


@pytest.mark.parametrize("newest", [True, False])
def test_a_page_is_as_long_as_it_can_be(path: Path, db: sqlite3.Connection, newest: bool) -> None:
    """Whatever is left out of a page, or cut off its runs, more messages are read in its place."""
    kept = Writer(path, db)
    said = [message(number, "" if number % 9 == 0 else "\x01PING\x01" if number % 7 == 0 else "hi")
            for number in range(1, 301)]  # fmt: skip
    kept.write(said, [])
    kept.update_index(said, {})
    refused = {number for number in range(1, 301) if number % 5 == 0}
    kept.update_index([], dict.fromkeys(refused))
    shown = [number for number in range(1, 301) if number % 9 and number % 7 and number not in refused]
    for low, high in ((-1, 1 << 62), (40, 200), (45, 1 << 62), (-1, 201), (100, 120)):
        there = [number for number in shown if low < number < high]
        for limit in (1, 31, 32, 33, 64, 100):
            span = Span(after=low, before=high, newest=newest)
            page = [seq for seq, _ in listed_events(db, "room", span, limit, 300)]
            assert page == (there[-limit:] if newest else there[:limit])
            upto = [seq for seq, _ in listed_events(db, "room", span, limit, 170)]
            before = [number for number in there if number <= 170]
            assert upto == (before[-limit:] if newest else before[:limit])
