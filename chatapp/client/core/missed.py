"""Pure: adds up what was missed: how many messages of each conversation, and what was done in each channel."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from chatapp.client.core.events import Act, Event, Missed, Said, TopicSet, WhileAway
from chatapp.protocol.names import fold
from chatapp.protocol.timestamps import TIME_MS_MAX

ACTS_MAX = 50  # acts of one channel that are told; of more, the newest
LIVE_MAX = 10_000  # live acts that are remembered


class MissedMessages:
    """The number of unread messages of each conversation."""

    def __init__(self) -> None:
        self._all: dict[str, Missed] = {}

    def clear(self) -> None:
        """Forget all."""
        self._all = {}

    def all(self) -> tuple[Missed, ...]:
        """Return the numbers, a conversation each."""
        return tuple(self._all.values())

    def count(self, page: Sequence[Said], *, shown: bool) -> None:
        """Count the unread messages of one conversation; messages of our own account are never unread.

        ``shown``: the front shows these messages.
        """
        theirs = [said for said in page if not said.own]
        if not theirs:
            return
        key = fold(theirs[0].conversation)
        before = self._all.get(key) or Missed(theirs[0].conversation, 0, 0)
        self._all[key] = Missed(
            before.conversation,
            before.messages + len(theirs),
            before.shown + len(theirs) * shown,
            before.more,
        )

    def more(self, conversation: str) -> None:
        """Note that a conversation has more unread messages than were counted."""
        key = fold(conversation)
        if key in self._all:
            self._all[key] = msgspec.structs.replace(self._all[key], more=True)


class MissedActs:
    """The acts that catch-up finds in the history, by the folded name of the channel.

    Since a time, which ``begin`` notes, each act of a channel is told as an event: live, or as missed.
    """

    def __init__(self) -> None:
        self._since: dict[str, int] = {}
        self._found: dict[str, list[Act]] = {}
        self._more: dict[str, int] = {}
        self._live: set[tuple[str, int]] = (
            set()
        )  # acts that were told live: channel, time (ms); the history has them too

    def begin(self, key: str, time: int) -> None:
        """Note that acts of a channel after a time (ms) are told; only the first call counts."""
        self._since.setdefault(key, time)

    def told_since(self, channel: str) -> int:
        """Return the time (ms) after which acts of a channel were told."""
        return self._since.get(fold(channel), TIME_MS_MAX)

    def renamed(self, old: str, new: str) -> None:
        """Note the new name of a channel; both names are folded."""
        if old in self._since:
            self._since[new] = self._since.pop(old)

    def clear(self) -> None:
        """Forget the acts that are not told yet."""
        self._found.clear()
        self._more.clear()
        self._live.clear()

    def live(self, key: str, time: int) -> None:
        """Note that an act at ``time`` was told live, while the history of its channel was not told yet."""
        if len(self._live) < LIVE_MAX:
            self._live.add((key, time))

    def found(self, key: str, acts: Sequence[Act], me: str) -> None:
        """Note the acts of a page of history; what we did ourselves (``me``) is not told."""
        new = [act for act in acts if (key, act.time) not in self._live and fold(_by(act)) != fold(me)]
        if new:
            all_found = [*self._found.get(key, ()), *new]
            self._found[key] = all_found[-ACTS_MAX:]
            self._more[key] = self._more.get(key, 0) + len(all_found) - len(self._found[key])

    def take(self, key: str) -> list[Event]:
        """Return the event that tells what was done in a channel, if others did something; forget the channel."""
        acts, more = self._found.pop(key, []), self._more.pop(key, 0)
        return [WhileAway(acts[-1].what.channel, tuple(acts), more)] if acts else []


def _by(act: Act) -> str:
    return act.what.nick if isinstance(act.what, TopicSet) else act.what.by
