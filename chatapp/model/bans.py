"""The lists of a channel: who is banned from it, who may not write, who may always join."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from chatapp.casemap import fold
from chatapp.model.entities import Channel, Listed, User
from chatapp.model.events import Change
from chatapp.protocol import masks

VERDICTS_MAX = 10_000  # verdicts that are remembered
NEVER = 1 << 62  # ms; later than every event
_ABOUT_WRITING = "mMC"  # modes with which a member's message needs a further check

_parsed = lru_cache(maxsize=10_000)(masks.parse)


class Muting(NamedTuple):
    """What keeps a user from writing or joining: a mute or a ban, its end (ms; 0: it has no end), and why."""

    mute: bool
    until: int
    reason: str


def _found(channel: Channel, letter: str, user: User, time: int) -> Iterator[tuple[masks.Mask, Listed]]:
    """Yield the masks of a list that are about a user at a time (ms)."""
    entries = channel.lists.get(letter)
    if not entries:
        return
    name = fold(user.name)
    account = "" if user.guest else name
    for text, entry in entries.items():
        mask = _parsed(text)
        if (not entry.until or time < entry.until) and masks.is_about(mask, name, account):
            yield mask, entry


def _is_listed(channel: Channel, letter: str, user: User, time: int, *, with_mutes: bool) -> bool:
    """Return whether a mask of a list is about a user at a time (ms)."""
    return any(with_mutes or not mask.mute for mask, _ in _found(channel, letter, user, time))


def is_banned(channel: Channel, user: User, time: int) -> bool:
    """Return whether a user may not join at a time (ms): a mask of ``b`` is about it, and no mask of ``e``.

    Spec: modern-irc, "Ban Channel Mode", "Exception Channel Mode".
    """
    return ban_of(channel, user, time) is not None


def ban_of(channel: Channel, user: User, time: int) -> Muting | None:
    """Return the ban that keeps a user from joining at a time (ms): of several, the one that lasts longest."""
    bans = [Muting(False, each.until, each.reason) for mask, each in _found(channel, "b", user, time) if not mask.mute]
    return _longest(bans) if bans and not is_excepted(channel, user, time) else None


def keeps_out(channel: Channel, text: str, user: User, time: int) -> bool:
    """Return whether this mask of ``b`` keeps a user out at a time (ms): it is no mute, and ``e`` does not exempt."""
    mask, name = _parsed(text), fold(user.name)
    is_about = not mask.mute and masks.is_about(mask, name, "" if user.guest else name)
    return is_about and not is_excepted(channel, user, time)


def muting_of(channel: Channel, user: User, time: int) -> Muting | None:
    """Return why a user may not write at a time (ms): the ban or the mute that lasts longest; None if it may write.

    Spec: modern-irc, "Ban Channel Mode": "servers may also not let banned users send messages".
    """
    found = [Muting(mask.mute, entry.until, entry.reason) for mask, entry in _found(channel, "b", user, time)]
    return _longest(found) if found and not is_excepted(channel, user, time) else None


def _longest(found: list[Muting]) -> Muting:
    return max(found, key=lambda each: (not each.until, each.until, not each.mute))


def is_excepted(channel: Channel, user: User, time: int) -> bool:
    """Return whether a mask of ``e`` exempts a user from bans at a time (ms)."""
    return _is_listed(channel, "e", user, time, with_mutes=True)


def exceptions_of(channel: Channel, user: User, time: int) -> list[str]:
    """Return the masks of ``e`` that exempt a user from bans and mutes at a time (ms)."""
    found = [entry for _, entry in _found(channel, "e", user, time)]
    return [text for text, entry in channel.lists.get("e", {}).items() if any(entry is each for each in found)]


def is_always_invited(channel: Channel, user: User, time: int) -> bool:
    """Return whether a mask of ``I`` lets a user join an invite-only channel at a time (ms).

    Spec: modern-irc, "Invite-Exception Channel Mode".
    """
    return _is_listed(channel, "I", user, time, with_mutes=False)


def drop_masks_of(channel: Channel, name: str) -> tuple[Change, ...]:
    """Remove from the lists of a channel the masks of one removed account; return the changes that this makes.

    Another account may get its name, and it inherits nothing (DESIGN R1): no ban, no exception and no invitation.
    Masks that can be about other names too stay.
    """
    dropped = tuple(
        ("-", letter, text)
        for letter, entries in channel.lists.items()
        for text in entries
        if masks.only_name(_parsed(text)) == fold(name)
    )
    for _, letter, text in dropped:
        del channel.lists[letter][text]
    if dropped:
        note_restricted(channel)
    return dropped


def lapsed_in(entries: Mapping[str, Listed], time: int) -> list[str]:
    """Return the masks of a list that have lapsed at a time (ms): they count no more, but are in the list still."""
    return [mask for mask, entry in entries.items() if 0 < entry.until <= time]


def next_end(channel: Channel) -> int:
    """Return when the next mask of a channel lapses (ms), or has lapsed; 0 if no mask lapses."""
    ends = [entry.until for entries in channel.lists.values() for entry in entries.values() if entry.until]
    return min(ends, default=0)


def note_restricted(channel: Channel) -> None:
    """Note whether a member's message needs a further check; to be called after each change of lists and modes."""
    channel.restricted = bool(channel.lists.get("b")) or any(letter in channel.modes for letter in _ABOUT_WRITING)


class _Verdict(NamedTuple):
    """What ``muting_of`` returned for a user, and for which name, kind of user and times (ms) this is so."""

    name: str
    guest: bool
    begin: int
    end: int  # the first time for which it need not be so
    muting: Muting | None


class Verdicts:
    """Remembers what ``muting_of`` returns, so that a message of a user is not compared with every mask again.

    The verdicts follow from the state and are no part of it. An answer is the same with and without them.
    """

    def __init__(self) -> None:
        self._verdicts: dict[str, dict[str, _Verdict]] = {}  # uid of the channel -> uid of the user
        self._count = 0

    def __len__(self) -> int:
        """Return how many verdicts are remembered."""
        return self._count

    def of(self, channel: Channel, user: User, time: int) -> Muting | None:
        """Return what :func:`muting_of` returns."""
        verdicts = self._verdicts.get(channel.uid, {})
        known = verdicts.get(user.uid)
        if known is not None:
            if known.begin <= time < known.end and known.name == user.name and known.guest == user.guest:
                return known.muting
        elif self._count >= VERDICTS_MAX:
            self._verdicts, self._count = {}, 0
        muting = muting_of(channel, user, time)
        self._count += known is None
        begin, end = _same_masks(channel, time)
        verdict = _Verdict(user.name, user.guest, begin, end, muting)
        self._verdicts.setdefault(channel.uid, {})[user.uid] = verdict
        return muting

    def forget(self, channel: Channel) -> None:
        """Forget the verdicts of a channel: its lists have changed, or it has died."""
        self._count -= len(self._verdicts.pop(channel.uid, ()))


def _same_masks(channel: Channel, time: int) -> tuple[int, int]:
    """Return from when (ms) and before when the same masks of ``b`` and ``e`` count as at a time."""
    begin, end = 0, NEVER
    for letter in "be":
        for entry in channel.lists.get(letter, {}).values():
            if entry.until > time:
                end = min(end, entry.until)
            else:
                begin = max(begin, entry.until)
    return begin, end
