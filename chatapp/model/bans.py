"""The lists of a channel: who is banned from it, who may not write, who may always join."""

from __future__ import annotations

from functools import lru_cache

from chatapp.casemap import fold
from chatapp.model.entities import Channel, User
from chatapp.protocol import masks

_parsed = lru_cache(maxsize=10_000)(masks.parse)


def _is_listed(channel: Channel, letter: str, user: User, time: int, *, with_mutes: bool) -> bool:
    """Return whether a mask of a list is about a user at a time (ms)."""
    entries = channel.lists.get(letter)
    if not entries:
        return False
    name = fold(user.name)
    account = "" if user.guest else name
    for text, entry in entries.items():
        mask = _parsed(text)
        lives = not entry.until or time < entry.until
        if lives and (with_mutes or not mask.mute) and masks.is_about(mask, name, account):
            return True
    return False


def is_banned(channel: Channel, user: User, time: int) -> bool:
    """Return whether a user may not join at a time (ms): a mask of ``b`` is about it, and no mask of ``e``.

    Spec: modern-irc, "Ban Channel Mode", "Exception Channel Mode".
    """
    return _is_listed(channel, "b", user, time, with_mutes=False) and not is_excepted(channel, user, time)


def is_muted(channel: Channel, user: User, time: int) -> bool:
    """Return whether a user may not write at a time (ms), because it is banned or muted.

    Spec: modern-irc, "Ban Channel Mode": "servers may also not let banned users send messages".
    """
    return _is_listed(channel, "b", user, time, with_mutes=True) and not is_excepted(channel, user, time)


def is_excepted(channel: Channel, user: User, time: int) -> bool:
    """Return whether a mask of ``e`` exempts a user from bans at a time (ms)."""
    return _is_listed(channel, "e", user, time, with_mutes=True)


def is_always_invited(channel: Channel, user: User, time: int) -> bool:
    """Return whether a mask of ``I`` lets a user join an invite-only channel at a time (ms).

    Spec: modern-irc, "Invite-Exception Channel Mode".
    """
    return _is_listed(channel, "I", user, time, with_mutes=False)
