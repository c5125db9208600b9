"""A data folder as a server leaves it after a year of talk: accounts, their channels, and many messages.

It is written through the log itself (``chatapp.storage``), because over the wire a million messages would all
get times within a few seconds. The accounts share one password, so that one hash does.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from chatapp.auth import PasswordFile, hash_password
from chatapp.config import Config, Listen
from chatapp.model import events
from tests.storage.support import SqliteLog

ACCOUNTS = 10
CHANNELS = 10
PASSWORD = "bench-password"
YEAR_MS = 365 * 24 * 3600 * 1000
PAGE = 100  # of CHATHISTORY
BATCH = 10_000
CORRECTED = "and was corrected"  # the end of each edited text
REACTIONS = ("👍", "👍", "👍", "🎉", "🎉")  # to each message, one by each of the first accounts
_BEFORE = ACCOUNTS + ACCOUNTS * CHANNELS  # events before the first message: accounts are made, and join
_ID_BITS = 22  # an event's id begins with its time in milliseconds
_WORDS = "the quick brown fox jumps over the lazy dog and then runs away again"


@dataclass(frozen=True)
class Filled:
    """What is in a data folder: who may sign in, the channels (all are in all), and when the messages were sent.

    From ``full_ms`` on, at least ``PAGE`` messages of each channel lie before. Between two events are ``step_ms``. If
    ``remarks`` is true, each message was edited once, and has :data:`REACTIONS`.
    """

    names: list[str]
    channels: list[str]
    first_ms: int
    full_ms: int
    last_ms: int
    step_ms: int
    remarks: bool


def make_accounts(data: Path, cost: int) -> list[str]:
    """Make the accounts in the password file; return their names."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = PasswordFile(_config(data).password_path)
    hashed = hash_password(PASSWORD, cost)
    names = [f"a{number}" for number in range(ACCOUNTS)]
    for name in names:
        file.add(name, hashed)
    return names


def write_accounts(data: Path, names: Sequence[str], cost: int) -> None:
    """Write a password file with many accounts at once, as ``htpasswd -B`` does."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    hashed = hash_password(PASSWORD, cost)
    path = _config(data).password_path
    path.touch(0o600)
    path.write_text("".join(f"{name}:{hashed}\n" for name in names))


def fill(data: Path, messages: int, cost: int, remarks: bool = False) -> Filled:
    """Make a data folder with accounts and ``messages`` messages, spread evenly over channels and over a year.

    With ``remarks``, an edit of each message and the reactions to it follow the message.
    """
    names = make_accounts(data, cost)
    channels = [f"#year{number}" for number in range(CHANNELS)]
    last_ms = time.time_ns() // 1_000_000
    first_ms = last_ms - YEAR_MS
    each = 2 + len(REACTIONS) if remarks else 1
    step_ms = YEAR_MS // (_BEFORE + messages * each)
    full_ms = first_ms + (_BEFORE + (PAGE + 1) * CHANNELS * each) * step_ms
    filled = Filled(names, channels, first_ms, full_ms, last_ms, step_ms, remarks)
    accounts = PasswordFile(_config(data).password_path).accounts()
    asyncio.run(_write(data, _year(filled, [accounts[name].id for name in names], messages)))
    return filled


def marks(filled: Filled) -> dict[str, str]:
    """Return the texts that stand once in the line of each message with ``remarks``, by what they are."""
    nicks: dict[str, list[str]] = {}
    for reaction, nick in zip(REACTIONS, filled.names, strict=False):
        nicks.setdefault(reaction, []).append(nick)
    value = "\\n".join(f"{len(each)}\\s{','.join(each)}\\s{reaction}" for reaction, each in nicks.items())
    return {
        "times of edits": ";chatapp/edited=",
        "edited texts": f" {CORRECTED}\r\n",
        "lists of reactions": f";chatapp/reactions={value};",
    }


def _config(data: Path) -> Config:
    return Config(listens=(Listen("", 0),), data=data)


def _year(filled: Filled, uids: list[str], messages: int) -> Iterator[events.AnyEvent]:
    """Tell what happened, in order; the times differ, so nothing has to be moved when it is applied."""
    times = count(filled.first_ms, filled.step_ms)

    def when() -> dict[str, Any]:
        ms = next(times)
        return {"id": f"{ms << _ID_BITS:016x}", "time": ms}

    for name, uid in zip(filled.names, uids, strict=True):
        yield events.AccountCreated(**when(), actor=uid, nick=name, uid=uid, name=name)
    streams: list[str] = []
    for channel in filled.channels:
        for name, uid in zip(filled.names, uids, strict=True):
            joined = events.Joined(**when(), actor=uid, nick=name, channel=channel)
            if uid == uids[0]:
                streams.append(joined.id)
            yield joined
    for number in range(messages):
        sender, place = number * 7 % ACCOUNTS, number % CHANNELS
        said = events.MessageSent(
            **when(),
            actor=uids[sender],
            nick=filled.names[sender],
            stream=streams[place],
            verb="PRIVMSG",
            target=filled.channels[place],
            text=f"{number} {_WORDS}",
        )
        yield said
        if filled.remarks:
            position = _BEFORE + 1 + number * (2 + len(REACTIONS))
            yield from _remarks(said, position, list(zip(uids, filled.names, strict=True)), when)


def _remarks(
    said: events.MessageSent, position: int, people: Sequence[tuple[str, str]], when: Callable[[], dict[str, Any]]
) -> Iterator[events.AnyEvent]:
    """Tell that the message at a position of the log was edited, and who reacted to it."""
    yield events.MessageEdited(
        **when(),
        actor=said.actor,
        nick=said.nick,
        stream=said.stream,
        verb="EDIT",
        target=said.target,
        text=f"{said.text} {CORRECTED}",
        msgid=said.id,
        position=position,
        author=said.actor,
        sent=said.time,
        said=said.verb,
        was=said.text,
        within=YEAR_MS,
        earlier=0,
        most=1,
    )
    for reaction, (uid, name) in zip(REACTIONS, people, strict=False):
        yield events.MessageSent(
            **when(),
            actor=uid,
            nick=name,
            stream=said.stream,
            verb="TAGMSG",
            target=said.target,
            text="",
            tags={"+draft/react": reaction, "+reply": said.id},
        )


async def _write(data: Path, what: Iterator[events.AnyEvent]) -> None:
    """Store events through the log, a batch at a time."""
    log = SqliteLog(_config(data).log_path, pending_max=2 * BATCH)
    failures: list[Exception] = []
    log.start(lambda committed: None, lambda refused, reason: failures.append(reason))
    try:
        last: events.AnyEvent | None = None
        for number, event in enumerate(what):
            if last is not None:
                if number % BATCH:
                    log.propose(last)
                else:
                    await log.append(last)  # on disk, with all before it
            last = event
        assert last is not None
        await log.append(last)
    finally:
        await log.close()
    if failures:
        raise failures[0]
