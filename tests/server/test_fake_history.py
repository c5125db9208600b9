"""The history in memory answers as the real one does, so that conversations with it are honest."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.model.events import Joined, MessageSent, Parted, RealnameSet, TopicSet
from chatapp.storage.sqlite_history import SqliteHistory
from tests.fakes.memory_history import MemoryHistory
from tests.fakes.memory_log import MemoryDisk, MemoryLog
from tests.storage.support import SqliteLog, listed_every
from tests.support.examples import examples

STREAMS = ["room", "one+two"]
numbers = itertools.count()

sent = st.tuples(
    st.sampled_from(STREAMS),
    st.integers(1, 12),
    st.sampled_from(["PRIVMSG", "PRIVMSG", "NOTICE", "TAGMSG", "none", "JOIN", "PART", "TOPIC"]),
    st.sampled_from(["applied", "applied", "applied", "refused"]),
)
asked = st.tuples(
    st.sampled_from(STREAMS), st.integers(0, 13), st.integers(0, 13), st.integers(1, 6), st.integers(0, 20)
)


def event(number, stream, time, verb):
    """Make an event: a message, an event of a channel, or (of no verb) another one."""
    head = {"id": f"{number:016x}", "time": time, "actor": "a", "stream": stream}
    others = {"JOIN": Joined(**head, channel="#room"), "PART": Parted(**head), "TOPIC": TopicSet(**head, text="x")}
    if verb in others and stream == "room":
        return others[verb]
    if verb not in ("PRIVMSG", "NOTICE", "TAGMSG"):
        return RealnameSet(**head, realname="x")
    return MessageSent(**head, verb=verb, target="#room", text=str(number))


async def answers(log, history, said, questions):
    """Store what was said, and apply it as the state does; then ask everything, and return all answers."""
    last = dict.fromkeys(STREAMS, 0)

    def committed(batch):
        for record in batch:
            stream, time, verb, fate = said[record.seq - 1]
            if fate == "refused":
                log.place(record.seq, None)
                continue
            if time <= last[stream]:
                time = last[stream] + 1
                log.place(record.seq, event(record.seq, stream, time, verb))
            last[stream] = time

    log.start(committed, lambda events, error: None)
    for number, (stream, time, verb, _) in enumerate(said, 1):
        await log.append(event(number, stream, time, verb))
    found = []
    for stream, start, end, limit, upto in questions:
        found += [
            await history.latest(stream, after=None, limit=limit, upto_seq=upto),
            await history.latest(stream, after=start, limit=limit, upto_seq=upto),
            await history.before(stream, start, limit, upto),
            await history.after(stream, start, limit, upto),
            await history.between(stream, start, end, limit, upto),
            await history.around(stream, start, limit, upto),
            await history.around(stream, start, limit, upto, after=end),
            await history.missed(stream, after_seq=end, limit=limit, upto_seq=upto),
            await history.latest(stream, after=start, limit=limit, upto_seq=upto, events=True),
            await history.before(stream, start, limit, upto, events=True),
            await history.after(stream, start, limit, upto, events=True),
            await history.between(stream, start, end, limit, upto, events=True),
            await history.around(stream, start, limit, upto, events=True),
            await history.find(f"{upto:016x}"),
        ]
    await history.close()
    await log.close()
    return found


@given(
    said=st.lists(sent, max_size=12),
    questions=st.lists(asked, min_size=1, max_size=4),
    listed_at=st.sampled_from([1, 3, 1_000]),
)
@settings(max_examples=examples(30))
def test_both_histories_answer_alike(tmp_path_factory, said, questions, listed_at):
    """Every query, over any log, with times that meet, that were moved, and events that were refused.

    How much of it the index holds makes no difference.
    """
    path = Path(tmp_path_factory.mktemp("history")) / f"{next(numbers)}.db"
    disk = MemoryDisk()

    async def real():
        log = SqliteLog(path, 100)
        return await answers(log, SqliteHistory(log), said, questions)

    async def fake():
        return await answers(MemoryLog(disk), MemoryHistory(disk), said, questions)

    with pytest.MonkeyPatch.context() as patch:
        listed_every(patch, listed_at)
        assert asyncio.run(fake()) == asyncio.run(real())
