"""Queries over what was said."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from chatapp.model.events import MessageSent
from chatapp.storage.history import History
from chatapp.storage.sqlite import SqliteLog
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
