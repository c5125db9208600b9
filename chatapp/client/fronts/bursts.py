"""Pure: joins the news of many people (joins, parts) into few sentences.

The first piece of news is told at once. News of the same kind that follows within PAUSE_MIN_S is counted, and told
in one sentence. While more news comes, the pause between two sentences doubles, up to PAUSE_MAX_S.
"""

from __future__ import annotations

import dataclasses

from chatapp.client.core.events import Event, Gone, Joined, Left

PAUSE_MIN_S, PAUSE_MAX_S = 5.0, 60.0
NAMED_MAX = 3  # names in one sentence
KINDS_MAX = 100  # kinds of news (such as "in #lobby now") that are counted at the same time


def news_of(event: Event) -> tuple[str, str] | None:
    """Return the nick and what it "is" if an event is news of another person's coming or going; else None."""
    if isinstance(event, Joined) and not event.me:
        return event.nick, f"in {event.channel} now"
    if isinstance(event, Left) and not event.me:
        return event.nick, f"no longer in {event.channel}"
    if isinstance(event, Gone):
        return event.nick, "no longer on this server"
    return None


@dataclasses.dataclass(slots=True)
class _Burst:
    next_s: float
    pause_s: float = PAUSE_MIN_S
    names: list[str] = dataclasses.field(default_factory=list)
    count: int = 0


class Bursts:
    """Makes sentences such as "bob and 5 more are in #lobby now."; the caller gives the time (s, of any clock)."""

    def __init__(self) -> None:
        self._bursts: dict[str, _Burst] = {}

    @property
    def due_s(self) -> float | None:
        """The time (s) at which :meth:`due` will have a sentence; None if no news is counted."""
        return min((burst.next_s for burst in self._bursts.values() if burst.count), default=None)

    def news(self, nick: str, what: str, now_s: float) -> bool:
        """Take the news that ``nick`` "is ``what``"; True if the caller is to tell it now, False if it is counted."""
        burst = self._bursts.get(what)
        if burst is None or (not burst.count and now_s >= burst.next_s):
            self._bursts.pop(what, None)
            if len(self._bursts) >= KINDS_MAX:
                return True
            self._bursts[what] = _Burst(now_s + PAUSE_MIN_S)
            return True
        burst.count += 1
        if len(burst.names) < NAMED_MAX:
            burst.names.append(nick)
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
            sentences.append(_sentence(burst, what))
            burst.pause_s = min(burst.pause_s * 2, PAUSE_MAX_S)
            burst.next_s = now_s + burst.pause_s
            burst.names, burst.count = [], 0
        return sentences


def _sentence(burst: _Burst, what: str) -> str:
    if burst.count == 1:
        return f"{burst.names[0]} is {what}."
    others = burst.count - len(burst.names)
    names = burst.names if others else burst.names[:-1]
    last = f"{others} more" if others else burst.names[-1]
    return f"{', '.join(names)} and {last} are {what}."
