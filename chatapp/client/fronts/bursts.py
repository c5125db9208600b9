"""Pure: joins the news of many people (joins, parts) into few sentences.

The first piece of news is told at once. The people with news of the same kind within PAUSE_MIN_S are counted, and told
in one sentence. While more news comes, the pause between two sentences doubles, up to PAUSE_MAX_S. Of a person who
comes and goes meanwhile, only the last news is told, once. Whom another line tells of (who was removed), or who has
another name since, is counted no longer: a sentence never says what is not so any more.
"""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

from chatapp.client.core.events import Event, Gone, Joined, Kicked, Left, NickChanged
from chatapp.protocol.names import fold

PAUSE_MIN_S, PAUSE_MAX_S = 5.0, 60.0
NAMED_MAX = 3  # names in one sentence
PEOPLE_MAX = 10_000  # people whom one sentence counts; of more people, each is told at once
KINDS_MAX = 100  # kinds of news (such as "in #lobby now") that are counted at the same time


_GONE = "no longer on this server"


class News(NamedTuple):
    """The news that ``nick`` "is ``what``"."""

    nick: str
    what: str


def news_of(event: Event) -> News | None:
    """Return the news of another person's coming or going; None if an event is something else."""
    if isinstance(event, Joined) and not event.me:
        return News(event.nick, _in(event.channel))
    if isinstance(event, Left) and not event.me:
        return News(event.nick, _out(event.channel))
    if isinstance(event, Gone):
        return News(event.nick, _GONE)
    return None


def _in(channel: str) -> str:
    return f"in {channel} now"


def _out(channel: str) -> str:
    return f"no longer in {channel}"


@dataclasses.dataclass(slots=True)
class _Burst:
    next_s: float
    pause_s: float = PAUSE_MIN_S
    people: dict[str, str] = dataclasses.field(default_factory=dict)  # folded nick -> nick
    count: int = 0  # pieces of news since the last sentence, also of people who are not counted any more


class Bursts:
    """Makes sentences such as "bob and 5 more are in #lobby now."; the caller gives the time (s, of any clock)."""

    def __init__(self) -> None:
        self._bursts: dict[str, _Burst] = {}  # by what the news is

    def counts(self, event: Event, now_s: float) -> bool:
        """Take an event; return whether it is counted, so that the caller is not to tell it now."""
        if isinstance(event, Joined):
            self._drop(event.nick, _out(event.channel), _GONE)
        elif isinstance(event, Left | Kicked):
            self._drop(event.nick, _in(event.channel), _out(event.channel))
        elif isinstance(event, Gone):
            self._drop(event.nick, *self._bursts)
        elif isinstance(event, NickChanged):
            self._renamed(event.nick, event.name)
        news = news_of(event)
        return news is not None and not self.news(news, now_s)

    def _drop(self, nick: str, *kinds: str) -> None:
        """Count a person no longer in news of these kinds."""
        for what in kinds:
            if what in self._bursts:
                self._bursts[what].people.pop(fold(nick), None)

    def _renamed(self, nick: str, name: str) -> None:
        """Count a person who is in a channel under its new name."""
        for burst in self._bursts.values():
            if burst.people.pop(fold(nick), None) is not None:
                burst.people[fold(name)] = name

    @property
    def due_s(self) -> float | None:
        """The time (s) at which :meth:`due` will have a sentence; None if no news is counted."""
        return min((burst.next_s for burst in self._bursts.values() if burst.count), default=None)

    def news(self, news: News, now_s: float) -> bool:
        """Take a piece of news; True if the caller is to tell it now, False if it is counted."""
        nick, what = news
        burst = self._bursts.get(what)
        if burst is None or (not burst.count and now_s >= burst.next_s):
            self._bursts.pop(what, None)
            if len(self._bursts) >= KINDS_MAX:
                return True
            self._bursts[what] = _Burst(now_s + PAUSE_MIN_S)
            return True
        if len(burst.people) >= PEOPLE_MAX:
            return True
        burst.people[fold(nick)] = nick
        burst.count += 1
        return False

    def due(self, now_s: float) -> list[str]:
        """Return the sentences that are due at ``now_s``; forget the kinds without news since their last sentence."""
        sentences = []
        for what, burst in list(self._bursts.items()):
            if now_s < burst.next_s:
                continue
            if not burst.count:
                del self._bursts[what]
                continue
            if burst.people:
                sentences.append(_sentence(burst, what))
            burst.pause_s = min(burst.pause_s * 2, PAUSE_MAX_S)
            burst.next_s = now_s + burst.pause_s
            burst.people, burst.count = {}, 0
        return sentences


def _sentence(burst: _Burst, what: str) -> str:
    names = list(burst.people.values())[:NAMED_MAX]
    if len(burst.people) == 1:
        return f"{names[0]} is {what}."
    others = len(burst.people) - len(names)
    last = f"{others} more" if others else names.pop()
    return f"{', '.join(names)} and {last} are {what}."
