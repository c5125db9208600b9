"""Searching finds every committed message that the reader may read, and nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import random
import sqlite3
import struct
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.errors import LogUnavailableError
from chatapp.model.events import MessageSent, MultilineSent, conversation
from chatapp.protocol.search_words import Term, Wanted, parse_text
from chatapp.storage import search_file, search_index, search_query, sqlite_search
from chatapp.storage.search import Matches, Search, match_expression
from chatapp.storage.sqlite_history import SqliteHistory
from chatapp.storage.sqlite_search import SqliteSearch
from tests.storage.support import Listener, SqliteLog, edit_of, id_of, listed_every, message, run, until
from tests.support.examples import examples

EVERYTHING = 1 << 40


def ask(text: str = "", *, limit: int = 100, upto: int = EVERYTHING, reader: str = "me", **more: object) -> Search:
    """Make a search in #room for what a person types."""
    wanted = parse_text(Wanted(), text)
    readable = more.pop("readable", {"room": -1})
    return Search(reader, readable, limit, upto, wanted.terms, link=wanted.link, **more)  # type: ignore[arg-type]


class Opened:
    """A log with its history, and what was stored in it."""

    def __init__(self, path: Path) -> None:
        self.log = SqliteLog(path, 10_000)
        self.history = SqliteHistory(self.log)
        Listener(self.log).start()

    async def say(self, *texts: str, **more: object) -> None:
        """Store messages."""
        first = self.log.last_seq + 1
        self.log.propose(*(msgspec.structs.replace(message(n, text), **more) for n, text in enumerate(texts, first)))
        while self.log.last_seq < first + len(texts) - 1:
            await asyncio.sleep(0)

    async def edit(self, number: int, text: str, *, stream: str = "room") -> None:
        """Store an edit of the message with this number."""
        await self.log.append(edit_of(self.log.last_seq + 1, number, text, stream=stream))

    async def found(self, search: Search) -> list[str]:
        """Search; everything must have been searched."""
        matches = await self.history.search(search)
        assert matches.whole
        return [event.text for event in matches.found]

    async def close(self) -> None:
        """Close both."""
        await self.history.close()
        await self.log.close()


async def until_filled(search: SqliteSearch, upto: int) -> None:
    """Wait until the index has the events up to a position. Only the thread may look into the index."""
    while await search._give(lambda index: index.missing(upto), urgent=False):
        await asyncio.sleep(0)


def with_log(folder: Path, story) -> None:  # type: ignore[no-untyped-def]
    """Run a story with a log in a folder."""

    async def scenario() -> None:
        opened = Opened(folder / "chat.db")
        try:
            await story(opened)
        finally:
            await opened.close()

    run(scenario)


@pytest.fixture(params=[1, 7, 1_000], ids=lambda events: f"listed-every-{events}")
def listed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log's own index has all messages, most, or none."""
    listed_every(monkeypatch, request.param)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Volumes and pieces are small, so that a few messages fill several."""
    monkeypatch.setattr(search_index, "VOLUME_EVENTS", 16)
    monkeypatch.setattr(search_index, "PIECE_EVENTS", 5)
    monkeypatch.setattr(search_query, "BEGIN_EVENTS", 3)
    monkeypatch.setattr(search_query, "FEW_MESSAGES", 2)


TEXTS = (
    "Hello world",
    "hello again, wonderful world",
    "Crème brûlée",
    "see https://example.org/page for more",
    "東京タワーに行きました",
    "我们明天去北京大学",
    "안녕하세요 여러분",
    "สวัสดีครับ",
    "हिन्दी में लिखो",
    "Привет, мир",
    "\x01ACTION waves\x01",
    'say "NEAR(a b)" OR text:x*',
)


FINDS = (
    ("hello", [0, 1]),
    ("HELLO world", [0, 1]),
    ('"hello world"', [0]),
    ('"world hello"', []),
    ("won*", [1]),
    ('"hello aga"*', [1]),
    ("won", []),
    ("creme BRÛLÉE", [2]),
    ("has:link", [3]),
    ("has:link hello", []),
    ("example.org", [3]),
    ("東京", [4]),
    ("タワー", [4]),
    ("京タ", [4]),
    ("東タ", []),
    ("北京", [5]),
    ("大学", [5]),
    ("京", [4, 5]),
    ("안녕*", [6]),
    ("สวัสดี", [7]),
    ("हिन्दी", [8]),
    ("привет", [9]),
    ("waves", [10]),
    ("action", []),
    ('"NEAR(a b)"', [11]),
    ("NEAR", [11]),
    ("OR", [11]),
    ("text:x", [11]),
    ("hello nothing", []),
    ("", list(range(12))),
)


@pytest.mark.usefixtures("listed")
def test_words_in_any_language(tmp_path: Path) -> None:
    """ "words, "phrases", prefix*, has:link"; "It works in any language". No word is an operator."""

    async def story(opened: Opened) -> None:
        await opened.say(*TEXTS)
        for text, numbers in FINDS:
            assert await opened.found(ask(text)) == [TEXTS[number] for number in numbers], text

    with_log(tmp_path, story)


@pytest.mark.usefixtures("listed", "small")
def test_newest_first_in_pages(tmp_path: Path) -> None:
    """ "newest first, in pages": each page ends where the one before it began, and none is missing or repeated."""

    async def story(opened: Opened) -> None:
        await opened.say(*(f"word {number}" for number in range(1, 71)))
        for newest in (True, False):
            pages, bounds = [], {"before": EVERYTHING} if newest else {"after": -1}
            while page := (await opened.history.search(ask("word", limit=9, newest=newest, **bounds))).found:
                assert [each.time for each in page] == sorted(each.time for each in page)
                pages.append(page)
                bounds = {"before": page[0].time} if newest else {"after": page[-1].time}
            seen = [each.time for page in (pages[::-1] if newest else pages) for each in page]
            assert seen == list(range(1, 71))
            assert [len(page) for page in pages] == [9] * 7 + [7]

    with_log(tmp_path, story)


@pytest.mark.usefixtures("listed", "small")
def test_only_what_may_be_read(tmp_path: Path) -> None:
    """ "everything that the asker may read": its channels from a time on, and its own conversations."""
    mine, other, self_ = conversation("me", "you"), conversation("you", "zoe"), conversation("me", "me")

    async def story(opened: Opened) -> None:
        for number in range(1, 61):
            stream = ("room", "secret", mine, other, self_, "late")[number % 6]
            actor = "zoe" if stream == other else "me" if stream == self_ else "you"
            await opened.say(f"word {stream}", stream=stream, actor=actor)
        readable = {"room": -1, mine: -1, self_: -1, "late": 31}
        found = (await opened.history.search(ask("word", readable=readable))).found
        wanted = [each for each in range(1, 61) if each % 6 in (0, 2, 4) or (each % 6 == 5 and each > 31)]
        assert [each.time for each in found] == wanted
        assert await opened.found(ask("word", readable={mine: -1})) == [f"word {mine}"] * 10
        assert await opened.found(ask("word", readable={self_: -1})) == [f"word {self_}"] * 10
        assert await opened.found(ask("secret", readable=readable)) == []
        assert await opened.found(ask("word", readable={"nowhere": -1})) == []
        assert await opened.found(ask("word", readable=readable, author="me")) == [f"word {self_}"] * 10
        late = (await opened.history.search(ask("late", readable=readable, limit=3, newest=False))).found
        assert [each.time for each in late] == [35, 41, 47]

    with_log(tmp_path, story)


@pytest.mark.usefixtures("listed", "small")
def test_several_lines(tmp_path: Path) -> None:
    """A message of several lines is one, which is found by the words of each line."""

    async def story(opened: Opened) -> None:
        fields = {name: getattr(message(1, ""), name) for name in MessageSent.__struct_fields__}
        said = MultilineSent(**{**fields, "text": "first appleblossom\n\nsecond pear", "splits": (11,)})
        opened.log.propose(said)
        while opened.log.last_seq < 1:
            await asyncio.sleep(0)
        for words in ("first", "pear", "appleblossom pear", '"appleblossom second"'):
            assert await opened.history.search(ask(words)) == Matches([said])
        assert await opened.found(ask("apple")) == []

    with_log(tmp_path, story)


@pytest.mark.usefixtures("listed", "small")
@pytest.mark.parametrize("distance", [0, 40])
def test_an_edited_message(tmp_path: Path, distance: int) -> None:
    """A message is found by the words of its newest text only, at its own place, and comes with this text."""

    async def story(opened: Opened) -> None:
        await opened.say("word before", "apple word", "word after")
        assert await opened.found(ask("apple")) == ["apple word"]
        await opened.say(*["other"] * distance)
        await opened.edit(2, "pear word https://x.org")
        assert await opened.found(ask("pear")) == ["pear word https://x.org"]
        assert await opened.found(ask("apple")) == []
        assert await opened.found(ask("has:link")) == ["pear word https://x.org"]
        assert await opened.found(ask("word")) == ["word before", "pear word https://x.org", "word after"]
        assert await opened.found(ask("word", limit=2)) == ["pear word https://x.org", "word after"]
        await opened.edit(2, "plum\nword")
        await opened.edit(2, "cherry\nword")
        (found,) = (await opened.history.search(ask("cherry word"))).found
        assert [found] == (await opened.history.latest("room", after=None, limit=distance + 2, upto_seq=EVERYTHING))[:1]
        assert (found.id, found.time, type(found)) == (id_of(2), 2, MultilineSent)
        assert [await opened.found(ask(each)) for each in ("pear", "plum", "apple", "has:link")] == [[]] * 4

    with_log(tmp_path, story)


@pytest.mark.usefixtures("listed", "small")
def test_an_edited_direct_message(tmp_path: Path) -> None:
    """Both users find it by its newest text."""
    ours = conversation("me", "you")

    async def story(opened: Opened) -> None:
        await opened.say("apple", stream=ours, actor="alice")
        for reader in ("me", "you"):
            assert await opened.found(ask("apple", reader=reader, readable={ours: -1})) == ["apple"]
        await opened.edit(1, "pear", stream=ours)
        for reader in ("me", "you"):
            assert await opened.found(ask("apple", reader=reader, readable={ours: -1})) == []
            assert await opened.found(ask("pear", author="alice", reader=reader, readable={ours: -1})) == ["pear"]

    with_log(tmp_path, story)


@pytest.mark.usefixtures("small")
def test_an_edit_that_was_refused(tmp_path: Path) -> None:
    """It changes nothing."""

    async def story(opened: Opened) -> None:
        await opened.say("apple")
        await opened.edit(1, "pear")
        opened.history.place(2, None)
        assert (await opened.found(ask("apple")), await opened.found(ask("pear"))) == (["apple"], [])

    with_log(tmp_path, story)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("listed_first", [True, False])
def test_an_edit_that_the_index_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listed_first: bool) -> None:
    """Until the index has the edit, the message is not found, and the answer says that a message may be missing."""
    listed_every(monkeypatch, 1 if listed_first else 1_000)

    async def story(opened: Opened) -> None:
        await opened.say("apple word", "word")
        assert await opened.found(ask("apple")) == ["apple word"]
        await opened.edit(1, "pear word")
        await until(lambda: not listed_first or opened.log.tail.listed == 3)
        with monkeypatch.context() as behind:
            behind.setattr(search_index.SearchIndex, "missing", lambda *_: 1_000_000)
            behind.setattr(search_index.SearchIndex, "add", lambda *_: None)
            assert await opened.history.search(ask("apple")) == Matches([], whole=False)
            assert await opened.history.search(ask("pear")) == Matches([], whole=False)
            assert [each.text for each in (await opened.history.search(ask("word"))).found] == ["word"]
        assert await opened.found(ask("word")) == ["pear word", "word"]

    with_log(tmp_path, story)


@pytest.mark.usefixtures("small")
def test_edited_messages_of_an_index_that_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest volume is made first, with edits of messages that the index does not have yet."""
    listed_every(monkeypatch, 1)

    async def story(opened: Opened) -> None:
        await opened.say(*(f"apple {number}" for number in range(1, 41)))
        for number in (1, 20, 40):
            await opened.edit(number, f"plum {number}")
        await opened.say(*["other"] * 20)
        for number in (1, 20, 40):
            await opened.edit(number, f"pear {number}")
        await until(lambda: opened.log.tail.listed == 66)
        assert await opened.found(ask("pear")) == ["pear 1", "pear 20", "pear 40"]
        assert len(await opened.found(ask("apple"))) == 37

    with_log(tmp_path, story)
    (tmp_path / "search.db").unlink()

    async def again(opened: Opened) -> None:
        assert await opened.found(ask("plum")) == []
        assert await opened.found(ask("pear")) == ["pear 1", "pear 20", "pear 40"]
        assert len(await opened.found(ask("apple"))) == 37

    with_log(tmp_path, again)


def test_hidden_authors_cost_little(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much a hidden author has written, the index passes over it: few messages are read in vain."""

    async def story(opened: Opened) -> None:
        await opened.say("word of bob", actor="bob")
        await opened.say(*["word of eve"] * 500, actor="eve")
        read: list[int] = []
        whole = search_query._Query._read
        monkeypatch.setattr(
            search_query._Query, "_read", lambda self, places: read.append(len(places)) or whole(self, places)
        )
        search = ask("word", limit=10, hidden=frozenset({"eve", "zoe"}))
        assert await opened.found(search) == ["word of bob"]
        assert sum(read) == 11

    with_log(tmp_path, story)


def test_what_is_no_message_with_text_is_not_found(tmp_path: Path) -> None:
    """Spec: soju.im/search, "These messages MUST be `PRIVMSG` or `NOTICE` messages". A refused event is none."""

    async def story(opened: Opened) -> None:
        await opened.say("word", "word", "word", verb="NOTICE")
        await opened.say("word", verb="TAGMSG")
        opened.history.place(2, None)
        opened.history.place(3, message(3, "word", time=99))
        assert [each.time for each in (await opened.history.search(ask("word"))).found] == [1, 99]
        assert [each.time for each in (await opened.history.search(ask("word", upto=2))).found] == [1]

    with_log(tmp_path, story)


@pytest.mark.usefixtures("small")
def test_background_and_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The index follows the log in the background, and a later start goes on with it."""
    listed_every(monkeypatch, 10)
    monkeypatch.setattr(sqlite_search, "LOOK_S", 0.01)
    monkeypatch.setattr(sqlite_search, "BEHIND_EVENTS", 1)

    async def story(opened: Opened) -> None:
        await opened.say(*(f"word {number}" for number in range(100)))
        opened.history.start()
        search = opened.history._search
        await until_filled(search, 100)
        await until(lambda: search._index is not None and not search._index._unmerged)
        assert len(await opened.found(ask("word"))) == 100

    with_log(tmp_path, story)
    assert {path.name for path in tmp_path.iterdir()} == {"chat.db", "made-chat.db", "search.db", "search.db-crc"}
    assert (tmp_path / "search.db").stat().st_mode & 0o777 == 0o600

    async def again(opened: Opened) -> None:
        assert len(await opened.found(ask("word"))) == 100
        await opened.say("one more word")
        assert len(await opened.found(ask("word", limit=200))) == 101

    with_log(tmp_path, again)


@pytest.mark.usefixtures("small")
def test_the_event_loop_gives_way_to_a_search_but_not_to_filling(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits until the index is filled, so a busy event loop does not block for it."""
    listed_every(monkeypatch, 10)
    monkeypatch.setattr(sqlite_search, "LOOK_S", 0.01)
    monkeypatch.setattr(sqlite_search, "BEHIND_EVENTS", 1)

    async def story(opened: Opened) -> None:
        search = opened.history._search
        given: list[object] = []
        hand_over = search._gil.hand_over
        monkeypatch.setattr(search._gil, "hand_over", lambda put: given.append(put) or hand_over(put))
        await opened.say(*(f"word {number}" for number in range(100)))
        opened.history.start()
        await until_filled(search, 100)
        assert given == []
        assert len(await opened.found(ask("word"))) == 100
        assert len(given) == 1

    with_log(tmp_path, story)


@pytest.mark.usefixtures("small")
def test_what_the_index_lacks_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After an upgrade a search says that messages are missing; the newest are there first."""
    listed_every(monkeypatch, 10)

    async def story(opened: Opened) -> None:
        await opened.say(*(f"word {number}" for number in range(100)))
        await until(lambda: opened.log.tail.listed == 100)
        monkeypatch.setattr(sqlite_search, "CATCH_UP_EVENTS", 20)
        assert await opened.history.search(ask("word")) == Matches([], whole=False)
        index = opened.history._search._index
        assert index is not None
        for _ in range(3):
            index.fill(100)
        matches = await opened.history.search(ask("word", limit=4))
        assert matches.whole
        assert [each.time for each in matches.found] == [97, 98, 99, 100]
        matches = await opened.history.search(ask("word"))
        assert not matches.whole
        assert {97, 98, 99, 100} <= {each.time for each in matches.found}

    with_log(tmp_path, story)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("damage", ["no database", "wrong format", "a page", "another log"])
def test_an_index_that_is_wrong_is_made_again(damage: str, tmp_path: Path) -> None:
    """The index "can be made again from the log at any time": at most one search fails before that."""

    async def story(opened: Opened) -> None:
        await opened.say(*(f"word {number}" for number in range(100)))
        await opened.found(ask("word"))

    with_log(tmp_path, story)
    path = tmp_path / "search.db"
    if damage == "no database":
        path.write_bytes(b"something else" * 1_000)
    elif damage == "wrong format":
        with closing(sqlite3.connect(path)) as db:
            db.execute("pragma user_version = 99")
    elif damage == "a page":
        data = bytearray(path.read_bytes())
        data[4096:] = random.Random(1).randbytes(len(data) - 4096)
        path.write_bytes(data)
    else:
        (tmp_path / "chat.db").unlink()
        (tmp_path / "made-chat.db").unlink()

    async def again(opened: Opened) -> None:
        with contextlib.suppress(LogUnavailableError):
            await opened.found(ask("word"))
        assert len(await opened.found(ask("word"))) == 100

    if damage == "another log":

        async def other(opened: Opened) -> None:
            for number in range(90):
                await opened.say(f"word {number}", id=id_of(5_000 + number))
            assert len(await opened.found(ask("word"))) == 90

        again = other
    with_log(tmp_path, again)


@pytest.mark.usefixtures("small")
def test_a_bit_of_the_index_that_has_changed(tmp_path: Path) -> None:
    """The index is made again if a bit has changed since it was closed: a search would not find the message."""

    async def story(opened: Opened) -> None:
        await opened.say(*(f"melon{number}" for number in range(50)))
        assert len(await opened.found(ask("melon*"))) == 50

    with_log(tmp_path, story)
    path = tmp_path / "search.db"
    data = bytearray(path.read_bytes())
    data[data.index(b"melon") + 1] ^= 1
    path.write_bytes(data)

    async def again(opened: Opened) -> None:
        assert len(await opened.found(ask("melon*"))) == 50

    with_log(tmp_path, again)
    with_log(tmp_path, again)  # the sum is that of the new file


@pytest.mark.usefixtures("small")
def test_an_event_that_has_changed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is shown is compared with its checksum, and so is what the index gets; the index itself is whole."""
    listed_every(monkeypatch, 10)

    async def story(opened: Opened) -> None:
        for words in ("one melon", "two melons", "one more melon"):
            await opened.say(words, *(f"word {number}" for number in range(39)))
        await until(lambda: opened.log.tail.listed == 120)
        assert len(await opened.found(ask("melon"))) == 2

    with_log(tmp_path, story)
    with closing(sqlite3.connect(tmp_path / "chat.db")) as db, db:
        db.execute("update log set event = replace(event, 'one melon', 'one lemon')")
    whole = (tmp_path / "search.db").read_bytes()

    async def again(opened: Opened) -> None:
        for words in ("melon", "one"):
            with pytest.raises(LogUnavailableError, match="an event has changed in the file"):
                await opened.history.search(ask(words))
        assert len(await opened.found(ask("two"))) == 1

    with_log(tmp_path, again)
    assert (tmp_path / "search.db").read_bytes() == whole
    search_file.delete_index(tmp_path / "search.db")

    async def afresh(opened: Opened) -> None:
        with pytest.raises(LogUnavailableError, match="an event has changed in the file"):
            await opened.history.search(ask("two"))

    with_log(tmp_path, afresh)


@pytest.mark.usefixtures("small")
def test_a_damaged_log_is_told(tmp_path: Path) -> None:
    """Where the log lacks events, the index lacks their words: each search says so instead of finding less."""

    async def story(opened: Opened) -> None:
        await opened.say(*(f"word {number}" for number in range(600)))

    with_log(tmp_path, story)
    search_file.delete_index(tmp_path / "search.db")
    with closing(sqlite3.connect(tmp_path / "chat.db")) as db:
        db.execute("delete from log where seq = 40")
        db.commit()

    async def again(opened: Opened) -> None:
        for _ in range(3):
            with pytest.raises(LogUnavailableError, match="the log is damaged: events from "):
                await opened.history.search(ask("word"))

    with_log(tmp_path, again)


def test_without_fts5(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """A server whose SQLite has no FTS5 runs, and says why it cannot search; no index is left that it cannot keep."""
    (tmp_path / "search.db").write_bytes(b"words of somebody")
    monkeypatch.setattr(search_file, "has_fts5", lambda: False)

    async def story(opened: Opened) -> None:
        opened.history.start()
        await opened.say("word")
        with pytest.raises(LogUnavailableError, match=r"^This server cannot search: .* has no FTS5\."):
            await opened.history.search(ask("word"))
        assert not (tmp_path / "search.db").exists()
        assert not opened.log.holds_erased

    with_log(tmp_path, story)
    assert [record.message for record in caplog.records] == [sqlite_search._NO_FTS5]


@pytest.mark.parametrize("limit", ["SEARCH_CPU_S_MAX", "SEARCH_S_MAX"])
def test_a_search_that_takes_too_long_is_ended(limit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spec: soju.im/search, "Servers offering this feature should implement a timeout on their total request time"."""
    monkeypatch.setattr(sqlite_search, limit, -1.0)

    async def story(opened: Opened) -> None:
        await opened.say("word")
        with pytest.raises(LogUnavailableError, match=r"^This search takes too long\. Narrow it: "):
            await opened.history.search(ask("word"))
        monkeypatch.setattr(sqlite_search, limit, 60.0)
        assert await opened.found(ask("word")) == ["word"]

    with_log(tmp_path, story)


def test_a_machine_that_does_other_work_does_not_end_a_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """What counts is the processor time of the search; the clock on the wall ends it much later."""
    now = SimpleNamespace(cpu_s=0.0, s=0.0)
    clock = SimpleNamespace(thread_time=lambda: now.cpu_s, monotonic=lambda: now.s)
    monkeypatch.setattr(search_query, "time", clock)
    allowance = search_query.Allowance(0.25, 5.0)
    now.s = 4.9
    assert not allowance.spent()
    now.cpu_s = 0.26
    assert allowance.spent()
    now.cpu_s, now.s = 0.0, 5.1
    assert allowance.spent()


@pytest.mark.usefixtures("listed")
def test_filling_the_index_is_no_part_of_a_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that first adds what is missing has as much time as any other."""
    now = SimpleNamespace(s=0.0)
    monkeypatch.setattr(search_query, "time", SimpleNamespace(thread_time=lambda: now.s, monotonic=lambda: now.s))

    def slowly(method: Callable[..., object]) -> Callable[..., object]:
        def called(*arguments: object) -> object:
            now.s += 3_600.0
            return method(*arguments)

        return called

    for name in ("fill", "add"):
        monkeypatch.setattr(search_index.SearchIndex, name, slowly(getattr(search_index.SearchIndex, name)))

    async def story(opened: Opened) -> None:
        await opened.say("word")
        assert await opened.found(ask("word")) == ["word"]

    with_log(tmp_path, story)
    assert now.s > 0


def test_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ "A full disk makes the server read-only, not broken": what the index has is found, with a warning."""

    def fail(self: object, *_: object) -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    async def story(opened: Opened) -> None:
        await opened.say("word one")
        assert await opened.found(ask("word")) == ["word one"]
        await opened.say("word two")
        with monkeypatch.context() as full:
            full.setattr(search_index.SearchIndex, "add", fail)
            matches = await opened.history.search(ask("word"))
            assert ([each.text for each in matches.found], matches.whole) == (["word one"], False)
        assert await opened.found(ask("word")) == ["word one", "word two"]

    with_log(tmp_path, story)


def test_too_many_searches_and_none_after_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The searches that wait are bounded; after the end there is none."""
    monkeypatch.setattr(sqlite_search, "QUEUE_MAX", 2)

    async def story(opened: Opened) -> None:
        await opened.say("word")
        answers = await asyncio.gather(*(opened.history.search(ask("word")) for _ in range(3)), return_exceptions=True)
        assert [isinstance(each, LogUnavailableError) for each in answers] == [False, False, True]
        await opened.history.close()
        with pytest.raises(LogUnavailableError, match="stopping"):
            await opened.history.search(ask("word"))

    with_log(tmp_path, story)


said = st.tuples(
    st.sampled_from(["room", "hall", "secret", conversation("me", "you"), conversation("you", "zoe")]),
    st.sampled_from(["you", "zoe"]),
    st.lists(st.sampled_from(["ab", "abc", "b", "c"]), min_size=1, max_size=4).map(" ".join),
)
asked = st.tuples(
    st.lists(st.builds(Term, st.sampled_from(["ab", "b", "c", "b c", "ab b"]), st.booleans()), max_size=2),
    st.integers(1, 8),
    st.booleans(),
    st.integers(-1, 40),
    st.integers(0, 60),
    st.sampled_from([frozenset(), frozenset({"you"}), frozenset({"zoe", "me"})]),
)


@settings(max_examples=examples(40), deadline=None)
@given(
    st.lists(said, min_size=1, max_size=50),
    st.lists(asked, max_size=6),
    st.integers(1, 60),
    st.sets(st.integers(1, 50), max_size=3),
    st.lists(st.tuples(st.integers(1, 20), st.sampled_from(["ab b", "c", "abc ab"])), max_size=12),
)
def test_any_search_finds_what_reading_everything_finds(tmp_path_factory, said, asked, every, erased, edits):  # type: ignore[no-untyped-def]
    """The index, the log and the tail together give the answer of a look at the newest text of every message that was
    not erased.
    """
    readable = {"room": 10, "hall": -1, conversation("me", "you"): -1}
    erased = {each for each in erased if each <= len(said)}

    def has(text: str, term: Term) -> bool:
        return f" {term.text}" in f" {text}" if term.prefix else f" {term.text} " in f" {text} "

    async def story(opened: Opened) -> None:
        for stream, actor, text in said:
            await opened.say(text, stream=stream, actor="you" if "+" in stream else actor)
        texts = [text for _, _, text in said]
        for turn, (terms, limit, newest, after, before, hidden) in enumerate(asked):
            if turn == 2:
                opened.log.erase({each: id_of(each) for each in erased})
            for number, text in edits[turn * 3 : turn * 3 + 3] if turn < 2 else edits[6:]:
                if number <= len(said) and not (turn >= 2 and number in erased):
                    await opened.edit(number, text, stream=said[number - 1][0])
                    texts[number - 1] = text
            wanted = [
                number
                for number, (stream, actor, _) in enumerate(said, 1)
                if stream in readable and max(readable[stream], after) < number < before
                if all(has(texts[number - 1], term) for term in terms) and (turn < 2 or number not in erased)
                if ("you" if "+" in stream else actor) not in hidden
            ]
            search = Search("me", readable, limit, EVERYTHING, tuple(terms), "", after, before, newest=newest)
            matches = await opened.history.search(search._replace(hidden=hidden))
            assert matches.whole
            found = matches.found
            assert [each.time for each in found] == (wanted[-limit:] if newest else wanted[:limit])
            assert [each.text for each in found] == [texts[each.time - 1] for each in found]

    with pytest.MonkeyPatch.context() as patch:
        listed_every(patch, every)
        patch.setattr(search_index, "VOLUME_EVENTS", 16)
        patch.setattr(search_index, "PIECE_EVENTS", 5)
        patch.setattr(search_query, "BEGIN_EVENTS", 3)
        patch.setattr(search_query, "FEW_MESSAGES", 2)
        patch.setattr(search_query, "SPANS_MAX", 1)
        with_log(tmp_path_factory.mktemp("log"), story)


def test_the_expression_of_a_search() -> None:
    """Every word is quoted."""
    hidden = match_expression(ask("a b"), ["u2", "u1"])
    assert hidden == '(text : "a" AND text : "b") NOT (about : "au1" OR about : "au2")'
    assert match_expression(ask('say "a""b" x*')) == 'text : "say" AND text : "a" AND text : "b" AND text : "x" *'
    assert match_expression(Search("me", {"r": -1}, 1, 1, (Term('"'),))) == 'text : """"'
    assert match_expression(ask("has:link", author="u1")) == 'about : "au1" AND about : "link"'
    assert match_expression(ask(readable={"me+you": -1})) == 'about : "pyou"'


def test_every_page_that_has_lost_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lowered count of cells: SQLite reads the rest without an error, and searches must not find less for it."""
    monkeypatch.setattr(sqlite_search, "CATCH_UP_EVENTS", EVERYTHING)

    async def story(opened: Opened) -> None:
        for part in range(40):  # each search adds a piece to the index
            await opened.say(*(f"{number} banana{number % 7}" for number in range(50 * part, 50 * part + 50)))
            await opened.found(ask("nothing"))
        assert len(await opened.found(ask("banana3", limit=1_000))) == 286

    with_log(tmp_path, story)
    path = tmp_path / "search.db"
    whole = path.read_bytes()
    (page_bytes,) = struct.unpack(">H", whole[16:18])
    tried = 0
    for begin in range(page_bytes, len(whole), page_bytes):
        kind, (cells,) = whole[begin], struct.unpack(">H", whole[begin + 3 : begin + 5])
        if kind not in (2, 5, 10, 13) or cells < 2:  # the pages of b-trees; Spec: SQLite, "Database File Format", 1.6
            continue
        tried += 1
        for file in tmp_path.glob("search.db-*"):
            file.unlink()
        path.write_bytes(whole[: begin + 3] + struct.pack(">H", cells - 1) + whole[begin + 5 :])

        async def again(opened: Opened) -> None:
            try:
                found = await opened.found(ask("banana3", limit=1_000))
            except LogUnavailableError:
                found = await opened.found(ask("banana3", limit=1_000))  # it was made again
            assert len(found) == 286

        with_log(tmp_path, again)
    assert tried > 5
