"""Clients that talk without end, and keep a ledger of what they are told, until the server is gone."""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
from collections import deque
from collections.abc import Awaitable, Callable, Iterator

from tests.process.ledger import Ear, Entry, Ledger, Sent, conversation, entry_of
from tests.support.irc import CAPS, plain
from tests.support.server import PASSWORD, PATIENCE_S, Address

TALKERS = [f"u{number}" for number in range(20)]
ABSENT = "absent"  # has an account and no connection
EVERYWHERE = "#lobby"
FLUX = "#flux"  # its members come and go
FICKLE = TALKERS[1:5]  # who they are; each has a second connection for it
SECRET = "#secret"  # exists, and the talkers are not in it
CHANNELS = {  # who is a member for good
    EVERYWHERE: TALKERS,
    "#even": TALKERS[::2],
    "#few": TALKERS[:4],
    FLUX: [TALKERS[0], *TALKERS[5:8]],
}
WINDOW = 6  # messages of one client on their way
PAGE = 1000


class Gone(Exception):
    """The server is gone, as it was to be expected."""


class Talker:
    """One connection of one account."""

    def __init__(self, nick: str, ledger: Ledger, dice: random.Random) -> None:
        self.nick = nick
        self.ledger = ledger
        self.dice = dice
        self._ear: Ear | None = None
        self._on_their_way: dict[str, None] = {}  # texts
        self._moved = asyncio.Event()
        self._batches: dict[str, str] = {}  # reference -> label
        self._received: deque[bytes] = deque()  # lines
        self._rest = b""  # of them, behind the last whole one

    async def connect(self, address: Address) -> None:
        """Connect and sign in."""
        with _may_be_gone():
            self._reader, self._writer = await asyncio.open_connection(*address)
        self.send("CAP LS 302", f"NICK {self.nick}", f"USER {self.nick} 0 * :{self.nick}", f"CAP REQ :sasl {CAPS}")
        self.send("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain(self.nick, PASSWORD)}")
        await self.until(" 903 ")
        self.send("CAP END")
        await self.until(" 422 ")
        await self.sync()

    def send(self, *lines: str) -> None:
        """Send lines."""
        self._writer.write("".join(line + "\r\n" for line in lines).encode())

    async def line(self) -> str:
        """Receive a line, having answered whether we are there; raises Gone."""
        while True:
            while not self._received:
                await self._receive()
            line = self._received.popleft().removesuffix(b"\r").decode()
            if not line.startswith("PING "):
                return line
            self.send(f"PONG {line.removeprefix('PING ')}")

    async def _receive(self) -> None:
        with _may_be_gone():
            async with asyncio.timeout(PATIENCE_S):
                data = await self._reader.read(1 << 16)
        if not data:
            raise Gone
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._received.extend(lines)

    async def until(self, pattern: str) -> list[str]:
        """Receive lines up to the one in which the pattern is found."""
        lines = []
        while True:
            line = await self.line()
            assert not line.startswith("ERROR"), line
            lines.append(line)
            if re.search(pattern, line):
                return lines

    async def sync(self) -> list[str]:
        """Receive all that is on its way."""
        self.send("PING sync")
        return await self.until(" PONG .*sync$")

    async def close(self) -> None:
        """End the connection."""
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    # Reading back

    async def read_on(self, target: str, after: str) -> list[Entry]:
        """Read the history of a target behind a message (its msgid, or empty for all of it)."""
        found: list[Entry] = []
        while True:
            reference = f"msgid={after}" if after else "timestamp=1970-01-01T00:00:00.001Z"
            self.send(f"CHATHISTORY AFTER {target} {reference} {PAGE}")
            await self.until(r" BATCH \+\S+ chathistory ")
            lines = await self.until(r" BATCH -")
            page = [entry for line in lines if (entry := entry_of(line)) is not None]
            assert len(page) == len(lines) - 1, [line for line in lines if entry_of(line) is None]
            found += page
            if len(page) < PAGE:
                return found
            after = page[-1].msgid

    # Talking

    async def talk(self) -> None:
        """Send again what has no answer, then say new things, until the server is gone."""
        self._ear = self.ledger.ear()
        again = self.ledger.unanswered(self.nick)
        for sent in again:
            self._say(sent)
            # Twice in a row, and it is there once all the same. (Where its sender comes and goes, one of the two may be
            # refused.)
            if self.dice.random() < 0.3 and sent.target != FLUX:
                self.send(sent.line)
        listening = asyncio.create_task(self._listen())
        try:
            while not listening.done():
                if len(self._on_their_way) < WINDOW:
                    self._do_something()
                    await asyncio.sleep(0)  # the others' turn
                else:
                    self._moved.clear()
                    await asyncio.wait([listening, moved := asyncio.create_task(self._moved.wait())],
                                       return_when=asyncio.FIRST_COMPLETED)  # fmt: skip
                    moved.cancel()
        finally:
            listening.cancel()
            with contextlib.suppress(Gone, asyncio.CancelledError):
                await listening

    async def _listen(self) -> None:
        while True:
            self._take(await self.line())
            self._moved.set()

    def _take(self, line: str) -> None:
        """Note what a line says of a message."""
        label = _tag("label", line)
        batch = _tag("batch", line)
        if begun := re.search(r" BATCH \+(\S+) labeled-response", line):
            self._batches[begun[1]] = label
            return
        label = label or self._batches.get(batch, "")
        entry = entry_of(line)
        if entry is not None:
            if entry.nick == self.nick and entry.text in self._on_their_way:
                self.ledger.echoed(entry)
                self._on_their_way.pop(entry.text, None)
            if entry.stream != FLUX or self.nick not in FICKLE:
                self._hear(entry)
        elif re.search(r":\S+ (FAIL|4\d\d) ", line):
            for text in [text for text in self._on_their_way if label and text.startswith(label + " ")]:
                self.ledger.refused(text)
                del self._on_their_way[text]
        else:
            known = (
                r" (BATCH|PONG|301|305|306|353|366|JOIN|PART|TOPIC|332|333|MARKREAD|AWAY) | NOTICE \S+ :You have read "
            )
            assert re.search(known, line), line

    def _hear(self, entry: Entry) -> None:
        """Note that it was told; the answer to a second copy is none of what all others are told."""
        assert self._ear is not None
        if entry.msgid not in self.ledger.places:
            self._ear.setdefault(entry.stream, {}).setdefault(entry.msgid, entry)

    def _do_something(self) -> None:
        """Choose by dice: mostly talk that is fine, some that is refused, and what else there is to do."""
        act = self.dice.choices((self._say_something, self._say_what_is_refused, self._else), (20, 3, 1))[0]
        act()

    def _say_something(self) -> None:
        kind = self.dice.random()
        if kind < 0.5:
            target = EVERYWHERE
        elif kind < 0.8:
            mine = [name for name, members in CHANNELS.items() if self.nick in members]
            target = self.dice.choice([*mine, FLUX] if self.nick in FICKLE else mine)
        elif kind < 0.82:
            target = ABSENT
        else:
            target = self.dice.choice(partners(self.nick))
        verb = "NOTICE" if self.dice.random() < 0.1 else "PRIVMSG"
        self._say(self._new(target, verb, own_id=self.dice.random() < 0.7))

    def _new(
        self, target: str, verb: str = "PRIVMSG", own_id: bool = True, filler: str = "", refused: bool = False
    ) -> Sent:
        number = len(self.ledger.sent)
        text = f"{self.nick}-{number} {filler}".strip() + " ü"
        own = f"id-{number}" if own_id else ""
        return self.ledger.send(Sent(self.nick, verb, target, text, own, refused=refused))

    def _say(self, sent: Sent) -> None:
        self._on_their_way[sent.text] = None
        self.send(sent.line)

    def _say_what_is_refused(self) -> None:
        target, filler = self.dice.choice(
            [(SECRET, ""), ("#nowhere", ""), ("nobody", ""), (f"{EVERYWHERE},#even", ""), (EVERYWHERE, "x" * 495)]
        )
        sent = self._new(target, filler=filler, refused=True)
        if self.dice.random() < 0.3:
            sent.client_id = "i" * 65
        self.send(sent.line)

    def _else(self) -> None:
        self.send(
            self.dice.choice(
                [
                    f"TOPIC #few :{self.dice.random()}",
                    f"MARKREAD {EVERYWHERE} timestamp=2026-01-02T03:04:05.678Z",
                    "AWAY :for a moment",
                    "AWAY",
                    "PING x",
                    f"NAMES {EVERYWHERE}",
                ]
            )
        )


class Fickle(Talker):
    """A second connection of an account, which joins and leaves a channel while the first one talks there."""

    async def talk(self) -> None:
        """Join and leave until the server is gone."""
        with contextlib.suppress(Gone):
            while True:
                self.send(f"JOIN {FLUX}", f"PART {FLUX}", f"JOIN {FLUX}")
                await self.sync()
                self.send(f"PART {FLUX}")
                await self.sync()


def _tag(name: str, line: str) -> str:
    """Return the value of a tag; empty where there is none."""
    found = re.match(rf"@(?:\S*;)?{name}=([^; ]+)", line) if f"{name}=" in line else None
    return "" if found is None else found[1]


def partners(nick: str) -> list[str]:
    """Tell with whom a talker has conversations: its neighbours, and itself."""
    place = TALKERS.index(nick)
    return [TALKERS[place - 1], TALKERS[(place + 1) % len(TALKERS)], nick]


def readers() -> dict[str, list[tuple[str, str]]]:
    """Tell for each stream who may read it for sure, and by what name each asks for it."""
    found = {name: [(nick, name) for nick in members] for name, members in CHANNELS.items()}
    for nick in TALKERS:
        for other in partners(nick):
            found[conversation(nick, other)] = [(nick, other)] + ([(other, nick)] if other != nick else [])
        found[conversation(nick, ABSENT)] = [(nick, ABSENT)]
    return found


async def read_back(ledger: Ledger, talkers: dict[str, Talker], afresh: bool = False) -> None:
    """Let everyone read what came to each stream since the last time (``afresh``: all of it), and compare."""
    told: dict[str, dict[str, list[Entry]]] = {stream: {} for stream in readers()}

    async def read(nick: str) -> None:
        for stream, who in readers().items():
            for reader, target in who:
                if reader == nick:
                    after = "" if afresh else ledger.last_msgid(stream)
                    told[stream][nick] = await talkers[nick].read_on(target, after)

    await together([lambda nick=nick: read(nick) for nick in TALKERS])  # type: ignore[misc]
    if afresh:
        for stream, by_reader in told.items():
            for nick, entries in by_reader.items():
                verified = [entry.all for entry in ledger.streams.get(stream, [])]
                assert [entry.all for entry in entries] == verified, f"{stream} is another one now, says {nick}"
    else:
        for stream, by_reader in told.items():
            ledger.told(stream, by_reader)
        ledger.settle()


async def together(work: list[Callable[[], Awaitable[None]]]) -> None:
    """Do everything at the same time; the first failure ends all."""
    try:
        async with asyncio.TaskGroup() as group:
            for one in work:
                group.create_task(one())  # type: ignore[arg-type]
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None


@contextlib.contextmanager
def _may_be_gone() -> Iterator[None]:
    try:
        yield
    except ConnectionError as error:
        raise Gone from error
