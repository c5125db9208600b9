"""What is erased is nowhere in the bytes of the files, and everything else stays."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

import pytest

from chatapp.model import remarks
from chatapp.model.events import MessageSent, MultilineSent
from chatapp.protocol.search_words import Term
from chatapp.storage import index, listings, search_index, sqlite, sqlite_search
from chatapp.storage.database import open_reader
from chatapp.storage.history import Found
from chatapp.storage.log import Record, Repeat
from chatapp.storage.search import Matches, Search
from chatapp.storage.search_file import open_index
from chatapp.storage.sqlite_history import SqliteHistory
from chatapp.storage.sqlite_search import SqliteSearch
from tests.storage.failing import FULL, failing_logs
from tests.storage.support import Listener, SqliteLog, edit_of, frozen_log, left_by_crash, message, records, run

SECRET = "sEcReT"
ERASED = (3, 40, 41, 90)  # a short text, long ones of many pages, and one that the index does not hold yet

ONE_WORD = "quetzal"  # in the message 5 only
SEVERAL_LINES = (41, 90)  # those of them that have several lines


def said(number: int) -> MessageSent:
    """Make a message; what is to be erased says the secret, in text and tags."""
    if number not in ERASED:
        return message(number, f"plain {number} " * 20 + (ONE_WORD if number == 5 else ""))
    text = f"{SECRET} {number} " * (3_000 if number in (40, 41) else 3)
    parts = {**fields(message(number, text, key=f"key{number}")), "tags": {"+x": f"{SECRET} in a tag"}}
    if number not in SEVERAL_LINES:
        return MessageSent(**parts)
    return MultilineSent(**{**parts, "text": f"{text}\n{text}"}, splits=(7,))


def fields(event: MessageSent) -> dict[str, object]:
    """Return the fields of a message."""
    return {name: getattr(event, name) for name in event.__struct_fields__}


def ids(numbers: Iterable[int]) -> dict[int, str]:
    """Return the msgids of messages by their positions, which are their numbers."""
    return {number: message(number).id for number in numbers}


def files_with(folder: Path, text: str) -> list[str]:
    """List the files of a folder that have a text somewhere in their bytes."""
    return sorted(path.name for path in folder.iterdir() if text.encode() in path.read_bytes())


async def purged(log: SqliteLog, path: Path) -> None:
    """Wait until no erasure is left to be finished."""
    while True:
        with closing(open_reader(path)) as db:
            idle = not log._erased and not log.unerased and log._work is None
            if idle and db.execute("select count(*) from erasing").fetchone() == (0,):
                return
        await asyncio.sleep(0.01)


def with_log(path: Path, story: Callable[[SqliteLog], object]) -> None:
    """Run a story with a log that has 100 events, a snapshot, and an index that does not hold all of them."""

    async def scenario() -> None:
        log = SqliteLog(path, 1_000)
        Listener(log).start()
        for first in range(1, 101, 10):
            log.propose(*(said(number) for number in range(first, first + 10)))
            while log.last_seq < first + 9:
                await asyncio.sleep(0)
        log.save_snapshot(80, b"the state up to 80")
        await story(log)  # type: ignore[misc]
        await log.close()

    run(scenario)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the log is; it lists few events at once, and tries again soon."""
    monkeypatch.setattr(listings, "LIST_EVENTS", 30)
    monkeypatch.setattr(sqlite, "ERASE_AGAIN_S", 0.02)
    folder = tmp_path / "data"
    folder.mkdir()
    return folder / "chat.db"


def check(path: Path) -> None:
    """Check a log that is closed: the secret is gone from every file, and all else is there."""
    assert files_with(path.parent, SECRET) == []

    async def scenario() -> None:
        log = SqliteLog(path, 1_000)
        kept = [said(number) for number in range(1, 101)]
        wanted = [remarks.erased(each) if each.time in ERASED else each for each in kept]
        assert records(log) == [Record(seq, event) for seq, event in enumerate(wanted, 1)]
        history = SqliteHistory(log)
        left = [each for each in kept if each.time not in ERASED]
        assert await history.latest("room", after=None, limit=100, upto_seq=100) == left
        assert await history.find(message(40).id) == Found("room", 40, 40, "alice", erased=True)
        assert await history.find(message(42).id) == Found("room", 42, 42, "alice", erased=False)
        Listener(log).start()
        again = message(200, "other words", key="key40")  # its idempotency key stays
        assert await log.append(again) == Repeat(again, Record(40, wanted[39]))
        await history.close()
        await log.close()

    run(scenario)


def test_while_the_server_runs(path: Path) -> None:
    """The text is gone from every answer at once, and soon from every byte of the files, while they are open."""

    async def story(log: SqliteLog) -> None:
        assert files_with(path.parent, SECRET) != []
        history = SqliteHistory(log)
        log.erase(ids(ERASED))
        await purged(log, path)
        assert files_with(path.parent, SECRET) == []
        page = await history.latest("room", after=None, limit=100, upto_seq=100)
        assert [event.time for event in page] == [time for time in range(1, 101) if time not in ERASED]
        await history.close()

    with_log(path, story)
    check(path)


def test_while_another_program_reads(path: Path) -> None:
    """A reader (a backup) keeps the write-ahead log; the erasure ends when it has read."""

    async def story(log: SqliteLog) -> None:
        with closing(open_reader(path)) as reader:
            reader.execute("begin")
            reader.execute("select count(*) from log").fetchone()
            log.erase(ids(ERASED))
            log.propose(said(101))
            while log.last_seq < 101:
                await asyncio.sleep(0)
            reader.execute("commit")
        await purged(log, path)
        assert files_with(path.parent, SECRET) == []

    with_log(path, story)


def test_after_a_crash(path: Path, tmp_path: Path) -> None:
    """A server that is killed before the write-ahead log was emptied empties it at its next start."""
    crashed: list[Path] = []

    async def story(log: SqliteLog) -> None:
        with closing(open_reader(path)) as reader:
            reader.execute("begin")
            reader.execute("select count(*) from log").fetchone()
            log.erase(ids(ERASED))
            while True:
                with closing(open_reader(path)) as db:
                    if db.execute("select count(*) from erasing").fetchone() == (len(ERASED),):
                        break
                await asyncio.sleep(0)
            crashed.append(left_by_crash(path, tmp_path / "crashed"))
            reader.execute("commit")

    with_log(path, story)
    assert files_with(tmp_path / "crashed", SECRET) == ["chat.db-wal"]

    async def start_again() -> None:
        log = SqliteLog(crashed[0], 1_000)
        Listener(log).start()
        await purged(log, crashed[0])
        assert files_with(tmp_path / "crashed", SECRET) == []
        await log.close()

    run(start_again)
    check(crashed[0])


def test_pages_are_full(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ "Erased messages are left out" of pages, and a page has as many others as it may have, wherever they are."""
    monkeypatch.setattr(index, "RUN_MESSAGES_MAX", 4)

    async def story(log: SqliteLog) -> None:
        history = SqliteHistory(log)
        for first, last in ((3, 30), (31, 95)):
            log.erase(ids(range(first, last + 1)))
            left = [1, 2, *range(last + 1, 101)]
            for times in (left, left):  # before the file is changed, and after
                page = await history.latest("room", after=None, limit=len(times), upto_seq=100)
                assert [event.time for event in page] == times
                page = await history.after("room", 1, 3, 100)
                assert [event.time for event in page] == times[1:4]
                page = await history.missed("room", after_seq=0, limit=7, upto_seq=100)
                assert [event.time for event in page] == times[-7:]
                await purged(log, path)
        for number in range(101, 121):
            await log.append(message(number))
        log.erase(ids(range(101, 119)))  # before the index has them
        log.save_snapshot(120, b"")
        while log.tail.listed < 120:
            await asyncio.sleep(0.01)
        page = await history.latest("room", after=None, limit=4, upto_seq=120)
        assert [event.time for event in page] == [99, 100, 119, 120]
        await history.close()

    with_log(path, story)

    async def start_again() -> None:
        log = SqliteLog(path, 1_000)  # the counts of the index are right: a start checks them
        history = SqliteHistory(log)
        page = await history.latest("room", after=None, limit=9, upto_seq=120)
        assert [event.time for event in page] == [1, 2, 96, 97, 98, 99, 100, 119, 120]
        await history.close()
        await log.close()

    run(start_again)


def test_an_erasure_that_fails(path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """ "Every answer is without them at once", also while the file cannot be changed; it is tried again.

    "After an erasure has failed, no snapshot is saved until it succeeds": a start replays its event again.
    """
    failing = failing_logs(monkeypatch)

    async def story(log: SqliteLog) -> None:
        history = SqliteHistory(log)
        while log.load_snapshot() is None:
            await asyncio.sleep(0.01)
        failing.erasure_error = FULL
        log.erase(ids([40]))
        log.save_snapshot(100, b"the state after all")
        while log.tail.listed < 100:
            await asyncio.sleep(0.01)
        page = await history.latest("room", after=None, limit=100, upto_seq=100)
        assert [event.time for event in page] == [time for time in range(1, 101) if time != 40]
        found = await history.find(message(40).id)
        assert found is not None
        assert found.erased
        again = message(200, "other words", key="key40")
        assert await log.append(again) == Repeat(again, Record(40, remarks.erased(said(40))))
        assert log.load_snapshot() == (80, b"the state up to 80")
        assert f"{SECRET} 40" in path.read_bytes().decode(errors="replace") + str(list(log.read(39)))
        failing.erasure_error = None
        await purged(log, path)
        assert f"{SECRET} 40" not in str(list(log.read(39)))
        log.save_snapshot(100, b"the state after all")
        while (log.load_snapshot() or (0, b""))[0] < 100:
            await asyncio.sleep(0.01)
        await history.close()

    with_log(path, story)
    assert "is still in the log" in caplog.text


def test_a_second_erasure_writes_nothing(path: Path) -> None:
    """ "Positions of messages that are erased already are ignored": a start asks again for each of them."""

    async def story(log: SqliteLog) -> None:
        while log.load_snapshot() is None:
            await asyncio.sleep(0.01)
        log.erase(ids(ERASED))
        await purged(log, path)
        files = [path, path.with_name("chat.db-wal")]
        before = [each.read_bytes() for each in files]
        log.erase(ids(ERASED))
        while log.unerased:
            await asyncio.sleep(0.01)
        assert [each.read_bytes() for each in files] == before

    with_log(path, story)


def test_a_log_from_before_deletions_were_written_over(tmp_path: Path) -> None:
    """Free pages of an upgraded log may hold texts of former tables: the first erasure writes the file anew."""
    path = frozen_log(3, tmp_path / "chat.db")
    with closing(sqlite3.connect(path)) as db:
        db.execute("pragma secure_delete = off")
        db.executescript("create table former (text); insert into former values (randomblob(9000))")
        db.execute("update former set text = text || ?", (SECRET * 2_000,))
        db.commit()
        db.executescript("drop table former")

    async def scenario() -> None:
        log = SqliteLog(path, 100)
        Listener(log).start()
        (place,) = [record.seq for record in records(log) if getattr(record.event, "text", "") == "hello 😀"]
        assert files_with(tmp_path, SECRET) != []
        log.erase({place: "0188d4f0a0000008"})
        await purged(log, path)
        assert files_with(tmp_path, "hello") == files_with(tmp_path, SECRET) == []
        await log.close()

    run(scenario)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("pragma integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize("listed_first", [True, False])
def test_the_remarks_about_a_message(path: Path, monkeypatch: pytest.MonkeyPatch, listed_first: bool) -> None:
    """Edits, what they quote, and reactions are erased with their message, wherever the index is."""
    monkeypatch.setattr(listings, "LIST_EVENTS", 1 if listed_first else 1_000)
    reaction = {"+draft/react": SECRET, "+reply": message(1).id}

    async def story() -> None:
        log = SqliteLog(path, 1_000)
        Listener(log).start()
        history = SqliteHistory(log)
        tagged = MessageSent(**{**fields(message(4, "")), "verb": "TAGMSG", "tags": reaction})
        said_before = [message(1, SECRET), message(2, "other"), edit_of(3, 1, f"{SECRET} again", was=SECRET), tagged]
        for event in [*said_before, edit_of(5, 2, "other new")]:
            await log.append(event)
        while listed_first and log.tail.listed < 5:
            await asyncio.sleep(0)
        page = await history.latest("room", after=None, limit=9, upto_seq=5)
        assert [event.text for event in page if isinstance(event, MessageSent)] == [f"{SECRET} again", "other new"]
        assert [each.id for each in (await history.remarks([(message(1).id, "room")], 5)).found] == [
            message(3).id,
            message(4).id,
        ]
        log.erase(ids([1]))
        for _ in range(2):  # before the file is changed, and after
            page = await history.latest("room", after=None, limit=9, upto_seq=5, events=True)
            texts = [event.text for event in page if isinstance(event, MessageSent)]
            assert texts == ["other new", "other new"]
            await purged(log, path)
        assert files_with(path.parent, SECRET) == []
        assert (await history.remarks([(message(1).id, "room")], 5)).found == []
        await history.close()
        await log.close()

    run(story)
    assert files_with(path.parent, SECRET) == []


def test_the_search_index(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is erased is not found, and no byte of the search index has a word of it. The rest is found again."""
    monkeypatch.setattr(search_index, "VOLUME_EVENTS", 32)

    async def story(log: SqliteLog) -> None:
        history = SqliteHistory(log)
        search = Search("me", {"room": -1}, 200, 100, (Term(SECRET),))
        plain = search._replace(terms=(Term("plain"),))
        assert [event.time for event in (await history.search(search)).found] == list(ERASED)
        log.erase(ids(ERASED))
        assert (await history.search(search)).found == []
        while log.holds_erased:
            await asyncio.sleep(0.01)
        await purged(log, path)
        assert files_with(path.parent, SECRET.lower()) == []
        assert (await history.search(search)) == Matches([])
        assert len((await history.search(plain)).found) == 96
        await history.close()

    with_log(path, story)
    check(path)


@pytest.mark.parametrize("listed_first", [True, False])
def test_an_edited_message_is_not_found(path: Path, monkeypatch: pytest.MonkeyPatch, listed_first: bool) -> None:
    """It is found by none of its texts, and no byte of the search index has a word of them."""
    monkeypatch.setattr(listings, "LIST_EVENTS", 1 if listed_first else 1_000)
    monkeypatch.setattr(search_index, "VOLUME_EVENTS", 4)  # the second edit is in another volume than the message
    search = Search("me", {"room": -1}, 200, 100, (Term(SECRET),))

    async def story() -> None:
        log = SqliteLog(path, 1_000)
        Listener(log).start()
        history = SqliteHistory(log)
        await log.append(message(1, f"{SECRET} one"))
        await log.append(message(2, f"plain {SECRET}"))
        assert len((await history.search(search)).found) == 2
        await log.append(edit_of(3, 1, f"{SECRET} three", was=f"{SECRET} one"))
        assert len((await history.search(search)).found) == 2
        for event in (message(4), message(5), edit_of(6, 1, f"last {SECRET}"), edit_of(7, 2, "plain")):
            await log.append(event)
        while listed_first and log.tail.listed < 7:
            await asyncio.sleep(0)
        found = (await history.search(search)).found
        assert [event.text for event in found] == [f"last {SECRET}"]
        log.erase(ids([1, 2]))
        for _ in range(2):  # before the files are changed, and after
            for words in (SECRET, "one", "three", "last", "plain"):
                assert (await history.search(search._replace(terms=(Term(words),)))) == Matches([])
            while log.holds_erased:
                await asyncio.sleep(0.01)
            await purged(log, path)
        assert files_with(path.parent, SECRET) == files_with(path.parent, SECRET.lower()) == []
        await history.close()
        await log.close()

    run(story)


def test_searches_are_whole_while_the_index_forgets(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A volume with erased words is made again beside the old one, also while more is erased; nothing else is missing.

    At the end of the server the words are gone even if that was not done yet.
    """
    monkeypatch.setattr(search_index, "VOLUME_EVENTS", 64)
    monkeypatch.setattr(search_index, "PIECE_EVENTS", 5)
    monkeypatch.setattr(sqlite_search, "BEHIND_EVENTS", 1)
    search = Search("me", {"room": -1}, 200, 103, (Term("plain"),))
    instead = search._replace(terms=(Term("instead"),))

    async def story(log: SqliteLog) -> None:
        history = SqliteHistory(log)
        assert len((await history.search(search)).found) == 96
        index = history._search._index
        assert index is not None
        log.erase(ids(ERASED[:2]))
        while index._new is None or index._new.upto < 20:
            await asyncio.sleep(0)
            assert (await history.search(search)).whole
        log.erase(ids(ERASED[2:]))  # the new volume has no words of these messages either
        log.erase(ids([5]))  # the new volume has words of this one already
        await log.append(edit_of(101, 6, "plain instead"))
        await log.append(edit_of(102, 60, "plain instead"))  # the new volume does not have its message yet
        log.propose(message(103, "plain lastword"))
        while log.holds_erased:
            await asyncio.sleep(0)
            matches = await history.search(search)
            assert matches.whole
            assert len(matches.found) in (95, 96)  # with or without the new message
            assert [each.time for each in (await history.search(instead)).found] == [6, 60]
        for number in ("6", "60"):
            assert (await history.search(search._replace(terms=(Term(number),)))).found == []
        await purged(log, path)
        assert files_with(path.parent, SECRET.lower()) == []  # in small letters, as the index has it
        assert files_with(path.parent, ONE_WORD) == []
        assert (await history.search(search)).found[-1].text == "plain lastword"
        monkeypatch.setattr(search_index.SearchIndex, "tidy", lambda self, listed: False)
        log.erase(ids([103]))
        while not index._stale:
            await asyncio.sleep(0)
        assert any(name.startswith("search.db") for name in files_with(path.parent, "lastword"))
        await history.close()
        assert not any(name.startswith("search.db") for name in files_with(path.parent, "lastword"))

    with_log(path, story)


def test_the_search_index_keeps_no_temporary_file(path: Path) -> None:
    """SQLite would write the words of messages to a file elsewhere. Spec: SQLite, "PRAGMA temp_store": 2 is memory."""
    SqliteLog(path, 1_000)._writer.close()
    index = open_index(path)
    assert index.db.execute("pragma temp_store").fetchone() == (2,)
    index.close()


def test_the_search_index_after_a_crash(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log remembers an erasure until the search index is without it too, over a crash between the two."""
    search = Search("me", {"room": -1}, 200, 100, (Term(SECRET),))
    crashed: list[Path] = []

    async def story(log: SqliteLog) -> None:
        history = SqliteHistory(log)
        await history.search(search)
        monkeypatch.setattr(SqliteSearch, "erased", lambda self, positions: None)
        log.erase(ids(ERASED))
        while not log._purge and log._work is None:
            await asyncio.sleep(0)
        await asyncio.sleep(0.2)  # several tries to end the erasure
        with closing(open_reader(path)) as db:
            assert db.execute("select count(*) from erasing").fetchone() == (len(ERASED),)
        await history.close()
        crashed.append(left_by_crash(path, tmp_path / "crashed"))
        shutil.copy(path.with_name("search.db"), tmp_path / "crashed")

    with_log(path, story)
    monkeypatch.undo()
    monkeypatch.setattr(sqlite, "ERASE_AGAIN_S", 0.02)
    assert files_with(tmp_path / "crashed", SECRET.lower()) == ["search.db"]

    async def start_again() -> None:
        log = SqliteLog(crashed[0], 1_000)
        history = SqliteHistory(log)
        Listener(log).start()
        assert log.holds_erased
        history.start()
        await purged(log, crashed[0])
        assert files_with(tmp_path / "crashed", SECRET.lower()) == []
        assert (await history.search(search)) == Matches([])
        await history.close()
        await log.close()

    run(start_again)
