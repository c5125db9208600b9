"""The lists of a channel: who is banned from it, who may not write, who may always join."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from chatapp.casemap import fold
from chatapp.model.entities import Channel, Listed, User
from chatapp.protocol import masks

_parsed = lru_cache(maxsize=10_000)(masks.parse)


class Silence(NamedTuple):
    """What keeps a user from writing: a mute or a ban, and when it ends (ms; 0: it does not end by itself)."""

    mute: bool
    until: int


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
    return _is_listed(channel, "b", user, time, with_mutes=False) and not is_excepted(channel, user, time)


def keeps_out(channel: Channel, text: str, user: User, time: int) -> bool:
    """Return whether this mask of ``b`` keeps a user out at a time (ms): it is no mute, and ``e`` does not exempt."""
    mask, name = _parsed(text), fold(user.name)
    is_about = not mask.mute and masks.is_about(mask, name, "" if user.guest else name)
    return is_about and not is_excepted(channel, user, time)


def silence_of(channel: Channel, user: User, time: int) -> Silence | None:
    """Return why a user may not write at a time (ms): the ban or the mute that lasts longest; None if it may write.

    Spec: modern-irc, "Ban Channel Mode": "servers may also not let banned users send messages".
    """
    found = [Silence(mask.mute, entry.until) for mask, entry in _found(channel, "b", user, time)]
    if not found or is_excepted(channel, user, time):
        return None
    return max(found, key=lambda each: (not each.until, each.until, not each.mute))


def is_excepted(channel: Channel, user: User, time: int) -> bool:
    """Return whether a mask of ``e`` exempts a user from bans at a time (ms)."""
    return _is_listed(channel, "e", user, time, with_mutes=True)


def is_always_invited(channel: Channel, user: User, time: int) -> bool:
    """Return whether a mask of ``I`` lets a user join an invite-only channel at a time (ms).

    Spec: modern-irc, "Invite-Exception Channel Mode".
    """
    return _is_listed(channel, "I", user, time, with_mutes=False)
