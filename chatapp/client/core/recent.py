"""Pure: remembers the last messages of each conversation: a reply, a reaction, an edit or a deletion is about one.

Spec: IRCv3 message-ids.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

import msgspec

from chatapp.client.core.budget import Budget, texts_bytes
from chatapp.client.core.events import ChannelRenamed, Deleted, Edited, Event, History, NickChanged, Reacted, Said
from chatapp.client.core.reading import action
from chatapp.protocol.names import fold

MESSAGES_MAX = 50  # of one conversation
CONVERSATIONS_MAX = 500  # beyond this number, the conversation that was used least recently is forgotten
TEXT_CHARACTERS_MAX = 60  # of a text that is remembered
_ENTRY_BYTES = 300  # the size of a message without its texts


class Remembered(NamedTuple):
    """A message: its time (ms), msgid and sender, the beginning of its text, and whether our account sent it."""

    time: int
    msgid: str
    sender: str
    text: str
    own: bool


class Which(NamedTuple):
    """Which of the last messages a command is about: the ``back``-th last, of the user ``sender`` (empty: see below).

    Without a ``sender``, it is a message of ours (``own``), or of somebody else.
    """

    back: int = 1
    sender: str = ""
    own: bool = False


class Recent:
    """The last messages that were told. ``budget`` bounds the memory."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._all: dict[str, list[Remembered]] = {}  # folded name -> its messages; the conversation used last is last

    def take(self, events: Sequence[Event]) -> list[Event]:
        """Remember the messages of events. Return the events, completed by what is known of the messages they name."""
        return [self._completed(event) for event in events]

    def find(self, conversation: str, which: Which) -> Remembered | None:
        """Return one of the last messages of a conversation; ``None`` if none of the known messages is meant."""
        wanted = fold(which.sender)
        found = [
            each
            for each in self._all.get(fold(conversation), ())
            if (fold(each.sender) == wanted if wanted else each.own == which.own)
        ]
        return found[-which.back] if 0 < which.back <= len(found) else None

    def _completed(self, event: Event) -> Event:
        if isinstance(event, Said):
            self._remember(event.conversation, [event])
            return self._answer(event)
        if isinstance(event, History):
            self._remember(event.conversation, event.messages)
            return msgspec.structs.replace(event, messages=tuple(map(self._answer, event.messages)))
        if isinstance(event, ChannelRenamed):
            self._rename(event.channel, event.name)
        if isinstance(event, NickChanged) and fold(event.name) not in self._all:
            self._rename(event.nick, event.name)
        if isinstance(event, Edited | Reacted | Deleted):
            about = self._known(event.conversation, event.msgid)
            if isinstance(event, Edited):
                self._change(event.conversation, event.msgid, event.text)
            elif isinstance(event, Deleted):
                self._change(event.conversation, event.msgid, None)
            if about is not None:
                return msgspec.structs.replace(event, author=about.sender, was=about.text)
        return event

    def _rename(self, old: str, name: str) -> None:
        known = self._pop(fold(old))
        self._pop(fold(name))
        self._put(fold(name), known)

    def _answer(self, said: Said) -> Said:
        """Return a message with the message that it answers, if that is known."""
        about = self._known(said.conversation, said.reply_to)
        return said if about is None else msgspec.structs.replace(said, about=quote(about.sender, about.text))

    def _known(self, conversation: str, msgid: str) -> Remembered | None:
        return next((each for each in self._all.get(fold(conversation), ()) if msgid and each.msgid == msgid), None)

    def _remember(self, conversation: str, messages: Sequence[Said]) -> None:
        """Add messages; keep the latest of all, in the order of time."""
        key = fold(conversation)
        if len(messages) == 1 and self._append(key, messages[0]):
            return
        kept = {each.msgid: each for each in self._pop(key)}
        for said in messages:
            if said.msgid:
                kept[said.msgid] = _remembered(said)
        self._put(key, sorted(kept.values(), key=lambda each: each.time)[-MESSAGES_MAX:])
        while len(self._all) > CONVERSATIONS_MAX:
            self._pop(next(iter(self._all)))

    def _append(self, key: str, said: Said) -> bool:
        """Add a message that is newer than the others, as most are; False if it is not, or is known."""
        known = self._all.get(key)
        if not known or said.time < known[-1].time or any(each.msgid == said.msgid for each in known):
            return False
        if said.msgid:
            known.append(_remembered(said))
            self._budget.take(_message_bytes(known[-1]))
            if len(known) > MESSAGES_MAX:
                self._budget.give(_message_bytes(known.pop(0)))
            self._all[key] = self._all.pop(key)  # now at the end, as used last
        return True

    def _change(self, conversation: str, msgid: str, text: str | None) -> None:
        """Give a message another text; forget it for ``None``."""
        key = fold(conversation)
        known = self._pop(key)
        if text is None:
            known = [each for each in known if each.msgid != msgid]
        else:
            known = [each._replace(text=_beginning(text)) if each.msgid == msgid else each for each in known]
        self._put(key, known)

    def _pop(self, key: str) -> list[Remembered]:
        """Forget the messages of a conversation, and return them."""
        messages = self._all.pop(key, [])
        if messages:
            self._budget.give(_bytes(key, messages))
        return messages

    def _put(self, key: str, messages: list[Remembered]) -> None:
        """Remember the messages of a conversation of which none are known, if there are some."""
        if messages:
            self._budget.take(_bytes(key, messages))
            self._all[key] = messages


def _bytes(key: str, messages: Collection[Remembered]) -> int:
    return _ENTRY_BYTES + texts_bytes((key,)) + sum(map(_message_bytes, messages))


def _message_bytes(message: Remembered) -> int:
    return _ENTRY_BYTES + texts_bytes((message.msgid, message.sender, message.text))


def _remembered(said: Said) -> Remembered:
    return Remembered(said.time, said.msgid, said.sender, _beginning(said.text), said.own)


def _beginning(text: str) -> str:
    """Return the beginning of a text, in one line."""
    words = (action(text, notice=False) or text).replace("\n", " ")
    return words if len(words) <= TEXT_CHARACTERS_MAX else f"{words[: TEXT_CHARACTERS_MAX - 3]}..."


def quote(sender: str, text: str) -> str:
    """Return a message as a message that answers it names it, such as ``alice: hello``."""
    return f"{sender}: {_beginning(text)}"
