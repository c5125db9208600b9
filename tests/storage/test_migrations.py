"""Older data stays usable: each version's frozen file is upgraded and read."""

from __future__ import annotations

import contextlib
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

import msgspec
import pytest

from chatapp.errors import DataError, LogUnavailableError, NewerDataError
from chatapp.model import events
from chatapp.storage.log import Record, Repeat
from chatapp.storage.migrations import STEPS, check, migrate
from chatapp.storage.sqlite_history import SqliteHistory
from tests.storage.support import Listener, SqliteLog, place_of, records, run

DATA = Path(__file__).parent / "data"
ALICE, BOB, GUEST, CHANNEL = "00000000000000a1", "00000000000000b2", "0188d4f0a0000003", "0188d4f0a0000005"

# What version-1.sql holds, as proposed: each kind of event that version 1 knew.
VERSION_1: list[events.AnyEvent] = [
    events.AccountCreatedBefore(id="0188d4f0a0000001", time=1700000000000, uid=ALICE, name="alice", channel="#lobby"),
    events.AccountCreatedBefore(id="0188d4f0a0000002", time=1700000000001, uid=BOB, name="Bob"),
    events.GuestArrived(
        id="0188d4f0a0000003",
        time=1700000000002,
        actor=GUEST,
        nick="visitor",
        guest=True,
        name="visitor",
        realname="A visitor",
    ),
    events.RenamedBefore(
        id="0188d4f0a0000004", time=1700000000003, actor=GUEST, nick="visitor", guest=True, name="visitor2"
    ),
    events.JoinedBefore(id="0188d4f0a0000005", time=1700000000004, actor=ALICE, nick="alice", channel="#Café"),
    events.JoinedBefore(
        id="0188d4f0a0000006", time=1700000000005, actor=BOB, nick="Bob", stream=CHANNEL, channel="#café"
    ),
    events.TopicSet(
        id="0188d4f0a0000007",
        time=1700000000006,
        actor=ALICE,
        nick="alice",
        stream=CHANNEL,
        text='Everything — "quoted", back\\slashed, 😀',
    ),
    events.MessageSent(
        id="0188d4f0a0000008",
        time=1700000000007,
        actor=ALICE,
        nick="alice",
        stream=CHANNEL,
        verb="PRIVMSG",
        target="#Café",
        text="hello 😀",
        client_id="k1",
    ),
    events.MessageSent(
        id="0188d4f0a0000009",
        time=1700000000007,  # the same: applied as one later
        actor=BOB,
        nick="Bob",
        stream=CHANNEL,
        verb="NOTICE",
        target="#Café",
        text="it's noted",
        tags={"+typing": "active", "+x": ""},
    ),
    events.MessageSent(
        id="0188d4f0a000000a",
        time=1700000000008,
        actor=ALICE,
        nick="alice",
        stream=f"{ALICE}+{BOB}",
        verb="PRIVMSG",
        target="Bob",
        text="to you",
    ),
    events.MessageSent(
        id="0188d4f0a000000b",
        time=1700000000009,
        actor=GUEST,
        nick="visitor2",
        guest=True,
        stream=CHANNEL,
        verb="PRIVMSG",
        target="#Café",
        text="refused when applied",
        client_id="k2",
    ),
    events.RealnameSet(id="0188d4f0a000000c", time=1700000000010, actor=ALICE, nick="alice", realname="Alice Ü."),
    events.MarkerSet(
        id="0188d4f0a000000d", time=1700000000011, actor=ALICE, nick="alice", stream=CHANNEL, until=1700000000008
    ),
    events.Attended(id="0188d4f0a000000e", time=1700000000012, actor=BOB, nick="Bob", until=1700000000009, position=10),
    events.Parted(id="0188d4f0a000000f", time=1700000000013, actor=BOB, nick="Bob", stream=CHANNEL, reason="bye"),
    events.GuestLeft(
        id="0188d4f0a0000010", time=1700000000014, actor=GUEST, nick="visitor2", guest=True, reason="Quit"
    ),
    events.AccountRemoved(id="0188d4f0a0000011", time=1700000000015, actor=BOB, nick="Bob"),
]

# What version-2.sql to version-7.sql hold: the same, then a message without text, and behind what is listed two
# messages with keys, of which applying refused the second one, and one whose id is smaller than theirs.
VERSION_2: list[events.AnyEvent] = [
    *VERSION_1,
    events.MessageSent(
        id="0188d4f0a0000014",
        time=1700000000016,
        actor=ALICE,
        nick="alice",
        stream=CHANNEL,
        verb="TAGMSG",
        target="#Café",
        text="",
        tags={"+draft/react": "😀"},
    ),
    events.MessageSent(
        id="0188d4f0a0000016",
        time=1700000000017,
        actor=ALICE,
        nick="alice",
        stream=CHANNEL,
        verb="PRIVMSG",
        target="#Café",
        text="not listed yet",
        client_id="k3",
    ),
    events.MessageSent(
        id="0188d4f0a0000017",
        time=1700000000018,
        actor=ALICE,
        nick="alice",
        stream=CHANNEL,
        verb="PRIVMSG",
        target="#Café",
        text="refused when applied",
        client_id="k4",
    ),
    events.RealnameSet(id="0188d4f0a0000015", time=1700000000019, actor=ALICE, nick="alice", realname="Alice"),
]


def frozen(version: int, path: Path) -> Path:
    """Make the log that a version left."""
    with closing(sqlite3.connect(path)) as db:
        db.executescript((DATA / f"version-{version}.sql").read_text("utf-8"))
    return path


def test_each_version_is_frozen() -> None:
    """For each data format there is a frozen file."""
    names = {file.name for file in DATA.iterdir()}
    assert names == {f"version-{version}.sql" for version in range(1, len(STEPS) + 1)}


LATER = msgspec.structs.replace(VERSION_1[8], time=1700000000008)  # as it was applied


def replay(log: SqliteLog, after: int) -> None:
    """Apply the events as the server did."""
    for record in records(log, after):
        if record.event.id == LATER.id:
            log.place(record.seq, LATER)
        elif isinstance(record.event, events.MessageSent) and record.event.text == "refused when applied":
            log.place(record.seq, None)


async def tell_version_1(log: SqliteLog, history: SqliteHistory) -> None:
    """Ask for all that version 1 knew to tell, which later versions tell as well."""
    last = log.last_seq
    assert await history.latest(CHANNEL, after=None, limit=9, upto_seq=17) == [VERSION_1[7], LATER]
    assert await history.latest(f"{ALICE}+{BOB}", after=None, limit=9, upto_seq=17) == [VERSION_1[9]]
    assert await place_of(history, "0188d4f0a0000009") == (CHANNEL, 1700000000008)
    assert await place_of(history, "0188d4f0a000000b") is None

    again = msgspec.structs.replace(VERSION_1[7], id="0188d4f0a0000022")
    assert await log.append(again) == Repeat(again, Record(8, VERSION_1[7]))
    assert await log.append(VERSION_1[8]) == Repeat(VERSION_1[8], Record(9, LATER))
    first = msgspec.structs.replace(VERSION_1[10], id="0188d4f0a0000023")  # the one with its key was refused
    assert await log.append(first) == Record(last + 1, first)


def test_version_1_is_upgraded(tmp_path: Path) -> None:
    """Events, notes, keys and snapshots of version 1 are all there, and the log goes on."""
    path = frozen(1, tmp_path / "chat.db")

    async def scenario() -> None:
        log = SqliteLog(path, 100)
        assert (log.last_seq, log.last_id, len(log.tail)) == (17, "0188d4f0a0000011", 0)
        assert records(log) == [Record(seq, event) for seq, event in enumerate(VERSION_1, 1)]
        assert log.load_snapshot() == (12, bytes(range(16)))
        history = SqliteHistory(log)
        Listener(log).start()
        await tell_version_1(log, history)
        await history.close()
        await log.close()

    run(scenario)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("pragma user_version").fetchone() == (len(STEPS),)
        assert db.execute("select seq from snapshot order by seq").fetchall() == [(6,), (12,)]


def test_version_1_with_notes_that_were_not_on_disk(tmp_path: Path) -> None:
    """A file that version 1 left in a crash comes to the same, when what is behind its snapshot was replayed."""
    path = frozen(1, tmp_path / "chat.db")
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("delete from snapshot where seq > 6")
        db.execute("update listed set seq = 8")
        db.execute("update log set time = 1700000000007, listed = null where seq = 9")
        db.execute("update log set stream = ?, key = ? where seq = 11", (CHANNEL, f"{GUEST} k2"))

    async def scenario() -> None:
        log = SqliteLog(path, 100)
        assert log.load_snapshot() == (6, b'{"state":"older"}')
        replay(log, 6)
        history = SqliteHistory(log)
        Listener(log).start()
        place: object = "unknown"
        while place is not None:
            with contextlib.suppress(LogUnavailableError):  # until the later times are stored, times do not ascend
                place = await place_of(history, "0188d4f0a000000b")
        await tell_version_1(log, history)
        await history.close()
        await log.close()

    run(scenario)


@pytest.mark.parametrize("version", [2, 3, 4, 5, 6, 7, 8])
def test_later_versions_are_read(tmp_path: Path, version: int) -> None:
    """Events, notes, keys and snapshots are all there, listed or not, and the log goes on."""
    path = frozen(version, tmp_path / "chat.db")

    async def scenario() -> None:
        log = SqliteLog(path, 100)
        assert (log.last_seq, log.last_id, log.tail.listed) == (21, "0188d4f0a0000017", 18)
        assert records(log) == [Record(seq, event) for seq, event in enumerate(VERSION_2, 1)]
        assert log.load_snapshot() == (12, bytes(range(16)))
        replay(log, 12)
        history = SqliteHistory(log)
        Listener(log).start()
        page = await history.missed(CHANNEL, after_seq=0, limit=9, upto_seq=21)
        assert page == [VERSION_2[7], LATER, VERSION_2[17], VERSION_2[18]]
        assert await place_of(history, "0188d4f0a0000016") == (CHANNEL, 1700000000017)
        assert await place_of(history, "0188d4f0a0000017") is None
        await tell_version_1(log, history)

        again = msgspec.structs.replace(VERSION_2[18], id="0188d4f0a0000024")
        assert await log.append(again) == Repeat(again, Record(19, VERSION_2[18]))
        assert await log.append(VERSION_2[20]) == Repeat(VERSION_2[20], Record(21, VERSION_2[20]))
        first = msgspec.structs.replace(VERSION_2[19], id="0188d4f0a0000025")
        assert await log.append(first) == Record(23, first)
        await history.close()
        await log.close()

    run(scenario)


def test_a_damaged_index_of_version_7_is_not_upgraded(tmp_path: Path) -> None:
    """An upgrade makes new sums, so it checks the old sums first."""
    path = frozen(7, tmp_path / "chat.db")
    with closing(sqlite3.connect(path)) as db, db:
        assert db.execute("update runs set places = replace(places, '8', '9')").rowcount
    with pytest.raises(DataError, match="damaged"):
        SqliteLog(path, 100)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("pragma user_version").fetchone() == (7,)


def test_version_6_does_not_count_ctcp(tmp_path: Path) -> None:
    """Runs from before do not count CTCP after the upgrade, so that pages are as long as was asked."""
    path = frozen(4, tmp_path / "chat.db")
    with closing(sqlite3.connect(path)) as db, db:
        for seq, text in ((8, "\x01VERSION\x01"), (9, "\x01ACTION waves\x01"), (10, "\x01PING 1\x01")):
            event = msgspec.structs.replace(VERSION_2[seq - 1], text=text)  # type: ignore[call-arg]
            db.execute("update log set event = ? where seq = ?", (events.encode(event).decode(), seq))
        db.execute("update listed set messages = (select sum(texts + tags) from runs)")
    run(partial(_open_and_close, path))
    with closing(sqlite3.connect(path)) as db:
        counts = db.execute("select first, texts, tags from runs where stream not like '~%' order by first").fetchall()
        assert counts == [(8, 1, 0), (10, 0, 0), (18, 0, 1)]


async def _open_and_close(path: Path) -> None:
    await SqliteLog(path, 100).close()


def test_reactions_of_an_older_version(tmp_path: Path) -> None:
    """The upgrade to version 5 finds the reactions that were listed before, by either name of their tag."""
    path = frozen(4, tmp_path / "chat.db")
    tags: list[dict[str, str]] = [
        {"+draft/react": "x", "+draft/reply": VERSION_2[7].id},
        {"+draft/unreact": "x", "+reply": VERSION_2[7].id},
        {"+draft/react": "x"},
        {"+draft/reply": VERSION_2[7].id},
        {"+draft/react": "refused", "+reply": VERSION_2[7].id},
    ]
    said = [
        msgspec.structs.replace(VERSION_2[17], id=f"0188d4f0a00001{number:02x}", tags=each, time=1700000000100 + number)  # type: ignore[call-arg]
        for number, each in enumerate(tags)
    ]
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("delete from log where seq > 18")
        db.execute("delete from keys where seq > 18")
        db.execute("delete from crossed")
        for seq, event in enumerate(said, 19):
            db.execute("insert into log values (?, ?)", (seq, events.encode(event).decode()))
        db.execute("insert into notes values (23, null)")
        places = "[19,20,21,22,23]"
        run_row = (CHANNEL, 1700000000100, 19, 23, 0, 5, places)
        db.execute("insert into runs values (?, ?, ?, ?, ?, ?, ?)", run_row)
        db.execute("update listed set seq = 23, messages = messages + 5")

    async def scenario() -> None:
        log = SqliteLog(path, 100)
        history = SqliteHistory(log)
        assert (await history.remarks([(VERSION_2[7].id, CHANNEL)], 23)).found == said[:2]
        await history.close()
        await log.close()

    run(scenario)


def test_a_new_log_has_the_schema_of_an_upgraded_one(tmp_path: Path) -> None:
    """All ways to the newest schema lead to the same one."""
    upgraded = [frozen(version, tmp_path / f"{version}.db") for version in range(1, len(STEPS) + 1)]
    schemas = []
    for path in (tmp_path / "fresh.db", *upgraded):
        run(partial(_open_and_close, path))
        with closing(sqlite3.connect(path)) as db:
            schemas.append(db.execute("select name, lower(sql) from sqlite_master order by name").fetchall())
    assert [schema for schema in schemas if schema != schemas[0]] == []


def test_an_upgrade_is_done_whole_or_not_at_all(tmp_path: Path) -> None:
    """A step that fails leaves the file as it was; the next start does it."""
    path = frozen(1, tmp_path / "chat.db")
    more = "alter table log add column more text"
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        before = list(db.iterdump())
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            migrate(db, (*STEPS, (more, "create index nowhere on missing (id)")))
        assert not db.in_transaction
        assert list(db.iterdump()) == before
        assert db.execute("pragma user_version").fetchone() == (1,)

        migrate(db, (*STEPS, (more,)))
        assert db.execute("pragma user_version").fetchone() == (len(STEPS) + 1,)
        assert db.execute("select count(*), max(more) from log").fetchone() == (17, None)
        with pytest.raises(NewerDataError):
            check(db)
        migrate(db, (*STEPS, (more,)))  # nothing is left to do
        check(db, (*STEPS, (more,)))


def test_another_programs_file_is_not_upgraded(tmp_path: Path) -> None:
    """Only a file with our mark, or with nothing in it, is taken for ours."""
    with closing(sqlite3.connect(tmp_path / "other.db", isolation_level=None)) as db:
        check(db)
        db.execute("pragma application_id = 1")
        with pytest.raises(DataError, match="another program"):
            check(db)
