"""Pure: sums up in one sentence what others did in a channel while we were away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chatapp.client.core.answers import Change
from chatapp.client.core.events import Act, Kicked, TopicSet, WhileAway
from chatapp.client.fronts.farewell import shortened
from chatapp.client.fronts.modes import flag, is_flag, letters, listed, replaced, role_given

DEEDS_MAX = 6  # deeds in one sentence
TOPIC_CHARACTERS_MAX = 60


def summed_up(event: WhileAway) -> Iterable[str]:
    """Yield "While you were away, hugo removed iris from #dev and muted anna in #dev for 5 minutes."."""
    deeds = [deed for act in event.acts for deed in _deeds(act)]
    told = deeds[-DEEDS_MAX:]
    hidden = event.more + len(deeds) - len(told)
    before = f"; {hidden} more before that (/history {event.channel} shows them)" if hidden else ""
    yield f"While you were away, {'; '.join(_by_person(told))}{before}."


def _by_person(deeds: list[tuple[str, str]]) -> Iterator[str]:
    """Yield what each person did: those deeds together that the same person did one after the other."""
    at = 0
    while at < len(deeds):
        by, end = deeds[at][0], at
        while end < len(deeds) and deeds[end][0] == by:
            end += 1
        *others, last = [what for _, what in deeds[at:end]]
        yield f"{by} {', '.join(others)} and {last}" if others else f"{by} {last}"
        at = end


def _deeds(act: Act) -> list[tuple[str, str]]:
    """Return the deeds of an act: who did it, and what."""
    what, channel = act.what, act.what.channel
    if isinstance(what, Kicked):
        return [(what.by or "the server", f"removed {'you' if what.me else what.nick} from {channel}")]
    if isinstance(what, TopicSet):
        topic = f'set the topic of {channel} to "{shortened(what.text, TOPIC_CHARACTERS_MAX)}"'
        return [(what.nick or "the server", topic if what.text else f"removed the topic of {channel}")]
    return [(what.by or "the server", _changed(change, channel, again)) for change, again in replaced(what.changes)]


def _changed(change: Change, channel: str, again: bool) -> str:
    if change.role:
        return role_given(change, channel)
    if change.mode in ("b", "e", "I") and change.parameter:
        return listed(change, channel, again=again)
    if is_flag(change):
        return f"changed {channel} ({flag(change)} now)"
    return f"{'set' if change.on else 'removed'} the mode {letters(change)} of {channel}"
