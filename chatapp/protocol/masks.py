"""The masks of a channel's lists (bans, ban exceptions, invite exceptions), and whether a user matches a mask.

A mask is ``nick!user@host`` with the wildcards ``*`` and ``?``, or an extended ban:

    ~a:NAME        accounts with this name; it may have wildcards
    ~m:MASK        a mute: who matches MASK may join, but not write
    ~t:MINUTES:MASK  MASK, until so many minutes have passed since it was set; it comes first

Here all users have the same host, the server's name, and the user name is the nick. So a mask tells users apart only by
the nick. A mask is stored, announced and listed as it was typed, because clients look for it in the list that they
keep: irssi's ``/knockout`` finds only the text that it has sent. Missing parts become ``*``. Older servers stored every
mask with the host ``*``.

Spec: modern-irc, "Mask Expressions", "EXTBAN Parameter"; IRCv3 account-extban.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from chatapp.casemap import fold
from chatapp.errors import NameNotAllowedError
from chatapp.protocol.names import NICK_CHARS_MAX, NICK_RULE, may_be_in_nick

MASK_CHARS_MAX = 100
MINUTES_MAX = 5_256_000  # ten years
_TIMED = r"(?s)~t:([0-9]{1,7}):(.+)"
_WILD = re.compile(r"[*?]")


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
    stored = completed(text)
    bare_mask = bare(stored)
    if bare_mask.startswith("~a:"):
        _check_possible(fold(bare_mask[3:]))
        return stored
    nick, _, user_host = bare_mask.partition("!")
    user, _, mask_host = user_host.partition("@")
    if not matches(fold(host), fold(mask_host)):
        raise NameNotAllowedError("Here all users have the same host, so nobody matches that. Use a name or ~a:NAME.")
    if not (nick + user).strip("*"):
        raise NameNotAllowedError("That is everybody: all users have the same host. Use a name or ~a:NAME.")
    _check_possible(fold(nick), fold(user))
    return stored


def completed(text: str) -> str:
    """Return a mask as typed with its missing parts, without checking that anybody can match it.

    Raises NameNotAllowedError, with the reason as its text, if the text is not a mask.
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
    user, _, mask_host = user_host.partition("@")
    if "!" not in rest and "@" in rest:  # user@host
        nick, (user, _, mask_host) = "*", rest.partition("@")
    return f"{before}{nick or '*'}!{user or '*'}@{mask_host or '*'}"


def _check_possible(*patterns: str) -> None:
    """Raise NameNotAllowedError if no name can match all these casefolded patterns (one, or nick and user).

    A ban of nobody looks as if it worked.
    """
    for pattern in patterns:
        if ":" in pattern:
            raise NameNotAllowedError("No name has a colon. An account is ~a:NAME, and a mute is ~m:NAME.")
        literal = pattern.replace("*", "").replace("?", "_")
        if len(literal) > NICK_CHARS_MAX:
            raise NameNotAllowedError(f"A name has {NICK_CHARS_MAX} characters at most, so nobody matches that.")
        if not may_be_in_nick(literal, at_start=not pattern.startswith("*")):
            raise NameNotAllowedError(f"Nobody can have such a name, so nobody matches that. {NICK_RULE}")
    if len(patterns) > 1 and _exclude_each_other(*patterns):
        raise NameNotAllowedError("Here the user name is the nick, so nobody matches that. Use *!USER or NICK!*.")


def _exclude_each_other(one: str, other: str) -> bool:
    """Return whether what two patterns say without wildcards cannot be true of the same text.

    The answer for two patterns with wildcards depends only on how they begin and end.
    """
    if not _WILD.search(one):
        return not matches(one, other)
    if not _WILD.search(other):
        return not matches(other, one)
    begins = zip(_WILD.split(one)[0], _WILD.split(other)[0], strict=False)
    ends = zip(reversed(_WILD.split(one)[-1]), reversed(_WILD.split(other)[-1]), strict=False)
    return any(first != second for pairs in (begins, ends) for first, second in pairs)


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
    # irssi bans the user name bob as ``*!*bob@host``: the star is for the ``~`` before a user name that nobody has
    # checked. Here no user name has it, so this mask is about bob, and not about all whose names end in bob.
    if nick == "*" and user.startswith("*") and user[1:] and not _WILD.search(user, 1):
        user = user[1:]
    # The user name is the nick, so both patterns are for the nick. Only one of them is usually not "*".
    return Mask(nick if user == "*" else user if nick == "*" else f"{nick}!{user}", "", mute, minutes)


def only_name(mask: Mask) -> str:
    """Return the casefolded name that a mask is about, or an empty text if it can be about several names."""
    patterns = [mask.account] if mask.account else mask.nick.split("!")
    return next((pattern for pattern in patterns if not _WILD.search(pattern)), "")


def bare(mask: str) -> str:
    """Return a mask in its stored form without what says that it lapses (``~t:``) and that it is a mute (``~m:``)."""
    return without_time(mask).removeprefix("~m:")


def without_time(mask: str) -> str:
    """Return a mask in its stored form without the minutes after which it lapses."""
    timed = re.fullmatch(_TIMED, mask)
    return timed[2] if timed is not None else mask


def meaning(mask: str) -> Mask:
    """Return what a mask in its stored form is about and for, whatever host and minutes it has.

    Two masks with the same meaning are two forms of one mask: ``bob!*@*``, ``*!Bob@chat.example``, ``~t:5:bob!*@*``.
    """
    return parse(mask)._replace(minutes=0)


def name_of(mask: Mask) -> str:
    """Return the only name that a mask is about, casefolded; empty if the mask has wildcards within the name.

    ``*bob`` counts as bob: it is what irssi makes of a ban of bob, because users of other servers may be ``~bob``.
    """
    name = (mask.account or mask.nick).removeprefix("*")
    return "" if set(name) & set("*?!") else name


def is_about(mask: Mask, name: str, account: str) -> bool:
    """Return whether a user with this nick and this account (empty for a guest) matches a mask; both casefolded."""
    if mask.account:
        return bool(account) and matches(account, mask.account)
    return all(matches(name, pattern) for pattern in mask.nick.split("!"))
