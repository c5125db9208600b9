"""A damaged log: every answer is right, or a DataError in plain words (which a client hears as LogUnavailableError)."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from chatapp.errors import DataError, LogUnavailableError
from chatapp.model.events import AnyEvent, Joined, MessageSent, encode
from chatapp.storage import sums
from chatapp.storage.database import open_writer
from chatapp.storage.sqlite_history import SqliteHistory
from chatapp.storage.writer import Writer
from tests.storage.support import SqliteLog, edit_of, id_of, message, put_event, put_sums, records

pytestmark = pytest.mark.once

PAGE_BYTES = 4096
EVENTS = 1_500
STREAMS = ("a", "b", "c")
PATIENCE_S = 60.0
TRIALS = 20  # of each kind of damage
Answers = dict[str, Any]
Damage = Callable[[random.Random, bytearray], None]


def event(number: int) -> AnyEvent:
    """Make the event with this number: one in ten is no message."""
    stream = STREAMS[number % 7 % 3]
    if number % 10 == 0:
        return Joined(id=id_of(number), time=number, actor="alice", stream=stream, channel="#room")
    return message(number, f"text {number} " + "x" * (number * 37 % 300), stream=stream, key=f"key {number}")


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Let hundreds of damaged logs be complained of without a word."""
    caplog.set_level(logging.CRITICAL, "chatapp.storage")


@pytest.fixture(scope="module", params=[0, 40], ids=["stopped", "crashed"])
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a log of some hundred pages: listed in parts, with refused events, and after a crash a few not listed.

    After a regular stop a start does not check the pages of the log, so that the queries have to find what is missing.
    """
    listed = EVENTS - request.param
    path = tmp_path_factory.mktemp("whole") / "chat.db"
    writer = Writer(path, open_writer(path))
    for first in range(1, listed, 250):
        part = [event(number) for number in range(first, min(first + 250, listed + 1))]
        writer.write(part, [])
        refused = {seq: None for seq in range(first, first + len(part)) if seq % 100 == 1}
        writer.update_index([None if seq in refused else each for seq, each in enumerate(part, first)], refused)
    writer.save_snapshot(listed, b"the state" * 2_000)
    writer.write([event(number) for number in range(listed + 1, EVENTS + 1)], [])
    writer.close()
    return path


async def ask(path: Path) -> Answers:
    """Open the log, replay it and ask for all its history; what is refused is left out. Raises DataError."""
    log = SqliteLog(path, 100)
    history = SqliteHistory(log)
    answers: Answers = {"last": (log.last_seq, log.last_id), "snapshot": log.load_snapshot()}

    async def keep(name: str, question: Any) -> None:
        try:
            answers[name] = await question
        except LogUnavailableError:
            pass

    try:
        with contextlib.suppress(DataError):
            answers["replay"] = records(log)
        for stream in STREAMS:
            await keep(f"all {stream}", history.latest(stream, after=None, limit=EVENTS, upto_seq=EVENTS))
            for time in range(0, EVENTS, 197):
                await keep(f"before {stream} {time}", history.before(stream, time, 20, EVENTS))
                await keep(f"after {stream} {time}", history.after(stream, time, 20, EVENTS))
                await keep(f"missed {stream} {time}", history.missed(stream, after_seq=time, limit=20, upto_seq=EVENTS))
        for number in range(1, EVENTS + 5, 29):
            await keep(f"find {number}", history.find(id_of(number)))
    finally:
        await history.close()
        await log.close()
    return answers


def answers_of(path: Path) -> Answers | None:
    """Return the answers of a log, or ``None`` where it is refused as a whole. No other exception is raised."""

    async def asked() -> Answers:
        async with asyncio.timeout(PATIENCE_S):
            return await ask(path)

    try:
        return asyncio.run(asked())
    except DataError:
        return None


def pages(data: bytearray) -> range:
    """Tell the numbers of the pages, from 0 on."""
    return range(len(data) // PAGE_BYTES)


def header(page: int) -> int:
    """Tell where the header of a page of a table begins."""
    return page * PAGE_BYTES + (100 if page == 0 else 0)


def swap(chance: random.Random, data: bytearray) -> None:
    """Let two pages change places."""
    one, other = (slice(page * PAGE_BYTES, (page + 1) * PAGE_BYTES) for page in chance.sample(pages(data)[1:], 2))
    data[one], data[other] = data[other], data[one]


def repeat(chance: random.Random, data: bytearray) -> None:
    """Write a page over another one, as a write to the wrong place does."""
    one, other = (slice(page * PAGE_BYTES, (page + 1) * PAGE_BYTES) for page in chance.sample(pages(data)[1:], 2))
    data[one] = data[other]


def lose_row(chance: random.Random, data: bytearray) -> None:
    """Lower the number of a page's rows by one."""
    while True:
        at = header(chance.choice(pages(data)))
        rows = int.from_bytes(data[at + 3 : at + 5])
        if data[at] in (2, 5, 10, 13) and rows:
            data[at + 3 : at + 5] = (rows - 1).to_bytes(2)
            return


def empty(chance: random.Random, data: bytearray) -> None:
    """Fill a page with zeros, as a write that never reached the disk leaves it."""
    page = chance.choice(pages(data))
    data[page * PAGE_BYTES : (page + 1) * PAGE_BYTES] = bytes(PAGE_BYTES)


def garble(chance: random.Random, data: bytearray) -> None:
    """Fill a page with anything."""
    page = chance.choice(pages(data))
    data[page * PAGE_BYTES : (page + 1) * PAGE_BYTES] = chance.randbytes(PAGE_BYTES)


def flip(chance: random.Random, data: bytearray) -> None:
    """Turn one bit."""
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def trial(whole: Path, folder: Path, damage: Damage, seed: str) -> Answers | None:
    """Damage a copy of the log and return its answers."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    data = bytearray(whole.read_bytes())
    damage(random.Random(seed), data)
    (folder / "chat.db").write_bytes(data)
    return answers_of(folder / "chat.db")


def test_a_log_that_is_whole(whole: Path, tmp_path: Path) -> None:
    """Every question is answered, and nothing is refused."""
    answers = trial(whole, tmp_path / "copy", lambda chance, data: None, "")
    assert answers is not None
    assert answers["last"] == (EVENTS, id_of(EVENTS))
    assert [record.event for record in answers["replay"]] == [event(number) for number in range(1, EVENTS + 1)]
    said = [event(number) for number in range(1, EVENTS + 1) if number % 100 != 1]
    for stream in STREAMS:
        assert answers[f"all {stream}"] == [
            each for each in said if type(each) is MessageSent and each.stream == stream
        ]
    assert len(answers) == 3 + 3 * (1 + 3 * 8) + 52


@pytest.mark.parametrize("damage", [swap, repeat, lose_row, empty, garble, flip])
def test_damaged_pages(whole: Path, tmp_path: Path, damage: Damage) -> None:
    """Whatever happens to a page, or to a bit of what was said, every answer is right or refused in plain words."""
    right = answers_of(shutil.copy(whole, tmp_path / "chat.db"))
    assert right is not None
    wrong = []
    for number in range(TRIALS):
        answers = trial(whole, tmp_path / "copy", damage, f"{damage.__name__} {number}") or {}
        if answers.get("snapshot") is None:
            answers.pop("snapshot", None)  # damaged ones are passed over: the log says the same
        wrong += [(number, name) for name, answer in answers.items() if answer != right[name]]
    assert wrong == []


def test_bits_of_events(whole: Path, tmp_path: Path) -> None:
    """An event that is not as it was stored is noticed, whatever has changed: no page lacks it, and no page shows it.

    Changed are what it is, its id, time, author and stream, the verb, its text, its checksum, and its position.
    """
    right = answers_of(shutil.copy(whole, tmp_path / "chat.db"))
    assert right is not None
    wrong = []
    for change in (
        "event = replace(event, 'message-sent', 'message-seot')",
        "event = replace(event, 'text ', 'texu ')",
        "event = replace(event, 'PRIVMSG', 'PRIVMSO')",
        "event = replace(event, ',\"a\",', ',\"c\",')",
        "event = json_set(event, '$[1]', substr(json_extract(event, '$[1]'), 1, 13) || 'f00')",
        "event = json_set(event, '$[2]', json_extract(event, '$[2]') + 1)",
        "event = json_set(event, '$[3]', 'alica')",
        "event = json_set(event, '$[9]', '')",
        "checksum = x'00000000'",
        "checksum = x''",
        "seq = 10000 + seq",
    ):
        copy = tmp_path / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        path = Path(shutil.copy(whole, copy / "chat.db"))
        with closing(sqlite3.connect(path)) as db, db:
            assert db.execute(f"update log set {change} where seq % 50 = 9 and seq < 1400").rowcount == 28
        answers = answers_of(path)
        wrong += [(change, name) for name, answer in (answers or {}).items() if answer != right[name]]
        assert answers is None or len(answers) < len(right) - 20, change
    assert wrong == []


def log_with_all_rows(folder: Path) -> Path:
    """Make a log with a row in each table of the index; return its path."""
    path = folder / "chat.db"
    writer = Writer(path, open_writer(path))
    said = [message(1), message(3), message(2), message(4, time=3), edit_of(5, of=1)]
    writer.write(said, [])
    writer.update_index([*said[:3], moved := message(4, time=4), said[4]], {4: moved})
    writer.close()
    return path


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("runs", "time = time + 1"),
        ("runs", "texts = texts - 1, tags = tags + 1"),
        ("runs", "places = replace(places, ']', ' ]')"),
        ("runs", "places = replace(places, '1', '2')"),
        ("runs", "last = last + 1"),
        ("runs", "stream = stream || 'x'"),
        ("ids", "seq = seq + 1"),
        ("crossed", "id = replace(id, '2', '3')"),
        ("notes", "time = coalesce(time + 1, 7)"),
        ("remarks", "edit = not edit"),
        ("remarks", "target = replace(target, '1', '3')"),
        ("listed", "seq = seq - 1"),
        ("listed", "notes = notes + 256, total = total + 256"),
    ],
)
@pytest.mark.parametrize("rows", [1, 2, sums.PART_ROWS])
def test_a_row_of_the_index_that_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str, change: str, rows: int
) -> None:
    """A start finds each change of a row of the index, however whole the pages are, however many it reads at once."""
    monkeypatch.setattr(sums, "PART_ROWS", rows)
    path = log_with_all_rows(tmp_path)
    SqliteLog(path, 100)._writer.close()
    with closing(sqlite3.connect(path)) as db, db:
        assert db.execute(f"update {table} set {change}").rowcount
    with pytest.raises(DataError, match="index"):
        SqliteLog(path, 100)


@pytest.mark.parametrize("table", ["runs", "ids", "crossed", "notes", "remarks"])
def test_a_row_of_the_index_that_is_missing(tmp_path: Path, table: str) -> None:
    """A start finds that a row is missing, however whole the pages are."""
    path = log_with_all_rows(tmp_path)
    with closing(sqlite3.connect(path)) as db, db:
        assert db.execute(f"delete from {table}").rowcount
    with pytest.raises(DataError, match=f"the table {table}"):
        SqliteLog(path, 100)


def leaves_of(path: Path, table: str) -> list[int]:
    """Return the numbers, from 0 on, of the pages that hold the rows of a table."""
    with closing(sqlite3.connect(path)) as db:
        (root,) = db.execute("select rootpage from sqlite_master where name = ?", (table,)).fetchone()
    data = path.read_bytes()
    found, waiting = [], [root - 1]
    while waiting:
        page = waiting.pop()
        at = header(page)
        if data[at] in (2, 5):  # an inner page: its cells begin with the number of a page below it
            count = int.from_bytes(data[at + 3 : at + 5])
            pointers = [int.from_bytes(data[at + 12 + 2 * cell : at + 14 + 2 * cell]) for cell in range(count)]
            below = [int.from_bytes(data[page * PAGE_BYTES + each : page * PAGE_BYTES + each + 4]) for each in pointers]
            waiting += [number - 1 for number in (*below, int.from_bytes(data[at + 8 : at + 12]))]
        else:
            found.append(page)
    return found


def test_rows_of_the_index_in_another_order(tmp_path: Path) -> None:
    """Rows that are all there and whole, but in another order: SQLite would look for them where they are not.

    Spec: SQLite, "PRAGMA quick_check": it does not verify that rows are in order, as integrity_check does.
    """
    path = tmp_path / "chat.db"
    writer = Writer(path, open_writer(path))
    said = [message(number, stream=f"stream {number % 40}") for number in range(1, 4_001)]
    writer.write(said, [])
    writer.update_index(said, {})
    writer.save_snapshot(4_000, b"state")
    writer.close()
    leaves, data = leaves_of(path, "runs"), path.read_bytes()
    assert len(leaves) > 2
    for one, other in itertools.pairwise(leaves):
        damaged = bytearray(data)
        a, b = slice(one * PAGE_BYTES, (one + 1) * PAGE_BYTES), slice(other * PAGE_BYTES, (other + 1) * PAGE_BYTES)
        damaged[a], damaged[b] = damaged[b], damaged[a]
        path.write_bytes(damaged)
        with pytest.raises(DataError, match="not whole"):
            SqliteLog(path, 100)


@pytest.mark.parametrize("table", ["runs", "ids"])
def test_a_page_of_the_index_that_was_not_written(tmp_path: Path, table: str) -> None:
    """A page as it was before is whole, and its rows are in order, but the newest are missing: the counts tell."""
    path = tmp_path / "chat.db"
    writer = Writer(path, open_writer(path))
    said = [message(number, stream=f"stream {number % 40}") for number in range(1, 4_001)]
    before = b""
    for half in (said[:2_000], said[2_000:]):
        writer.write(half, [])
        writer.update_index(half, {})
        if not before:
            writer._db.execute("pragma wal_checkpoint(truncate)")
            before = path.read_bytes()
    writer.save_snapshot(4_000, b"state")
    writer.close()
    whole = path.read_bytes()
    refused = 0
    for page in leaves_of(path, table):
        at = slice(page * PAGE_BYTES, (page + 1) * PAGE_BYTES)
        if before[at] and before[at] != whole[at] and before[page * PAGE_BYTES] in (2, 10):
            path.write_bytes(whole[: at.start] + before[at] + whole[at.stop :])
            with pytest.raises(DataError):
                SqliteLog(path, 100)
            refused += 1
    assert refused


def test_an_inner_page_that_tells_the_way_to_another_row(tmp_path: Path) -> None:
    """SQLite may pass such a row when it reads many, and not find it by its position: it is found, or it is damage."""
    path = tmp_path / "chat.db"
    writer = Writer(path, open_writer(path))
    said = [message(number) for number in range(1, 301)]
    writer.write(said, [])
    writer.update_index(said, {})
    writer.save_snapshot(300, b"state")
    writer.close()
    with closing(sqlite3.connect(path)) as db:
        (root,) = db.execute("select rootpage from sqlite_master where name = 'log'").fetchone()
    data = path.read_bytes()
    at = header(root - 1)
    assert data[at] == 5, "an inner page: each of its cells is the number of a page, and the last position in it"
    refused = 0
    for cell in range(int.from_bytes(data[at + 3 : at + 5])):
        key = at + int.from_bytes(data[at + 12 + 2 * cell : at + 14 + 2 * cell]) + 4
        key += data[key] >> 7  # the last byte of the position
        for bit in (5, 6):
            changed = bytearray(data)
            changed[key] ^= 1 << bit
            path.write_bytes(changed)
            try:
                refused += any(asyncio.run(refuses(path, *range(1, 300, 13))))
            except DataError:
                refused += 1
    assert refused


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Make a log of one stream with 100 messages at the times 10, 20, ..., 1000; return its path."""
    path = tmp_path / "chat.db"
    writer = Writer(path, open_writer(path))
    said = [message(number, time=10 * number) for number in range(1, 101)]
    writer.write(said, [])
    writer.update_index(said, {})
    writer.close()
    return path


async def refuses(path: Path, *numbers: int) -> list[bool]:
    """Return whether the log refuses to tell all messages, and whether it refuses to find each of some messages.

    What it does not refuse is not nothing.
    """
    log = SqliteLog(path, 100)
    history = SqliteHistory(log)
    refused = []
    try:
        for question in (
            history.latest("room", after=None, limit=200, upto_seq=100),
            *(history.find(id_of(number)) for number in numbers),
        ):
            try:
                assert await question
                refused.append(False)
            except LogUnavailableError:
                refused.append(True)
    finally:
        await history.close()
        await log.close()
    return refused


@pytest.mark.parametrize("time", [0, 10, 490, 510, 700, 10**13])
def test_a_time_that_is_out_of_order(path: Path, time: int) -> None:
    """ "Within a stream no two messages share a time", and times ascend: a time with a wrong digit hides no message."""
    with closing(sqlite3.connect(path)) as db, db:
        put_event(db, 50, encode(message(50, time=time)).decode())
    assert asyncio.run(refuses(path, 50)) == [True, True]


@pytest.mark.parametrize("time", [5, 500, 700, 10**13])
def test_a_run_with_a_wrong_time(path: Path, time: int) -> None:
    """A message that the index would not find by its time is not found by its msgid either: a client pages from there.

    The second run has the messages 33 to 64.
    """
    with closing(sqlite3.connect(path)) as db, db:
        assert db.execute("select time from runs where first = 33").fetchall() == [(330,)]
        db.execute("update or replace runs set time = ? where first = 33", (time,))
        put_sums(db)
    assert asyncio.run(refuses(path, 34, 1, 100)) == [False, True, False, False]


def test_an_event_that_is_missing_from_a_run(path: Path) -> None:
    """The messages beside a missing message are not found either: pages that begin at them lack it."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("delete from log where seq = 50")
    assert asyncio.run(refuses(path, 49, 51, 1, 100)) == [True, True, True, False, False]
