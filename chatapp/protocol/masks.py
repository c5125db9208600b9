"""The masks of a channel's lists (bans, ban exceptions, invite exceptions), and whether a user matches a mask.

A mask is ``nick!user@host`` with the wildcards ``*`` and ``?``, or an extended ban:

    ~a:NAME        accounts with this name; it may have wildcards
    ~m:MASK        a mute: who matches MASK may join, but not write
    ~t:MINUTES:MASK  MASK, until so many minutes have passed since it was set; it comes first

Here all users have the same host, the server's name, and the user name is the nick. So a mask tells users apart only by
the nick, and the host part of a stored mask is always ``*``.

Spec: modern-irc, "Mask Expressions", "EXTBAN Parameter"; IRCv3 account-extban.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from chatapp.casemap import fold
from chatapp.errors import NameNotAllowedError

MASK_CHARS_MAX = 100
MINUTES_MAX = 5_256_000  # ten years
_TIMED = r"(?s)~t:([0-9]{1,7}):(.+)"


class Mask(NamedTuple):
    """A parsed mask: casefolded patterns for the nick and for the account (empty: any), and what it is for."""

    nick: str
    account: str
    mute: bool
    minutes: int  # until the mask lapses; 0: never


def matches(text: str, pattern: str) -> bool:
    """Return whether a text matches a pattern with ``*`` (any characters) and ``?`` (one character).

    Both are compared as they are: fold them first. Whoever may set masks chooses the pattern, and it is compared often:
    without ``?``, methods of ``str`` do the work; with ``?``, the time is that of reading both once.
    """
    if "?" in pattern:
        return _matches_places(text, pattern)
    first, *parts = pattern.split("*")
    if not parts:
        return text == pattern
    last = parts.pop()
    at, end = len(first), len(text) - len(last)
    if end < at or not text.startswith(first) or not text.endswith(last):
        return False
    for part in parts:
        at = text.find(part, at, end)  # the leftmost place leaves most of the text for the parts that follow
        if at < 0:
            return False
        at += len(part)
    return True


def _matches_places(text: str, pattern: str) -> bool:
    """Return whether a text matches a pattern, for every pattern.

    Bit i of ``reached`` says that the text read so far matches what is before the i-th place of the pattern. A place is
    a character or a ``?``. If a ``*`` is before the i-th place, bit i is in ``stars``.
    """
    places: dict[str, int] = {}
    stars, bit = 0, 1
    for char in pattern:
        if char == "*":
            stars |= bit
        else:
            places[char] = places.get(char, 0) | bit
            bit <<= 1
    any_char, reached = places.get("?", 0), 1
    for char in text:
        reached = (reached & (any_char | places.get(char, 0))) << 1 | (reached & stars)
        if not reached:
            return False
    return bool(reached & bit)


def canonical(text: str, host: str) -> str:
    """Return a mask as typed in its stored form. ``host`` is the host of all users.

    ``alice`` becomes ``alice!*@*``. Raises NameNotAllowedError, with the reason as its text, if the text is not a mask,
    if no user could match it, or if every user would match it.
    """
    if not text.isprintable() or " " in text or not 0 < len(text) <= MASK_CHARS_MAX:
        raise NameNotAllowedError(f"A mask has 1 to {MASK_CHARS_MAX} visible characters, and no space.")
    timed = re.fullmatch(_TIMED, text)
    before, rest = "", text
    if timed is not None:
        if not 0 < int(timed[1]) <= MINUTES_MAX:
            raise NameNotAllowedError(f"The minutes of ~t:MINUTES:MASK are a number from 1 to {MINUTES_MAX}.")
        before, rest = f"~t:{int(timed[1])}:", timed[2]
    if rest.startswith("~m:"):
        before, rest = before + "~m:", rest[3:]
    if rest.startswith("~a:") and len(rest) > 3:
        return before + rest
    if rest.startswith("~") or not rest:
        raise NameNotAllowedError("A mask that begins with ~ is ~a:ACCOUNT, ~m:MASK or ~t:MINUTES:MASK.")
    nick, _, user_host = rest.partition("!")
    user, at, mask_host = user_host.partition("@")
    if "!" not in rest and "@" in rest:  # user@host
        nick, (user, at, mask_host) = "*", rest.partition("@")
    if at and not matches(fold(host), fold(mask_host or "*")):
        raise NameNotAllowedError("Here all users have the same host, so nobody matches that. Use a name or ~a:NAME.")
    nick, user = nick or "*", user or "*"
    if not (nick + user).strip("*"):
        raise NameNotAllowedError("That is everybody: all users have the same host. Use a name or ~a:NAME.")
    return f"{before}{nick}!{user}@*"


def parse(mask: str) -> Mask:
    """Parse a mask in its stored form."""
    timed = re.fullmatch(_TIMED, mask)
    minutes, rest = (int(timed[1]), timed[2]) if timed is not None else (0, mask)
    mute = rest.startswith("~m:")
    rest = rest[3:] if mute else rest
    if rest.startswith("~a:"):
        return Mask("", fold(rest[3:]), mute, minutes)
    nick, _, user_host = fold(rest).partition("!")
    user = user_host.partition("@")[0] or "*"
    # The user name is the nick, so both patterns are for the nick. Only one of them is usually not "*".
    return Mask(nick if user == "*" else user if nick == "*" else f"{nick}!{user}", "", mute, minutes)


def bare(mask: str) -> str:
    """Return a mask in its stored form without what says that it lapses (``~t:``) and that it is a mute (``~m:``)."""
    return without_time(mask).removeprefix("~m:")


def without_time(mask: str) -> str:
    """Return a mask in its stored form without the minutes after which it lapses."""
    timed = re.fullmatch(_TIMED, mask)
    return timed[2] if timed is not None else mask


def is_about(mask: Mask, name: str, account: str) -> bool:
    """Return whether a user with this nick and this account (empty for a guest) matches a mask; both casefolded."""
    if mask.account:
        return bool(account) and matches(account, mask.account)
    return all(matches(name, pattern) for pattern in mask.nick.split("!"))
