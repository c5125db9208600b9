"""What was sent, and what came of it as far as the senders know: held against the history after each crash."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence

_LINE = re.compile(
    r"@(?=(?:\S*;)?msgid=(?P<msgid>[^; ]+))(?=(?:\S*;)?time=(?P<time>[^; ]+))\S+"
    r" :(?P<nick>[^! ]+)\S* (?P<verb>PRIVMSG|NOTICE) (?P<target>\S+) :(?P<text>.*)"
)


class Entry:
    """A message as the server tells it, live or from history."""

    __slots__ = ("msgid", "nick", "target", "text", "time", "verb")

    def __init__(self, found: re.Match[str]) -> None:
        self.msgid, self.time, self.nick, self.verb, self.target, self.text = found.groups()

    @property
    def stream(self) -> str:
        """Name the channel or the conversation."""
        return self.target if self.target.startswith("#") else conversation(self.nick, self.target)

    @property
    def all(self) -> tuple[str, ...]:
        """Everything that must be the same for everyone who is told it."""
        return (self.msgid, self.time, self.nick, self.verb, self.target, self.text)


def entry_of(line: str) -> Entry | None:
    """Read a message; ``None`` for any other line."""
    found = _LINE.fullmatch(line)
    return None if found is None else Entry(found)


def conversation(one: str, other: str) -> str:
    """Name a conversation, whichever of the two asks."""
    return "+".join(sorted((one, other)))


@dataclasses.dataclass
class Sent:
    """A message that a client sent: with an id of its own it is sent again until it is echoed."""

    nick: str
    verb: str
    target: str
    text: str
    client_id: str = ""
    msgid: str = ""  # once it was echoed, or found in the history
    time: str = ""
    echoed: bool = False
    refused: bool = False

    @property
    def line(self) -> str:
        """Write it, with a label so that the answer is known to be its own."""
        own_id = f";+chatapp/id={self.client_id}" if self.client_id else ""
        return f"@label={self.text.split(' ')[0]}{own_id} {self.verb} {self.target} :{self.text}"


Ear = dict[str, dict[str, Entry]]  # what a connection hears: by stream, then by msgid in the order of arrival


class Ledger:
    """All that was sent and heard. A text is sent once, so it tells which message it is."""

    def __init__(self) -> None:
        self.sent: dict[str, Sent] = {}
        self.streams: dict[str, list[Entry]] = {}  # as verified after the last crash
        self.places: dict[str, int] = {}  # msgid -> its place in its stream
        self.heard: list[Ear] = []
        self._open: dict[str, dict[str, Sent]] = {}  # by nick and text: what has no answer
        self._echoed: list[Sent] = []  # since the last crash
        self._stored: set[str] = set()  # texts

    # While it goes on

    def send(self, message: Sent) -> Sent:
        """Note a message that is about to be sent."""
        assert message.text not in self.sent
        self.sent[message.text] = message
        if not message.refused:
            self._open.setdefault(message.nick, {})[message.text] = message
        return message

    def ear(self) -> Ear:
        """Return where a new connection notes what it hears, for as long as it hears all of a stream."""
        self.heard.append({})
        return self.heard[-1]

    def echoed(self, entry: Entry) -> Sent:
        """Note that a sender was told that its message is stored."""
        sent = self.sent[entry.text]
        assert not sent.refused, f"refused, then echoed: {sent}"
        assert sent.msgid in ("", entry.msgid), f"echoed under two msgids: {sent}, {entry.msgid}"
        sent.msgid, sent.time, sent.echoed = entry.msgid, entry.time, True
        self._echoed.append(sent)
        self._open[sent.nick].pop(sent.text, None)
        return sent

    def refused(self, text: str) -> None:
        """Note that a sender was told that its message is not stored."""
        sent = self.sent[text]
        assert not sent.msgid, f"stored, then refused: {sent}"
        sent.refused = True
        self._open[sent.nick].pop(text, None)

    def unanswered(self, nick: str) -> list[Sent]:
        """List what a sender has to send again: what it can, since it gave it an id; the rest is given up."""
        waiting = self._open.pop(nick, {})
        self._open[nick] = {text: sent for text, sent in waiting.items() if sent.client_id}
        return list(self._open[nick].values())

    # After a crash

    def last_msgid(self, stream: str) -> str:
        """Tell up to where a stream was verified; empty for nowhere."""
        return self.streams[stream][-1].msgid if self.streams.get(stream) else ""

    def told(self, stream: str, by_reader: Mapping[str, Sequence[Entry]]) -> None:
        """Take what came to a stream, as several readers were told it, and hold what must be true of it."""
        first, *others = by_reader.items()
        for reader, entries in others:
            assert [one.all for one in entries] == [one.all for one in first[1]], (
                f"{stream}: {reader} and {first[0]} are not told the same"
            )
        known = self.streams.setdefault(stream, [])
        for entry in first[1]:
            self._verify(stream, entry)
            self.places[entry.msgid] = len(known)
            known.append(entry)

    def _verify(self, stream: str, entry: Entry) -> None:
        sent = self.sent.get(entry.text)
        assert sent is not None, f"nobody has sent this: {entry.all}"
        assert not sent.refused, f"refused, and stored all the same: {sent}"
        assert entry.msgid not in self.places, f"a msgid for two: {entry.all}"
        assert entry.text not in self._stored, f"stored twice: {sent}, {entry.all}"
        self._stored.add(entry.text)
        assert (entry.nick, entry.verb, entry.target) == (sent.nick, sent.verb, sent.target)
        assert entry.stream == stream
        if sent.msgid:
            assert (entry.msgid, entry.time) == (sent.msgid, sent.time), f"echoed as another: {sent}, {entry.all}"
        else:
            sent.msgid, sent.time = entry.msgid, entry.time

    def settle(self) -> None:
        """Hold that all that anyone was told is stored, in the order in which it was told; then forget who was told.

        A connection hears all of a stream, so what it heard has no gaps.
        """
        for sent in self._echoed:
            assert sent.msgid in self.places, f"echoed, and lost: {sent}"
        self._echoed.clear()
        for ear in self.heard:
            for stream, entries in ear.items():
                lost = [entry.all for entry in entries.values() if entry.msgid not in self.places]
                assert not lost, f"seen in {stream}, and lost: {lost}"
                places = [self.places[msgid] for msgid in entries]
                assert places == list(range(places[0], places[0] + len(places))), (
                    f"{stream} was heard in another order than it is stored, or not all of it: {places}"
                )
        self.heard.clear()
