"""Pure: the record of who kept order: which acts it keeps, and which it drops when there are too many.

Each channel has its own share of acts, and so has the whole server. Within a channel each kind of acts has its own
share. So acts elsewhere push no act of a channel out, and changes of modes push no kick out. When all channels together
have more than ``CHANNELS_ACTS_MAX`` acts, the channel with the most acts loses its oldest act.

All channels that have died have one share together. When a channel dies, the record drops the changes of its settings.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from chatapp.model.entities import Act
from chatapp.protocol import modes

SERVER_ACTS_MAX = 1_000  # on the whole server; as many again in all the channels that have died
CHANNELS_ACTS_MAX = 10_000  # in all channels that live
SETTINGS_MAX, OTHERS_MAX = 50, 100  # in one channel: changes of its settings, and acts of each other kind
_SERVER, _DIED = "", "died"  # places that are no channel


class _Kind(enum.Enum):
    """A kind of acts in a channel."""

    SETTINGS = enum.auto()  # modes that are about nobody, and topics
    LISTS = enum.auto()  # bans, mutes, exceptions
    ROLES = enum.auto()
    DELETIONS = enum.auto()
    REMOVALS = enum.auto()  # kicks, and the rest


def _kind(act: Act) -> _Kind:
    verb = act.verb
    if verb.startswith("mode "):
        letter = verb[-1]
        return _Kind.LISTS if letter in modes.LISTS else _Kind.ROLES if letter in modes.BY_LETTER else _Kind.SETTINGS
    return {"topic": _Kind.SETTINGS, "redact": _Kind.DELETIONS}.get(verb, _Kind.REMOVALS)


def _subject(act: Act, kind: _Kind) -> tuple[str, str, str] | None:
    """Return what an act sets, or None. A later act of the same user with the same subject supersedes it."""
    if kind is _Kind.SETTINGS:
        return act.uid, act.verb[-1], ""
    return (act.uid, act.verb[-1], act.target) if kind in (_Kind.LISTS, _Kind.ROLES) else None


class Record:
    """The acts of a state. The place of an act is the server, a channel (its uid), or the channels that have died."""

    def __init__(self) -> None:
        self.made = 0  # acts that were ever added
        self._in_channels = 0  # acts in the channels that live
        self._places: dict[str, list[Act]] = {_SERVER: [], _DIED: []}

    def __iter__(self) -> Iterator[Act]:
        """Iterate over all acts, the newest last."""
        return iter(sorted((act for acts in self._places.values() for act in acts), key=lambda act: act.number))

    def add(self, act: Act) -> None:
        """Add an act, and drop another one if its share is full."""
        self.made += 1
        act = msgspec.structs.replace(act, number=self.made)
        acts = self._places.setdefault(act.place, [])
        acts.append(act)
        if act.place == _SERVER:
            _shorten(acts)
            return
        kind = _kind(act)
        same = [each for each in acts if _kind(each) is kind]
        if len(same) > (SETTINGS_MAX if kind is _Kind.SETTINGS else OTHERS_MAX):
            acts.remove(_superseded(same, kind) or _oldest_of_busiest(same))
            return
        self._in_channels += 1
        if self._in_channels > CHANNELS_ACTS_MAX:
            self._drop_oldest_of_fullest()

    def restore(self, acts: Iterable[Act], made: int) -> None:
        """Take the acts of a snapshot, in the order of their numbers."""
        self.made = made
        for act in acts:
            self._places.setdefault(act.place, []).append(act)
            self._in_channels += act.place not in (_SERVER, _DIED)

    def bury(self, uid: str) -> None:
        """Move the acts of a channel that has died to the place of such channels, without changes of its settings."""
        acts = self._places.pop(uid, [])
        self._in_channels -= len(acts)
        kept = [msgspec.structs.replace(act, place=_DIED) for act in acts if _kind(act) is not _Kind.SETTINGS]
        died = self._places[_DIED]
        died.extend(kept)
        died.sort(key=lambda act: act.number)
        while len(died) > SERVER_ACTS_MAX:
            _shorten(died)

    def _drop_oldest_of_fullest(self) -> None:
        _, uid = max((len(acts), uid) for uid, acts in self._places.items() if uid not in (_SERVER, _DIED))
        del self._places[uid][0]
        self._in_channels -= 1


def _shorten(acts: list[Act]) -> None:
    if len(acts) > SERVER_ACTS_MAX:
        acts.remove(_oldest_of_busiest(acts))


def _superseded(acts: list[Act], kind: _Kind) -> Act | None:
    """Return the oldest act that a later act of the same user supersedes, such as a ban that it has removed."""
    subjects = [(act, _subject(act, kind)) for act in acts]
    last = {subject: act for act, subject in subjects}
    return next((act for act, subject in subjects if subject is not None and last[subject] is not act), None)


def _oldest_of_busiest(acts: list[Act]) -> Act:
    """Return the oldest act of the user with the most acts; of several such users, of the one with the oldest act."""
    ((busiest, _),) = Counter(act.uid for act in acts).most_common(1)
    return next(act for act in acts if act.uid == busiest)
